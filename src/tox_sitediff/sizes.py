"""How many bytes distributions and directories hold (edge: reads RECORD files and the file system).

Apparent bytes, from the sizes in RECORD, from the file system where there is none or it can't be relied on
(https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file). Bytecode is
left out: it comes and goes with use, and uv does not write it.
"""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .metadata import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .records import Distribution

_FAITHFUL: Final = frozenset({"pip", "uv"})
_LARGEST: Final = 1 << 50
_UP_LIMIT: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What a directory tree holds.

    Attributes:
        apparent: Bytes of all files.
        unshared: Bytes that deleting the tree would free: hard links to files elsewhere don't count.
    """

    apparent: int
    unshared: int


def distribution_bytes(distribution: Distribution) -> int | None:
    """Measure an installed distribution.

    Args:
        distribution: The distribution, of the environment or of the base.

    Returns:
        Bytes of its files without bytecode; none where nothing says which files are its own.
    """
    site, info = os.path.split(distribution.path)
    if (text := read_text(os.path.join(distribution.path, "RECORD"))) is not None:  # noqa: PTH118
        # the sizes in RECORD are of the files as built: Debian strips them afterwards, conda rewrites them
        installer = (read_text(os.path.join(distribution.path, "INSTALLER"), limit=1024) or "").strip()  # noqa: PTH118
        return _recorded(site, text, trusted=installer in _FAITHFUL)
    if (text := read_text(os.path.join(distribution.path, "installed-files.txt"))) is not None:  # noqa: PTH118
        return _files(distribution.path, text.splitlines())
    top = read_text(os.path.join(distribution.path, "top_level.txt"))  # noqa: PTH118
    names = (top or distribution.name.replace("-", "_")).split()
    parts = [
        os.path.join(site, found)  # noqa: PTH118
        for name in names
        if name.isidentifier()
        for found in (name, f"{name}.py")
        if os.path.lexists(os.path.join(site, found))  # noqa: PTH118
    ]
    if not parts:
        return None
    return sum(_tree(part) for part in (*parts, os.path.join(site, info)))  # noqa: PTH118


def _recorded(site: str, text: str, *, trusted: bool) -> int:
    total = 0
    unsized: list[str] = []
    try:
        for row in csv.reader(text.splitlines()):
            if not row or row[0].endswith(".pyc"):
                continue
            size = row[2] if len(row) > 2 else ""  # noqa: PLR2004
            if trusted and size.isascii() and size.isdigit() and len(size) < 16 and int(size) < _LARGEST:  # noqa: PLR2004
                total += int(size)
            else:
                unsized.append(row[0])
    except csv.Error:
        pass
    return total + _files(site, unsized)


def _files(start: str, names: Iterable[str]) -> int:
    """Add up files named relative to a directory; names that lead far outside are not followed."""
    total = 0
    for name in names:
        parts = name.replace("\\", "/").split("/")
        if name.endswith(".pyc") or os.path.isabs(name) or "\0" in name or parts.count("..") > _UP_LIMIT:  # noqa: PTH117
            continue
        try:
            total += os.lstat(os.path.join(start, name)).st_size  # noqa: PTH118
        except (OSError, ValueError):
            continue
    return total


def _tree(path: str) -> int:
    total = 0
    stack = [path]
    while stack:
        current = stack.pop()
        try:
            with os.scandir(current) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name != "__pycache__":
                            stack.append(entry.path)
                    elif not entry.name.endswith(".pyc"):
                        total += entry.stat(follow_symlinks=False).st_size
        except NotADirectoryError:
            total += os.lstat(current).st_size
        except OSError:
            continue
    return total


def directory_bytes(path: str | os.PathLike[str]) -> Held:
    """Measure all that lies in a directory.

    Args:
        path: The directory; symbolic links in it count as themselves.

    Returns:
        Apparent bytes, and those that deleting it would free.
    """
    apparent = unshared = 0
    links: dict[tuple[int, int], tuple[int, int, int]] = {}
    stack = [os.fspath(path)]
    while stack:
        try:
            with os.scandir(stack.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(entry.path)
                        continue
                    status = entry.stat(follow_symlinks=False)
                    apparent += status.st_size
                    if status.st_nlink > 1:
                        seen = links.get((status.st_dev, status.st_ino), (0, 0, 0))[2]
                        links[status.st_dev, status.st_ino] = (status.st_nlink, status.st_size, seen + 1)
                    else:
                        unshared += status.st_size
        except OSError:
            continue
    # a file whose links all lie in here is freed with the directory
    unshared += sum(size for count, size, seen in links.values() if seen >= count)
    return Held(apparent=apparent, unshared=unshared)
