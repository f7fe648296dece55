"""What the page of a report is drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from hypothesis import given
from hypothesis import strategies as st

from support.rows import row
from support.strategies import records
from tox_sitediff.report.columns import columns
from tox_sitediff.report.compare import compare
from tox_sitediff.report.rows import Row
from tox_sitediff.text import printable

if TYPE_CHECKING:
    from tox_sitediff.core.record import Installed, Json, Record, Reused

Data: TypeAlias = "dict[str, Json]"


def numbers(value: Json) -> list[int]:
    return cast("list[int]", value)


def read_back(data: Data, at: int) -> tuple[list[tuple[str, str, int, int, str]], list[tuple[str, ...]]]:
    """Read one environment as the page's script does: its distributions, and their chains."""
    texts = cast("list[str]", data["texts"])
    names, versions, held, files, origins = map(numbers, cast("list[Json]", data["distributions"]))
    before, last = map(numbers, cast("list[Json]", data["chains"]))
    origin = cast("list[list[object]]", data["origins"])
    one = cast("list[dict[str, Json]]", data["environments"])[at]

    def chain(number: int) -> tuple[str, ...]:
        return () if number < 0 else (*chain(before[number]), texts[last[number]])

    found = [
        (texts[names[item]], texts[versions[item]], held[item], files[item], str(origin[origins[item]][0]))
        for item in numbers(one["distributions"])
    ]
    return found, [chain(number) for number in numbers(one["chains"])]


@given(st.lists(records, max_size=3))
def test_what_is_shared_is_read_back_as_it_was(kept: list[Record]) -> None:
    """Each distribution with its size, where it is from, and its chain; what is not known is -1."""
    data = columns([Row(record=record, source="x") for record in kept], None)
    for at, record in enumerate(kept):
        found, chains = read_back(data, at)
        held: list[Reused | Installed] = [*record.reused, *record.installed]
        assert [(name, version, size, files) for name, version, size, files, _ in found] == [
            (
                item.name,
                printable(item.version, 2000),
                -1 if item.bytes is None else item.bytes,
                -1 if item.files is None else item.files,
            )
            for item in held
        ]
        assert chains == [item.why for item in held]
        assert [origin == "own" for *_, origin in found][len(record.reused) :] == [True] * len(record.installed)
    texts = cast("list[str]", data["texts"])
    assert len({*texts}) == len(texts)
    assert all(text.isprintable() for text in texts)
    assert data["changes"] is None


def test_many_environments_take_little_more_than_one() -> None:
    """Of a hundred that hold the same, each adds numbers alone."""
    one = row(reused={f"d{at}": ("1", 10) for at in range(50)}, installed={"e": ("1", 5)})
    few, many = columns([one], None), columns([one] * 100, None)
    for shared in ("distributions", "chains", "texts", "origins"):
        assert few[shared] == many[shared]


def test_a_chain_that_never_ends_is_cut() -> None:
    """Deeper than any real one, as a hostile record may be."""
    deep = row(reused={"a": ("1", 1)})
    record = deep.record.as_json()
    reused = cast("list[dict[str, Json]]", record["reused"])
    reused[0]["why"] = ["a"] * 5000
    from tox_sitediff.core.record import from_json

    _, chains = read_back(columns([Row(record=from_json(record), source="x")], None), 0)
    assert len(chains[0]) < 500


def test_changes_name_the_environment_what_it_was_and_what_happened() -> None:
    old, new = row("a", installed={"x": ("1", 5)}), row("a", installed={"x": ("2", 9)})
    rows = [new, row("fresh")]
    data = columns(rows, compare([old, row("gone")], rows))
    texts = cast("list[str]", data["texts"])
    told = [
        (one["environment"], one["kind"], one["before"], one["grown"], [texts[at] for at in numbers(one["words"])])
        for one in cast("list[dict[str, Json]]", data["changes"])
    ]
    words = "x 1 installed -> 2 installed, environment +4 B: another version was chosen (for top -> x)"
    assert told == [(0, "changed", 5, 4, [words]), (1, "new", -1, None, []), (-1, "gone", 0, None, [])]
