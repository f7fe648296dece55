"""What a directory tree holds (edge).

Apart from the sizes of distributions, because it is all of that which a run with nothing to do needs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator


@frozen
class Held:
    """What a directory tree holds.

    Attributes:
        apparent: Bytes of all files.
        unshared: Bytes that deleting the tree would free: hard links to files elsewhere don't count.
        files: How many files and links there are, directories not counted.
    """

    apparent: int
    unshared: int
    files: int

    def numbers(self) -> list[int]:
        """Return all three, in this order."""
        return [self.apparent, self.unshared, self.files]


def walk(
    path: str, *, bytecode: bool, links: bool = False, leave_out: frozenset[str] = frozenset()
) -> Iterator[os.stat_result]:
    """Look at the files in a directory tree; what vanishes or can't be read meanwhile is left out.

    Args:
        path: The directory.
        bytecode: Whether bytecode counts.
        links: Whether it has to be known how many links each file has.
        leave_out: Names in the directory itself that don't count.

    Yields:
        Their status; of a link its own.
    """
    stack = [path]
    while stack:
        try:
            with os.scandir(stack.pop()) as found:
                entries = [entry for entry in found if entry.name not in leave_out]
        except OSError:
            continue
        leave_out = frozenset()  # that was the directory itself
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    if bytecode or entry.name != "__pycache__":
                        stack.append(entry.path)
                elif bytecode or not entry.name.endswith(".pyc"):
                    status = entry.stat(follow_symlinks=False)
                    # on Windows a listing counts no links, and uv makes hard links there wherever it can
                    yield os.lstat(entry.path) if links and status.st_nlink == 0 else status
            except OSError:
                continue


def directory_bytes(path: str | os.PathLike[str], *, leave_out: frozenset[str] = frozenset()) -> Held:
    """Measure all that lies in a directory.

    Args:
        path: The directory; symbolic links in it count as themselves.
        leave_out: Names in it that don't count.

    Returns:
        Apparent bytes, those that deleting it would free, and how many files there are.
    """
    apparent = unshared = files = 0
    links: dict[tuple[int, int], tuple[int, int, int]] = {}
    for status in walk(os.fspath(path), bytecode=True, links=True, leave_out=leave_out):
        apparent += status.st_size
        files += 1
        if status.st_nlink > 1:
            seen = links.get((status.st_dev, status.st_ino), (0, 0, 0))[2]
            links[status.st_dev, status.st_ino] = (status.st_nlink, status.st_size, seen + 1)
        else:
            unshared += status.st_size
    # a file whose links all lie in here is freed with the directory
    unshared += sum(size for count, size, seen in links.values() if seen >= count)
    return Held(apparent=apparent, unshared=unshared, files=files)
