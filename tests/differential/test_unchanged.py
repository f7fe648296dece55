"""Whether "all is as it was" is ever said where the check of an environment finds a change: a few cases of many."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from differential.unchanged import judge
from support.unchanged.changes import BASE, CHANGES, OWN

CASES = 16
_SEED = 11

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is never said elsewhere")


def test_what_changed_is_never_said_to_be_as_it_was() -> None:
    """And what is as it was is seen to be, or a run with nothing to do would take as long as any other."""
    counts: Counter[str] = Counter()
    wrong = [found for number in range(CASES) if (found := judge(number, _SEED, counts)) is not None]
    assert wrong == []
    assert counts["same"] >= CASES // 8
    assert counts["changed"] >= CASES // 3


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CHANGES))
def test_each_change_alone(name: str) -> None:
    """Whatever it is; of those that are harmless, that they are seen to be."""
    assert judge(1, _SEED, Counter(), names=[name]) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({**BASE, **OWN}))
def test_each_change_while_a_run_is_under_way(name: str) -> None:
    """What the interpreter can't have known when it was asked is not taken for what it said."""
    assert judge(1, _SEED, Counter(), meanwhile=[name]) is None


# found by reading, and by this campaign; what each needs does not come together often
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(
    "name",
    [
        "an editable source moved",
        "a layer gone",
        "no layers",
        "own sitecustomize",
        "a library before that of the interpreter",
        "a library below the interpreter",
        "a package before a module of the library",
    ],
)
def test_what_was_once_not_seen(name: str, number: int) -> None:
    """What goes while a run is under way has no time any more, and what is found first need not be there before."""
    assert judge(number, 12, Counter(), meanwhile=[name]) is None
