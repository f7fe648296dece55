"""What the next run needs to know of this one, and the record beside it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.strategies import RECORD_FILE, records
from tox_sitediff.core.record import FILE_NAME
from tox_sitediff.core.state import Relied, State, Wanted
from tox_sitediff.environment.state_file import (
    STATE_NAME,
    forget,
    load_record,
    load_state,
    save_record,
    save_state,
    sweep_temporary,
)
from tox_sitediff.files import put_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tox_sitediff.core.record import Json, Record


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


_text = st.text(max_size=8) | st.just("caf\udce9")  # a path that is not UTF-8


states = st.builds(
    State,
    created=_text,
    directory=_text,
    installing=st.booleans(),
    declared=st.lists(
        st.builds(Wanted, text=_text, audit=_text, deep=st.booleans(), hashed=st.booleans()), max_size=3
    ).map(tuple),
    relied=st.dictionaries(
        _text,
        st.builds(Relied, path=_text, version=_text, digest=_text),
        max_size=3,
    ),
    scripts=st.lists(_text, max_size=3).map(tuple),
)


SAMPLE: Final = State(
    created="2026-07-01T12:00:00Z",
    declared=(Wanted(text="a>=1", audit="a>=1", hashed=True),),
    relied={"a": Relied(path="/base/a-1.dist-info", version="1", digest="00")},
    scripts=("pytest",),
)


@given(saved=states, record=records)
def test_what_is_written_is_what_is_read(saved: State, record: Record) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        save_state(directory, saved)
        save_record(directory, record)
        assert load_state(directory) == saved
        assert load_record(directory) == record
        assert names(directory) == [STATE_NAME, FILE_NAME]


def test_nothing_is_loaded_where_nothing_is(tmp_path: Path) -> None:
    assert load_state(tmp_path) is None
    assert load_record(tmp_path / "missing") is None


def test_a_state_that_is_cut_anywhere_counts_as_none(tmp_path: Path) -> None:
    save_state(tmp_path, SAMPLE)
    content = (tmp_path / STATE_NAME).read_bytes()
    for end in range(len(content) - 2):  # the last bytes are the closing brace and the newline behind it
        (tmp_path / STATE_NAME).write_bytes(content[:end])
        assert load_state(tmp_path) is None, end


@given(data=st.data())
def test_a_damaged_state_counts_as_none_or_as_one_that_can_be_written_again(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        save_state(directory, SAMPLE)
        content = bytearray((directory / STATE_NAME).read_bytes())
        for at, byte in data.draw(
            st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=3)
        ):
            content[at] = byte
        (directory / STATE_NAME).write_bytes(content)
        if (found := load_state(directory)) is not None:
            save_state(directory, found)
            assert load_state(directory) == found


def values(data: Json) -> Iterator[tuple[dict[str, Json] | list[Json], str | int]]:
    """Name each place in the state: what holds it, and the key or number of it there."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        if isinstance(data, dict | list):
            yield data, key
        yield from values(value)


@pytest.mark.parametrize("wrong", [None, 1, 1.5, "text", [], [1], {}, {"a": 1}, [["a"]]], ids=repr)
def test_a_value_of_another_type_makes_the_state_count_as_none(tmp_path: Path, wrong: Json) -> None:
    save_state(tmp_path, SAMPLE)
    data: dict[str, Json] = json.loads((tmp_path / STATE_NAME).read_text(encoding="utf-8"))
    for holder, key in list(values(data)):
        before = holder[key]  # type: ignore[index]
        # a list may be empty, and so may be what is relied on; any text is a text
        if type(before) is type(wrong) and (isinstance(wrong, str) or not wrong):
            continue
        if before == wrong:
            continue
        holder[key] = wrong  # type: ignore[index]
        (tmp_path / STATE_NAME).write_text(json.dumps(data), encoding="utf-8")
        assert load_state(tmp_path) is None, key
        holder[key] = before  # type: ignore[index]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"format": 2}',
        b'{"format": true}',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 100_000,
        b"\0" * 10,
    ],
    ids=lambda content: repr(content[:10]),
)
def test_whatever_else_the_files_hold_counts_as_none(tmp_path: Path, content: bytes) -> None:
    for name in (STATE_NAME, FILE_NAME):
        (tmp_path / name).write_bytes(content)
    assert load_state(tmp_path) is None
    assert load_record(tmp_path) is None


@pytest.mark.parametrize("number", ["1e999", "NaN", "-1", "1" + "0" * 400])
def test_a_record_with_an_impossible_number_counts_as_none(tmp_path: Path, number: str) -> None:
    put_json(tmp_path / FILE_NAME, {})
    for key in ("total", "unshared"):
        record = json.loads(RECORD_FILE.read_text(encoding="utf-8"))
        record["seconds" if key == "total" else "bytes"][key] = "NUMBER"
        text = json.dumps(record).replace('"NUMBER"', number)
        (tmp_path / FILE_NAME).write_text(text, encoding="utf-8")
        assert load_record(tmp_path) is None


def test_half_written_files_of_a_killed_run_go_and_nothing_else(tmp_path: Path) -> None:
    kept = [FILE_NAME, STATE_NAME, "sitediff.json.bak", "other.json.1.tmp", "x.sitediff.json.1.tmp"]
    for name in [*kept, f"{FILE_NAME}.abc.tmp", f"{STATE_NAME}.x_y.tmp"]:
        (tmp_path / name).touch()
    (tmp_path / f"{FILE_NAME}.directory.tmp").mkdir()
    sweep_temporary(tmp_path)
    assert names(tmp_path) == sorted([*kept, f"{FILE_NAME}.directory.tmp"])


def test_a_state_that_is_forgotten_is_gone_and_the_record_stays(tmp_path: Path) -> None:
    save_state(tmp_path, SAMPLE)
    (tmp_path / FILE_NAME).touch()
    for _ in range(2):
        forget(tmp_path)
        assert names(tmp_path) == [FILE_NAME]
    (tmp_path / STATE_NAME).mkdir()
    forget(tmp_path)
    assert load_state(tmp_path) is None
