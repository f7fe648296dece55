"""What changed between two reports."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.rows import row
from tox_sitediff.core.record import Machine
from tox_sitediff.report.compare import Pair, compare

MAC = Machine(system="Darwin", architecture="arm64")


def only(pairs: list[Pair]) -> Pair:
    [pair] = pairs
    return pair


def test_the_same_report_has_no_changes() -> None:
    """Also where nothing tells two records apart."""
    rows = [row("a", reused={"x": ("1", 5)}), row("a", reused={"x": ("1", 5)}), row("b")]
    pairs = compare(rows, rows)
    assert [(pair.grown, pair.changes, pair.base, pair.is_changed) for pair in pairs] == [(0, (), (), False)] * 3


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ({"reused": {"x": ("1", 5)}}, {"reused": {"x": ("2", 9)}}, "the base changed it"),
        ({"reused": {"x": ("1", 5)}}, {"reused": {"x": ("1", 9)}}, "the base holds it in another size"),
        ({"reused": {"x": ("1", 5)}}, {"installed": {"x": ("1", 5)}}, "the base no longer has it"),
        (
            {"reused": {"x": ("1", 5)}},
            {"installed": {"x": ("3", 5)}, "shadowed": {"x": "2"}},
            "the base changed to 2, which does not fit what is declared",
        ),
        (
            {"reused": {"x": ("1", 5)}},
            {"installed": {"x": ("2", 5)}, "shadowed": {"x": "1"}},
            "the base's 1 no longer fits what is declared",
        ),
        ({"installed": {"x": ("1", 5)}}, {"reused": {"x": ("1", 5)}}, "the base has it now"),
        (
            {"installed": {"x": ("2", 5)}, "shadowed": {"x": "1"}},
            {"reused": {"x": ("3", 5)}},
            "the base changed from 1, and fits now",
        ),
        ({"installed": {"x": ("2", 5)}, "shadowed": {"x": "1"}}, {"reused": {"x": ("1", 5)}}, "the base's 1 fits now"),
        ({"installed": {"x": ("1", 5)}}, {"installed": {"x": ("2", 5)}}, "another version was chosen"),
        ({"installed": {"x": ("1", 5)}}, {"installed": {"x": ("1", 6)}}, "the same version has another size"),
        ({}, {"installed": {"x": ("1", 5)}}, "needed now"),
        ({"reused": {"x": ("1", 5)}}, {}, "no longer needed"),
    ],
)
def test_what_brought_a_change_about_is_said(
    old: dict[str, dict[str, tuple[str, int]]], new: dict[str, dict[str, tuple[str, int]]], why: str
) -> None:
    pair = only(compare([row(**old)], [row(**new)]))  # type: ignore[arg-type]
    assert [change.why for change in pair.changes] == [why]
    assert pair.is_changed


def test_a_change_says_what_it_did_to_the_environment_and_to_a_full_one() -> None:
    """What the base took over leaves the environment; what is not measured is not guessed."""
    pair = only(
        compare(
            [row(installed={"x": ("1", 50), "y": ("1", 5)}, reused={"z": ("1", None)})],
            [row(installed={"y": ("2", 8)}, reused={"x": ("1", 60), "z": ("2", 9)})],
        )
    )
    assert {change.name: (change.was, change.now, change.environment, change.full) for change in pair.changes} == {
        "y": ("installed", "installed", 3, 3),
        "z": ("reused", "reused", None, None),
        "x": ("installed", "reused", -50, 10),
    }
    assert [change.name for change in pair.changes] == ["y", "z", "x"], "what made it grow most comes first"
    assert pair.grown == 8 - 55
    assert pair.changes[0].chain == ("top", "y")


def test_environments_are_found_again_by_what_tells_them_apart() -> None:
    """By base and machine, where they were read from, or the name alone; a patch release is the same environment."""
    old = [row(base="/a"), row(base="/b"), row(machine=MAC, base="/a"), row("other", place="x"), row("gone")]
    new = [
        row(machine=MAC, base="/a", python="3.12.9"),
        row(base="/b"),
        row(base="/a"),
        row("other", place="x", base="/new", python="3.14.0"),
        row("new"),
    ]
    pairs = compare(old, new)
    found = {
        (pair.old.base, pair.old.machine): (pair.new.base, pair.new.machine) for pair in pairs if pair.old and pair.new
    }
    assert all(one == other for one, other in found.items() if one[0] != "/base")
    assert [pair.base for pair in pairs if pair.row.environment == "other"] == [
        ("base: /base -> /new", "Python of the base: 3.12.1 -> 3.14.0")
    ]
    assert [(pair.row.environment, pair.old is None, pair.new is None) for pair in pairs[-2:]] == [
        ("new", True, False),
        ("gone", False, True),
    ]
    assert [pair.grown for pair in pairs[-2:]] == [None, None]
    assert all(pair.is_changed for pair in pairs[-2:])


def test_another_machine_is_said() -> None:
    assert only(compare([row()], [row(machine=MAC)])).base == ("machine: Linux x86_64 -> Darwin arm64",)


def test_an_environment_that_was_not_measured_has_not_grown_by_anything() -> None:
    one = row()
    unknown = replace(one, record=one.record.measured(None, None, None))
    assert only(compare([unknown], [one])).grown is None


def test_as_json_it_names_both_files_and_sizes() -> None:
    old, new = row(installed={"x": ("1", 5)}, source="old"), row(installed={"x": ("2", 9)}, source="new")
    told = only(compare([old], [new])).as_json()
    assert isinstance(told, dict)
    assert (told["old"], told["new"], told["env"]) == ("old", "new", "py312")
    assert told["bytes"] == {
        "environment": {"old": 5, "new": 9}, "full": {"old": 5, "new": 9}, "saved": {"old": 0, "new": 0}
    }  # fmt: skip
    assert told["changes"] == [
        {
            "name": "x",
            "before": "1",
            "after": "2",
            "was": "installed",
            "now": "installed",
            "bytes": {"environment": 4, "full": 4},
            "reason": "another version was chosen",
            "why": ["top", "x"],
        }
    ]
    gone = only(compare([old], [])).as_json()
    assert isinstance(gone, dict)
    assert (gone["old"], gone["new"]) == ("old", None)


few = st.builds(
    row,
    st.sampled_from(["a", "b"]),
    base=st.sampled_from(["/1", "/2"]),
    place=st.sampled_from(["p", "q"]),
    environment=st.integers(0, 9),
)


@given(st.lists(few, max_size=5), st.lists(few, max_size=5))
def test_every_row_is_in_one_pair_and_only_the_same_environment_is_compared(old: list, new: list) -> None:  # type: ignore[type-arg]
    pairs = compare(old, new)
    assert sorted(id(pair.old) for pair in pairs if pair.old) == sorted(map(id, old))
    assert sorted(id(pair.new) for pair in pairs if pair.new) == sorted(map(id, new))
    assert all(pair.old.environment == pair.new.environment for pair in pairs if pair.old and pair.new)
    for name in ("a", "b"):
        both = sum(pair.old is not None and pair.new is not None and pair.row.environment == name for pair in pairs)
        assert both == min(sum(item.environment == name for item in side) for side in (old, new))
    grown = [pair.grown for pair in pairs if pair.grown is not None]
    assert grown == sorted(grown, reverse=True)
