"""The rows of a report, their order, their sums, and what tells them apart."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from support.rows import row
from support.strategies import records
from tox_sitediff.core.record import Machine
from tox_sitediff.report import SUMS
from tox_sitediff.report.rows import BY, Row, added, grouped, labels, largest_first, without_common_parts

if TYPE_CHECKING:
    from tox_sitediff.core.record import Record

rows_of = st.lists(records.map(lambda record: Row(record=record, source="x")), max_size=5)


def test_a_row_names_its_environment_base_python_and_machine() -> None:
    one = row("e", base="/b", python="3.12.1")
    assert (one.environment, one.base, one.python, one.machine) == ("e", "/b", "3.12.1", "Linux x86_64")
    other = replace(one, record=replace(one.record, python=replace(one.record.python, implementation="pypy")))
    assert (other.python, other.minor) == ("pypy 3.12.1", ("pypy", "3", "12"))


@given(st.lists(st.none() | st.integers(0, 3), max_size=6), st.randoms(use_true_random=False))
def test_the_largest_comes_first_what_is_unknown_last_whatever_the_order(
    sizes: list[int | None], chance: object
) -> None:
    rows = [
        replace(one, record=one.record.measured(size, None, None))
        for at, size in enumerate(sizes)
        for one in [row(f"e{at}")]
    ]
    shuffled = [*rows]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    found = [item.record.bytes.environment for item in largest_first(shuffled)]
    assert found == sorted(found, key=lambda size: -1 if size is None else size, reverse=True)
    assert largest_first(shuffled) == largest_first(rows)


@given(rows_of)
def test_sums_are_sums_and_lower_bounds_where_a_part_is_unknown(rows: list[Row]) -> None:
    """Against the parts added up one by one; in JSON, what is not known to the end is null."""
    found = added("total", rows)
    kept: list[Record] = [item.record for item in rows]
    sizes = [record.bytes.environment for record in kept]
    assert found.environments == len(rows)
    assert found.size == sum(size or 0 for size in sizes)
    assert ("environment" in found.is_bound) == (None in sizes)
    assert found.saved == sum(item.bytes or 0 for record in kept for item in record.reused)
    assert found.full == found.saved + sum(item.bytes or 0 for record in kept for item in record.installed)
    assert found.files == sum(record.files.environment or 0 for record in kept)
    told = found.as_json()
    assert isinstance(told, dict)
    assert isinstance(told["bytes"], dict)
    assert told["bytes"]["environment"] == (None if None in sizes else found.size)


@given(rows_of)
def test_groups_hold_every_row_once_and_add_up_to_the_total(rows: list[Row]) -> None:
    for by in SUMS:
        groups = grouped(rows, by)
        assert len({group.name for group in groups}) == len(groups)
        assert sum(group.environments for group in groups) == len(rows)
        assert sum(group.size for group in groups) == added("", rows).size
        assert [group.size for group in groups] == sorted((group.size for group in groups), reverse=True)


def test_what_is_added_up_by_is_what_the_command_line_offers() -> None:
    assert tuple(BY) == SUMS
    assert [group.name for group in grouped([row(machine=Machine())], "machine")] == ["?"]


# --- what tells rows apart


def test_what_all_rows_have_in_common_is_no_column() -> None:
    """With paths cut to the part in which they differ; what is not known is not said."""
    rows = [row("a", source="ci/linux/sitediff.json"), row("a", source="ci/mac/sitediff.json", base="/opt")]
    told = labels(rows)
    assert told.columns == {"base": ["/base", "/opt"], "from": ["linux", "mac"]}
    assert told.common == {"python": "3.12.1", "machine": "Linux x86_64", "from": "ci/*/sitediff.json"}
    assert labels([row(machine=Machine())]).common == {
        "base": "/base", "python": "3.12.1", "from": "sitediff.json"
    }  # fmt: skip
    assert labels([]).common == labels([]).columns == {}


def test_where_the_path_says_no_more_than_the_environment_it_is_no_column() -> None:
    told = labels([row(name, source=f".tox/{name}/sitediff.json") for name in ("a", "b")])
    assert (told.columns, told.common["from"]) == ({}, ".tox/*/sitediff.json")


paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)


@given(st.lists(paths, min_size=2, max_size=4).filter(lambda found: len({*found}) > 1))
def test_of_paths_what_is_left_still_tells_them_apart_and_fits_the_pattern(found: list[str]) -> None:
    left, pattern = without_common_parts(found)
    assert len({*left}) == len({*found})
    assert all(left)
    assert all(pattern.replace("*", part, 1) == path for part, path in zip(left, found, strict=True)) or not pattern
    assert all(fnmatchcase(path, pattern or "*") for path in found)
    assert bool(pattern) == (left != found)
