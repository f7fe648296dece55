"""Random damage to a base, and to all files that are read, in the test process: a sample of long campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faults import fuzz, fuzz_readers

if TYPE_CHECKING:
    import pytest


def test_whatever_is_damaged_nothing_but_a_value_or_a_message_comes_of_it() -> None:
    """A sample; ``python tests/faults/fuzz.py --runs 50000`` for more."""
    failures = [f"{number}: {problem}" for number, problem in fuzz.campaign(runs=300, seed=1) if problem is not None]
    assert not failures, "\n".join(failures)


def test_whatever_is_read_nothing_but_a_value_or_a_message_comes_of_it() -> None:
    """Of each reader twenty files; ``python tests/faults/fuzz_readers.py --runs 500000`` for more."""
    runs = [*fuzz_readers.campaign(runs=20 * len(fuzz_readers.READERS), seed=1)]
    failures = [problem for _, _, problem in runs if problem is not None]
    assert not failures, "\n".join(failures)
    assert {name for name, taken, _ in runs if taken} == {*fuzz_readers.READERS}, "the first file of each is whole"


def test_a_fault_in_a_reader_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a reader does not document is a failure, and not taken for a message."""

    def fail(_: object) -> None:
        raise KeyError

    monkeypatch.setattr(fuzz_readers, "load_state", fail)
    ((name, taken, problem),) = fuzz_readers.campaign(runs=1, seed=1, only="state")
    assert (name, taken) == ("state", False)
    assert "KeyError" in str(problem)
