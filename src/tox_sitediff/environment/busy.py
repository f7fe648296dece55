"""One process at a time fills an environment (edge).

Two that do it at once would take what one has begun for what a killed run left. A lock is gone with its process,
however that ends.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from ..errors import EnvironmentProblem
from ..user_cache import user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCK_NAME: Final = "file.lock"
"""tox keeps a file of this name where it empties a directory: it locks its packaging environments with it."""
_STEP: Final = 0.1
_LIMIT: Final = 60.0
_PROCESS: Final = 3
_PLACE: Final = 4
"""Where a line of the system's list of locks has what holds one, and which file it is."""


@contextmanager
def alone(
    directory: Path,
    *,
    waiting: Callable[[str], None],
    stopped: Callable[[], bool] = lambda: False,
    only_looks: bool = False,
    limit: float = _LIMIT,
) -> Iterator[None]:
    """Keep other processes from filling an environment for as long as the block lasts.

    Args:
        directory: The environment's directory, which exists. Where it can't be locked, as one that may only be read
            or on a file system without locks, the block runs all the same: then it is as without this package.
        waiting: Called once where another process holds the lock, with words for it.
        stopped: Tells whether waiting has no use any more.
        only_looks: Whether nothing is to be changed, not even the times of the lock: others may look meanwhile, and
            where no lock was ever made, none is.
        limit: Seconds to wait for a process of another user, who needs no more than to read the lock to hold it. For
            our own ones, and where the system does not tell whose it is, there is no limit.

    Raises:
        EnvironmentProblem: When it was stopped before the other process was done, or another user's took too long.
    """
    patience = _Patience(directory, waiting=waiting, stopped=stopped, limit=limit)
    if only_looks:
        with _looking(directory / LOCK_NAME, patience):
            yield
        return
    lock = _lock(directory)
    while not _acquire(lock, timeout=_STEP):
        patience.wait()
    try:
        yield
    finally:
        lock.release()


class _Patience:
    """Waiting for one lock: says it once, and knows when to end."""

    def __init__(
        self, directory: Path, *, waiting: Callable[[str], None], stopped: Callable[[], bool], limit: float
    ) -> None:
        self.directory = directory
        self.waiting = waiting
        self.stopped = stopped
        self.limit = limit
        self.since = 0.0
        self.is_said = False

    def wait(self) -> None:
        """Be called again and again while another process holds the lock."""
        holder = _foreign_holder(self.directory / LOCK_NAME)
        if not self.is_said:
            self.is_said = True
            self.waiting(holder or "another process")
        if holder is None:
            self.since = 0.0
        elif not self.since:
            self.since = time.monotonic()
        elif time.monotonic() - self.since > self.limit:
            raise EnvironmentProblem(
                f"{self.directory / LOCK_NAME} has been locked for {self.limit:g} seconds by {holder}; have that "
                "ended, or take another directory"
            )
        if self.stopped():
            raise EnvironmentProblem(f"interrupted while another process was at work in {self.directory}")


def _foreign_holder(path: Path) -> str | None:
    """Name the process that holds a lock, if it is another user's; None where the system does not tell (not Linux)."""
    if sys.platform == "win32":
        return None
    try:
        inode = os.stat(path, follow_symlinks=False).st_ino
        table = Path("/proc/locks").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF"; with an arrow behind the number: one who waits
    for line in table.splitlines():
        _, *fields = line.split()
        if len(fields) > _PLACE and fields[0] == "FLOCK" and fields[_PLACE].rpartition(":")[2] == str(inode):
            process = fields[_PROCESS]
            try:
                owner = os.stat(f"/proc/{process}").st_uid
            except OSError:
                # those of others may be hidden; and none of ours ends and leaves its lock to another one
                return f"process {process} of another user, or one that it left the lock to"
            if owner != os.getuid():
                return f"process {process} of {user(owner)}"
    return None


@contextmanager
def _looking(path: Path, patience: _Patience) -> Iterator[None]:
    """Wait until nobody fills an environment, and keep others from beginning to; filelock would empty the file anew."""
    try:
        # a pipe in its place is no reason to wait for somebody who writes into it
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        yield
        return
    try:
        while not _shared(handle):
            patience.wait()
            time.sleep(_STEP)
        yield
    finally:
        os.close(handle)  # and with it the lock is gone


def _shared(handle: int) -> bool:
    """Take a lock beside others who look; true where there are no such locks, as on Windows."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


@contextmanager
def if_free(directory: Path) -> Iterator[bool]:
    """Do the same without waiting.

    Args:
        directory: The environment's directory.

    Yields:
        False where another process is at work in it.
    """
    lock = _lock(directory)
    try:
        yield _acquire(lock, timeout=0)
    finally:
        lock.release()


def _lock(directory: Path) -> FileLock:
    path = directory / LOCK_NAME
    if path.is_symlink() and not directory.is_symlink():
        with suppress(OSError):
            path.unlink()  # it may lead into the base
    return FileLock(path, thread_local=False)


def _acquire(lock: FileLock, *, timeout: float) -> bool:
    """Return false where another process holds the lock, true where there can't be one."""
    directory = Path(lock.lock_file).parent
    if directory.is_symlink() or not directory.is_dir():
        return True
    try:
        lock.acquire(timeout=timeout, poll_interval=_STEP / 2)
    except Timeout:
        return False
    except (OSError, NotImplementedError):
        return True
    return True
