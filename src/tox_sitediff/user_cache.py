"""The user's cache directory, which not every process has, and into which nobody else may write (edge).

What lies in it is code, or decides what is imported: bytecode, views, what is known of a uv. So whoever could have put
something there would run it. root with the HOME of somebody else, a cache that several users share, or one that anybody
may write to has no cache, as with pip; unlike pip, links on the way to it and what is above it count too.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from . import files
from .errors import EnvironmentProblem, problem_of
from .text import printable

_ROOT: Final = 0
_TEMPORARY: Final = "temporary"


def user_cache() -> Path | None:
    """Return where what can be lost is kept.

    Returns:
        The directory, which need not exist; None where a user without an account, as in a container, has no home, or
        may not write there, or where others could put something there.
    """
    path = _usual()
    if path is None or not files.can_hold_files(path) or intruder(path) is not None:
        return None
    return path


def refusal() -> str | None:
    """Say why there is a place for a cache, and no cache.

    Returns:
        A line for people; None where the cache is used, or no place for it is known.
    """
    path = _usual()
    if path is None or (why := intruder(path)) is None:
        return None
    return (
        f"the cache in {printable(str(path))} is not used: {why}; make it yours alone (with sudo: sudo -H), or set "
        "XDG_CACHE_HOME to a directory of yours"
    )


def _usual() -> Path | None:
    try:
        return user_cache_path("tox-sitediff", appauthor=False)
    except RuntimeError:
        return None


def part(name: str) -> Path | None:
    """Return where one kind of thing is kept.

    Args:
        name: The name of a directory in the cache.

    Returns:
        The directory, which need not exist; None where there is no cache, or where something else is in its place: a
        link too, because what is removed in the cache would be removed behind it.
    """
    cache = user_cache()
    if cache is None or not is_private(cache / name):
        return None
    return cache / name


def intruder(path: Path) -> str | None:
    """Tell who else could put something into a directory, or something else in its place.

    Args:
        path: The directory; where it is missing, the nearest one above it that exists counts.

    Returns:
        What is wrong, in words; None where it is ours alone. On Windows always None: there, profiles are for their
        users alone.
    """
    if sys.platform == "win32":
        return None
    nearest = _nearest(path)
    real = Path(os.path.realpath(nearest))
    try:
        return _of_directory(real) or _on_the_way(nearest, real)
    except OSError as error:
        return problem_of(error, about=path)


def is_private(path: Path) -> bool:
    """Tell whether a directory is a real one, and only we can write into it.

    Args:
        path: The directory; where it is missing, the nearest one above it that exists counts.
    """
    if sys.platform == "win32":
        return not files.is_link(path)
    try:
        return _of_directory(_nearest(path)) is None
    except OSError:
        return False


def _nearest(path: Path) -> Path:
    path = Path(os.path.abspath(path))
    return next((place for place in (path, *path.parents) if os.path.lexists(place)), path)


def _on_the_way(nearest: Path, real: Path) -> str | None:
    """Look at what leads to a directory: links as they are named, and all directories above it."""
    named = [place for place in (nearest, *nearest.parents) if place != real]
    return next(filter(None, map(_above, dict.fromkeys((*named, *real.parents)))), None)


def _of_directory(place: Path) -> str | None:
    if sys.platform == "win32":
        return None
    found = os.lstat(place)
    if not stat.S_ISDIR(found.st_mode):
        return f"{printable(str(place))} is no directory"
    if found.st_uid != os.getuid():
        return f"{printable(str(place))} belongs to {user(found.st_uid)}"
    if found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not _is_private(found.st_gid)):
        return f"others may write into {printable(str(place))}"
    return None


def _above(place: Path) -> str | None:
    """Say who could put another directory, or a link, in the place of what is below."""
    if sys.platform == "win32":
        return None
    found = os.lstat(place)
    # what is not root's may be another user's who shares a project with us; but root shares with nobody
    is_strange = found.st_uid not in {_ROOT, os.getuid()}
    if is_strange and (stat.S_ISLNK(found.st_mode) or os.getuid() == _ROOT):
        return f"{printable(str(place))} belongs to {user(found.st_uid)}"
    if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        return f"anybody may write into {printable(str(place))}"
    return None


def _is_private(group: int) -> bool:
    """Tell whether a group has no member but us, as where each user has a group of the same name."""
    if sys.platform == "win32":
        return True
    import grp
    import pwd

    with suppress(KeyError):
        me, found = pwd.getpwuid(os.getuid()), grp.getgrgid(group)
        return me.pw_gid == group and me.pw_name == found.gr_name and {*found.gr_mem} <= {me.pw_name}
    return False


def user(uid: int) -> str:
    """Name a user: ``the user alice``, or by number where the machine does not know the name."""
    if sys.platform != "win32":
        import pwd

        with suppress(KeyError):
            return f"the user {printable(pwd.getpwuid(uid).pw_name)}"
    return f"the user {uid}"


def make(directory: Path) -> None:
    """Make a directory for us alone, with what is missing above it, whatever the umask.

    Args:
        directory: Where.

    Raises:
        OSError: When it can't be made.
    """
    if directory.is_dir():
        return
    if directory.parent != directory:
        make(directory.parent)
    with suppress(FileExistsError):  # another process was faster; a link that leads nowhere stays one
        os.mkdir(directory, 0o700)


def temporary_root() -> str:
    """Return where directories for the time of a run are made: nobody else can put others in their place there.

    Returns:
        The usual directory for temporary files; the cache where anybody could rename what lies in that.

    Raises:
        EnvironmentProblem: When neither will do.
    """
    usual = Path(os.path.abspath(tempfile.gettempdir()))
    try:
        real = Path(os.path.realpath(usual))
        why = _above(real) or _on_the_way(usual, real)
    except OSError as error:
        why = problem_of(error, about=usual)
    if why is None:
        return os.fspath(usual)
    if (cache := part(_TEMPORARY)) is not None:
        with suppress(OSError):
            make(cache)
            return os.fspath(cache)
    raise EnvironmentProblem(
        f"{usual} is no place for temporary files that decide what is installed: {why}; set TMPDIR to a directory of "
        "yours"
    )


def sweep_temporary(*, age: float) -> None:
    """Remove what killed runs left of the directories that they made in the cache, for want of another place.

    Args:
        age: How many seconds old they have to be.
    """
    cache = part(_TEMPORARY)
    now = time.time()
    if cache is None:
        return
    for name in files.listing(cache):
        with suppress(OSError):
            if now - os.lstat(cache / name).st_mtime > age:
                files.remove_below(cache, name)
                os.unlink(cache / name)  # a file
