"""A guard against what has no end. It is no measure: what is tested ends in moments, or not while anybody waits."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

LONG: Final = 300


@contextmanager
def must_end() -> Iterator[None]:
    """Fail, instead of hanging, where something does not come to its end."""
    if not hasattr(signal, "SIGALRM"):  # Windows
        yield
        return

    def give_up(_: int, __: FrameType | None) -> None:
        pytest.fail("it does not come to an end")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
