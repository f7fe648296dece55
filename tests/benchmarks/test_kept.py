"""A long benchmark that was ended goes on where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kept import Kept, source

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_found_is_not_looked_for_again_as_long_as_it_is_about_the_same(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "found.json"
    assert Kept(path, {"version": 1}).take("a", lambda: [1.5]) == [1.5]
    kept = Kept(path, {"version": 1})
    assert "a" in kept
    assert kept.take("a", lambda: [2.5]) == [1.5]
    assert kept.take("a", lambda: [3.5], is_anew=True) == [3.5]
    assert Kept(path, {"version": 1}).take("a", lambda: [4.5]) == [3.5]
    assert Kept(path, {"version": 2}).take("a", lambda: [5.5]) == [5.5], "of another version"


def test_what_could_not_be_found_is_looked_for_the_next_time(tmp_path: Path) -> None:
    def broken() -> int:
        raise OSError("no")

    kept = Kept(tmp_path / "found.json", {})
    with pytest.raises(OSError, match="no"):
        kept.take("a", broken)
    assert kept.take("a", lambda: 3) == 3


def test_a_file_that_is_cut_short_is_taken_for_none(tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    Kept(path, {}).take("a", lambda: 3)
    path.write_text(path.read_text("utf-8")[:-3], "utf-8")
    assert Kept(path, {}).take("a", lambda: 4) == 4


def test_the_code_has_one_hash(tmp_path: Path) -> None:
    assert source() == source()
    assert len(source()) == 16
