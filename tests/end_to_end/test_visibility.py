"""What an environment sees of its base: with tox, with the command line, in all three modes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

import tox_sitediff
from support.bases.made import Base
from support.index import BACKEND, repacked
from support.projects import IN_BASE, Project, Run, make_project
from tox_sitediff.core.findings import Undeclared
from tox_sitediff.core.record import from_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.index import Index

PLUGINS = "[runner11]\nextra = plugged:hook\n[backend.plugins]\nextra = plugged:hook\n"
TRY = """\
import frame
import unrelated
import loose
from importlib.metadata import entry_points
for point in entry_points(group="runner11"): print("plugin", point.load()())
"""
FILES = {
    "report": ("_sitediff_visibility.pth", "_sitediff_visibility.py", "_sitediff_visibility.txt"),
    "declared": ("_sitediff_view.pth",),
}
SCHEMA = Draft202012Validator(json.loads((Path(tox_sitediff.__file__).parent / "sitediff.schema.json").read_bytes()))


@pytest.fixture(scope="module")
def pluggable_base(index: Index) -> Iterator[Base]:
    """A rich base that also has a plugin, a backend that takes plugins, and a module that is in no distribution."""
    if os.name == "nt":
        pytest.skip("a base interpreter is made of links")
    index.add(
        "plugged",
        "1.0",
        modules={"plugged.py": "def hook():\n    return 1\n", "plugged-1.0.dist-info/entry_points.txt": PLUGINS},
    )
    start = "def sources():\n    found = {"
    # other quotes than those around it: before Python 3.12 an f-string takes no others
    names = 'sorted(point.name for point in entry_points(group="backend.plugins"))'
    index.add(
        "open-backend",
        "1.0",
        modules={
            "open_backend.py": BACKEND.replace(
                start, f"from importlib.metadata import entry_points\n{start}'demo/plugins.py': f'NAMES = {{{names}}}'"
            )
        },
    )
    base = Base(index.directory.parent / "pluggable-base")
    base.install(index, *IN_BASE, "plugged", "open-backend")
    (base.site / "loose.py").write_text("", encoding="utf-8")
    before = base.digest()
    yield base
    assert base.digest() == before


@pytest.fixture
def project(tmp_path: Path, pluggable_base: Base, index: Index, family: str) -> Project:
    """A project whose tests import what nobody declared, once for each family of environments."""
    found = make_project(tmp_path, pluggable_base, index, family)
    found.write("tests/try_it.py", TRY)
    return found


@pytest.fixture
def plain(tmp_path: Path, pluggable_base: Base, index: Index) -> Project:
    """The same with stock tox."""
    return make_project(tmp_path, pluggable_base, index, "virtualenv")


def ini(project: Project, mode: str, command: str = "tests/try_it.py", more: str = "") -> None:
    """Configure an environment that declares frame alone."""
    mode = f"\nsitediff_visibility = {mode}" if mode else ""
    project.ini(f"deps = frame{mode}\ncommands = python {command}\n{more}")


def of_visibility(project: Project, env: str = "a") -> list[str]:
    """All files below an environment that have to do with visibility."""
    return sorted(path.name for path in project.directory(env).rglob("_sitediff*") if path.suffix != ".pyc")


def reported(project: Project) -> tuple[Undeclared, ...]:
    """What the test file of the project uses without declaring it."""
    file = project.root / "tests" / "try_it.py"
    return (
        Undeclared(
            name="plugged", module="plugged", imported_by=f"{file}:5", by_project=True, entry_point="runner11: extra"
        ),
        Undeclared(name="unrelated", module="unrelated", imported_by=f"{file}:2", by_project=True),
        Undeclared(name="loose", module="loose", imported_by=f"{file}:3", by_project=True, in_distribution=False),
    )


def test_report_names_what_was_used(project: Project) -> None:
    """Distribution, module, plugin, file and line: behind the table, in the record, in the result; the run is green."""
    ini(project, "report")
    run = project.tox("-e", "a", "--result-json", "result.json").ok()
    assert run.lines("plugin 1")
    assert project.record().undeclared == reported(project)
    lines = run.out.splitlines()
    head = next(
        at
        for at, line in enumerate(lines)
        if line.split() == ["environment", "not", "declared", "first", "imported", "by"]
    )
    plugged, *own = reported(project)
    for line, item in zip(lines[head + 1 :], [*own, plugged], strict=False):  # what the project imports comes first
        assert line.split(None, 2) == ["a", item.name, item.how]
    result = json.loads((project.root / "result.json").read_text("utf-8"))["testenvs"]["a"]["sitediff"]
    assert result == project.record_object()
    SCHEMA.validate(result)
    # nothing is installed, and it is said again; what is not used any more is not
    run = project.tox("-e", "a").ok()
    assert not run.lines("recreate env")
    assert project.record().undeclared == reported(project)
    project.write("tests/try_it.py", "import frame\n")
    run = project.tox("-e", "a").ok()
    assert project.record().undeclared == ()
    assert not run.lines("not declared")


def test_report_over_parallel_environments(plain: Project) -> None:
    """``-p`` names what each environment used, and only that."""
    plain.ini(
        "deps = frame\nsitediff_visibility = report\ncommands = python -c 'import {env_name}'",
        tox="no_package = true\nenv_list = unrelated, meter, frame",
    )
    run = plain.tox("-p", "2").ok()
    assert {env: [item.name for item in plain.record(env).undeclared] for env in ("unrelated", "meter", "frame")} == {
        "unrelated": ["unrelated"],
        "meter": ["meter"],
        "frame": [],
    }
    assert [line.split()[:2] for line in run.lines(": import ")] == [["unrelated"] * 2, ["meter"] * 2]


def test_declared_hides_all_else(project: Project) -> None:
    """Neither imported nor found: distributions, modules, entry points; messages are Python's own."""
    project.write(
        "tests/try_it.py",
        """\
        import importlib.util, pkgutil
        from importlib import metadata
        import frame, numlib, dates
        try:
            import unrelated
        except ModuleNotFoundError as error:
            print("refused:", error)
        print("spec", importlib.util.find_spec("unrelated"))
        print("names", *sorted(found.name for found in metadata.distributions()))
        print("points", len(metadata.entry_points(group="runner11")))
        print("listed", {"unrelated", "plugged", "loose"} & {found.name for found in pkgutil.iter_modules()})
        """,
    )
    ini(project, "declared")
    run = project.tox("-e", "a").ok()
    assert run.lines("refused: No module named 'unrelated'") == ["refused: No module named 'unrelated'"]
    assert run.lines("spec None")
    assert run.lines("points 0")
    assert run.lines("listed set()")
    pip = ["pip"] if project.family == "virtualenv" else []  # which stock tox puts into environments
    assert run.lines("names")[0].split() == ["names", "dates", "frame", "numlib", *pip]
    assert project.record().undeclared == ()


def test_a_new_mode_makes_the_environment_anew(project: Project) -> None:
    """The reason is said; ``sitediff_declare`` lets one be seen; back to ``base`` no file is left."""
    ini(project, "")
    project.tox("-e", "a").ok()
    assert of_visibility(project) == []
    ini(project, "declared")
    run = project.tox("-e", "a")
    assert run.code != 0
    assert run.lines("recreate env because sitediff_visibility changed")
    assert run.lines("ModuleNotFoundError: No module named 'unrelated'")
    (line,) = run.lines("out of sight")
    assert line.split("sitediff: ")[1].split()[1:4] == ["distributions", "of", "the"]
    assert "sitediff inventory --module NAME" in line
    assert of_visibility(project) == [*FILES["declared"]]
    ini(project, "declared", "-c 'import frame, unrelated'", "sitediff_declare = Unrelated")
    run = project.tox("-e", "a").ok()
    assert run.lines("recreate env because sitediff_declare changed")
    assert "unrelated" not in project.reused()
    ini(project, "base")
    run = project.tox("-e", "a").ok()
    assert run.lines("recreate env because sitediff_visibility, sitediff_declare changed")
    assert of_visibility(project) == []


@pytest.mark.parametrize("mode", ["report", "declared"])
def test_damage_is_healed_by_the_next_run(plain: Project, mode: str) -> None:
    """Files that are gone or were changed are written again, and the environment stays what it is."""
    ini(plain, mode, "-c 'import frame'")
    plain.tox("-e", "a").ok()
    files = {name: (plain.site() / name).read_bytes() for name in FILES[mode]}
    for name, content in files.items():
        # cut off, but for the file that runs the others, which is gone
        file = plain.site() / name
        file.unlink() if file.suffix == ".pth" else file.write_bytes(content[: len(content) // 2])
        run = plain.tox("-e", "a").ok()
        assert {name: (plain.site() / name).read_bytes() for name in FILES[mode]} == files
        assert not run.lines("recreate env")


def test_a_wrong_mode_is_refused(plain: Project) -> None:
    """One message names the value and what there is."""
    ini(plain, "hidden")
    run = plain.tox("-e", "a").failed()
    assert run.lines("hidden")
    assert all(word in run.out + run.err for word in ("base", "report", "declared"))


def test_plugins_of_the_base_do_not_change_what_is_built(project: Project) -> None:
    """A build environment that takes its backend from the base sees no plugin of it, unless it is told to."""
    project.package(build='requires = ["open-backend"]')
    file = project.root / "pyproject.toml"
    file.write_text(file.read_text("utf-8").replace('= "backend"', '= "open_backend"'), "utf-8")
    for more, plugins in (("", []), ("sitediff_visibility = base", ["extra"])):
        project.ini(
            "package = wheel\ncommands = python -c 'import demo.plugins as p; print(\"built with\", p.NAMES)'",
            tox="",
            rest=f"[testenv:.pkg]\nsitediff = true\nbase_python = {project.base.python}\n{more}",
        )
        run = project.tox("-e", "a").ok()
        assert project.reused(".pkg") == {"open-backend": "1.0"}
        assert run.lines(f"built with {plugins}")


SEE = """\
import json, pytest
from importlib import metadata

class See:
    @pytest.hookimpl
    def pytest_configure(self, config):
        self.plugins = sorted({found.name for _, found in config.pluginmanager.list_plugin_distinfo()})

see = See()
pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider"], plugins=[see])
seen = sorted([found.name, found.version] for found in metadata.distributions())
print("seen:", json.dumps([seen, see.plugins]))
"""


def test_a_declared_environment_sees_what_an_isolated_one_sees(tmp_path: Path, index: Index, family: str) -> None:
    """With the real pytest: the same distributions in the same versions, and the same plugins of pytest."""
    for name in ("pytest-asked", "pytest-noisy"):
        module = name.replace("-", "_")
        points = f"[pytest11]\n{name} = {module}\n"
        index.add(name, "1.0", modules={f"{module}.py": "", f"{module}-1.0.dist-info/entry_points.txt": points})
    with repacked(index, "pytest"):
        base = Base(tmp_path / "base")
        base.install(index, "pytest", "pytest-asked", "pytest-noisy", "unrelated", "pip")
        project = make_project(tmp_path, base, index, family)
        project.write("see.py", SEE)
        project.ini(
            "deps =\n    pytest\n    pytest-asked\ncommands = python see.py",
            tox="no_package = true\nenv_list = all, declared, isolated",
            rest="[testenv:declared]\nsitediff_visibility = declared\n[testenv:isolated]\nsitediff = false",
        )
        run = project.tox().ok()
    seen = [json.loads(line.partition("seen:")[2]) for line in run.lines("seen:")]
    everything, declared, isolated = seen
    # which virtualenv seeds beside pip where Python is older than 3.12
    isolated[0] = [item for item in isolated[0] if item[0] != "setuptools"]
    assert declared == isolated
    assert declared[1] == ["pytest-asked"]
    assert everything[1] == ["pytest-asked", "pytest-noisy"]
    assert project.installed("declared") == {}


def test_an_environment_that_sees_all_loads_nothing_of_this(plain: Project) -> None:
    """With nothing to do, and all of the base to be seen, what hides things or writes records is not even imported.

    As in continuous integration, where tox lists what each environment sees.
    """
    loaded = {}
    for mode in ("base", "report"):
        ini(plain, mode, "-c 'import frame'")
        plain.tox("-e", "a").ok()
        run = plain.tox("-e", "a", PYTHONPROFILEIMPORTTIME="1", CI="1").ok()
        assert run.lines(",dates==2.8.0,frame==2.1.0,")
        loaded[mode] = {line.rpartition("|")[2].strip() for line in run.lines("import time:") if "tox_sitediff" in line}
    assert "tox_sitediff.engine" in loaded["base"]
    more = {f"tox_sitediff.{name}" for name in ("visibility.noting", "visibility.rules", "core.usage", "core.findings")}
    assert loaded["report"] >= more
    assert loaded["base"] & more == set()


# --- the command line


def sitediff(project: Project, *arguments: str | Path) -> Run:
    """Run the command line."""
    program = shutil.which("sitediff", path=str(Path(sys.executable).parent))
    assert program is not None
    done = subprocess.run(
        [program, *arguments],
        cwd=project.root,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(code=done.returncode, out=done.stdout, err=done.stderr)


def python(project: Project, code: str) -> Run:
    """Run code in the environment that the command line made."""
    program = project.root / ".venv" / "bin" / "python"
    done = subprocess.run(
        [program, "-B", "-c", code], env=project.environment(), capture_output=True, text=True, check=False
    )
    return Run(code=done.returncode, out=done.stdout, err=done.stderr)


def test_check_fails_for_what_is_used_undeclared(plain: Project) -> None:
    """``--undeclared`` decides about the exit status; what is declared later is used rightly."""
    sitediff(plain, "venv", "--python", plain.base.python, "--visibility", "report").ok()
    sitediff(plain, "install", "frame").ok()
    assert sitediff(plain, "check", "--undeclared").ok().out.count("undeclared") == 0
    python(plain, "import frame, unrelated").ok()
    run = sitediff(plain, "check").ok()
    assert run.lines("unrelated used without being declared: ")
    assert not run.lines("to be seen by what imports it")
    run = sitediff(plain, "check", "--undeclared", "--format", "json")
    assert run.code == 1
    found = json.loads(run.out)
    assert found["good"] is False
    assert [item["name"] for item in found["undeclared"]] == ["unrelated"]
    # by a file of what is declared; what is printed can be pasted
    python(plain, "import frame; exec(compile('import unrelated', frame.__file__, 'exec'))").ok()
    assert sitediff(plain, "check").ok().lines("--declare 'frame: unrelated'")
    sitediff(plain, "install", "frame", "--declare", "frame: unrelated").ok()
    python(plain, "import unrelated").ok()
    assert not sitediff(plain, "check", "--undeclared").ok().lines("undeclared")
    sitediff(plain, "install", "unrelated").ok()
    python(plain, "import unrelated").ok()
    assert not sitediff(plain, "check", "--undeclared").ok().lines("undeclared")
    assert from_json(json.loads((plain.root / ".venv" / "sitediff.json").read_text("utf-8"))).undeclared == ()


def test_visibility_stays_until_it_is_changed(plain: Project) -> None:
    """A new environment may hide all; later installations keep to it and show what they declare; ``base`` ends it."""
    sitediff(plain, "venv", "--python", plain.base.python, "--visibility", "declared", "--declare", "meter").ok()
    python(plain, "import meter").ok()
    assert "No module named 'frame'" in python(plain, "import frame").err
    sitediff(plain, "install", "frame").ok()
    python(plain, "import frame, numlib, meter").ok()
    assert "No module named 'unrelated'" in python(plain, "import unrelated").err
    sitediff(plain, "install", "tiny", "--declare", "unrelated").ok()
    python(plain, "import frame, tiny, unrelated").ok()
    # what is asked of all commands that look, is not hidden from them
    assert "plotter" in sitediff(plain, "inventory").ok().out
    sitediff(plain, "install", "frame", "--visibility", "base").ok()
    python(plain, "import plotter").ok()
    assert list((plain.root / ".venv").rglob("_sitediff*")) == []


def test_the_inventory_names_who_has_a_module(plain: Project) -> None:
    """Of what is out of sight too; of a module in no distribution, nobody."""
    sitediff(plain, "venv", "--python", plain.base.python, "--visibility", "declared").ok()
    run = sitediff(plain, "inventory", "--module", "plugged").ok()
    assert [line.split()[:3] for line in run.out.splitlines()[1:]] == [["plugged", "1.0", "base"]]
    found = json.loads(sitediff(plain, "inventory", "--module", "unrelated", "--format", "json").ok().out)
    assert [item["name"] for item in found["distributions"]] == ["unrelated"]
    assert "0 distributions with a module loose" in sitediff(plain, "inventory", "--module", "loose").ok().err


def test_prune_removes_what_no_environment_uses(plain: Project, tmp_path: Path) -> None:
    """Views of environments that are gone, and bytecode; those of environments that are there stay."""
    cache = tmp_path / "cache"
    plain.variables["XDG_CACHE_HOME"] = str(cache)
    for name in ("one", "other"):
        sitediff(plain, "venv", "--python", plain.base.python, "--visibility", "declared", name).ok()
        sitediff(plain, "install", "--python", name, "frame" if name == "one" else "tiny").ok()
    views = cache / "tox-sitediff" / "views"
    assert len(list(views.iterdir())) == 2
    (cache / "tox-sitediff" / "bytecode").mkdir(exist_ok=True)
    (cache / "tox-sitediff" / "bytecode" / "some.pyc").write_bytes(b"x" * 1000)
    assert sitediff(plain, "prune").ok().lines("0 views removed, 0 B freed")
    shutil.rmtree(plain.root / "one")
    plain.variables["TMPDIR"] = str(tmp_path / "temporary")
    shadow = tmp_path / "temporary" / "sitediff-shadow-abcd_123" / "a-1.dist-info"
    shadow.mkdir(parents=True)
    (shadow / "METADATA").write_bytes(b"x" * 1000)
    os.utime(shadow.parent, (0, 0))
    run = sitediff(plain, "prune").ok()
    assert run.lines("1 view removed")
    assert run.lines("1 shadow removed, 1.0 kB freed")
    assert not shadow.exists()
    assert len(list(views.iterdir())) == 1
    assert not (cache / "tox-sitediff" / "bytecode").exists()
    done = subprocess.run([plain.root / "other" / "bin" / "python", "-B", "-c", "import tiny"], check=False)
    assert done.returncode == 0


def test_a_wrong_option_is_refused(plain: Project) -> None:
    """One message with what there is; nothing is made."""
    run = sitediff(plain, "venv", "--python", plain.base.python, "--visibility", "none").failed()
    assert run.code == 2
    assert len(run.lines("invalid choice: 'none'")) == 1
    assert not (plain.root / ".venv").exists()
