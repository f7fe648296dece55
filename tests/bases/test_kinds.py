"""Ways in which people install into a base, and namespace packages that lie in two places."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from packaging.utils import canonicalize_name
from virtualenv.seed.wheels.embed import get_embed_wheel

from support.bases.found import FoundBase, agrees, judge, untouched
from support.bases.made import Base, clean_environment, uv_program
from support.distributions import metadata, write
from support.interpreters import needed, run
from support.projects import make_project

if TYPE_CHECKING:
    from support.index import Index

SHORT: Final = f"{sys.version_info[0]}.{sys.version_info[1]}"
PROJECT: Final = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "{name}"
version = "1.0"
dependencies = ["numlib<2"]
scripts = {{ {name} = "{name}:main" }}
[tool.setuptools]
{layout}
"""
MAIN: Final = "import sys\n\ndef main():\n    print(__name__, 'of', __file__, 'runs in', sys.prefix)\n"


def bundled_setuptools() -> Path:
    """A setuptools that still has pkg_resources: the one that came with Python 3.11 and older."""
    where = "import ensurepip, os; print(os.path.join(os.path.dirname(ensurepip.__file__), '_bundled'), end='')"
    found = list(Path(run(needed("3.11"), where)).glob("setuptools-*.whl"))
    return found[0] if found else pytest.skip("this Python 3.11 comes without setuptools")


def editable(base: Base, index: Index, root: Path, *, layout: str, name: str, inside: str) -> Path:
    """Install a project of setuptools into a base, editable; return its sources."""
    write(root / "pyproject.toml", PROJECT.format(name=name, layout=layout))
    source = write(root / inside / name / "__init__.py", MAIN)
    setuptools = get_embed_wheel("setuptools", SHORT)
    assert setuptools is not None
    links = f"--find-links={Path(setuptools.path).parent}"
    subprocess.run(
        [uv_program(), "pip", "install", "--python", base.python, "--no-deps", links, "--editable", root],
        env={**clean_environment(), **index.variables()},
        check=True,
    )
    return source


def test_what_is_installed_editable_in_the_base_is_reused(tmp_path: Path, index: Index, family: str) -> None:
    """By setuptools' finder, by a path in a .pth file, and by ``setup.py develop``: with its needs and its program."""
    made = Base(tmp_path / "base")
    made.install(index, "numlib<2")
    sources = [
        editable(made, index, tmp_path / "one", layout='packages = ["found"]', name="found", inside=""),
        editable(made, index, tmp_path / "two", layout='package-dir = { "" = "src" }', name="pathed", inside="src"),
    ]
    assert list(made.site.glob("__editable___found_*_finder.py"))
    assert list(made.site.glob("__editable__.pathed-*.pth"))
    developed = tmp_path / "three"
    sources.append(write(developed / "linked" / "__init__.py", MAIN))
    write(developed / "linked.egg-info" / "PKG-INFO", metadata("linked", "1.0"))
    write(developed / "linked.egg-info" / "requires.txt", "numlib<2\n")
    write(developed / "linked.egg-info" / "entry_points.txt", "[console_scripts]\nlinked = linked:main\n")
    write(made.site / "linked.egg-link", f"{developed}\n.")
    write(made.site / "easy-install.pth", f"{developed}\n")
    base = FoundBase(made.python)
    names = ("found", "pathed", "linked")
    with untouched(base):
        assert judge(tmp_path / "pip", base, *names, variables={**clean_environment(), **index.variables()}) == {}
        project = make_project(tmp_path, base, index, family)
        project.ini("\n    ".join(["deps =", *names]) + "\n" + "\n    ".join(["commands =", *names]))
        ran = project.tox("-e", "a").ok()
        for name, source in zip(names, sources, strict=True):
            assert ran.lines(f"{name} of {source} runs in {project.directory()}")
        assert set(project.reused()) == {*names, "numlib"}
        assert not project.tox("-e", "a").ok().lines("recreate env")
        agrees(project, *names, would={})


PKGUTIL: Final = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
PKG_RESOURCES: Final = "__import__('pkg_resources').declare_namespace(__name__)\n"
NSPKG: Final = (
    "import sys, types, os;has_mfs = sys.version_info > (3, 5);"
    "p = os.path.join(sys._getframe(1).f_locals['sitedir'], *('shared',));"
    "importlib = has_mfs and __import__('importlib.util');has_mfs and __import__('importlib.machinery');"
    "m = has_mfs and sys.modules.setdefault('shared', importlib.util.module_from_spec("
    "importlib.machinery.PathFinder.find_spec('shared', [os.path.dirname(p)])));"
    "m = m or sys.modules.setdefault('shared', types.ModuleType('shared'));"
    "mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)\n"
)
"""What setuptools before 75 writes into ``NAME-VERSION-nspkg.pth`` for a declared namespace package."""


@pytest.mark.parametrize("kind", ["PEP 420", "pkgutil", "pkg_resources", "nspkg.pth"])
def test_a_namespace_package_in_two_places(tmp_path: Path, index: Index, kind: str) -> None:
    """One part comes from the base and one is installed: both are seen, and pip agrees."""
    content = {"pkgutil": PKGUTIL, "pkg_resources": PKG_RESOURCES}.get(kind)
    # names of their own: uv remembers what it once read of a wheel
    one, two = (f"{kind.lower().replace(' ', '')}-{part}" for part in ("one", "two"))
    for name, part in ((one, "one"), (two, "two")):
        files = {f"shared/{part}.py": f"PART = {part!r}\n"}
        if content:
            files["shared/__init__.py"] = content
        if kind == "nspkg.pth":
            files[f"{name}-1.0-nspkg.pth"] = NSPKG
        index.add(name, "1.0", modules=files)
    made = Base(tmp_path / "base", of=needed("3.11") if kind == "pkg_resources" else None)
    made.install(index, one)
    declared = [one, two]
    if kind == "pkg_resources":
        made.install(index, str(bundled_setuptools()))
        declared.append("setuptools")
    base = FoundBase(made.python)
    show = "from shared import one, two; print(one.PART, 'of', one.__file__, two.PART, 'of', two.__file__)"
    variables = {**clean_environment(), **index.variables()}
    with untouched(base):
        would = judge(tmp_path / "pip", base, *declared, variables=variables)
        assert would == {canonicalize_name(two): "1.0"}
        project = make_project(tmp_path, base, index, "virtualenv")
        project.ini("\n    ".join(["deps =", *declared]) + f'\ncommands = python -W ignore -c "{show}"')
        ran = project.tox("-e", "a").ok()
        assert ran.lines(f"one of {base.site}/shared/one.py two of {project.site()}/shared/two.py")
        agrees(project, *declared, would=would)


def egg(site: Path, name: str, version: str, *, zipped: bool) -> Path:
    """Install an egg, as easy_install did, and return it."""
    path = site / f"{name}-{version}-py{SHORT}.egg"
    files = {
        f"{name}.py": f"{MAIN}\n__version__ = {version!r}\n",
        "EGG-INFO/PKG-INFO": metadata(name, version),
        "EGG-INFO/requires.txt": "numlib<2\n",
        "EGG-INFO/zip-safe": "\n",
    }
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            for inside, text in files.items():
                archive.writestr(inside, text)
    else:
        for inside, text in files.items():
            write(path / inside, text)
    pth = site / "easy-install.pth"
    write(pth, (pth.read_text("utf-8") if pth.exists() else "") + f"./{path.name}\n")
    return path


def test_eggs_of_the_base(tmp_path: Path, index: Index, family: str) -> None:
    """An unpacked one is reused; a zipped one, which pip counts, is not seen, and another copy hides it."""
    for name in ("unpacked", "packed"):
        index.add(name, "2.0", modules={f"{name}.py": "__version__ = '2.0'\n"})
    made = Base(tmp_path / "base")
    made.install(index, "numlib<2")
    egg(made.site, "unpacked", "1.0", zipped=False)
    egg(made.site, "packed", "1.0", zipped=True)
    base = FoundBase(made.python)
    names = ("unpacked", "packed")
    with untouched(base):
        assert judge(tmp_path / "pip", base, *names, variables={**clean_environment(), **index.variables()}) == {}
        project = make_project(tmp_path, base, index, family)
        show = "import packed, unpacked; print('versions', packed.__version__, unpacked.__version__)"
        project.ini("\n    ".join(["deps =", *names]) + f'\ncommands = python -c "{show}"')
        assert project.tox("-e", "a").ok().lines("versions 2.0 1.0")
        assert not project.tox("-e", "a").ok().lines("recreate env")
        assert project.reused() == {"numlib": "1.26.0", "unpacked": "1.0"}
        agrees(project, *names, would={"packed": "2.0"})
