"""The interpreters of this machine, and what lies in their site directories (edge); none of them is started."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core.model import Layer, Role
from ..core.nearby import Nearby
from .metadata import list_layers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PROGRAM: Final = re.compile(r"python(?:3(?:\.\d+)?)?(?:\.exe)?")
_VERSION: Final = re.compile(r"python(3\.\d+)")
_SYSTEM: Final = ("/usr/bin", "/usr/local/bin")
_MOST: Final = 20


def nearby(variables: Mapping[str, str], *, more: Sequence[str] = ()) -> Iterator[Nearby]:
    """Look for interpreters: WinPython's and conda's active ones, those on ``PATH``, and the system's.

    Args:
        variables: The user's variables.
        more: Further interpreters, or directories of them, that were named.

    Yields:
        Each once, as far as its site directories lie where an interpreter of its kind has them.
    """
    seen: set[str] = set()
    for python in _programs(variables, more):
        if (found := _of(python)) is not None and found.prefix not in seen and len(seen) < _MOST:
            seen.add(found.prefix)
            yield found


def _programs(variables: Mapping[str, str], more: Sequence[str]) -> Iterator[Path]:
    active = [variables.get(name) for name in ("CONDA_PREFIX", "WINPYDIR")]
    places = [Path(prefix, *part) for prefix in active if prefix for part in ((), ("bin",))]
    places += [Path(text) for text in variables.get("PATH", "").split(os.pathsep) if text]
    named = [Path(text) if os.path.isdir(text) else Path(text).parent for text in more]
    for place in dict.fromkeys([*named, *places, *map(Path, _SYSTEM)]):
        try:
            names = sorted(name for name in os.listdir(place) if _PROGRAM.fullmatch(name.lower()))
        except OSError:
            continue
        yield from (place / name for name in names)


def _of(python: Path) -> Nearby | None:
    real = Path(os.path.realpath(python))  # of an environment, what it is made from
    for prefix, library in ((real.parent, "Lib"), (real.parent.parent, "lib")):
        if (
            library == "Lib"
            and (prefix / library / "site-packages").is_dir()
            and (prefix / library / "os.py").is_file()
        ):
            version = next((f"3.{name[len('python3') : -4]}" for name in _listed(prefix) if _is_dll(name)), "")
            return _made(python, prefix, version, [prefix / library / "site-packages"])
        folders = sorted(name for name in _listed(prefix / library) if _VERSION.fullmatch(name))
        named = _VERSION.fullmatch(real.name)
        for folder in folders:
            # /usr has several
            if (named is None and len(folders) == 1) or (named is not None and named[0] == folder):
                sites = [prefix / library / folder / "site-packages", prefix / library / "python3" / "dist-packages"]
                sites += [prefix / above / library / folder / "dist-packages" for above in ("", "local")]
                return _made(python, prefix, folder.removeprefix("python"), sites)
    return None


def _is_dll(name: str) -> bool:
    return re.fullmatch(r"python3\d+\.dll", name.lower()) is not None


def _listed(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _made(python: Path, prefix: Path, version: str, sites: list[Path]) -> Nearby:
    is_environment = (python.parent.parent / "pyvenv.cfg").is_file()
    listed = list_layers(Layer(path=os.fspath(site), role=Role.BASE) for site in sites)
    return Nearby(
        python=os.path.realpath(python) if is_environment else os.fspath(python),
        prefix=os.fspath(prefix),
        version=version,
        names=frozenset(name for listing in listed for name in listing.names()),
    )
