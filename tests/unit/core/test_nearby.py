"""Which other interpreters would offer what a base lacks."""

from __future__ import annotations

import pytest

from tox_sitediff.core.nearby import Nearby, hint, is_poor

LACKING = ("frame", "hooks", "numlib", "plotter")


def one(python: str, *names: str, version: str = "3.12") -> Nearby:
    return Nearby(python=python, prefix=f"{python}-prefix", version=version, names=frozenset(names))


@pytest.mark.parametrize(
    ("reused", "installed", "poor"),
    [(0, 0, False), (0, 2, False), (0, 3, True), (1, 9, False), (1, 10, True), (5, 3, False)],
)
def test_what_is_next_to_nothing(reused: int, installed: int, poor: bool) -> None:
    """Below a tenth of what is needed; of a linter alone nothing is said."""
    assert is_poor([f"r{at}" for at in range(reused)], [f"i{at}" for at in range(installed)]) is poor


def test_the_interpreters_that_have_most_of_it_are_named_the_best_one_first() -> None:
    found = hint(
        LACKING,
        [
            one("/bare/python", "six"),
            one("/some/python", "frame", "hooks", "numlib"),
            one("/conda/python", *LACKING, "more", version="3.13"),
            one("/base/python", *LACKING),
        ],
        beside="/base/python-prefix",
        version=None,
        line="base_python = {}",
    )
    assert found == (
        "this base offers next to nothing of what is needed; of the 4 distributions that it lacks, by name, "
        "/conda/python (3.13) has 4, /some/python (3.12) has 3; to stand on that: base_python = /conda/python"
    )


@pytest.mark.parametrize(
    "other",
    [one("/other", "frame", "hooks"), one("/other", *LACKING, version="3.11"), one("/base", *LACKING)],
    ids=["too little", "another version", "the base itself"],
)
def test_where_none_would_do_nothing_is_said(other: Nearby) -> None:
    assert hint(LACKING, [other], beside="/base-prefix", version="3.12", line="{}") is None
