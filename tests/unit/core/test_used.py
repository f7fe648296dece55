"""What was imported without being declared, as people get to read it."""

from __future__ import annotations

from tox_sitediff.core.findings import Undeclared
from tox_sitediff.core.used import Used, arrange


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
