"""Looking whether all is as it was when an environment was looked at last (edge); see `core.fingerprint`."""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING, Final

from ..core.fingerprint import FILE_NAME, Seen, from_json, is_linked
from ..core.summary import RECORD_NAME
from ..files import read_bytes, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..core.fingerprint import Mark


TICK: Final = 11_000_000
"""By how many nanoseconds the time of a file may be behind the clock: a tick of the kernel, 10 ms at most."""


def age(path: Path) -> int:
    """Tell how many nanoseconds ago a file was changed last; of what is not there, or has a time to come, a tick."""
    try:
        found = time.time_ns() - os.stat(path).st_ctime_ns
    except OSError:
        return TICK
    return found if found >= 0 else TICK


def mark(path: str) -> Mark:
    """Note what the system keeps of a file, behind links; None where there is nothing that could be looked at."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return [found.st_dev, found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def content(path: str) -> str:
    """Make a hash of the content of a file, or of the names in a directory; empty where it can't be read."""
    try:
        found = "\0".join(sorted(os.listdir(path))).encode("utf-8", "surrogateescape")
    except NotADirectoryError:
        data = read_bytes(path)
        if data is None:
            return ""
        found = data
    except OSError:
        return ""
    return hashlib.sha256(found).hexdigest()


def unchanged(directory: Path, python: Path, inputs: str) -> Seen | None:
    """Look whether all is as it was when an environment was looked at last.

    Args:
        directory: The environment's directory.
        python: Its interpreter.
        inputs: What decides and is no file, see `core.fingerprint.digest`.

    Returns:
        What was noted then; None where something is not as it was, or nothing was noted.
    """
    try:
        seen = from_json(read_json(directory / FILE_NAME))
    except ValueError:
        return None
    if seen.inputs != inputs or os.path.realpath(python) != seen.real or not are_same(seen, seen.marks):
        return None
    if any(content(path) != known for path, known in seen.contents.items()):
        return None
    return seen if content(os.fspath(directory / RECORD_NAME)) == seen.record else None


def are_same(seen: Seen, paths: Iterable[str]) -> bool:
    """Tell whether some of the paths are as they were.

    uv links what several environments have of its own to one file in its cache, whose status changes with each link.
    """
    return all(
        (found := mark(path)) == (before := seen.marks.get(path))
        or (is_linked(found, before) and path in seen.contents and content(path) == seen.contents[path])
        for path in paths
    )
