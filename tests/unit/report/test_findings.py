"""What was found in the environments of a report."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from support.rows import row
from support.strategies import RECORD, records
from tox_sitediff.core.findings import Kind, Misplaced, Undeclared, Unstated
from tox_sitediff.report.findings import KINDS, Finding, counts, findings, where
from tox_sitediff.report.rows import Row

USED = Undeclared(name="u", module="u", imported_by="t.py:1", optional=True)
WITH_ALL = replace(
    RECORD,
    undeclared=(USED, Undeclared(name="t", module="t", imported_by="t.py:2", kind=Kind.TRANSITIVE)),
    unused=("never", "elsewhere"),
    misplaced=(Misplaced(name="m", module="m", imported_by="src/a.py:1", group="test"),),
    unstated=(
        Unstated(name="n", needs="six", module="six", imported_by="n.py:1"),
        Unstated(name="n", needs="attrs", module="attr", imported_by="n.py:2", optional=True),
    ),
)


def test_each_kind_is_found_and_said_in_words() -> None:
    """In the order in which they want to be mended."""
    found = [(item.kind, item.name, item.detail) for item in findings([Row(record=WITH_ALL, source="x")])]
    assert found == [
        ("conflict", "c", "1 needs b<2, now sees 2"),
        ("undeclared", "u", "t.py:1: import u, optional: it does without"),
        ("transitive", "t", "t.py:2: import t"),
        ("misplaced", "m", "declared in test, src/a.py:1 imports it"),
        ("unstated", "n", "imports attrs (n.py:2), optional: it does without"),
        ("unstated", "n", "imports six (n.py:1)"),
        ("unused", "elsewhere", "declared, never used"),
        ("unused", "never", "declared, never used"),
        ("unverified", "a", "1 of the base was not checked against its hash"),
        ("shadowed", "b", "2 stands before the base's 1"),
    ]
    assert {kind for kind, _, _ in found} == {*KINDS}


def test_what_one_environment_uses_is_not_unused() -> None:
    other = replace(row().record, used=("elsewhere",), unused=("never",))
    found = findings([Row(record=WITH_ALL, source="x"), Row(record=other, source="y")])
    assert [(item.name, item.rows) for item in found if item.kind == "unused"] == [("never", (0, 1))]


@given(st.lists(records, max_size=4))
def test_a_finding_is_listed_once_with_every_row_that_has_it(kept: list) -> None:  # type: ignore[type-arg]
    rows = [Row(record=record, source="x") for record in kept]
    found = findings(rows)
    assert len({(item.kind, item.name, item.detail) for item in found}) == len(found)
    assert counts(found) == {kind: n for kind in KINDS if (n := sum(item.kind == kind for item in found))}
    shadowed = {(name.name, at) for at, record in enumerate(kept) for name in record.shadowed}
    assert {(item.name, at) for item in found if item.kind == "shadowed" for at in item.rows} == shadowed
    assert all(list(item.rows) == sorted({*item.rows}) for item in found)


def test_where_a_finding_is_names_few_environments() -> None:
    rows = [row(name) for name in ("a", "a", "b", "c", "d", "e")]
    assert where(Finding(kind="unused", name="x", detail="", rows=(0, 1, 2)), rows) == "a, b"
    assert where(Finding(kind="unused", name="x", detail="", rows=(0, 2, 3, 4, 5)), rows) == "a, b, c and 2 more"
    assert where(Finding(kind="unused", name="x", detail="", rows=(0, 1, 2, 3, 4, 5)), rows) == "all"
    assert where(Finding(kind="unused", name="x", detail="", rows=(0,)), rows[:1]) == "a"
