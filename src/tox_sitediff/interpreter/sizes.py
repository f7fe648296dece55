"""How many files and bytes distributions and directories hold (edge: reads RECORD, the file system).

Apparent bytes, from the sizes in RECORD, from the file system where there is none or it can't be relied on
(https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file). Bytecode is
left out: it comes and goes with use, and uv does not write it.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from ..core.model import Role, Size
from ..files import read_text
from . import contents
from .trees import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..core.model import Distribution
    from .memo import Memo


_READ: Final = ("RECORD", "INSTALLER", "installed-files.txt")
"""What a list of files is read from."""
_FAITHFUL: Final = frozenset({"pip", "uv"})
_MOST: Final = contents.MOST
_UP_LIMIT: Final = 5


def distribution_bytes(distribution: Distribution) -> int | None:
    """Measure the bytes of an installed distribution, without bytecode; None where nobody knows its files."""
    found = distribution_size(distribution)
    return None if found is None else found.bytes


def distribution_size(distribution: Distribution) -> Size | None:
    """Measure an installed distribution.

    Args:
        distribution: The distribution, of the environment or of the base.

    Returns:
        Its files without bytecode; None where nothing says which files are its own.
    """
    return _measured(distribution)[0]


def size_of(memo: Memo) -> Callable[[Distribution], Size | None]:
    """Make what measures as `distribution_size` does, and remembers what lists of files in the base say.

    Args:
        memo: What remembers it.
    """

    def remembered(distribution: Distribution) -> Size | None:
        if distribution.layer.role is Role.OWN:
            return distribution_size(distribution)
        found: list[Size | None] = []

        def work() -> object:
            size, is_listed = _measured(distribution)
            found.append(size)
            return [size.bytes, size.files] if size is not None and is_listed else None

        match memo.recall("size", distribution.path, _READ, work):
            case [int(count), int(files)]:
                return Size(bytes=count, files=files)
        return found[0] if found else distribution_size(distribution)

    return remembered


def _measured(distribution: Distribution) -> tuple[Size | None, bool]:
    """Measure a distribution, and tell whether its list of files says all of it."""
    site, info = os.path.split(distribution.path)
    if (found := contents.listed(distribution.path)) is not None:
        # the sizes in RECORD are of the files as built: Debian strips them afterwards, conda rewrites them
        installer = (read_text(os.path.join(distribution.path, "INSTALLER"), limit=1024) or "").strip()
        if not found.is_whole:
            return None, False
        if installer not in _FAITHFUL:
            names = [name for name in dict.fromkeys(found.paths) if not name.endswith(".pyc")]
            return Size(bytes=_files(site, names), files=len(names)), False
        added = found.added_up()
        size = Size(bytes=added.bytes + _files(site, added.unknown), files=added.files)
        return size, {*added.unknown} <= {f"{info}/RECORD"}
    names = contents.top_level(distribution.path) or [distribution.name.replace("-", "_")]
    parts = [
        os.path.join(site, part)
        for name in dict.fromkeys(names)
        if name.isidentifier()
        for part in (name, f"{name}.py")
        if os.path.lexists(os.path.join(site, part))
    ]
    return (_trees((*parts, os.path.join(site, info)), above=site) if parts else None), False


def _files(start: str, names: Iterable[str]) -> int:
    """Add up files named relative to a directory; names that lead far outside are not followed."""
    total = 0
    for name in names:
        parts = name.replace("\\", "/").split("/")
        # "/x" is not absolute on Windows, and "D:x" is not either
        is_relative = parts[0] != "" and not os.path.splitdrive(name)[0] and not os.path.isabs(name)
        if is_relative and not name.endswith(".pyc") and parts.count("..") <= _UP_LIMIT:
            total += _size(os.path.join(start, name))
    return total


def _size(path: str) -> int:
    """Measure one file; 0 for what is none."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return 0
    return 0 if stat.S_ISDIR(found.st_mode) else found.st_size


def _trees(paths: Iterable[str], *, above: str) -> Size | None:
    """Add up trees; None where they hold more files than any distribution has.

    Args:
        paths: Files and directories; a link to a directory counts as that, because some bases are made of links.
        above: Where they lie: a link that leads back there counts as itself.
    """
    total = found = 0
    for path in paths:
        total += _size(path)
        if os.path.islink(path) or not os.path.isdir(path):
            found += 1
        if os.path.islink(path) and _leads_back(path, above):
            continue
        for status in walk(path, bytecode=False):
            total += status.st_size
            found += 1
            if found > _MOST:
                return None
    return Size(bytes=total, files=found)


def _leads_back(path: str, above: str) -> bool:
    target = os.path.join(os.path.realpath(path), "")
    return os.path.join(os.path.realpath(above), "").startswith(target)
