"""What may happen to a base, to an environment, to variables and to start-up files, between two runs or in one."""

from __future__ import annotations

import os
import shutil
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.distributions import SHORT, install, write
from support.unchanged.environments import NAMESPACE, move_behind, swap
from tox_sitediff.core.fingerprint import FILE_NAME
from tox_sitediff.environment.state_file import STATE_NAME
from tox_sitediff.interpreter.layers import PTH_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from support.unchanged.environments import World

_PATH: Final = "import sys; sys.path.insert(1, {!r})\n"
_VERSION: Final = "Name: {}\nVersion: {}\n\n"


def _library(world: World) -> Path:
    return world.base / "lib" / SHORT


def _metadata(world: World, name: str = "frame-2.0", version: str = "2.0", more: str = "") -> None:
    path = world.site / f"{name}.dist-info" / "METADATA"
    world.rewrite(
        path, f"Metadata-Version: 2.1\nName: frame\nVersion: {version}\nRequires-Dist: numlib>=0.{more or 5}\n\n"
    )


def _linked(world: World, python: Path) -> None:
    link = world.env / "bin" / "python"
    link.unlink()
    link.symlink_to(python)


def _another_way(world: World) -> None:
    (world.root / "way").symlink_to(world.python)
    _linked(world, world.root / "way")


def _copied_anew(python: Path) -> None:
    python.unlink()
    shutil.copy2(Path(sys.base_prefix) / "bin" / SHORT, python)


def _zip(path: Path, name: str, code: str) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(name, code)


def _library_zip(world: World) -> Path:
    return world.base / "lib" / f"python{sys.version_info[0]}{sys.version_info[1]}.zip"


def _replaced(world: World, module: str, code: str) -> None:
    """Put a changed copy of a module in the place of one of the library."""
    path = _library(world) / module
    world.rewrite(path, path.read_text() + code)


def _before(world: World, module: str) -> None:
    """Put a package before a module of the library, which does what that does and more."""
    path = _library(world) / module
    write(path.with_suffix("") / "__init__.py", path.read_text() + _PATH.format(str(world.beside)))


def _in_and_out(world: World) -> None:
    shutil.rmtree(install(world.site, "brief", "1.0"))
    (world.site / "brief.py").unlink()


def _swapped(one: Path, other: Path) -> None:
    """Let two files or directories change places."""
    between = one.with_name("between")
    one.rename(between)
    other.rename(one)
    between.rename(other)


def _egg(world: World) -> None:
    write(world.site / "frame-0.1.egg" / "EGG-INFO" / "PKG-INFO", "Name: frame\nVersion: 0.1\n")
    world.rewrite(world.site / "easy-install.pth", "./frame-0.1.egg\n")


def _swap_for_file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text(_VERSION.format("numlib", "1.0"))


def _no_lists(world: World) -> None:
    for name in ("INSTALLER", "RECORD"):
        (world.site / "frame-2.0.dist-info" / name).unlink()


def _directory_for_metadata(world: World) -> None:
    folder = world.site / "frame-2.0.dist-info"
    (folder / "METADATA").unlink()
    write(folder / "METADATA" / "x")
    write(folder / "PKG-INFO", _VERSION.format("frame", "2.0"))


def _link_for_path_file(world: World) -> None:
    _rename(world.site / "edited.pth", "old")
    (world.site / "edited.pth").symlink_to(write(world.root / "paths", f"{world.beside}\n"))


def _secret(world: World) -> None:
    write(world.root / "secret")


def _rename(path: Path, name: str) -> None:
    path.rename(path.with_name(name))


BASE: Final[Mapping[str, Callable[[World], object]]] = {
    "an unrelated distribution": lambda world: install(world.site, "more", "1.0"),
    "another version": lambda world: world.quietly(
        world.site, lambda: _rename(world.site / "numlib-1.0.dist-info", "numlib-1.1.dist-info")
    ),
    "requirements edited": lambda world: _metadata(world, more="6"),
    "version edited": lambda world: _metadata(world, version="2.1"),
    "an egg's requirements": lambda world: world.rewrite(world.site / "demo-1.0.egg-info" / "requires.txt", "numlib\n"),
    "an egg's version": lambda world: world.rewrite(
        world.site / "demo-1.0.egg-info" / "PKG-INFO", _VERSION.format("demo", "1.1")
    ),
    "an egg on the path": _egg,
    "metadata removed": lambda world: (world.site / "numlib-1.0.dist-info" / "METADATA").unlink(),
    "a directory for the metadata": _directory_for_metadata,
    "a second file of metadata": lambda world: world.rewrite(
        world.site / "frame-2.0.dist-info" / "PKG-INFO", _VERSION.format("frame", "2.5")
    ),
    "metadata emptied": lambda world: world.rewrite(world.site / "numlib-1.0.dist-info" / "METADATA", ""),
    "a file for its metadata": lambda world: _swap_for_file(world.site / "numlib-1.0.dist-info"),
    "installer and list of files removed": _no_lists,
    "an origin": lambda world: world.rewrite(
        world.site / "frame-2.0.dist-info" / "direct_url.json", '{"url": "https://host/x", "archive_info": {}}'
    ),
    "a distribution removed": lambda world: world.quietly(
        world.site, lambda: shutil.rmtree(world.site / "numlib-1.0.dist-info")
    ),
    "a distribution in and out": lambda world: world.quietly(world.site, lambda: _in_and_out(world)),
    "an unrelated one edited": lambda world: world.rewrite(
        world.site / "other-3.0.dist-info" / "METADATA", "Version: 4\n\n"
    ),
    "a second copy": lambda world: install(world.site, "frame", "1.9"),
    "pip": lambda world: install(world.site, "pip", "26.0"),
    "two change places": lambda world: world.quietly(
        world.site, lambda: _swapped(world.site / "frame-2.0.dist-info", world.site / "numlib-1.0.dist-info")
    ),
    "a link for its metadata": lambda world: swap(
        world.site / "frame-2.0.dist-info", lambda copy: write(copy / "METADATA", _VERSION.format("frame", "2.2"))
    ),
    "a link for site-packages": lambda world: swap(
        world.site, lambda copy: shutil.rmtree(copy / "numlib-1.0.dist-info")
    ),
    "a link for the same site-packages": lambda world: swap(world.site, lambda copy: None),
    "a link to where site-packages are now": lambda world: move_behind(world.site),
    "a link to where the library is now": lambda world: move_behind(_library(world)),
    "a link to where the base is now": lambda world: move_behind(world.base),
    "the base moved": lambda world: swap(
        world.base, lambda copy: install(copy / "lib" / SHORT / "site-packages", "a", "1")
    ),
    # start-up files
    "a path file": lambda world: world.rewrite(world.site / "new.pth", f"{world.beside}\n"),
    "a path file edited": lambda world: world.rewrite(
        world.site / "edited.pth", f"{world.beside}\n{world.root / 'later'}\n"
    ),
    "a path file removed": lambda world: world.quietly(world.site, (world.site / "edited.pth").unlink),
    "a path file renamed": lambda world: world.quietly(
        world.site, lambda: _rename(world.site / "edited.pth", "other.pth")
    ),
    "a path file out of use": lambda world: world.quietly(
        world.site, lambda: _rename(world.site / "edited.pth", "edited.pth.off")
    ),
    "a link for a path file": _link_for_path_file,
    "a path file that runs": lambda world: world.rewrite(world.site / "run.pth", _PATH.format(str(world.beside))),
    "a namespace package": lambda world: write(world.site / "spaces" / "inner" / "__init__.py"),
    "code in a namespace package": lambda world: world.rewrite(
        world.site / "spaces" / "__init__.py", _PATH.format(str(world.beside))
    ),
    "a namespace package edited": lambda world: world.rewrite(
        world.site / "spaces-nspkg.pth", f"{NAMESPACE}{world.beside}\n"
    ),
    "a start file": lambda world: world.rewrite(world.site / "run.start", "os:getcwd\n"),
    "what a path file names": lambda world: install(world.root / "later", "frame", "0.1"),
    "what a path file names beside": lambda world: install(_library(world) / "near", "frame", "0.1"),
    "an archive that a path file names": lambda world: _zip(
        world.root / "later", "frame-0.1.dist-info/METADATA", _VERSION.format("frame", "0.1")
    ),
    "an editable source moved": lambda world: world.source.rename(world.root / "elsewhere"),
    "an editable source moved, and a link": lambda world: move_behind(world.source),
    "an editable source edited": lambda world: world.rewrite(
        world.source / "edited.egg-info" / "PKG-INFO", "Name: edited\nVersion: 0.2\n"
    ),
    "a link for an editable source": lambda world: swap(
        world.source, lambda copy: write(copy / "edited.egg-info" / "PKG-INFO", "Name: edited\nVersion: 0.3\n")
    ),
    "an editable finder edited": lambda world: world.rewrite(
        world.site / "__editable___found_1_0_finder.py",
        f"import sys\ndef install(): sys.path.insert(1, {str(world.beside)!r})\n",
    ),
    "an editable finder gone": lambda world: (world.site / "__editable___found_1_0_finder.py").unlink(),
    "another editable finder": lambda world: world.rewrite(
        _library(world) / "__editable___found_1_0_finder.py",
        f"import sys\ndef install(): sys.path.insert(1, {str(world.beside)!r})\n",
    ),
    "an editable source that a finder names": lambda world: (world.root / "found").rename(world.root / "elsewhere"),
    "sitecustomize": lambda world: world.rewrite(world.site / "sitecustomize.py", _PATH.format(str(world.beside))),
    "sitecustomize with comments": lambda world: world.rewrite(world.site / "sitecustomize.py", "# another one\n"),
    "sitecustomize, a package": lambda world: write(
        world.site / "sitecustomize" / "__init__.py", _PATH.format(str(world.beside))
    ),
    "sitecustomize without source": lambda world: world.compiled(world.site, "sitecustomize"),
    "what start-up looks at": _secret,
    "sitecustomize in a library": lambda world: world.rewrite(
        _library(world) / "sitecustomize.py", _PATH.format(str(world.beside))
    ),
    "sitecustomize in an archive": lambda world: _zip(
        _library_zip(world), "sitecustomize.py", _PATH.format(str(world.beside))
    ),
    "sitecustomize beside": lambda world: world.rewrite(
        world.beside / "sitecustomize.py", _PATH.format(str(world.source))
    ),
    "usercustomize": lambda world: world.rewrite(world.site / "usercustomize.py", _PATH.format(str(world.beside))),
    "usercustomize of the user": lambda world: write(world.user / "usercustomize.py", _PATH.format(str(world.beside))),
    # the interpreter
    "a module of the library": lambda world: _replaced(world, "encodings/utf_8.py", _PATH.format(str(world.beside))),
    "a package of the library": lambda world: _replaced(
        world, "encodings/__init__.py", _PATH.format(str(world.beside))
    ),
    "a package before a module of the library": lambda world: _before(world, "encodings/utf_8.py"),
    "a library before that of the interpreter": lambda world: write(
        world.libraries / f"lib{SHORT}.so.1.0", "no library"
    ),
    "the interpreter copied anew": lambda world: _copied_anew(world.python),
    "the interpreter damaged": lambda world: world.rewrite(world.python, "#!/bin/false\n"),
    "a library below the interpreter": lambda world: shutil.copytree(
        _library(world), world.base / "bin" / "lib" / SHORT, symlinks=True
    ),
    "a pyvenv.cfg of the base": lambda world: write(world.base / "pyvenv.cfg", f"home = {sys.base_prefix}/bin\n"),
    # other places
    "a user site": lambda world: install(world.user, "frame", "9.0"),
    "a user site without anything": lambda world: world.user.mkdir(parents=True, exist_ok=True),
    "no user site": lambda world: shutil.rmtree(world.user),
    "a link for the user site": lambda world: swap(world.user, lambda copy: install(copy, "frame", "9.0")),
    "a distribution before all": lambda world: install(world.beside, "mine", "0.9"),
    "a distribution of PYTHONPATH": lambda world: install(world.beside, "frame", "0.9"),
    "a link for PYTHONPATH": lambda world: swap(world.beside, lambda copy: install(copy, "frame", "0.9")),
    "no directory of PYTHONPATH": lambda world: world.beside.rename(world.root / "away"),
    "a distribution of a layer": lambda world: install(world.layer, "frame", "0.9"),
    "a layer's version": lambda world: world.rewrite(
        world.layer / "stacked-1.0.dist-info" / "METADATA", _VERSION.format("stacked", "1.1")
    ),
    "a layer's path file": lambda world: world.rewrite(world.layer / "a.pth", f"{world.beside}\n"),
    "a layer gone": lambda world: world.layer.rename(world.root / "away"),
    "a link for a layer": lambda world: swap(world.layer, lambda copy: shutil.rmtree(copy / "stacked-1.0.dist-info")),
    "a layer that is an environment": lambda world: (
        install(world.layer / "lib" / SHORT / "site-packages", "frame", "0.8"),
        write(world.layer / "pyvenv.cfg", f"home = {world.python.parent}\n"),
    ),
    "a layer that is one for another Python": lambda world: (world.layer / "lib" / "python3.1" / "site-packages").mkdir(
        parents=True
    ),
}
"""Those outside of the environment."""

OWN: Final[Mapping[str, Callable[[World], object]]] = {
    "a path file in the environment": lambda world: world.rewrite(world.own / "new.pth", f"{world.beside}\n"),
    "a path file that runs in the environment": lambda world: world.rewrite(
        world.own / "run.pth", _PATH.format(str(world.beside))
    ),
    "own distribution": lambda world: install(world.own, "frame", "3.0"),
    "own distribution removed": lambda world: shutil.rmtree(world.own / "mine-1.0.dist-info"),
    "own version edited": lambda world: world.rewrite(
        world.own / "mine-1.0.dist-info" / "METADATA", _VERSION.format("mine", "1.1")
    ),
    "own requirements edited": lambda world: world.rewrite(
        world.own / "mine-1.0.dist-info" / "METADATA", "Name: mine\nVersion: 1.0\nRequires-Dist: a\n\n"
    ),
    "own metadata removed": lambda world: (world.own / "mine-1.0.dist-info" / "METADATA").unlink(),
    "own pip": lambda world: install(world.own, "pip", "26.0"),
    "a link for the own site-packages": lambda world: swap(
        world.own, lambda copy: shutil.rmtree(copy / "mine-1.0.dist-info")
    ),
    "a link to where the own site-packages are now": lambda world: move_behind(world.own),
    "own start-up": lambda world: world.rewrite(world.own / "_virtualenv.py", _PATH.format(str(world.beside))),
    "own sitecustomize": lambda world: world.rewrite(world.own / "sitecustomize.py", _PATH.format(str(world.beside))),
    "another editable finder in the environment": lambda world: world.rewrite(
        world.own / "__editable___found_1_0_finder.py",
        f"import sys\ndef install(): sys.path.insert(1, {str(world.beside)!r})\n",
    ),
    "no layers": lambda world: (world.own / PTH_NAME).unlink(),
    "another layer": lambda world: world.rewrite(
        world.own / PTH_NAME, f"import os, site; site.addsitedir(os.fsdecode({os.fsencode(world.beside)!r}))\n"
    ),
    "no inheritance": lambda world: world.rewrite(world.env / "pyvenv.cfg", f"home = {world.python.parent}\n"),
    "inheritance in other words": lambda world: world.edit("pyvenv.cfg", "= true", "=TRUE"),
    "another Python in pyvenv.cfg": lambda world: world.configure(version="3.5.1"),
    "an empty pyvenv.cfg": lambda world: world.rewrite(world.env / "pyvenv.cfg", ""),
    "another home of the interpreter": lambda world: world.configure(home=Path(sys.base_prefix) / "bin"),
    "a second pyvenv.cfg": lambda world: shutil.copy(world.env / "pyvenv.cfg", world.env / "bin" / "pyvenv.cfg"),
    "another interpreter": lambda world: _linked(world, Path(sys.base_prefix) / "bin" / SHORT),
    "another way to the interpreter": _another_way,
    "no record": lambda world: (world.env / "sitediff.json").unlink(),
    "a damaged record": lambda world: world.rewrite(world.env / "sitediff.json", "{"),
    "another record": lambda world: world.edit("sitediff.json", '"version": "1.0"', '"version": "1.1"'),
}
"""Those in the environment."""

BETWEEN: Final[Mapping[str, Callable[[World], object]]] = {
    "another home": lambda world: world.variables.update(HOME=str(world.root)),
    "PYTHONPATH": lambda world: world.variables.update(PYTHONPATH=str(world.beside)),
    "PYTHONPATH with a dot": lambda world: world.variables.update(PYTHONPATH="."),
    "PYTHONPATH with two": lambda world: world.variables.update(PYTHONPATH=f"{world.beside}:{world.source}"),
    "no PYTHONPATH": lambda world: world.variables.pop("PYTHONPATH", None),
    "PYTHONUSERBASE": lambda world: (
        install(world.root / "user" / "lib" / SHORT / "site-packages", "demo", "2.0"),
        world.variables.update(PYTHONUSERBASE=str(world.root / "user")),
    ),
    "PYTHONHOME": lambda world: world.variables.update(PYTHONHOME=str(world.base)),
    "PYTHONNOUSERSITE": lambda world: world.variables.update(PYTHONNOUSERSITE="1"),
    "PYTHONSAFEPATH": lambda world: world.variables.update(PYTHONSAFEPATH="1"),
    "PYTHONPLATLIBDIR": lambda world: world.variables.update(PYTHONPLATLIBDIR="lib64"),
    "PYTHONWARNINGS": lambda world: world.variables.update(PYTHONWARNINGS="ignore::ours.OurWarning"),
    "a locale": lambda world: world.variables.update(LC_ALL="C"),
    "LD_LIBRARY_PATH": lambda world: world.variables.update(LD_LIBRARY_PATH=str(world.beside)),
    "LD_PRELOAD": lambda world: world.variables.update(LD_PRELOAD=str(world.beside / "nothing.so")),
    "other layers": lambda world: setattr(world, "layers", () if world.layers else (world.layer,)),
    "the interpreter gone": lambda world: (world.env / "bin" / "python").unlink(),
    "the environment moved": lambda world: world.move(),
    "no state": lambda world: (world.env / STATE_NAME).unlink(),
    "an installation under way": lambda world: world.edit(STATE_NAME, '"installing": false', '"installing": true'),
    "another state": lambda world: world.edit(STATE_NAME, '"version": "1.0"', '"version": "1.7"'),
    "damaged notes": lambda world: world.rewrite(
        world.env / FILE_NAME, (world.env / FILE_NAME).read_text()[: world.rng.randrange(2000)]
    ),
}
"""Those that a run does not live through, or that are no part of one."""

HARMLESS: Final[Mapping[str, Callable[[World], object]]] = {
    "nothing": lambda world: None,
    "a file of a command": lambda world: write(world.env / "tmp" / "x", "x"),
    "a log of tox": lambda world: write(world.env / "log" / "1.log", "x"),
    "a variable without a part": lambda world: world.variables.update(EDITOR="vi", PYTHONHASHSEED="7"),
    "a program of the base": lambda world: write(world.base / "bin" / "program", "#!/bin/sh\n"),
    "a file in the home": lambda world: write(world.home / ".history", "x"),
}
"""Those that have no part in what is seen, and don't make a run look."""

CHANGES: Final = {**BASE, **OWN, **BETWEEN, **HARMLESS}
