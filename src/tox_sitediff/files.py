"""Reading and writing single files (leaf, edge): never a part of one, never more of one than it may have."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
import time
from contextlib import suppress
from errno import EACCES, EFBIG, EINVAL
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from io import BufferedReader
    from pathlib import Path

LIMIT: Final = 16 * 1024 * 1024
"""Largest file that is read where nothing else is said: the largest RECORD of a real distribution has some 5 MB."""
TEMPORARY: Final = ".tox-sitediff-"
"""How the name of a file begins that is not in its place yet."""

_DEPTH: Final = 100
"""Tables and lists of a TOML file that may lie within each other, several times what any tool's settings need."""
_TOO_DEEP: Final = "it is nested too deeply"
_READABLE: Final = 0o644
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_JUNCTION: Final = 0xA0000003
"""What Windows calls a directory that stands for another one (``IO_REPARSE_TAG_MOUNT_POINT``)."""


# --- writing


def put(path: Path, content: str | bytes, *, mode: int = _READABLE) -> None:
    """Write a file so that a reader finds the old one or the new one, never a part.

    A link in its place is replaced, not followed: it may lead into the base. So is a directory, with all that it holds.

    Args:
        path: The file, which is ours by its name.
        content: What to write; text becomes UTF-8.
        mode: Its permissions, less what the umask takes away (POSIX).

    Raises:
        OSError: When it can't be written, with the name of this file; the old one is still there then.
    """
    temporary = None
    try:
        # not by tempfile, whose files are for us alone: only the system applies the umask without changing it
        temporary = path.parent / f"{TEMPORARY}{os.urandom(8).hex()}"
        with os.fdopen(os.open(temporary, _NEW, mode), "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        if is_directory(path):
            shutil.rmtree(path)
        os.replace(temporary, path)
    except BaseException as error:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)
        if isinstance(error, OSError) and error.errno is not None:
            # the call that failed knows the temporary name, or none at all
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
        raise


def link(source: str, path: str, *, is_directory: bool) -> None:
    """Make something appear in another place.

    Args:
        source: A file or directory.
        path: Where it is to appear.
        is_directory: Which of them it is.

    Raises:
        OSError: When no link can be made.
    """
    if sys.platform != "win32":
        os.symlink(source, path)
    elif is_directory:  # neither of these needs a privilege, as a symbolic link does
        import _winapi

        _winapi.CreateJunction(os.path.normpath(source), os.path.normpath(path))
    else:
        try:
            os.link(source, path)
        except FileExistsError:
            raise
        except OSError:  # on another drive
            shutil.copy2(source, path)


def put_link(path: Path, source: str) -> None:
    """Link to a file or directory, in place of a file or link that is there.

    Args:
        path: Where it is to appear.
        source: Its absolute path.

    Raises:
        OSError: When no link can be made, with the name of this place.
    """
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}")
    is_directory = os.path.isdir(source)
    try:
        link(source, os.fspath(temporary), is_directory=is_directory)
        if is_directory and is_link(path):  # which can't be renamed over on Windows
            unlink(path)
        os.replace(temporary, path)
    except OSError as error:
        if os.path.lexists(temporary):
            unlink(temporary)
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def put_json(path: Path, data: Mapping[str, object]) -> None:
    """Write JSON as `put` writes a file, each item of a list or an object in it on a line of its own.

    Args:
        path: The file.
        data: What to write; only what JSON knows.

    Raises:
        OSError: When it can't be written; the old file is still there then.
    """
    put(path, as_lines(data))


def as_lines(data: Mapping[str, object]) -> str:
    """Write JSON for people, too; what would indent all of it (``indent=2``) is a loop in Python, ten times slower."""
    if not data:
        return "{}\n"
    parts = []
    for name, value in data.items():
        if value and isinstance(value, list):
            text = _block("[]", map(json.dumps, value))
        elif value and isinstance(value, dict):
            text = _block("{}", (f"{json.dumps(key)}: {json.dumps(item)}" for key, item in value.items()))
        else:
            text = json.dumps(value)
        parts.append(f"  {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _block(ends: str, items: Iterable[str]) -> str:
    return f"{ends[0]}\n    " + ",\n    ".join(items) + f"\n  {ends[1]}"


def sweep(directory: str | Path, names: Iterable[str] = (), *, age: float = 0) -> None:
    """Remove what a run that was killed while it wrote left in a directory.

    Args:
        directory: The directory; one that can't be listed is left as it is.
        names: Files beside whose names others put theirs, as ``NAME.x.tmp``: these go too.
        age: How many seconds old they have to be; what is younger may be a file of a run that is at work.
    """
    starts = tuple(f"{name}." for name in names)
    now = time.time()
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.startswith(TEMPORARY) or (entry.name.startswith(starts) and entry.name.endswith(".tmp")):
                with suppress(OSError):
                    if not age or now - entry.stat(follow_symlinks=False).st_mtime > age:
                        os.unlink(entry.path)


def discard(path: Path) -> None:
    """Remove what stands in the place of a file of ours, whatever it is; a link is removed, not followed.

    Args:
        path: The file, which is ours by its name.

    Raises:
        OSError: When it can't be removed.
    """
    if is_directory(path):
        shutil.rmtree(path)
    else:
        with suppress(FileNotFoundError):
            unlink(path)


def is_link(path: str | Path) -> bool:
    """Tell whether something stands for another file or directory: a symbolic link, on Windows a junction too."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION


def is_directory(path: str | Path) -> bool:
    """Tell whether there is a directory, and not a link to one."""
    return os.path.isdir(path) and not is_link(path)


def remove_below(root: Path, *parts: str) -> None:
    """Remove a directory with all that it holds, and nothing behind a link; what can't be removed is left.

    Args:
        root: A directory of ours.
        parts: The way from there to the directory that is to go. A link on it, or in its place, goes instead.
    """
    place = root
    for part in (".", *parts):
        place /= part
        if is_link(place):
            with suppress(OSError):
                unlink(place)
            return
    shutil.rmtree(place, ignore_errors=True)


def unlink(path: Path) -> None:
    """Remove a file, or a link to whatever it is.

    Raises:
        OSError: When it can't be removed.
    """
    if is_link(path) and not path.is_symlink():
        path.rmdir()  # a junction, not what it leads to
    else:
        path.unlink()


# --- reading


def open_regular(path: str | Path, limit: int | None = None) -> BufferedReader:
    """Open a regular file for reading.

    Args:
        path: The file.
        limit: The largest size that is taken, in bytes; None for any.

    Returns:
        The file, to be closed by the caller.

    Raises:
        OSError: When there is none, or it can't be read, is something else than a regular file, or is larger.
        ValueError: When the path can't be that of a file.
    """
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):  # a FIFO would block, and a device could do anything
        raise OSError(EINVAL, "it is not a regular file", os.fspath(path))
    if limit is not None and found.st_size > limit:
        raise OSError(EFBIG, f"it is larger than {limit / (1 << 20):g} MB", os.fspath(path))
    return open(path, "rb")


def content_of(path: str | Path, limit: int = LIMIT) -> bytes:
    """Read a whole regular file, or say why not.

    Args:
        path: The file.
        limit: The largest size that is read, in bytes.

    Returns:
        Its content.

    Raises:
        OSError: As `open_regular`.
        ValueError: As `open_regular`.
    """
    with open_regular(path, limit) as file:
        # not up to the limit: memory for all of that would be set aside
        return file.read(min(os.fstat(file.fileno()).st_size + 1, limit))


def read_bytes(path: str | Path, limit: int = LIMIT) -> bytes | None:
    """Read a whole regular file, if it is one.

    Args:
        path: The file.
        limit: The largest size that is read, in bytes.

    Returns:
        Its content; None where it is missing, unreadable, not a regular file, or larger than that.
    """
    try:
        return content_of(path, limit)
    except (OSError, ValueError):
        return None


def read_text(path: str | Path, limit: int = LIMIT) -> str | None:
    """Read a regular text file; what is not UTF-8 in it is replaced. None where it can't be read."""
    content = read_bytes(path, limit)
    return None if content is None else content.decode("utf-8", "replace")


def read_json(path: str | Path, limit: int = LIMIT) -> object:
    """Read a JSON file.

    Args:
        path: The file.
        limit: The largest size that is read, in bytes.

    Returns:
        Its value.

    Raises:
        ValueError: When there is no such file, or it is something else; the message says what is wrong.
    """
    return parse_json(read_text(path, limit) or "")


def parse_json(text: str) -> object:
    """Parse JSON; whatever is wrong with it, also that it is nested too deeply, is a `ValueError`."""
    try:
        found: object = json.loads(text)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    return found


def read_toml(path: str | Path) -> dict[str, object]:
    """Read a TOML file (https://toml.io/en/v1.0.0).

    Args:
        path: The file, of at most 16 MB.

    Returns:
        Its table.

    Raises:
        OSError: When it can't be read, or is no regular file, or larger.
        ValueError: When it is not TOML; the message says what is wrong.
    """
    return parse_toml(content_of(path))


def parse_toml(content: bytes) -> dict[str, object]:
    """Parse TOML; whatever is wrong with it, also that it is nested too deeply, is a `ValueError`."""
    import tomllib  # which most runs have no use for

    try:
        found = tomllib.loads(content.decode("utf-8"))
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    # dotted keys nest without recursion; what is done with the tables afterwards is not made for that
    within: list[object] = [found]
    for _ in range(_DEPTH):
        within = [
            item
            for table in within
            for item in (table.values() if isinstance(table, dict) else table if isinstance(table, list) else ())
        ]
        if not within:
            return found
    raise ValueError(_TOO_DEEP)


def listing(directory: str | Path) -> set[str]:
    """Return the names in a directory; none where it can't be listed."""
    try:
        return set(os.listdir(directory))
    except OSError:
        return set()


def can_hold_files(directory: Path) -> bool:
    """Tell whether files can be made in a directory, which need not exist: then it would have to be made."""
    there = next((path for path in (directory, *directory.parents) if os.path.lexists(path)), directory)
    if not os.path.isdir(there) or not os.access(there, os.W_OK | os.X_OK):
        return False
    # root may write anywhere, it is told, but in a file system without room nobody can (/proc, /sys)
    return sys.platform == "win32" or os.geteuid() != 0 or os.statvfs(there).f_blocks > 0


def demand_writable(directory: str | Path) -> None:
    """Make sure that files can be made in a directory, where it exists.

    Args:
        directory: Its path.

    Raises:
        PermissionError: When they can't.
    """
    if os.path.isdir(directory) and not os.access(directory, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES), os.fspath(directory))


# --- naming


def path_of(text: str, *, start: Path) -> Path:
    """Take what a user wrote for a path.

    Args:
        text: The path; ``~`` and ``~user`` at its start stand for a home directory.
        start: What a relative path starts from.

    Returns:
        The path. Where nobody knows that home directory it is one called ``~``, as a shell has it.
    """
    with suppress(ValueError):  # no name of a user
        text = os.path.expanduser(text)
    return start / text
