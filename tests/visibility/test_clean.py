"""A view is as a clean environment of the same files, for tools and for programs that look closely.

`compare.py` does the same for each distribution of a large base, and for random sets of them.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from support import interpreters
from support.bases.made import Base, clean_environment, uv_program
from support.visibility.clean import Pair
from support.visibility.ground import EXTEND, MODULE, distribution
from support.visibility.tools import TOOLS, compare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.network

FOUND: Final = ("flake8", "jedi", "pip", "pyfakefs", "pyinstaller", "pylint", "setuptools")
ASKED: Final = ("wanted", "wanted.sub", "wanted.added", "unwanted", "shared", "shared.two", "legacy", "nosuch")

PROGRAMS: Final = {
    "a doctest of the message": """\
import doctest
def f():
    '''
    >>> import unwanted
    Traceback (most recent call last):
    ModuleNotFoundError: No module named 'unwanted'
    >>> import wanted.added
    Traceback (most recent call last):
    ModuleNotFoundError: No module named 'wanted.added'
    '''
print(doctest.run_docstring_examples(f, {}))""",
    "missing is told from broken inside": """\
import importlib
for name in ("unwanted", "wanted.broken", "wanted.added", "shared.two"):
    try:
        importlib.import_module(name)
    except ImportError as error:
        depth, at = 0, error.__traceback__
        while at is not None:
            depth, at = depth + 1, at.tb_next
        print(name, depth, error, error.name, error.path)
try:
    import unwanted
except ImportError as error:
    print(error.__traceback__.tb_next)""",
    "finders that programs put on": """\
import sys
from importlib.machinery import PathFinder
import importlib.metadata as m
class Own(m.DistributionFinder):
    @staticmethod
    def find_spec(name, path=None, target=None):
        return PathFinder.find_spec(name, path, target)
    @staticmethod
    def find_distributions(context=m.DistributionFinder.Context()):
        return m.MetadataPathFinder.find_distributions(context)
sys.meta_path.append(Own)
sys.meta_path.insert(0, PathFinder)
sys.path_importer_cache.clear()
print(sorted(d.metadata["Name"] for d in m.distributions()))
for name in ("unwanted", "wanted", "legacy.two", "legacy.one"):
    try:
        print(__import__(name))
    except ImportError as error:
        print(repr(error))""",
    "the backport that setuptools vendors": """\
import setuptools, sys
sys.path.insert(0, setuptools.__path__[0] + "/_vendor")
import importlib_metadata as b
print(b.__file__, sorted(d.metadata["Name"] for d in b.distributions()), [e.name for e in b.entry_points(group="demo")])
try:
    b.version("unwanted")
except b.PackageNotFoundError as error:
    print(repr(error))""",
    "a false file system": """\
from pyfakefs.fake_filesystem_unittest import Patcher
with Patcher() as patcher:
    patcher.fs.create_file("/x.py", contents="")
    for name in ("unwanted", "wanted.sub", "json.tool"):
        try:
            print(__import__(name))
        except ImportError as error:
            print(repr(error))""",
    "functions of os that are others": """\
import os
def no(*_, **__):
    raise AssertionError("called")
for name in ("open", "read", "write", "getpid", "fsencode", "fsdecode", "readlink", "stat", "listdir", "scandir"):
    setattr(os, name, no)
for name in ("unwanted", "wanted.sub", "shared.one"):
    try:
        print(__import__(name).__name__)
    except ImportError as error:
        print(repr(error))""",
    "odd entries of sys.path": """\
import sys
class Unhashable(str):
    __hash__ = None
for odd in (None, 3, b"/nowhere", "/\\udcff", Unhashable("/nowhere")):
    sys.path.insert(0, odd)
    for name in ("unwanted", "wanted.sub"):
        try:
            print(__import__(name).__name__)
        except Exception as error:
            print(repr(error))""",
    "a site directory of a test": """\
import os, site, sys, tempfile
with tempfile.TemporaryDirectory() as directory:
    for name in ("more", "path"):
        os.mkdir(os.path.join(directory, name))
    with open(os.path.join(directory, "it.pth"), "w") as file:
        file.write("path\\nimport sys; sys.added = 1\\n")
    site.addsitedir(directory)
    print([os.path.relpath(one, directory) for one in sys.path if one.startswith(directory)], sys.added)
    print([name for name in ("unwanted", "nobody") if name in sys.modules])""",
}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Over a base with tools, and with distributions of which some are declared."""
    root = tmp_path_factory.mktemp("clean")
    base = Base(root / "base", of=interpreters.needed("3.12"))
    subprocess.run(
        [uv_program(), "pip", "install", "-q", "--python", base.python, *FOUND], env=clean_environment(), check=True
    )
    points = "[demo]\n{0} = {0}\n"
    wanted = {"wanted/__init__.py": "", "wanted/sub.py": MODULE, "wanted/broken.py": "import unwanted\n"}
    distribution(base.site, "wanted", wanted, entry_points=points.format("wanted"))
    unwanted = {"unwanted.py": MODULE, "wanted/added.py": MODULE, "noise.pth": "import unwanted, no_such_module\n"}
    distribution(base.site, "unwanted", unwanted, entry_points=points.format("unwanted"))
    for part in ("one", "two"):
        distribution(base.site, f"shared-{part}", {f"shared/{part}.py": MODULE, f"shared/deep/{part}.py": MODULE})
        distribution(base.site, f"legacy-{part}", {"legacy/__init__.py": EXTEND, f"legacy/{part}.py": MODULE})
    pair = Pair(base.python, root)
    before = base.digest()
    yield pair
    assert base.digest() == before


@pytest.mark.parametrize(
    "declared", [["pylint"], ["setuptools", "shared-two"], ["wanted", "shared-one", "legacy-two"], ["unwanted"]]
)
def test_what_is_seen_is_the_same(pair: Pair, declared: list[str]) -> None:
    """Files, distributions, entry points, modules, finders, messages and the depth of their tracebacks."""
    assert pair.show(declared) >= {*declared}
    assert [*pair.differences(ASKED)] == []


def test_a_difference_would_be_said(pair: Pair) -> None:
    """One file more in the view, one more in the clean environment, and what both say of it."""
    pair.show(["wanted"])
    added = pair.view_site / "more.py"
    added.write_text("", encoding="ascii")
    other = pair.clean_site / "other-1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n", encoding="ascii")
    found = [line.partition(":")[0] for line in pair.differences(["more"])]
    added.unlink()
    (other / "METADATA").unlink()
    other.rmdir()
    seen = ["distributions", "files", "found", "messages", "modules"]
    assert found == ["only in the view", "only in the clean one", *seen]
    assert [*pair.differences(["more"])] == []


def test_options_of_the_interpreter(pair: Pair) -> None:
    """With each of them it is the same interpreter."""
    pair.show(["wanted", "legacy-one"])
    for options in (("-I", "-B"), ("-E", "-s", "-B"), ("-P",), ("-S",)):
        code = (
            "import sys; print(sorted(sys.modules), sys.flags, len(sys.path_hooks), sys.meta_path)\n"
            "try:\n    import wanted.sub, unwanted\nexcept ImportError as error:\n    print(repr(error))"
        )
        view, clean = pair.each(*options, "-c", code)
        assert view == clean
        assert "ModuleNotFoundError" in view


@pytest.fixture
def full(pair: Pair) -> Pair:
    """The same, where the tools are declared too."""
    pair.show([*FOUND, "wanted", "shared-one", "legacy-one"])
    return pair


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_that_look_closely(full: Pair, program: str, tmp_path: Path) -> None:
    """What they print, and how they end, is the same; none of them sees what is not declared."""
    file = tmp_path / "program.py"
    file.write_text(PROGRAMS[program], encoding="utf-8")
    view, clean = full.each(file)
    assert view == clean
    assert view
    assert "exit status" not in view
    assert "<module 'unwanted'" not in view


@pytest.mark.slow
def test_tools_see_the_same(full: Pair, tmp_path: Path) -> None:
    """Which imports are missing (pylint), what there is (jedi, flake8, PyInstaller), and what is installed (pip)."""
    tools = [tool for tool in TOOLS if tool in FOUND]
    assert [*compare(full, tools, ASKED, tmp_path / "all")] == []
    said = full.each(*TOOLS["pyinstaller"][0], cwd=tmp_path / "all" / "work")[0]
    assert "('unwanted', 'MissingModule')" in said
    assert "('wanted.sub', 'SourceModule')" in said


def test_environments_and_builds_inside(full: Pair, tmp_path: Path) -> None:
    """An isolated build of pip's, and one with venv, print nothing of the base's ``.pth`` files, and see none of it."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        "[build-system]\nrequires = []\nbuild-backend = 'own'\nbackend-path = ['.']\n"
        "[project]\nname = 'it'\nversion = '1'\n",
        encoding="ascii",
    )
    (project / "own.py").write_text(
        "import importlib.util as u, zipfile\n"
        "def build_wheel(directory, settings=None, metadata=None):\n"
        "    print(*[name for name in ('wanted', 'unwanted', 'jedi') if u.find_spec(name)], 'are seen')\n"
        "    with zipfile.ZipFile(directory + '/it-1-py3-none-any.whl', 'w') as wheel:\n"
        "        info = 'it-1.dist-info/'\n"
        "        wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: it\\nVersion: 1\\n')\n"
        "        wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        wheel.writestr(info + 'RECORD', '')\n"
        "    return 'it-1-py3-none-any.whl'\n",
        encoding="ascii",
    )
    command = ("-m", "pip", "wheel", "-v", "--no-cache-dir", "--no-index", "--disable-pip-version-check", "--no-deps")
    view, clean = full.each(*command, "-w", tmp_path / "wheels", project)
    for said in (view, clean):
        assert "Successfully built it" in said
        assert "  are seen" in said
        assert "Traceback" not in said
        assert "no_such_module" not in said
    # the base's own pip, aimed at the environment
    lists = [
        subprocess.run(
            [full.base, "-B", "-m", "pip", "--python", python, "--disable-pip-version-check", "list"],
            env=full.variables(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for python in (full.viewing, full.clean)
    ]
    assert lists[0] == lists[1]
    assert "unwanted" not in lists[0]
    made = full.each("-m", "venv", "--clear", "--without-pip", tmp_path / "inner")
    assert made == ("", "")
    code = "import importlib.util as u; print([name for name in ('wanted', 'unwanted') if u.find_spec(name)])"
    assert interpreters.run(tmp_path / "inner" / "bin" / "python", code) == "[]\n"
