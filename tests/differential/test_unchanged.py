"""Whether "all is as it was" is ever said where the check of an environment finds a change: a few cases of many."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from differential.unchanged import CHANGES, judge

CASES = 24
_SEED = 11


@pytest.mark.skipif(sys.platform != "linux", reason="it is never said elsewhere")
def test_what_changed_is_never_said_to_be_as_it_was() -> None:
    """And what is as it was is seen to be, or a run with nothing to do would take as long as any other."""
    counts: Counter[str] = Counter()
    wrong = [found for number in range(CASES) if (found := judge(number, _SEED, counts)) is not None]
    assert wrong == []
    assert counts["same"] >= CASES // 8
    assert counts["changed"] >= CASES // 3


@pytest.mark.skipif(sys.platform != "linux", reason="it is never said elsewhere")
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CHANGES))
def test_each_change_alone(name: str) -> None:
    """Whatever it is; of those that are harmless, that they are seen to be."""
    assert judge(1, _SEED, Counter(), names=[name]) is None
