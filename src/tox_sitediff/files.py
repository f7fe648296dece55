"""Putting a file in its place (edge), so that nobody ever finds a part of it, whatever stood there before."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


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
        os.chmod(temporary, 0o644)  # noqa: PTH101
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        os.replace(temporary, path)  # noqa: PTH105
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
