"""What is made cheaply behaves as what `dataclasses` makes."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.values import frozen, mutable


@frozen
class Ours:
    """A value."""

    one: int
    two: tuple[str, ...] = ()
    three: dict[str, int] = field(default_factory=dict, hash=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Theirs:
    """The same, by the library."""

    one: int
    two: tuple[str, ...] = ()
    three: dict[str, int] = field(default_factory=dict, hash=False)


@frozen
class Hashable:
    """A value of values."""

    one: int
    two: tuple[str, ...] = ()


@frozen
class Other:
    """A value with the same fields."""

    one: int
    two: tuple[str, ...] = ()


@mutable
class Changing:
    """What changes."""

    one: int = 1
    seen: list[int] = field(default_factory=list)


@frozen
class Completed:
    """A value that works something out."""

    one: int
    twice: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "twice", 2 * self.one)


VALUES = st.fixed_dictionaries(
    {"one": st.integers()},
    optional={"two": st.tuples(st.text()), "three": st.dictionaries(st.text(), st.integers(), max_size=2)},
)


@given(VALUES, VALUES)
def test_it_is_a_dataclass_to_everyone_who_asks(one: dict[str, object], other: dict[str, object]) -> None:
    ours, theirs = Ours(**one), Theirs(**one)  # type: ignore[arg-type]
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert [(item.name, item.default) for item in dataclasses.fields(Ours)] == [
        (item.name, item.default) for item in dataclasses.fields(Theirs)
    ]
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    changed = dataclasses.replace(ours, **other)  # type: ignore[arg-type]
    assert dataclasses.asdict(changed) == dataclasses.asdict(dataclasses.replace(theirs, **other))  # type: ignore[arg-type]
    assert (ours == Ours(**other)) is (theirs == Theirs(**other))  # type: ignore[arg-type]


@given(st.integers(), st.tuples(st.text()), st.integers(), st.tuples(st.text()))
def test_equal_values_have_one_hash(one: int, two: tuple[str], three: int, four: tuple[str]) -> None:
    first, second = Hashable(one=one, two=two), Hashable(two=four, one=three)
    assert (first == second) is ((one, two) == (three, four))
    assert len({first, Hashable(two=two, one=one)}) == 1
    assert first != second or hash(first) == hash(second)


def test_it_equals_nothing_of_another_class() -> None:
    others: list[object] = [Other(one=1), (1, ())]
    assert Hashable(one=1) not in others


def test_a_default_is_made_anew_for_each() -> None:
    first, second = Changing(), Changing()
    first.seen.append(1)
    first.one = 3
    assert (first.one, first.seen, second.one, second.seen) == (3, [1], 1, [])


def test_what_changes_has_no_hash() -> None:
    assert Changing(one=1) == Changing()
    with pytest.raises(TypeError, match="unhashable"):
        hash(Changing())


@pytest.mark.parametrize("kind", [Ours, Hashable, Completed])
def test_a_frozen_one_can_not_be_changed(kind: type) -> None:
    found = kind(one=1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'one'"):
        found.one = 2
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'one'"):
        del found.one
    assert found.one == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, r"Ours\(\) lacks one"),
        ({"one": 1, "five": 2, "four": 3}, r"Ours\(\) has no field five, four"),
        ({"two": ()}, r"Ours\(\) lacks one"),
    ],
)
def test_wrong_fields_are_named(values: dict[str, object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Ours(**values)  # type: ignore[arg-type]


def test_fields_have_to_be_named() -> None:
    with pytest.raises(TypeError):
        Ours(1)  # type: ignore[call-arg]


def test_what_is_worked_out_can_not_be_given() -> None:
    assert Completed(one=2).twice == 4
    assert dataclasses.replace(Completed(one=2), one=5).twice == 10
    with pytest.raises(TypeError, match="has no field twice"):
        Completed(one=2, twice=4)  # type: ignore[call-arg]


@pytest.mark.parametrize("found", [Ours(one=1, three={"a": 1}), Completed(one=3)])
def test_it_is_copied_and_sent(found: object) -> None:
    assert copy.deepcopy(found) == found
    assert pickle.loads(pickle.dumps(found)) == found  # what was written a line above
