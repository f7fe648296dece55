"""Where uv keeps its cache, and whether it can (edge): who has no home, or may not write there, has none.

uv fails there, and without any home it makes a cache in the current directory, where pip goes on without one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..files import can_hold_files
from ..text import is_on

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FALLBACK: Final = ".sitediff-cache"
"""Where the cache lies instead, in a directory for environments."""


def has_cache(variables: Mapping[str, str], *, uv: Callable[[], Path], directory: Path) -> bool:
    """Tell whether uv has a cache that it can write, or was told where, or to go without.

    Args:
        variables: The variables that uv gets.
        uv: Names the program, which is asked where its configuration may have named another place.
        directory: Where uv is started.
    """
    if variables.get("UV_CACHE_DIR") or is_on(variables.get("UV_NO_CACHE", "")):
        return True
    usual = _usual(variables)
    if usual is not None and can_hold_files(usual):
        return True
    from ..errors import EnvironmentProblem
    from ..programs import ask, patience  # which few have to do

    try:
        answer = ask([os.fspath(uv()), "cache", "dir"], variables=variables, directory=directory, limit=patience())
    except EnvironmentProblem:  # which will be said when uv is to install something
        return True
    named = Path(os.fsdecode(answer.out).strip())
    return named.is_absolute() and can_hold_files(named)


def _usual(variables: Mapping[str, str]) -> Path | None:
    """Say where uv's cache lies where nobody says otherwise; None where that can't be told."""
    if sys.platform == "win32":
        local = variables.get("LOCALAPPDATA") or os.environ.get("LOCALAPPDATA")
        return Path(local, "uv", "cache") if local else None
    if os.path.isabs(named := variables.get("XDG_CACHE_HOME", "")):
        return Path(named, "uv")
    if not (home := variables.get("HOME") or _home_of_account()):
        return None
    return Path(home, ".cache", "uv")


def _home_of_account() -> str | None:
    if sys.platform == "win32":
        return None
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # in a container, of a user by number
        return None
