"""One process at a time fills an environment (edge).

Two that do it at once would take what one has begun for what a killed run left. A lock is gone with its process,
however that ends.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from ..errors import EnvironmentProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCK_NAME: Final = "file.lock"
"""tox keeps a file of this name where it empties a directory: it locks its packaging environments with it."""
_STEP: Final = 0.1


@contextmanager
def alone(
    directory: Path,
    *,
    waiting: Callable[[], None],
    stopped: Callable[[], bool] = lambda: False,
    only_looks: bool = False,
) -> Iterator[None]:
    """Keep other processes from filling an environment for as long as the block lasts.

    Args:
        directory: The environment's directory, which exists. Where it can't be locked, as one that may only be read
            or on a file system without locks, the block runs all the same: then it is as without this package.
        waiting: Called once where another process holds the lock.
        stopped: Tells whether waiting has no use any more.
        only_looks: Whether nothing is to be changed, not even the times of the lock: others may look meanwhile, and
            where no lock was ever made, none is.

    Raises:
        EnvironmentProblem: When it was stopped before the other process was done.
    """
    if only_looks:
        with _looking(directory / LOCK_NAME, waiting=waiting, stopped=stopped):
            yield
        return
    lock = _lock(directory)
    is_said = False
    while not _acquire(lock, timeout=_STEP):
        if not is_said:
            waiting()
            is_said = True
        if stopped():
            raise EnvironmentProblem(f"interrupted while another process was at work in {directory}")
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _looking(path: Path, *, waiting: Callable[[], None], stopped: Callable[[], bool]) -> Iterator[None]:
    """Wait until nobody fills an environment, and keep others from beginning to; filelock would empty the file anew."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        yield
        return
    try:
        is_said = False
        while not _shared(handle):
            if not is_said:
                waiting()
                is_said = True
            if stopped():
                raise EnvironmentProblem(f"interrupted while another process was at work in {path.parent}")
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
