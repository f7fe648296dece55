"""Asking an interpreter what it sees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import packaging
import pytest

from support import interpreters
from support.bases.made import uv_program
from support.patience import must_end
from tox_sitediff.core.model import Role
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.interpreter import probe as module
from tox_sitediff.interpreter.probe import Probe, probe

if TYPE_CHECKING:
    from tox_sitediff.core.model import Interpreter


posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


FACTS: Final = """
import json, os, site, sys, sysconfig
try:
    from packaging.markers import default_environment
except Exception:  # too new for this Python
    from pip._vendor.packaging.markers import default_environment
print(json.dumps({
    "markers": default_environment(),
    "purelib": sysconfig.get_path("purelib"),
    "scripts": sysconfig.get_path("scripts"),
    "prefix": sys.prefix,
    "base_prefix": sys.base_prefix,
    "executable": sys.executable,
    "path": sys.path,
    "user": site.getusersitepackages(),
}))
"""


class Environment:
    """An environment whose start-up can be tampered with."""

    def __init__(self, directory: Path, python: Path) -> None:
        self.directory = directory
        self.python = interpreters.environment(directory, python)
        self.site = interpreters.purelib(self.python)

    def at_start(self, script: str) -> None:
        # a path file, because a distribution may bring a sitecustomize of its own that comes first
        (self.site / "_start.py").write_text(script, encoding="utf-8")
        (self.site / "start.pth").write_text("import _start\n", encoding="utf-8")

    def ask(self, **variables: str) -> Interpreter:
        return probe(self.python, interpreters.variables(**variables), timeout=60)

    def ask_lightly(self) -> Interpreter:
        return probe(self.python, interpreters.variables(), full=False)

    def problem(self, *, timeout: float = 60) -> str:
        with pytest.raises(EnvironmentProblem) as caught:
            probe(self.python, interpreters.variables(), timeout=timeout)
        message = str(caught.value)
        assert message.isprintable()
        assert str(self.python) in message
        return message


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "env", Path(sys.executable))


def paths(interpreter: Interpreter, *roles: Role) -> list[str]:
    return [layer.path for layer in interpreter.layers if layer.role in roles]


# --- the answer


@pytest.mark.parametrize("version", interpreters.SUPPORTED)
def test_the_answer_is_what_the_interpreter_itself_works_out(tmp_path: Path, version: str) -> None:
    environment = Environment(tmp_path / "env", interpreters.needed(version))
    library = tmp_path / "library"
    shutil.copytree(Path(packaging.__file__).parent, library / "packaging")
    variables = interpreters.variables(PYTHONPATH=str(library), HOME=str(tmp_path))
    facts = json.loads(interpreters.run(environment.python, FACTS, env=variables))
    found = probe(environment.python, variables)
    assert dict(found.markers) == facts["markers"]
    assert found.version.startswith(f"{version}.")
    assert (found.executable, found.prefix) == (str(environment.python), str(environment.directory))
    for name in ("purelib", "scripts", "prefix", "base_prefix", "executable"):
        assert getattr(found, name) == facts[name]
    assert Path(found.base_executable or found.executable).exists()
    assert not found.foreign_finders
    # the whole path, less the script directory and the standard library
    assert [path for path in facts["path"] if path in paths(found, *Role)] == [layer.path for layer in found.layers]
    left = set(facts["path"]) - set(paths(found, *Role)) - {""}
    assert not any("site-packages" in path or "dist-packages" in path for path in left)
    assert paths(found, Role.INJECTED) == [str(library)]
    assert paths(found, Role.OWN) == [str(environment.site)]


@pytest.mark.parametrize("version", interpreters.SUPPORTED)
def test_a_base_that_is_asked_itself_owns_nothing(version: str) -> None:
    python = interpreters.needed(version)
    if interpreters.run(python, "import sys; print(sys.prefix == sys.base_prefix)").strip() != "True":
        pytest.skip("an environment")
    found = probe(python, interpreters.variables(PYTHONNOUSERSITE="1"), full=False)
    assert {layer.role for layer in found.layers} == {Role.BASE}


def test_a_light_question_has_a_light_answer(environment: Environment) -> None:
    found = environment.ask_lightly()
    assert (dict(found.markers), found.purelib, found.scripts) == ({}, "", "")
    assert found.layers == environment.ask().layers


def test_the_python_of_the_system_has_several_site_directories(tmp_path: Path) -> None:
    environment = Environment(tmp_path / "env", interpreters.system())
    sites = "import json, site; print(json.dumps(site.getsitepackages()))"
    theirs = json.loads(interpreters.run(interpreters.SYSTEM, sites))
    found = environment.ask(HOME=str(tmp_path))
    assert paths(found, Role.OWN) == [str(environment.site)]
    assert [path for path in theirs if Path(path).is_dir()] == paths(found, Role.BASE)


# --- what takes part in the path


def test_what_stands_before_the_environment_is_injected(environment: Environment, tmp_path: Path) -> None:
    first, second, hooked = (str(tmp_path / name) for name in ("first", "second", "hooked"))
    environment.at_start(f"import sys; sys.path.insert(0, {hooked!r})")
    found = environment.ask(PYTHONPATH=os.pathsep.join([first, second]))
    assert paths(found, Role.INJECTED) == [hooked, first, second]


@posix
def test_the_user_site_counts_where_it_is_enabled(environment: Environment, tmp_path: Path) -> None:
    home = {"PYTHONUSERBASE": str(tmp_path / "user")}
    script = "import site; print(site.getusersitepackages(), end='')"
    user = Path(interpreters.run(environment.python, script, env=interpreters.variables(**home)))
    user.mkdir(parents=True)
    (user / "more.pth").write_text(str(tmp_path / "more"), encoding="utf-8")
    (tmp_path / "more").mkdir()
    assert paths(environment.ask(**home), Role.USER) == [str(user), str(tmp_path / "more")]
    assert paths(environment.ask(**home, PYTHONNOUSERSITE="1"), Role.USER) == []


def test_path_files_of_the_environment_add_extra_directories(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (environment.site / "more.pth").write_text(f"{tmp_path / 'more'}\n", encoding="utf-8")
    found = environment.ask(PYTHONNOUSERSITE="1")
    assert paths(found, Role.EXTRA) == [str(tmp_path / "more")]


def test_entries_that_are_no_text_are_passed_over_as_imports_do(environment: Environment, tmp_path: Path) -> None:
    environment.at_start(f"import pathlib, sys; sys.path[:0] = [pathlib.Path({str(tmp_path)!r}), None, 5]")
    assert paths(environment.ask(), Role.INJECTED) == []


@posix
def test_a_path_that_is_not_utf8_is_named_as_this_process_names_it(environment: Environment, tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    environment.at_start(f"import os, sys; sys.path.append(os.fsdecode({os.fsencode(odd)!r}))")
    for locale in ("C", "C.UTF-8"):
        found = environment.ask(LC_ALL=locale, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
        assert odd in paths(found, *Role)


@pytest.mark.parametrize(("definition", "foreign"), [("pass", False), ("find_distributions = None", True)])
def test_finders_of_distributions_beside_the_standard_ones_are_reported(
    environment: Environment, definition: str, foreign: bool
) -> None:
    environment.at_start(
        f"import sys\nclass Finder:\n    find_spec = lambda *_: None\n    {definition}\nsys.meta_path.append(Finder())"
    )
    assert environment.ask().foreign_finders is foreign


# --- noise


@pytest.mark.parametrize(
    "script",
    [
        "print('noise', flush=True)",
        "import sys; print('x' * 300_000, end='', flush=True); print('y' * 300_000, file=sys.stderr)",
        "import sys; print(getattr(sys, 'orig_argv', ''), flush=True)",
        "import atexit; atexit.register(print, 'late', flush=True)",
        "import io, sys; sys.stdout = io.StringIO()",
        "import sys; sys.stdout = None",
        "import sys; sys.stdout.close()",
        "import sys; sys.stdin.read()",
        "import os; os.write(1, b'\\xff\\xfe\\0')",
        "import os, sys; sys.exc_info(); raise ValueError('shown, and passed over')",
        "import json; json.loads = None",
        "import json; json.dumps = None; json.encoder = None",
        "import sys, types; sys.modules['json'] = types.ModuleType('json')",
        "import os; os.chdir('/')",
        "import os; getattr(os, 'fork', int)()",
        "import os; os.close(0); os.close(2)",
    ],
)
def test_whatever_start_up_prints_or_replaces_the_answer_is_found(environment: Environment, script: str) -> None:
    quiet = environment.ask()
    environment.at_start(script)
    found = environment.ask()
    assert replace(found, decides=quiet.decides, absent=quiet.absent) == quiet
    assert [path for path in found.decides if "_start" in path]
    assert {*quiet.decides} <= {*found.decides}


@pytest.mark.parametrize("place", ["the current directory", "PYTHONPATH"])
def test_a_module_that_is_called_as_one_of_the_standard_library_does_not_matter(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A project with a json.py or a platform.py is asked about like any other."""
    library = tmp_path / "library"
    library.mkdir()
    variables = {"PYTHONPATH": str(library)} if place == "PYTHONPATH" else {}
    if not variables:
        monkeypatch.chdir(library)
    quiet = environment.ask(**variables)
    for name in ("json", "platform", "sysconfig", "subprocess", "collections"):
        (library / f"{name}.py").write_text(
            "raise SystemExit('not the one of the standard library')\n", encoding="utf-8"
        )
    if variables:
        (library / "collections.py").unlink()  # Python itself would not start
    assert replace(environment.ask(**variables), decides=quiet.decides, absent=quiet.absent) == quiet


# --- what it takes


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the module platform is asked")
def test_an_ordinary_interpreter_is_asked_without_loading_what_is_large(tmp_path: Path) -> None:
    """These take several times as long as the start of Python."""
    python = interpreters.environment(tmp_path / "env", Path(sys.executable), inherit=False)
    note = f"lambda: open({str(tmp_path / 'loaded')!r}, 'w').write(' '.join(sys.modules))"
    (interpreters.purelib(python) / "start.pth").write_text(f"import atexit, sys; atexit.register({note})\n", "utf-8")
    probe(python, interpreters.variables())
    loaded = {*(tmp_path / "loaded").read_text().split()}
    assert {"os", "sysconfig"} <= loaded
    assert {"re", "json", "platform"}.isdisjoint(loaded)
    if sys.version_info < (3, 14):  # which loads its data by itself
        assert not [name for name in loaded if name.startswith("_sysconfigdata")]


_FINDER: Final = """
import importlib.util, os, sys
class Finder:
    @staticmethod
    def find_spec(name, *_):
        if name == "platform":
            return importlib.util.spec_from_file_location(name, os.path.join(os.path.dirname(__file__), "_other.py"))
sys.modules.pop("platform", None)
sys.meta_path.insert(0, Finder)
"""
"""As crossenv has it, for environments of another machine."""


@pytest.mark.parametrize(
    ("script", "part"),
    [
        ("import platform; platform.machine = lambda: 'other'", "platform_machine"),
        ("import platform; platform.python_implementation = lambda: 'other'", "platform_python_implementation"),
        ("import sys; sys.version = '3.99.0 (main, Jan  1 2026, 00:00:00) [GCC 1]'", "python_full_version"),
        ("import sysconfig; sysconfig.get_config_vars()['base'] = '/other'", "purelib"),
        ("import sysconfig; sysconfig.get_path = lambda name, **_: '/other'", "scripts"),
        (_FINDER, "platform_machine"),
    ],
    ids=["machine", "implementation", "version", "variables", "paths", "finder"],
)
def test_what_start_up_makes_of_the_standard_library_counts(environment: Environment, script: str, part: str) -> None:
    """Where it changes what tools see, it changes what is seen here."""
    facts = (
        "import json, platform, sysconfig; print(json.dumps({"
        "'platform_machine': platform.machine(), 'python_full_version': platform.python_version(), "
        "'platform_python_implementation': platform.python_implementation(), "
        "'purelib': sysconfig.get_path('purelib'), 'scripts': sysconfig.get_path('scripts')}))"
    )
    environment.at_start(script)
    theirs = "import os; exec(open(os.path.join(os.path.dirname(os.__file__), 'platform.py')).read())"
    (environment.site / "_other.py").write_text(f"{theirs}; machine = lambda: 'other'\n", encoding="utf-8")
    expected = json.loads(interpreters.run(environment.python, facts))
    found = environment.ask()
    seen = {**found.markers, "purelib": found.purelib, "scripts": found.scripts}
    assert {name: seen[name] for name in expected} == expected
    assert "other" in expected[part] or "99" in expected[part]


@pytest.mark.parametrize("place", ["nowhere", "another release"])
def test_an_interpreter_that_sees_other_files_is_asked_all_the_same(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """As one in a container does."""
    expected = environment.ask()
    _, source = module._script()
    if place == "another release":
        (tmp_path / "script.py").write_text("raise SystemExit('of another release')\n", encoding="utf-8")
    monkeypatch.setattr(module, "_script", lambda: (str(tmp_path / "script.py"), source))
    assert environment.ask() == expected


# --- failures


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("import sys; sys.exit('enough')", "exit status 1: "),
        ("import os; os._exit(4)", "exit status 4"),
        ("import os; os._exit(0)", "no answer on its output"),
        ("import os; os.write(2, b'one\\n\\x1b[31mred\\n'); os._exit(5)", r"exit status 5: \x1b[31mred"),
        ("import os; os.write(2, b'z' * 5000); os._exit(5)", f"exit status 5: {'z' * 300}...)"),
    ],
)
def test_an_interpreter_that_ends_early_is_a_problem_with_its_last_words(
    environment: Environment, script: str, why: str
) -> None:
    environment.at_start(script)
    assert why in environment.problem()


@posix
def test_an_interpreter_that_is_killed_is_a_problem_with_the_signal(environment: Environment) -> None:
    environment.at_start("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert "killed by signal 9" in environment.problem()


def test_an_interpreter_that_hangs_is_given_up_in_time(environment: Environment) -> None:
    environment.at_start("import time; time.sleep(600)")
    with must_end():
        assert "did not answer within 0.5 seconds" in environment.problem(timeout=0.5)


@posix
@pytest.mark.parametrize("hang", ["", "; time.sleep(600)"])
def test_what_an_interpreter_leaves_running_does_not_hold_the_answer_up(environment: Environment, hang: str) -> None:
    environment.at_start(f"import subprocess, time; subprocess.Popen(['sleep', '30']){hang}")
    with must_end():
        if hang:
            environment.problem(timeout=1)
        else:
            assert environment.ask_lightly().layers


@pytest.mark.parametrize("name", ["missing", "directory", "text"])
def test_what_is_no_interpreter_is_a_problem_that_names_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "text").write_text("not a program", encoding="utf-8")
    with pytest.raises(EnvironmentProblem, match=f"the interpreter .*{name} can't be started"):
        probe(tmp_path / name, interpreters.variables())


def test_variables_that_no_process_can_have_are_a_problem(environment: Environment) -> None:
    with pytest.raises(EnvironmentProblem, match="can't be started"):
        environment.ask(NUL="a\0b")


def answering(directory: Path, answer: str) -> Path:
    """Make a program that answers every question the same."""
    program = directory / "python"
    program.write_text(f"#!/bin/sh\nprintf '%s%s%s' \"$3\" '{answer}' \"$3\"\n", encoding="utf-8")
    program.chmod(0o755)
    return program


@posix
@pytest.mark.parametrize(
    "answer", ["{}", '{"prefix": 5}', "{broken}", '{"prefix": "", "user": 1, "sites": {}}', '{"prefix": "", "user": 1}']
)
def test_an_answer_in_another_form_is_a_problem(tmp_path: Path, answer: str) -> None:
    with pytest.raises(EnvironmentProblem, match="answered in an unknown form"):
        probe(answering(tmp_path, answer), interpreters.variables())


@posix
def test_a_path_that_no_file_can_have_is_kept_as_it_is(tmp_path: Path) -> None:
    data: dict[str, object] = dict.fromkeys(("executable", "version", "implementation", "prefix", "base_prefix"), "")
    data |= {
        "base_executable": "",
        "user": None,
        "paths": ["\ud800", 5, "/site"],
        "sites": [],
        "finders": False,
        "decides": [],
        "absent": [],
    }
    program = answering(tmp_path, json.dumps(data))
    assert paths(probe(program, interpreters.variables(), full=False), Role.BASE) == ["\ud800", "/site"]


def test_a_question_that_is_dropped_leaves_nothing_running(environment: Environment) -> None:
    environment.at_start("import time; time.sleep(600)")
    asked = Probe(environment.python, interpreters.variables(), full=True)
    asked.cancel()
    assert asked._process.poll() is not None


@pytest.mark.parametrize("version", ["3.7", "3.8", "3.10", "3.12"])
def test_the_base_interpreter_is_named_on_every_python(tmp_path: Path, version: str) -> None:
    """On 3.7 to 3.10 an environment's ``sys._base_executable`` is its own; made by venv, of links or copies, or uv."""
    python = interpreters.needed(version)
    facts = interpreters.run(python, "import os, sys; print(os.path.realpath(sys.executable), sys.base_prefix, end='')")
    real, _, prefix = facts.partition(" ")
    made = [interpreters.environment(tmp_path / "links", python)]
    subprocess.run([python, "-m", "venv", "--without-pip", "--copies", tmp_path / "copies"], check=True)
    made.append(tmp_path / "copies" / "bin" / "python")
    subprocess.run([uv_program(), "venv", "-q", "--python", python, tmp_path / "uv"], check=True)
    made.append(tmp_path / "uv" / "bin" / "python")
    for environment in made:
        seen = probe(environment, interpreters.variables(), full=False)
        assert (os.path.realpath(seen.base_executable), seen.base_prefix) == (real, prefix), environment
