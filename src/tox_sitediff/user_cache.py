"""The user's cache directory, which not every process has (edge)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from .files import can_hold_files

if TYPE_CHECKING:
    from pathlib import Path


def user_cache() -> Path | None:
    """Return where what can be lost is kept.

    Returns:
        The directory, which need not exist; None where a user without an account, as in a container, has no home, or
        may not write there.
    """
    try:
        path = user_cache_path("tox-sitediff", appauthor=False)
    except RuntimeError:
        return None
    return path if can_hold_files(path) else None
