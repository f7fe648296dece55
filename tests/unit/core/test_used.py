"""What was imported without being declared, as people get to read it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.core.findings import CHECKS, Findings, Kind, Misplaced, Undeclared, Unstated
from tox_sitediff.core.used import Used, arrange, lines, never_used, unstated_line


def item(name: str, who: str, *, own: bool = False, point: str = "") -> Undeclared:
    return Undeclared(name=name, module=name, imported_by=who, by_project=own, entry_point=point)


def names(found: Used) -> tuple[list[str], ...]:
    return tuple([item.name for item in items] for items in (found.project, found.plugins, found.others))


def test_a_distribution_is_named_once_by_what_matters_most() -> None:
    """What the project imports before what is loaded by its entry point, and that before what others import."""
    found = arrange(
        [
            item("numpy", "/odd/y.py:2"),
            item("numpy", "/odd/y.py:3", point="plugins: numpy"),
            item("numpy", "/work/t.py:1", own=True),
            item("numpy", "/work/u.py:1", own=True),
            item("mock", "/odd/y.py:4"),
            item("mock", "/work/t.py:3", point="pytest11: mock", own=True),
        ]
    )
    assert names(found) == (["numpy"], ["mock"], [])
    assert found.rows() == [
        ("numpy", "/work/t.py:1: import numpy"),
        ("mock", "/work/t.py:3: entry point pytest11: mock"),
    ]


def test_what_the_project_does_not_import_is_folded_where_there_is_much_of_it() -> None:
    """Two that matter are not buried under dozens."""
    own = [item("numpy", "/work/t.py:1", own=True), item("six", "/work/t.py:2", own=True)]
    plugins = [item(f"p{at}", "/odd/y.py:1", point=f"pytest11: p{at}") for at in range(3)]
    others = [item(f"o{at}", f"/odd/y.py:{at}") for at in range(34)]
    rows = arrange([*others, *plugins, *own]).rows()
    assert rows[:3] == [
        ("numpy", "/work/t.py:1: import numpy"),
        ("six", "/work/t.py:2: import six"),
        ("3 plugins", "loaded by their entry points: p0, p1, p2"),
    ]
    assert rows[3][0] == "34 others"
    assert rows[3][1].startswith("imported by other distributions: o0, o1, ")
    assert len(rows) == 4


NAMES = st.sets(st.sampled_from("abcd"))


@given(st.lists(st.tuples(NAMES, NAMES)))
def test_what_is_unused_in_all_environments_is_unused(found: list[tuple[set[str], set[str]]]) -> None:
    """The oracle asks each environment of each name."""
    wanted = [
        name
        for name in "abcd"
        if any(name in unused for unused, _ in found) and not any(name in used for _, used in found)
    ]
    assert never_used(found) == wanted


def unstated(name: str, needs: str, *, kind: Kind = Kind.BASE, optional: bool = False) -> Unstated:
    return Unstated(name=name, needs=needs, module=needs, imported_by="x.py:1", kind=kind, optional=optional)


FOUND = Findings(
    undeclared=(
        Undeclared(name="n", module="n.m", imported_by="t.py:1", by_project=True, optional=True),
        Undeclared(name="pytz", module="pytz", imported_by="x.py:1", needed_by=("pandas",)),
        Undeclared(name="six", module="six", imported_by="t.py:2", kind=Kind.TRANSITIVE, by_project=True),
    ),
    unused=("a",),
    used=("b",),
    misplaced=(Misplaced(name="m", module="m", imported_by="src/d.py:1", group="test"),),
    unstated=(unstated("pandas", "pytz"), unstated("pandas", "x", optional=True), unstated("q", "y")),
)


def test_findings_are_said_a_line_each() -> None:
    """In words that say what is wrong, the lines to paste last; nothing where nothing was found."""
    assert lines(FOUND) == [
        "n (optional) used without being declared: t.py:1: import n.m",
        "pytz used without being declared: x.py:1: import pytz",
        "six (transitive) used without being declared itself: t.py:2: import six",
        "a is declared, and nothing used it",
        "m is declared for development alone (test), and imported by the package: src/d.py:1: import m",
        "imported without being required, by pandas: pytz; q: y",
        "to be seen by what imports it without requiring it: --declare 'pandas: pytz'",
    ]
    assert lines(Findings()) == []


def test_what_is_optional_or_required_by_something_required_is_not_said() -> None:
    assert unstated_line([unstated("a", "b", optional=True), unstated("a", "c", kind=Kind.TRANSITIVE)]) is None


def test_each_finding_is_wrong_where_it_must_not_be() -> None:
    """One by one; what the importer does without never is."""
    assert [FOUND.wrong([check]) for check in CHECKS] == [True] * len(CHECKS)
    assert not FOUND.wrong(())
    assert not Findings().wrong(CHECKS)
    soft = Findings(undeclared=FOUND.undeclared[:1], unstated=FOUND.unstated[1:2], used=("a",))
    assert not soft.wrong(CHECKS)
