"""The record of an environment, and the schema that ships with it."""

from __future__ import annotations

import copy
import json
import math
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.strategies import RECORD_FILE, records
from tox_sitediff.core.fields import Malformed
from tox_sitediff.core.findings import Kind, Undeclared
from tox_sitediff.core.model import Role
from tox_sitediff.core.record import Bytes, Conflict, Record, from_json, known, total

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tox_sitediff.core.record import Json


SCHEMA: Final[dict[str, Json]] = json.loads(
    files("tox_sitediff").joinpath("sitediff.schema.json").read_text(encoding="utf-8")
)


# not imported: its stubs are not installed wherever the types are checked
VALIDATOR: Final = import_module("jsonschema").Draft202012Validator(SCHEMA)


ORDER: Final = [
    "schema",
    "env",
    "created",
    "python",
    "machine",
    "layers",
    "declared",
    "reused",
    "installed",
    "shadowed",
    "conflicts",
    "undeclared",
    "unused",
    "used",
    "misplaced",
    "unstated",
    "data",
    "bytes",
    "files",
    "seconds",
]


def valid(data: object) -> bool:
    return bool(VALIDATOR.is_valid(data))


def loads(data: object) -> bool:
    try:
        from_json(data)
    except Malformed:
        return False
    return True


def through_json(record: Record) -> dict[str, Json]:
    data: dict[str, Json] = json.loads(json.dumps(record.as_json(), allow_nan=False))
    return data


LATER: Final = {"unused", "used", "misplaced", "unstated"}


FULL: Final[dict[str, Json]] = json.loads(RECORD_FILE.read_text(encoding="utf-8"))


@given(records)
def test_a_record_survives_the_way_through_json(record: Record) -> None:
    assert from_json(through_json(record)) == record


@given(records)
def test_every_record_is_valid_and_its_keys_stand_in_the_order_of_the_schema(record: Record) -> None:
    data = record.as_json()
    assert [error.message for error in VALIDATOR.iter_errors(data)] == []
    assert list(data) == ORDER
    for key, value in data.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                assert list(item) == inner_keys(key)


def inner_keys(key: str) -> list[str]:
    """Return the keys that the schema names in an object, or in the objects of a list."""
    found = SCHEMA["properties"]
    assert isinstance(found, dict)
    inner = found[key]
    assert isinstance(inner, dict)
    inner = inner.get("items", inner)
    assert isinstance(inner, dict)
    assert inner["required"] == list(inner["properties"])  # type: ignore[arg-type]
    required = inner["required"]
    assert isinstance(required, list)
    return [str(name) for name in required]


def test_the_schema_is_a_schema_and_names_the_keys_in_the_order_of_the_contract() -> None:
    VALIDATOR.check_schema(SCHEMA)
    assert SCHEMA["required"] == ORDER
    assert list(SCHEMA["properties"]) == ORDER  # type: ignore[arg-type]
    assert valid(FULL)
    assert through_json(from_json(FULL)) == FULL


def places(data: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Name each value in a record by the keys that lead to it."""
    yield path
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(value, (*path, key))


def put(path: Sequence[str | int], value: Json, *, remove: bool = False) -> Json:
    """Copy the example with another value in one place."""
    holder: dict[str, Json] = {"top": copy.deepcopy(FULL)}
    at: Json = holder
    last: str | int = "top"
    for key in path:
        at = at[last]  # type: ignore[index]
        last = key
    if remove:
        del at[last]  # type: ignore[arg-type,union-attr]
    else:
        at[last] = value  # type: ignore[index]
    return holder["top"]


WRONG: Final[list[Json]] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    0.5,
    math.inf,
    1 << 70,
    10**400,
    "",
    "x",
    "a",
    [],
    [0],
    ["a"],
    {},
]


PLACES: Final = list(places(FULL))


@pytest.mark.parametrize("path", PLACES, ids=[".".join(map(str, path)) or "record" for path in PLACES])
def test_what_the_schema_refuses_does_not_load_and_what_it_accepts_does(path: tuple[str | int, ...]) -> None:
    # sums are worked out anew, and names and times are not looked at when a record is read back
    lenient = path[-1:] and path[-1] in {
        "full",
        "saved",
        "name",
        "version",
        "base_version",
        "found",
        "created",
        "needs",
    }
    for value in WRONG:
        data = put(path, value)
        if valid(data):
            assert loads(data), value
        elif not lenient and not ({"why", "needed_by", "unused", "used"} & {*path} and isinstance(value, str)):
            assert not loads(data), value


@pytest.mark.parametrize("path", [path for path in PLACES if path], ids=lambda path: ".".join(map(str, path)))
def test_a_missing_key_is_refused_by_the_schema_and_named_when_it_is_read(path: tuple[str | int, ...]) -> None:
    data = put(path, None, remove=True)
    if isinstance(path[-1], int):
        assert valid(data)  # a list may be shorter
        assert loads(data)
        return
    assert not valid(data)
    if path[-1] in LATER or path in {("machine",), ("data",), ("files",)} or path[2:] == ("files",):
        assert loads(data)  # it is from before there was this key
    elif path[-1] not in {"full", "saved"}:
        with pytest.raises(Malformed, match=path[-1]):
            from_json(data)


@pytest.mark.parametrize("path", [path for path in PLACES if path], ids=lambda path: ".".join(map(str, path)))
def test_a_key_that_the_schema_does_not_know_is_refused_by_it(path: tuple[str | int, ...]) -> None:
    if not isinstance(path[-1], int):
        assert not valid(put((*path[:-1], "more"), 1))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((), [], "record is not an object"),
        (("schema",), 2, "schema 2, expected 1"),
        (("schema",), True, "schema True, expected 1"),
        (("env",), 1, "env is not a string"),
        (("python",), None, "python is not an object"),
        (("layers",), {}, "layers is not a list"),
        (("layers", 0), "x", "layers is not an object"),
        (("layers", 0, "role"), "root", "role 'root' is not one of own, injected, extra, user, base"),
        (("declared",), [1], "declared is not a list of strings"),
        (("reused", 0, "verified"), "no", "verified is neither true nor false"),
        (("undeclared", 0, "kind"), "far", "kind 'far' is not one of base, transitive"),
        (("bytes", "unshared"), -1, "unshared is not a number of bytes"),
        (("seconds", "plan"), math.nan, "plan is not a number of seconds"),
    ],
)
def test_the_message_names_the_key_that_is_wrong(path: tuple[str | int, ...], value: Json, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        from_json(put(path, value))
    assert str(caught.value) == message


def test_the_roles_and_kinds_of_the_schema_are_those_of_the_code() -> None:
    assert all(valid(put(("layers", 0, "role"), str(role))) for role in Role)
    assert all(valid(put((key, 0, "kind"), str(kind))) for key in ("undeclared", "unstated") for kind in Kind)


@given(st.lists(st.none() | st.integers(min_value=0)))
def test_a_sum_is_unknown_where_a_part_of_it_is_and_what_is_known_is_its_lower_bound(values: list[int | None]) -> None:
    numbers = [value for value in values if value is not None]
    assert known(values) == sum(numbers)
    assert total(values) == (None if None in values else sum(numbers))


@pytest.mark.parametrize(("reused", "installed", "full"), [(1, 2, 3), (None, 2, None), (1, None, None), (0, 0, 0)])
def test_a_full_environment_would_hold_what_is_reused_and_what_is_installed(
    reused: int | None, installed: int | None, full: int | None
) -> None:
    sizes = Bytes(reused=reused, installed=installed, environment=None, unshared=None)
    assert (sizes.full, sizes.saved) == (full, reused)


@given(record=records, environment=st.integers(min_value=0))
def test_a_new_measurement_changes_nothing_else(record: Record, environment: int) -> None:
    measured = record.measured(environment, None, 3)
    assert (measured.bytes.environment, measured.bytes.unshared, measured.files.environment) == (environment, None, 3)
    assert measured.measured(record.bytes.environment, record.bytes.unshared, record.files.environment) == record


def test_a_conflict_says_who_needs_what_and_what_it_sees() -> None:
    conflict = Conflict(name="scipy", version="1.12.0", requires="numpy<1.29", found="2.5.5")
    assert str(conflict) == "base scipy 1.12.0 needs numpy<1.29, now sees 2.5.5"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("t.py:1: import d.e", Undeclared(name="d", module="d.e", imported_by="t.py:1", needed_by=("a",))),
        (
            "a: import b/t.py:1: entry point g: n",
            Undeclared(name="d", module="d", imported_by="a: import b/t.py:1", entry_point="g: n", needed_by=("a",)),
        ),
        (
            "unknown: import d, which is in no distribution",
            Undeclared(name="d", module="d", imported_by="unknown", in_distribution=False, needed_by=("a",)),
        ),
        ("tests/test_d.py", Undeclared(name="d", module="d", imported_by="tests/test_d.py", needed_by=("a",))),
    ],
)
def test_what_older_records_say_in_one_text_is_taken_apart(said: str, wanted: Undeclared) -> None:
    """And put together again in the same words."""
    (item,) = from_json(put(("undeclared",), [{"name": "d", "imported_by": said, "needed_by": ["a"]}])).undeclared
    assert item == wanted
    assert item.how == (said if ": " in said else f"{said}: import d")
