"""What an environment relies on, and whether that is still there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from support.strategies import INJECTED, MARKERS, OWN, distribution, graphs, root, stock
from tox_sitediff.core.closure import walk
from tox_sitediff.core.drift import drift, other_interpreter, rely
from tox_sitediff.core.model import Distribution, Interpreter, Layer, Role
from tox_sitediff.core.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.utils import NormalizedName

    from tox_sitediff.core.inventory import Inventory


def filled(inventory: Inventory, *declared: str) -> State:
    """Return the state of an environment that was filled over an inventory."""
    closure = walk([root(text) for text in declared], lookup=inventory.effective, environment=MARKERS)
    return State(created="", relied=rely(closure))


A = distribution("a", "1.0", "b", "c>=1")


B = distribution("b", "2.0")


C = distribution("c", "3.0", layer=OWN)


OTHER = Layer(path="/other", role=Role.BASE)


def test_what_is_inherited_in_the_closure_is_relied_on_and_nothing_else() -> None:
    state = filled(stock(A, B, C, distribution("unrelated")), "a")
    assert {name: (item.path, item.version) for name, item in state.relied.items()} == {
        "a": (A.path, "1.0"),
        "b": (B.path, "2.0"),
    }


@given(graphs())
def test_nothing_drifts_while_nothing_changes(graph: Mapping[NormalizedName, Distribution]) -> None:
    inventory = stock(*graph.values())
    state = filled(inventory, *graph)
    assert drift(state, stock(*graph.values())) is None


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        ([A, B, C, distribution("new")], None),
        ([A, B], None),  # its own packages are not the base's
        ([C, B, A, distribution("c", "9.0"), distribution("b", "9.0", layer=OTHER)], None),  # they stand behind
        ([A, B, C, (distribution("new"), "its METADATA has no Version")], None),
        ([B, C], "the base changed: a 1.0 is gone"),
        (
            [(A, "its METADATA has no Version"), B, C],
            "the base changed: a 1.0 is unusable: its METADATA has no Version",
        ),
        (
            [replace(A, requires=("not one!",)), B, C],
            "the base changed: a 1.0 is unusable: its requirement 'not one!' is not valid (PEP 508)",
        ),
        (
            [distribution("b", "0.9", layer=INJECTED), A, B, C],
            "the base changed: b was 2.0 in /base/lib/site-packages, is 0.9 in /injected now",
        ),
        ([replace(A, requires=("b",)), B, C], "the base changed: a 1.0 has other requirements now"),
        (
            [A, distribution("b", "2.1"), C],
            "the base changed: b was 2.0 in /base/lib/site-packages, is 2.1 in /base/lib/site-packages now",
        ),
        (
            [replace(A, path="/other/a-1.0.dist-info", layer=OTHER), A, B, C],
            "the base changed: a was 1.0 in /base/lib/site-packages, is 1.0 in /other now",
        ),
        (
            [(distribution("b", "0.9", layer=INJECTED), "its METADATA has no Version"), A, B, C],
            "the base changed: b 2.0 is unusable: its METADATA has no Version",  # hidden by what is
        ),
        ([distribution("a", "5.0", layer=OWN), A, B, C], None),  # installed since, by hand
        (
            [distribution("c", "9.0", layer=INJECTED), A, B, C],
            "/injected/c-9.0.dist-info now stands before c 3.0 of the environment",
        ),
    ],
)
def test_a_change_counts_where_it_touches_what_is_relied_on(
    now: Sequence[Distribution | tuple[Distribution, str]], reason: str | None
) -> None:
    assert drift(filled(stock(A, B, C), "a"), stock(*now)) == reason


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ([], None),
        ([("", "3.12.0")], None),
        ([("CPython", "3.12.99.final.0")], None),
        ([("CPython", "3.11.7")], "it was made for cpython 3.11.7, and its interpreter is cpython 3.12.1 now"),
        ([("", "3.1")], "it was made for cpython 3.1, and its interpreter is cpython 3.12.1 now"),
        ([("PyPy", "3.12.1")], "it was made for pypy 3.12.1, and its interpreter is cpython 3.12.1 now"),
    ],
)
def test_another_interpreter_is_a_reason_of_its_own(before: list[tuple[str, str]], reason: str | None) -> None:
    """A patch is the same Python; another minor version, or another implementation, sees other directories."""
    now = Interpreter(
        executable="/env/bin/python",
        version="3.12.1",
        implementation="cpython",
        prefix="/env",
        base_prefix="/usr",
        base_executable="/usr/bin/python3",
        layers=(),
        purelib="",
        scripts="",
    )
    assert other_interpreter(before, now) == reason


@pytest.mark.parametrize(
    ("now", "is_out_of_sight"),
    [
        ([B, C], True),
        ([distribution("a", "5.0", layer=OTHER), B, C], True),  # another one is seen in its place
        ([distribution("a", "5.0", layer=OWN), B, C], False),  # installed since, by hand
        ([replace(A, requires=("b",)), B, C], False),  # it is seen, and has changed
    ],
)
def test_what_is_not_seen_any_more_need_not_be_gone(now: Sequence[Distribution], is_out_of_sight: bool) -> None:
    """Without the PYTHONPATH of a module the base did not change; what is really gone is not there either."""
    said = drift(filled(stock(A, B, C), "a"), stock(*now), is_there=lambda path: path == A.path)
    expected = "a 1.0 is not seen any more, but still there in /base/lib/site-packages: set what puts that on sys.path"
    assert (said is not None and said.startswith(expected)) == is_out_of_sight
