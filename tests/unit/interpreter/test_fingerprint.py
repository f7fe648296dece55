"""Whether all is as it was, as the system keeps it of files."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.core.fingerprint import FILE_NAME, Facts, Seen, as_json
from tox_sitediff.core.summary import RECORD_NAME, Summary
from tox_sitediff.interpreter.fingerprint import TICK, age, are_same, content, mark, unchanged

if TYPE_CHECKING:
    from pathlib import Path

FACTS = Facts(
    summary=Summary(
        env="e",
        base=("/p", "cpython", "3.12.1"),
        is_declared=False,
        reused=0,
        installed=0,
        environment=None,
        saved=0,
        is_lower=False,
    ),
    offered=0,
    lacks_pip=False,
    base_prefix="/base",
    uv="",
    inherited=(),
    compiled=(),
)


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    """An environment of which two files and a directory are noted."""
    for name in ("python", "a", RECORD_NAME):
        (tmp_path / name).write_text(name)
    (tmp_path / "site").mkdir()
    paths = [str(tmp_path / name) for name in ("a", "site", "missing")]
    seen = Seen(
        inputs="x",
        real=os.path.realpath(tmp_path / "python"),
        marks={path: mark(path) for path in paths},
        own=paths[:1],
        contents={path: content(path) for path in paths[:2]},
        record=content(str(tmp_path / RECORD_NAME)),
        held=(),
        facts=FACTS,
    )
    (tmp_path / FILE_NAME).write_text(json.dumps(as_json(seen)))
    return tmp_path


def test_what_is_as_it_was_is_returned(noted: Path) -> None:
    found = unchanged(noted, noted / "python", "x")
    assert found is not None
    assert found.facts == replace(FACTS, inherited=(), compiled=[])
    assert are_same(found, found.own)


def test_another_link_to_a_file_is_no_change(noted: Path) -> None:
    """As another environment makes one, which has the same from uv's cache; but what is in it counts."""
    os.link(noted / "a", noted / "elsewhere")
    found = unchanged(noted, noted / "python", "x")
    assert found is not None
    assert are_same(found, found.own)
    before = os.stat(noted / "a")
    (noted / "elsewhere").write_text("b")
    os.utime(noted / "a", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not are_same(found, found.own)
    assert unchanged(noted, noted / "python", "x") is None


def test_a_link_to_what_has_no_content_noted_is_a_change(noted: Path) -> None:
    found = unchanged(noted, noted / "python", "x")
    assert found is not None
    time.sleep(0.02)
    os.link(noted / "a", noted / "elsewhere")
    assert not are_same(replace(found, contents={}), found.own)


@pytest.mark.parametrize("what", ["inputs", "link", "file", "set back", "directory", "made", "record", "notes", "none"])
def test_whatever_is_not_as_it_was_is_seen(noted: Path, what: str) -> None:
    inputs = "x"
    if what == "inputs":
        inputs = "y"
    elif what == "link":
        (noted / "python").rename(noted / "other")
        (noted / "python").symlink_to("other")
    elif what == "file":
        (noted / "a").write_text("bb")
    elif what == "set back":
        was = (noted / "a").stat()
        time.sleep(2 * TICK / 1e9)
        (noted / "a").write_text("b")
        os.utime(noted / "a", ns=(was.st_atime_ns, was.st_mtime_ns))
    elif what == "directory":
        (noted / "site" / "new").touch()
    elif what == "made":
        (noted / "missing").touch()
    elif what == "record":
        (noted / RECORD_NAME).write_text("{}")
    elif what == "notes":
        (noted / FILE_NAME).write_text("{")
    else:
        (noted / FILE_NAME).unlink()
    assert unchanged(noted, noted / "python", inputs) is None


def test_content_tells_what_times_do_not(noted: Path) -> None:
    """A change within the resolution of the clock leaves the mark as it was; here a hash of before stands for it."""
    text = (noted / FILE_NAME).read_text()
    path = str(noted / "a")
    assert unchanged(noted, noted / "python", "x") is not None
    (noted / FILE_NAME).write_text(text.replace(content(path), "0" * 64))
    assert unchanged(noted, noted / "python", "x") is None


def test_content_is_that_of_a_file_or_the_names_in_a_directory(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    before = content(str(tmp_path))
    (tmp_path / "a").write_text("y")
    assert content(str(tmp_path)) == before
    (tmp_path / "b").touch()
    assert content(str(tmp_path)) != before
    assert content(str(tmp_path / "missing")) == ""
    os.mkfifo(tmp_path / "pipe")
    assert content(str(tmp_path / "pipe")) == ""


def test_a_path_that_can_be_none_has_no_mark() -> None:
    assert mark("a\0b") is None


def test_an_age_is_that_of_the_last_change(tmp_path: Path) -> None:
    """What is not there, or comes from a clock that is ahead, is old enough."""
    assert age(tmp_path / "missing") == TICK
    (tmp_path / "a").touch()
    assert age(tmp_path / "a") >= 0


def test_a_time_to_come_is_old_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tox_sitediff.interpreter.fingerprint.time.time_ns", lambda: 1)
    assert age(tmp_path) == TICK
