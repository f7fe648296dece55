"""Random damage to a base, in the test process: a sample of a long campaign."""

from __future__ import annotations

from faults import fuzz


def test_whatever_is_damaged_nothing_but_a_value_or_a_message_comes_of_it() -> None:
    """A sample; ``python tests/faults/fuzz.py --runs 50000`` for more."""
    failures = [f"{number}: {problem}" for number, problem in fuzz.campaign(runs=300, seed=1) if problem is not None]
    assert not failures, "\n".join(failures)
