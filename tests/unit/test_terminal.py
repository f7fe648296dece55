"""What a terminal gets, and a file or a CI log does not."""

from __future__ import annotations

import io
import os
import threading
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.terminal import Progress, has_colour, progress, width

if TYPE_CHECKING:
    from collections.abc import Callable


class Screen(io.StringIO):
    """A terminal, or what takes its place, that tells when something was written."""

    def __init__(self, *, is_terminal: bool = True) -> None:
        super().__init__()
        self.is_terminal = is_terminal
        self.written = threading.Event()

    def isatty(self) -> bool:
        return self.is_terminal

    def write(self, text: str) -> int:
        self.written.set()
        return super().write(text)


@pytest.mark.parametrize(
    ("variables", "on_terminal", "elsewhere"),
    [
        ({}, True, False),
        ({"NO_COLOR": ""}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ({"TTY_COMPATIBLE": "1"}, True, True),
        ({"TTY_COMPATIBLE": "0"}, False, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_colour_is_there_where_tox_has_it(variables: dict[str, str], on_terminal: bool, elsewhere: bool) -> None:
    """The same variables in the same order as in tox's own option ``--colored``."""
    assert has_colour(Screen(), variables) is on_terminal
    assert has_colour(Screen(is_terminal=False), variables) is elsewhere


def test_lines_are_as_wide_as_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS comes first; what is no terminal, hides its size, or is too narrow to read, is not fitted to."""
    assert width(Screen(is_terminal=False), {"COLUMNS": "80"}) is None
    assert width(Screen(), {"COLUMNS": "80"}) == 80
    assert width(Screen(), {"COLUMNS": "20"}) is None
    assert width(Screen(), {"COLUMNS": "0"}) is None  # and the stream has no number to be asked by
    monkeypatch.setattr(Screen, "fileno", lambda _: 3)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((101, 5)))
    assert width(Screen(), {"COLUMNS": "many"}) == 101


def look(progress: Progress, screen: Screen, inside: Callable[[], None] = lambda: None) -> str:
    """Do something that takes until its line was seen; return what the screen got."""
    with progress.during("reading", 20) as step:
        step.done = 7
        for _ in range(2):  # the first one may have begun before
            screen.written.clear()
            assert screen.written.wait(60)
        inside()
    return screen.getvalue()


def test_what_takes_long_is_shown_and_gone_afterwards() -> None:
    """With how far it is; an inner step takes the line over; a message first takes it away."""
    screen = Screen()
    shown = Progress(screen, after=0, every=0.001)
    written = look(shown, screen)
    assert "\r\x1b[Kreading 7 of 20 (0 s)" in written
    assert written.endswith("\r\x1b[K")

    def inside() -> None:
        with shown.during("measuring"):
            screen.written.clear()
            while "measuring (" not in screen.getvalue():
                assert screen.written.wait(60)
                screen.written.clear()
        shown.clear()

    assert "\r\x1b[Kmeasuring (0 s)" in look(shown, screen, inside)
    screen.truncate(0)
    shown.clear()
    assert screen.getvalue() == ""


def test_what_is_done_soon_is_not_shown() -> None:
    """Nor is anything where nobody looks; the count goes on all the same."""
    screen = Screen()
    for shown in (Progress(screen), Progress()):
        with shown.during("reading", 2) as step:
            step.done += 1
        assert step.done == 1
    assert screen.getvalue() == ""


def test_a_terminal_that_is_gone_is_no_reason_to_fail() -> None:
    """A closed stream raises at each write."""
    screen = Screen()
    shown = Progress(screen, after=0, every=0.001)
    with shown.during("reading"):
        assert screen.written.wait(60)
        screen.close()


@pytest.mark.parametrize(
    ("variables", "is_terminal", "shows"),
    [({}, True, True), ({}, False, False), ({"CI": "true"}, True, False), ({"TERM": "dumb"}, True, False)],
)
def test_progress_is_for_people(variables: dict[str, str], is_terminal: bool, shows: bool) -> None:
    """Not for files, nor for logs of CI jobs, even where these pretend to be terminals."""
    screen = Screen(is_terminal=is_terminal)
    with progress(screen, variables).during("reading"):
        assert any("_draw" in thread.name for thread in threading.enumerate()) is shows
