"""Sizes that a report must keep to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.rows import row
from tox_sitediff.report.compare import compare
from tox_sitediff.report.limits import increased, over, parse_size
from tox_sitediff.text import size


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("1000", 1000),
        ("50MB", 50_000_000),
        ("1.5 GB", 1_500_000_000),
        ("300k", 300_000),
        ("64MiB", 64 * 1024 * 1024),
        (" 2 tb ", 2 * 10**12),
        ("1KiB", 1024),
        ("7 bytes", 7),
        ("7b", 7),
        ("1pb", 10**15),
    ],
)
def test_a_size_is_read_as_people_write_it(text: str, count: int) -> None:
    assert parse_size(text) == count


@pytest.mark.parametrize("text", ["", "MB", "-5", "5 miles", "1e9", "5ib", "5i", "1.", "9" * 16, "\u0665", "5%"])
def test_what_is_no_size_is_refused_with_what_is_taken(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size; write it as 50MB"):
        parse_size(text)


@given(st.integers(0, 10**14))
def test_what_is_shown_can_be_given_back(count: int) -> None:
    assert parse_size(size(count)) == pytest.approx(count, rel=0.06, abs=1)


def test_environments_over_the_limit_are_named_by_how_much() -> None:
    """One that is as large as it may be is not over; of one that was not measured nobody knows."""
    unknown = row("u")
    rows = [
        row("a", environment=150, source="f"),
        row("b", environment=100),
        replace(unknown, record=unknown.record.measured(None, None, None)),
    ]
    assert over(rows, 100) == [
        "a (f) has 150 B, 50 B over 100 B",
        "u (sitediff.json): its size is not known, so it may be over 100 B",
    ]


def test_environments_that_grew_too_much_are_named_with_what_made_them_grow() -> None:
    old = row(installed={"x": ("1", 1)})
    new = row(installed={name: ("2", 10 * at) for at, name in enumerate("xvwyz", 1)})
    pairs = compare([old], [new])
    assert increased(pairs, 149) == []
    assert increased(pairs, 100) == [
        "py312 (sitediff.json) grew by 149 B, more than 100 B: z 50 B, y 40 B, w 30 B and 2 others"
    ]
    assert increased(compare([row(environment=1)], [row(environment=5)]), 2) == [
        "py312 (sitediff.json) grew by 4 B, more than 2 B"
    ]


def test_what_is_new_or_gone_has_not_grown_and_what_was_not_measured_may_have() -> None:
    assert increased(compare([row("a", environment=1)], [row("b", environment=500)]), 0) == []
    one = row()
    unknown = replace(one, record=one.record.measured(None, None, None))
    assert increased(compare([unknown], [one]), 0) == ["py312 (sitediff.json): it is not known by how much it grew"]
