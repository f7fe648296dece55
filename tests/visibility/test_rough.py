"""What programs and test suites do to the import system breaks nothing, and what is hidden stays hidden."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

import pytest

from support import interpreters
from support.visibility.ground import VERSIONS, Environment, Ground
from tox_sitediff.core.model import Visibility
from tox_sitediff.visibility import hook
from tox_sitediff.visibility.findings import clear
from tox_sitediff.visibility.noting import HOOK_NAME, LOG_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

THERE: Final = (
    "\nimport wanted.user\ntry:\n    import unwanted\n    print('seen')\nexcept ImportError:\n    print('hidden')"
)
"""What each program ends with."""

PROGRAMS: Final = {
    "code without a name": "exec('try:\\n    import unwanted\\nexcept ImportError:\\n    pass', {'__name__': None})",
    "a working directory that is gone": """\
import os, tempfile
os.chdir(tempfile.mkdtemp(dir="."))
os.rmdir(os.getcwd())
exec(compile("try:\\n    import unwanted\\nexcept ImportError:\\n    pass", "relative.py", "exec"))""",
    "no finders for a while": "import sys\nkept = sys.meta_path[:]\nsys.meta_path.clear()\nsys.meta_path[:] = kept",
    "no path hooks for a while": "import sys\nkept = sys.path_hooks[:]\nsys.path_hooks.clear()\n"
    "sys.path_hooks[:] = kept\nsys.path_importer_cache.clear()",
    "finders that are asked by another one": """\
import sys
kept = sys.meta_path[:]
class All:
    @staticmethod
    def find_spec(name, path=None, target=None):
        found = (finder.find_spec(name, path, target) for finder in kept if hasattr(finder, "find_spec"))
        return next((spec for spec in found if spec), None)
sys.meta_path[:] = [All]
try:
    import nowhere
except ImportError:
    pass""",
    "a search for Python's own finder": "import sys\nfrom importlib.machinery import PathFinder\n"
    "at = sys.meta_path.index(PathFinder)\nassert hash(PathFinder) == hash(sys.meta_path[at])\n"
    "sys.meta_path.remove(PathFinder)\nassert PathFinder not in sys.meta_path\nsys.meta_path.insert(at, PathFinder)",
    "finders that are copied": "import copy, sys\nfor finder in sys.meta_path: copy.copy(finder)",
    "modules of like names": """\
import os, sys, tempfile
os.mkdir("like")
for name in ("__init__", "pkg_resources", "importlib_metadata"):
    open(os.path.join("like", name + ".py"), "w").close()
sys.path.insert(0, os.getcwd())
import like.pkg_resources, like.importlib_metadata""",
    "the same in an archive": """\
import sys, zipfile
with zipfile.ZipFile("like.zip", "w") as archive:
    archive.writestr("pkg_resources.py", "")
    archive.writestr("importlib_metadata.py", "")
sys.path.insert(0, "like.zip")
import pkg_resources, importlib_metadata""",
    "reloads": "import importlib, pkgutil, sys, wanted\n"
    "for name in ('_sitediff_visibility', 'importlib', 'pkgutil', 'wanted'): importlib.reload(sys.modules[name])\n"
    "sys.path_importer_cache.clear()",
    "its .pth file once more": "import site, sys\nsys.modules.pop('_sitediff_visibility')\nbefore = list(sys.path)\n"
    "site.addsitedir(site.getsitepackages()[0])\nassert sys.path == before\nsys.path_importer_cache.clear()",
    "a plugin loaded by its finder": """\
import pkgutil, sys
finder, = (found.module_finder for found in pkgutil.iter_modules() if found.name == "wanted")
if sys.version_info < (3, 12):
    finder.find_module("wanted").load_module("wanted")""",
    "odd entries of sys.path": "import pathlib, sys\nsys.path += [None, 3, pathlib.Path.cwd()]",
    "the end of the interpreter": """\
import atexit
class Late:
    def __del__(self):
        try:
            import single
        except ImportError:
            pass
late = Late()
atexit.register(late.__del__)""",
    "a subinterpreter": """\
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
run = getattr(interpreters, "run_string", None) or interpreters.exec
assert not run(interpreters.create(), "import sys, wanted; sys.modules['_sitediff_visibility']")""",
    "little left of the stack": """\
def deeper():
    try:
        import nowhere
    except ImportError:
        pass
    deeper()
try:
    deeper()
except RecursionError:
    pass""",
}

OPTIONS: Final = {
    "warnings are errors": ("-W", "error", "-X", "dev", "-bb"),
    "no docstrings": ("-OO",),
    "isolated": ("-I",),
    "nothing is frozen": ("-X", "frozen_modules=off"),
}


@pytest.fixture(scope="module", params=[VERSIONS[0], VERSIONS[-1]])
def environments(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Environment]:
    """Where all is seen, and where something is hidden: what the program in the end finds, and the environment."""
    ground = Ground(tmp_path_factory.mktemp("rough"), request.param)
    return {
        "seen": ground.environment(Visibility.REPORT),
        "hidden": ground.environment(Visibility.DECLARED),
    }


def run(environment: Environment, directory: Path, *command: str) -> tuple[str, str]:
    """Run its interpreter in a directory, and return what it wrote."""
    directory.mkdir()
    environment.work = directory
    done = environment.run(*command)
    return done.stdout, done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_breaks(environments: Mapping[str, Environment], tmp_path: Path, program: str) -> None:
    """The program runs to its end without a word; what is hidden is hidden then, and what is seen is seen."""
    for outcome, environment in environments.items():
        if outcome == "hidden" and "_sitediff_visibility" in PROGRAMS[program]:
            continue  # there is no hook
        code = PROGRAMS[program] + THERE
        assert run(environment, tmp_path / outcome, "-c", code) == (f"{outcome}\n", "")


@pytest.mark.parametrize("options", OPTIONS)
def test_options_of_the_interpreter(environments: Mapping[str, Environment], tmp_path: Path, options: str) -> None:
    """They change nothing of it."""
    for outcome, environment in environments.items():
        assert run(environment, tmp_path / outcome, *OPTIONS[options], "-c", THERE) == (f"{outcome}\n", "")


def test_the_site_module_that_is_run_by_hand(environments: Mapping[str, Environment], tmp_path: Path) -> None:
    """With ``-S`` nothing of the base is there, and after ``site.main()`` it is as always."""
    for outcome, environment in environments.items():
        code = f"import site, sys\nassert not [p for p in sys.path if p.endswith('site-packages')]\nsite.main(){THERE}"
        assert run(environment, tmp_path / outcome, "-S", "-c", code) == (f"{outcome}\n", "")


def test_environments_that_are_made_inside_are_not_ours(
    environments: Mapping[str, Environment], tmp_path: Path
) -> None:
    """One that a test makes with venv inherits nothing of this one: neither what it hides, nor the hook."""
    for outcome, environment in environments.items():
        for more, seen in (((), "hidden"), (("--system-site-packages",), "seen")):
            directory = tmp_path / f"{outcome}-{seen}"
            assert environment.run("-m", "venv", "--without-pip", *more, str(directory)).returncode == 0
            code = THERE.replace(
                "import wanted.user\n", "import sys; assert '_sitediff_visibility' not in sys.modules\n"
            )
            assert interpreters.run(directory / "bin" / "python", code) == f"{seen}\n"


def test_a_hook_that_fails_is_said(environments: Mapping[str, Environment], tmp_path: Path) -> None:
    """An error inside it, whichever, ends in one line, and what runs goes on."""
    environment = environments["seen"]
    file = environment.purelib / HOOK_NAME
    before = file.read_bytes()
    file.write_text("def start():\n    raise RuntimeError('unforeseen')\n", encoding="utf-8")
    try:
        out, err = run(environment, tmp_path / "work", "-c", "print('ran')")
    finally:
        file.write_bytes(before)
    assert out == "ran\n"
    assert "can't be used (unforeseen)" in err
    assert len(err.splitlines()) == 1


def test_what_programs_put_in_place_of_functions_is_not_called(
    environments: Mapping[str, Environment], tmp_path: Path
) -> None:
    """Test suites patch os, and rules and notes that are broken: an import goes on without a word."""
    environment = environments["seen"]
    code = """\
import os, sys, _sitediff_visibility as hook
def no(*_, **__):
    raise AssertionError("called")
kept = {name: getattr(os, name) for name in ("open", "read", "write", "close", "getpid", "fsencode")}
for name in kept:
    setattr(os, name, no)
import unwanted
for name, value in kept.items():
    setattr(os, name, value)
hook.sight.rules = hook.sight.owners = None
hook.sight.log = None
import single, shared.two
print("ran")"""
    clear(environment.directory)
    assert run(environment, tmp_path / "work", "-c", code) == ("ran\n", "")
    assert [item.module for item in environment.found().undeclared] == ["unwanted"]


EVERYTHING: Final = """\
import os, sys
def no(*_, **__):
    raise AssertionError("called")
def elsewhere():
    return "/elsewhere"
kept = [(m, n, getattr(m, n)) for m in (os, os.path, sys) for n in dir(m)
        if callable(getattr(m, n)) and not isinstance(getattr(m, n), type) and not n.startswith(("__", "audit", "_C"))]
for module, name, _ in kept:
    setattr(module, name, no)
os.getcwd = elsewhere
exec(compile("import unwanted", "relative.py", "exec"))
exec(compile("\\nimport single", "/somewhere/./x/../absolute.py", "exec"))
sys.path.insert(0, BASE + "/./wanted/..//")
import unwanted_c
for module, name, value in kept:
    setattr(module, name, value)
print("ran")"""


def test_nothing_is_read_from_functions_that_are_others(
    environments: Mapping[str, Environment], tmp_path: Path
) -> None:
    """All functions of os, of its paths and of sys are replaced: each import is noted, with its file, all the same."""
    environment = environments["seen"]
    clear(environment.directory)
    code = f"BASE = {os.fspath(environment.ground.base.site)!r}\n{EVERYTHING}"
    assert run(environment, tmp_path / "work", "-c", code) == ("ran\n", "")
    found = environment.found().undeclared
    assert [(note.module, note.imported_by) for note in found] == [
        ("single", "/somewhere/absolute.py:2"),
        ("unwanted", f"{tmp_path / 'work' / 'relative.py'}:1"),
        ("unwanted_c", "python -c:15"),
    ]


def test_finders_and_specs_that_fail(environments: Mapping[str, Environment], tmp_path: Path) -> None:
    """What another path hook gives is given on, and an error of its own is its own; ours adds none."""
    code = """\
import sys, zipimport
from importlib.machinery import FileFinder, ModuleSpec
class Spec(ModuleSpec):
    @property
    def loader(self):
        if "sitediff" in sys._getframe(1).f_code.co_filename:
            raise RuntimeError("asked by the hook")
        return self.real
    @loader.setter
    def loader(self, value):
        self.real = value
class Odd(FileFinder):
    def find_spec(self, name, target=None):
        if name == "failing":
            raise RuntimeError("its own")
        spec = super().find_spec(name, target)
        if spec is None:
            return None
        odd = Spec(spec.name, spec.loader, origin=spec.origin)
        odd.submodule_search_locations = spec.submodule_search_locations
        odd.has_location = True
        return odd
class Slots:
    __slots__ = ("real",)
    def __init__(self, path):
        from importlib.machinery import SOURCE_SUFFIXES, SourceFileLoader
        self.real = FileFinder(path, (SourceFileLoader, SOURCE_SUFFIXES))
    def __getattribute__(self, name):
        if name == "__class__":
            raise RuntimeError("no class")
        return object.__getattribute__(self, name)
    def find_spec(self, name, target=None):
        return self.real.find_spec(name, target)
from importlib.machinery import SOURCE_SUFFIXES, SourceFileLoader
own = sys.path_hooks[1:]
for hook in (Odd.path_hook((SourceFileLoader, SOURCE_SUFFIXES)), Slots):
    sys.path_hooks[1:] = [hook, *own]
    sys.path_importer_cache.clear()
    for name in ("single", "unwanted"):
        sys.modules.pop(name, None)
        __import__(name)
try:
    sys.path_hooks[1:] = [Odd.path_hook((SourceFileLoader, SOURCE_SUFFIXES)), *own]
    sys.path_importer_cache.clear()
    import failing
except RuntimeError as error:
    print(error)
print("ran")"""
    assert run(environments["seen"], tmp_path / "work", "-c", code) == ("its own\nran\n", "")


def test_a_name_that_ends_as_another_is_noted_too(environments: Mapping[str, Environment], tmp_path: Path) -> None:
    """Whole lines are compared: what is noted is that very module."""
    environment = environments["seen"]
    clear(environment.directory)
    code = (
        "import os, _sitediff_visibility as hook\nhook.getpid = lambda: 1\n"
        "hook.importer = lambda name: ['f', '1', '', '', '', '']\n"
        "hook.note('a.b', 'd')\nhook.note('b', 'd')\nhook.note('b', 'd')"
    )
    assert run(environment, tmp_path / "work", "-c", code) == ("", "")
    found = (environment.directory / LOG_NAME / "01.txt").read_text("utf-8").splitlines()
    assert [line.split("\t")[1] for line in found] == ["a.b", "b"]
    code = code.replace("'a.b'", "'ab'")
    clear(environment.directory)
    run(environment, tmp_path / "again", "-c", code)
    found = (environment.directory / LOG_NAME / "01.txt").read_text("utf-8").splitlines()
    assert [line.split("\t")[1] for line in found] == ["ab", "b"]


def test_an_archive_whose_finder_is_written_in_c(tmp_path: Path) -> None:
    """Before Python 3.8 what is imported out of archives can't be noted; all else is, and nothing is said."""
    environment = Ground(tmp_path, "3.7").environment(Visibility.REPORT)
    done = environment.run("-c", "import zipped, unwanted, wanted.user")
    assert (done.returncode, done.stderr) == (0, "")
    assert [item.module for item in environment.found().undeclared] == ["unwanted"]


def test_notes_are_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where files of text differ from others (a stand-in for Windows), a note is none: its end would be a field."""
    binary = os.O_CLOEXEC  # has no meaning here, as O_BINARY has none
    monkeypatch.setattr(hook, "NOTES", hook.NOTES | binary)
    monkeypatch.setattr(hook, "sight", SimpleNamespace(log=str(tmp_path)))
    monkeypatch.setattr(hook, "importer", lambda fullname: [f"{fullname}.py", "1", "", "", "", ""])
    flags = []
    real = os.open

    def spy(path: str, given: int, mode: int) -> int:
        flags.append(given & binary)
        return real(path, given, mode)

    monkeypatch.setattr(hook, "os_open", spy)
    hook.note("module", "/base")  # type: ignore[no-untyped-call]  # it goes without types into environments
    assert flags == [binary]
