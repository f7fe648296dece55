"""What a distribution's ``RECORD`` puts beside its site directory (pure): scripts, and data files.

Installers put these by a scheme (https://docs.python.org/3/library/sysconfig.html#installation-paths): scripts into
``bin`` or ``Scripts``, data files below the prefix, as ``share/jupyter/kernels/...``. RECORD has their paths relative
to the site directory, in most cases; what conda, Debian and ``pip install --target`` move afterwards is found where it
went.
"""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, Final

from ..values import frozen
from .contents import names_outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from .memo import Memo

_UP: Final = "../"
_KEPT: Final = frozenset(
    {
        *("bin", "conda-meta", "dlls", "include", "lib", "lib32", "lib64", "libs", "library", "pkgs", "sbin"),
        *("scripts", "sitediff.json", "pyvenv.cfg"),
    }
)
"""Names below a prefix that hold no data files, or make an environment what it is."""
_LONGEST: Final = 255


@frozen
class Beside:
    """What one distribution has beside its site directory.

    Attributes:
        programs: The scripts directory of its layer.
        prefix: The directory that its data files lie below.
        scripts: Names of files in the scripts directory, each once.
        data: Data files: paths below the prefix, with slashes, each once.
        others: How many lines lead out of the prefix, or can't be read.
    """

    programs: str
    prefix: str
    scripts: tuple[str, ...]
    data: tuple[str, ...]
    others: int


def beside(site: str, record: bytes, *, windows: bool, fold: bool) -> Beside:
    """Work out what lies beside a site directory.

    Args:
        site: The absolute path of the site directory.
        record: The distribution's ``RECORD``; empty where it has none.
        windows: Whether the layout is that of Windows.
        fold: Whether file names that differ in case are the same file.

    Returns:
        What it names, whether or not it is there.
    """
    programs, prefix, flat = scheme(site, windows=windows)
    here = _folded(programs, fold=fold)
    inside = _folded(os.path.dirname(programs), fold=fold)
    debian = os.path.basename(site) == "dist-packages"
    directories: dict[str, str] = {}
    scripts: dict[str, None] = {}
    data: dict[str, None] = {}
    others = 0
    for name in names_outside(record):
        if name is None:
            others += 1
            continue
        recorded = _where_it_went(name.replace("\\", "/") if windows else name, flat=flat, debian=debian)
        cut = recorded.rfind("/") + 1
        if (directory := directories.get(recorded[:cut])) is None:
            found = os.path.normpath(os.path.join(site, recorded[:cut]))
            directory = directories[recorded[:cut]] = _folded(found, fold=fold)
        if directory == here:
            scripts[recorded[cut:]] = None
        elif (place := _below(site, recorded, prefix) or _moved(recorded)) is not None:
            data[place] = None
        elif directory != inside and not directory.startswith(os.path.join(inside, "")):
            others += 1
    return Beside(programs=programs, prefix=prefix, scripts=tuple(scripts), data=tuple(data), others=others)


def remembered(
    metadata: str, read: Callable[[], bytes | None], *, memo: Memo | None, windows: bool, fold: bool
) -> Beside:
    """Work out what lies beside the site directory of a distribution; see `beside`.

    Args:
        metadata: The absolute path of its metadata directory.
        read: Reads its ``RECORD``; empty where it has none, None where that can't be read.
        memo: What remembers it; None for what is not the base's.
        windows: Whether the layout is that of Windows.
        fold: Whether file names that differ in case are the same file.
    """
    site = os.path.dirname(metadata)

    def work() -> object:
        if (record := read()) is None:
            return None
        found = beside(site, record, windows=windows, fold=fold)
        return [found.programs, found.prefix, [*found.scripts], [*found.data], found.others]

    kind = f"beside {windows:d}{fold:d}"
    match work() if memo is None else memo.recall(kind, metadata, ("RECORD",), work):
        case [str(programs), str(prefix), [*scripts], [*data], int(others)]:
            return Beside(
                programs=programs,
                prefix=prefix,
                scripts=tuple(map(str, scripts)),
                data=tuple(map(str, data)),
                others=others,
            )
    return beside(site, b"", windows=windows, fold=fold)


def scheme(site: str, *, windows: bool) -> tuple[str, str, bool]:
    """Find the scripts directory and the prefix that belong to a site directory.

    ``<prefix>/lib/pythonX.Y/site-packages`` (also ``lib64``, ``dist-packages``) has ``<prefix>/bin``, on Windows
    ``<prefix>/Lib/site-packages`` has ``<prefix>/Scripts`` and the user site, without ``Lib``, the one beside it. A
    directory of another name was made with ``--target`` and has its own.

    Args:
        site: The absolute path of the site directory.
        windows: Whether the layout is that of Windows.

    Returns:
        The scripts directory, the prefix, and whether both lie in the site directory itself.
    """
    if os.path.basename(site).lower() not in {"site-packages", "dist-packages"}:
        return os.path.join(site, "bin"), site, True
    parent = os.path.dirname(site)
    if windows and os.path.basename(parent).lower() == "lib":
        return os.path.join(os.path.dirname(parent), "Scripts"), os.path.dirname(parent), False
    library = os.path.dirname(parent)
    if os.path.basename(library) in {"lib", "lib64"}:
        return os.path.join(os.path.dirname(library), "bin"), os.path.dirname(library), False
    return os.path.join(parent, "Scripts" if windows else "bin"), library if windows else parent, False


def _where_it_went(recorded: str, *, flat: bool, debian: bool) -> str:
    if flat:  # "pip install --target" moves bin and share, and leaves RECORD as it was
        return recorded.removeprefix("../../")
    if debian:  # RECORD is of the build, before files were moved
        if recorded.startswith("../scripts/"):
            return f"../../../bin/{recorded.removeprefix('../scripts/')}"
        if recorded.startswith("../data/"):
            return f"../../../{recorded.removeprefix('../data/')}"
    return recorded


def _below(site: str, recorded: str, prefix: str) -> str | None:
    """Return the place of a data file below the prefix; None where it is something else."""
    path = os.path.normpath(os.path.join(site, recorded))
    start = os.path.join(prefix, "")
    if not path.startswith(start) or path.startswith(os.path.join(site, "")):
        return None
    place = path[len(start) :].replace(os.sep, "/")
    return place if is_data(place) else None


def _moved(recorded: str) -> str | None:
    """Find a data file of what was built under another layout: conda's noarch packages, Debian's ``./share``."""
    place = posixpath.normpath(recorded.removeprefix("./")) if not recorded.startswith(_UP) else recorded
    while place.startswith(_UP):
        place = place.removeprefix(_UP)
    return place if place.startswith(("share/", "etc/")) and is_data(place) else None


def is_data(place: str) -> bool:
    """Tell whether a path below a prefix, with slashes, is one that a data file may have."""
    parts = place.split("/")
    return (
        place.isprintable()
        and "\\" not in place
        and parts[0].lower() not in _KEPT
        and not parts[0].startswith(".")
        and not place.endswith(".pyc")
        and all(part not in {"", ".", ".."} and len(part.encode()) <= _LONGEST for part in parts)
    )


def _folded(name: str, *, fold: bool) -> str:
    return name.casefold() if fold else name
