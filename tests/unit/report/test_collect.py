"""The records that files and directories hold."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.rows import row
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.report.collect import collect
from tox_sitediff.report.merged import merged

if TYPE_CHECKING:
    from pathlib import Path

    from tox_sitediff.core.record import Json


def put(path: Path, data: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def record(env: str) -> dict[str, Json]:
    return row(env).record.as_json()


def found(tmp_path: Path, *names: str) -> list[tuple[str, str]]:
    return [
        (one.environment, one.source)
        for one in collect([tmp_path / name for name in names] or [tmp_path], start=tmp_path)
    ]


def test_directories_are_searched_and_each_row_says_where_it_is_from(tmp_path: Path) -> None:
    """Also what CI renamed; not below an environment, and not nox's copies."""
    put(tmp_path / "a/py/sitediff.json", record("a"))
    put(tmp_path / "b/py312-sitediff.json", record("b"))
    for name in ("a/py/lib/x/sitediff.json", ".cache/sitediff.json", "b/.hidden-sitediff.json"):
        put(tmp_path / name, record("no"))
    assert found(tmp_path) == [("a", "a/py/sitediff.json"), ("b", "b/py312-sitediff.json")]
    one = collect([tmp_path / "a"], start=tmp_path)[0]
    assert (one.place, one.file) == ("py/sitediff.json", str(tmp_path / "a/py/sitediff.json"))


def test_the_same_file_counts_once_by_whatever_way_it_is_reached(tmp_path: Path) -> None:
    """Named twice, through a link to it, or to a directory above; a copy in another job is another record."""
    file = put(tmp_path / "a/sitediff.json", record("a"))
    put(tmp_path / "b/sitediff.json", record("a"))
    os.link(file, tmp_path / "hard-sitediff.json")
    assert found(tmp_path, "a", "a/sitediff.json", ".", "hard-sitediff.json") == [
        ("a", "a/sitediff.json"),
        ("a", "b/sitediff.json"),
    ]


def test_results_of_tox_are_read_and_do_not_repeat_a_record_that_is_there(tmp_path: Path) -> None:
    """By name, and in a directory by how they begin; environments that are not slim are passed over."""
    result = {
        "reportversion": "1",
        "testenvs": {"a": {"sitediff": record("a")}, "b": {"sitediff": record("b")}, ".pkg": {"test": []}},
    }
    put(tmp_path / "ci/result.json", result)
    put(tmp_path / "ci/other.json", {"name": "no record"})
    put(tmp_path / "ci/sitediff.json", record("a"))
    assert found(tmp_path, "ci/result.json") == [("a", "ci/result.json:a"), ("b", "ci/result.json:b")]
    assert found(tmp_path) == [("b", "ci/result.json:b"), ("a", "ci/sitediff.json")]


def test_a_report_in_json_is_read_again(tmp_path: Path) -> None:
    """What it says of where its records came from is kept."""
    rows = [row("a", source="x/sitediff.json"), row("b", source="y/sitediff.json")]
    (tmp_path / "old.json").write_text(merged(rows), encoding="utf-8")
    assert found(tmp_path) == [("a", "old.json:x/sitediff.json"), ("b", "old.json:y/sitediff.json")]
    put(tmp_path / "bare.json", {"schema": 1, "records": [record("c")]})
    assert found(tmp_path, "bare.json") == [("c", "bare.json:0")]


def test_what_failed_is_marked(tmp_path: Path) -> None:
    put(tmp_path / "sitediff.json", record("a"))
    assert collect([tmp_path], start=tmp_path) == [
        replace(row("a"), source="sitediff.json", place="sitediff.json", file=str(tmp_path / "sitediff.json"))
    ]
    assert collect([tmp_path], start=tmp_path / "elsewhere", failed=True)[0].failed


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is neither a file nor a directory; name records, or directories of them"),
        ("{", "is not a record: it is not JSON"),
        ("[]", "is not a record of this version: record is not an object"),
        ('{"schema": 2}', "is not a record of this version: schema 2, expected 1"),
        ('{"testenvs": []}', "testenvs is not an object"),
        ('{"testenvs": {"a": {"sitediff": 1}}}', "record is not an object"),
        ('{"records": {}}', "records is not a list"),
        ("[" * 100_000, "is not a record: it is not JSON"),
    ],
)
def test_what_is_no_record_is_named_with_the_reason(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "x.json").write_text(content, encoding="utf-8")
    with pytest.raises(EnvironmentProblem, match=r"x\.json") as caught:
        collect([tmp_path / "x.json"], start=tmp_path)
    assert message in str(caught.value)


def test_a_directory_without_records_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(EnvironmentProblem, match=r"there is no sitediff.json in .* or below"):
        collect([tmp_path / "a"], start=tmp_path)
