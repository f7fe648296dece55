"""What lies on the disk: how much of it an environment takes, and whether a base is as it was."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large a tree is.

    Attributes:
        apparent: Bytes that a copy of it would hold.
        unshared: Bytes that would be free without it: hard links from elsewhere keep a file.
        files: How many files and links.
    """

    apparent: int
    unshared: int
    files: int


def measure(tree: Path) -> Size:
    """Measure a tree."""
    statuses = list(_statuses(tree))
    links = Counter((status.st_dev, status.st_ino) for status in statuses)
    own = {
        (status.st_dev, status.st_ino): status.st_size
        for status in statuses
        if links[status.st_dev, status.st_ino] >= status.st_nlink
    }
    return Size(apparent=sum(status.st_size for status in statuses), unshared=sum(own.values()), files=len(statuses))


def tree_bytes(tree: Path) -> int:
    """Add up the apparent bytes of a tree."""
    return sum(status.st_size for status in _statuses(tree))


def _statuses(tree: Path) -> Iterator[os.stat_result]:
    for top, _, names in os.walk(tree):
        for name in names:
            yield os.lstat(os.path.join(top, name))


def base_prefix(python: str | Path) -> Path:
    """Ask for the directory of an interpreter."""
    out = subprocess.run(
        [python, "-c", "import sys; print(sys.base_prefix)"], capture_output=True, text=True, check=True
    )
    return Path(out.stdout.strip())


def tree_hash(tree: Path) -> str:
    """Hash the names, sizes and modification times of a tree; of a system's prefix only its Python part."""
    start = tree / "lib" if tree == Path("/usr") else tree
    digest = hashlib.sha256()
    for top, folders, names in os.walk(start):
        folders.sort()
        if start != tree and Path(top) == start:
            folders[:] = [name for name in folders if name.startswith("python3")]
            names = []
        for name in sorted(names):
            status = os.lstat(os.path.join(top, name))
            digest.update(f"{top}/{name} {status.st_size} {status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
