"""How long the steps of a run take."""

from __future__ import annotations

import itertools

import pytest

from tox_sitediff.times import Seconds, Stopwatch


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    """A stopwatch that goes on by one second whenever it is looked at."""
    ticks = itertools.count()
    monkeypatch.setattr("tox_sitediff.times.time.perf_counter", lambda: float(next(ticks)))
    return Stopwatch()


def test_steps_add_up_also_those_that_have_no_place_of_their_own(clock: Stopwatch) -> None:
    for step in ("probe", "plan", "plan", "install", "audit", "other"):
        with clock(step):
            pass
    assert clock.seconds() == Seconds(probe=1.0, plan=2.0, install=1.0, audit=1.0, total=6.0)


def test_a_step_that_fails_counts(clock: Stopwatch) -> None:
    with pytest.raises(KeyboardInterrupt), clock("install"):
        raise KeyboardInterrupt
    assert clock.seconds() == Seconds(install=1.0, total=1.0)


def test_nothing_done_is_nothing_spent(clock: Stopwatch) -> None:
    assert clock.seconds() == Seconds()
