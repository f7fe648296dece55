"""What was imported without being declared, as people get to read it."""

from __future__ import annotations

from tox_sitediff.core.model import Layer, Role
from tox_sitediff.core.record import Undeclared
from tox_sitediff.core.used import Used, arrange

LAYERS = (
    Layer(path="/work/demo/src", role=Role.INJECTED),
    Layer(path="/work/demo/.tox/a/lib/python3.12/site-packages", role=Role.OWN),
    Layer(path="/base/lib/python3.12/site-packages", role=Role.BASE),
    Layer(path="/odd", role=Role.OWN),
)


def arranged(*found: tuple[str, str]) -> Used:
    items = [Undeclared(name=name, imported_by=who) for name, who in found]
    return arrange(items, layers=LAYERS, base_prefix="/base")


def names(found: Used) -> tuple[list[str], ...]:
    return tuple([item.name for item in items] for items in (found.project, found.plugins, found.others))


def test_who_imports_it() -> None:
    """A file of the project, also on PYTHONPATH; the environment, its programs, the base and its standard library."""
    found = arranged(
        ("one", "/base/lib/python3.12/site-packages/x.py:1: import one"),
        ("two", "/base/lib/python3.12/runpy.py:88: import two"),
        ("three", "/work/demo/.tox/a/bin/pytest:3: import three"),
        ("four", "/odd/y.py:2: import four"),
        ("five", "unknown: import five"),
        ("six", "<string>:1: import six"),
        ("seven", "/work/demo/tests/test_it.py:3: import seven"),
        ("eight", "/work/demo/src/demo.py:3: import eight, which is in no distribution"),
        ("nine", "/base/lib/python3.12/site-packages/z.py:9: entry point pytest11: nine"),
    )
    assert names(found) == (["seven", "eight"], ["nine"], ["one", "two", "three", "four", "five", "six"])


def test_a_distribution_is_named_once_by_what_matters_most() -> None:
    found = arranged(
        ("numpy", "/odd/y.py:2: import numpy"),
        ("numpy", "/odd/y.py:3: entry point plugins: numpy"),
        ("numpy", "/work/t.py:1: import numpy"),
        ("numpy", "/work/u.py:1: import numpy.linalg"),
        ("mock", "/odd/y.py:4: import mock"),
        ("mock", "/odd/y.py:3: entry point pytest11: mock"),
    )
    assert names(found) == (["numpy"], ["mock"], [])
    assert found.rows() == [
        ("numpy", "/work/t.py:1: import numpy"),
        ("mock", "/odd/y.py:3: entry point pytest11: mock"),
    ]


def test_what_the_project_does_not_import_is_folded_where_there_is_much_of_it() -> None:
    """Two that matter are not buried under dozens."""
    own = [("numpy", "/work/t.py:1: import numpy"), ("six", "/work/t.py:2: import six")]
    plugins = [(f"p{at}", f"/odd/y.py:1: entry point pytest11: p{at}") for at in range(3)]
    others = [(f"o{at}", f"/odd/y.py:{at}: import o{at}") for at in range(34)]
    rows = arranged(*others, *plugins, *own).rows()
    assert rows[:3] == [*own, ("3 plugins", "loaded by their entry points: p0, p1, p2")]
    assert rows[3][0] == "34 others"
    assert rows[3][1].startswith("imported by other distributions: o0, o1, ")
    assert len(rows) == 4
