"""Putting a file in its place (edge), so that nobody ever finds a part of it, whatever stood there before."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .core.record import Json


def put(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader finds the old one or the new one, never a part.

    A link in its place is replaced, not followed: it may lead into the base. So is a directory, with all that it holds.

    Args:
        path: The file, which is ours by its name.
        content: What to write; text becomes UTF-8.

    Raises:
        OSError: When it can't be written; the old file is still there then.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        os.chmod(temporary, 0o644)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def discard(path: Path) -> None:
    """Remove what stands in the place of a file of ours, whatever it is; a link is removed, not followed.

    Args:
        path: The file, which is ours by its name.

    Raises:
        OSError: When it can't be removed.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sweep(directory: Path, names: Iterable[str]) -> None:
    """Remove what a run that was killed while it wrote left beside its files.

    Args:
        directory: Where they lie.
        names: The files.
    """
    for name in names:
        for leftover in directory.glob(f"{name}.*.tmp"):
            with suppress(OSError):
                leftover.unlink()


def put_json(path: Path, data: Mapping[str, Json]) -> None:
    """Write JSON so that a reader finds the old file or the new one, never a part.

    Args:
        path: The file.
        data: What to write.

    Raises:
        OSError: When it can't be written; the old file is still there then.
    """
    put(path, json.dumps(data, indent=2, ensure_ascii=True) + "\n")


def listing(directory: str | Path) -> set[str]:
    """Return the names in a directory; none where it can't be listed."""
    try:
        return set(os.listdir(directory))
    except OSError:
        return set()


_FILE_LIMIT: Final = 16 * 1024 * 1024
"""Largest file that is read otherwise: the largest RECORD of a real distribution has some 5 MB."""


def read_bytes(path: str | Path, limit: int) -> bytes | None:
    """Read a regular file.

    Args:
        path: The file.
        limit: The largest size that is read, in bytes.

    Returns:
        Its content; none where it is missing, unreadable, not a regular file, or larger than that.
    """
    try:
        # a FIFO or a device would block or never end
        if not stat.S_ISREG((found := os.stat(path)).st_mode) or found.st_size > limit:
            return None
        with open(path, "rb") as file:
            return file.read(found.st_size + 1)  # a limit for more than that would be set aside in memory
    except (OSError, ValueError):
        return None


def read_text(path: str | Path, limit: int = _FILE_LIMIT) -> str | None:
    """Read a regular text file; what is not UTF-8 in it is replaced. None where it can't be read."""
    content = read_bytes(path, limit)
    return None if content is None else content.decode("utf-8", "replace")
