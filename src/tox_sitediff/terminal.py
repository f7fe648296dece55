"""What a terminal takes that a file or a CI log does not (leaf, edge): colour, lines of its width, progress.

Whether there is colour is decided as tox does it: https://no-color.org, https://force-color.org, and
``TTY_COMPATIBLE`` for logs that understand colour without being a terminal.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NARROWEST: Final = 40
"""Columns below which nothing is fitted: what is broken into words of a few letters nobody reads."""
_ERASE: Final = "\r\x1b[K"
_AFTER: Final = 1.0
_EVERY: Final = 0.25


def has_colour(stream: TextIO, variables: Mapping[str, str]) -> bool:
    """Tell whether what is written to a stream is to be coloured.

    Args:
        stream: The standard output or error.
        variables: The user's variables.
    """
    if variables.get("NO_COLOR"):
        return False
    if variables.get("FORCE_COLOR"):
        return True
    if (compatible := variables.get("TTY_COMPATIBLE")) in {"0", "1"}:
        return compatible == "1"
    return variables.get("TERM") != "dumb" and stream.isatty() and _understands_colour()


def _understands_colour() -> bool:
    if sys.platform == "win32":  # pragma: no cover
        from colorama import just_fix_windows_console  # which comes with tox

        just_fix_windows_console()
    return True


def width(stream: TextIO, variables: Mapping[str, str]) -> int | None:
    """Return how many columns a stream has; None where it is no terminal, so that nothing is to be fitted.

    Args:
        stream: The standard output or error.
        variables: The user's variables: ``COLUMNS`` counts before what the terminal says, as everywhere.
    """
    if not stream.isatty():
        return None
    columns = variables.get("COLUMNS", "")
    try:
        found = int(columns) if columns.isdecimal() and int(columns) else os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return None
    return found if found >= NARROWEST else None


class Step:
    """What is being done.

    Attributes:
        what: In a few words.
        done: How much of it is done.
        total: How much there is; 0 where nobody knows.
    """

    __slots__ = ("done", "total", "what")

    def __init__(self, what: str, total: int) -> None:
        """Begin."""
        self.what, self.total, self.done = what, total, 0


class Progress:
    """A line that says what takes long, and is gone when that is done."""

    def __init__(self, stream: TextIO | None = None, *, after: float = _AFTER, every: float = _EVERY) -> None:
        """Prepare; nothing is ever written without a stream.

        Args:
            stream: A terminal.
            after: Seconds before the line appears.
            every: Seconds between two looks at how far it is.
        """
        self._stream = stream
        self._after, self._every = after, every
        self._steps: list[Step] = []
        self._lock = threading.Lock()
        self._is_drawn = False

    @contextmanager
    def during(self, what: str, total: int = 0) -> Iterator[Step]:
        """Show a step while the block runs, should it take long.

        Args:
            what: What is done, in a few words.
            total: How many times it is done; 0 where nobody knows.

        Yields:
            The step, for the block to count in.
        """
        step = Step(what, total)
        if self._stream is None:
            yield step
            return
        self._steps.append(step)
        try:
            with self._drawn(self._stream) if len(self._steps) == 1 else nullcontext():
                yield step
        finally:
            self._steps.pop()

    @contextmanager
    def _drawn(self, stream: TextIO) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._draw, args=(stream, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.clear()

    def clear(self) -> None:
        """Take the line away, so that another one can be written."""
        with self._lock:
            if self._is_drawn and self._stream is not None:
                self._is_drawn = False
                _write(self._stream, _ERASE)

    def _draw(self, stream: TextIO, over: threading.Event) -> None:
        start = time.monotonic()
        pause = self._after
        while not over.wait(pause):
            pause = self._every
            step = self._steps[-1]
            count = f" {step.done} of {step.total}" if step.total else ""
            line = f"{step.what}{count} ({time.monotonic() - start:.0f} s)"
            room = (width(stream, os.environ) or NARROWEST * 2) - 1
            with self._lock:
                self._is_drawn = True
                _write(stream, f"{_ERASE}{line[:room]}")


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):  # the terminal is gone, which is no reason to fail
        pass


def progress(stream: TextIO, variables: Mapping[str, str]) -> Progress:
    """Return what shows progress on a stream: nothing where that is no terminal, or one of a CI job.

    Args:
        stream: The standard error.
        variables: The user's variables.
    """
    is_for_people = stream.isatty() and variables.get("TERM") != "dumb" and not variables.get("CI")
    return Progress(stream if is_for_people else None)
