"""Reading and writing files that may be damaged, missing or hostile."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.files import listing, put_json, read_bytes, read_text

if TYPE_CHECKING:
    from pathlib import Path


# --- damage and hostility


@pytest.mark.parametrize("path", ["missing", "file/below", "nul\0", "", "x" * 5000])
def test_a_file_that_can_not_be_read_is_none(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    assert read_bytes(tmp_path / path, 10) is None


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345\xff")
    assert read_bytes(tmp_path / "file", 5) is None
    assert read_text(tmp_path / "file", 6) == "12345\ufffd"


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("function", ["replace" if os.name == "nt" else "fchmod", "replace"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, error: type[BaseException]
) -> None:
    path = tmp_path / "file.json"
    put_json(path, {"old": 1})

    def fail(*arguments: object) -> None:
        raise error

    with monkeypatch.context() as context:
        context.setattr(os, function, fail)
        with pytest.raises(error):
            put_json(path, {"new": 2})
    assert names(tmp_path) == ["file.json"]
    assert json.loads(path.read_text(encoding="utf-8")) == {"old": 1}
    put_json(path, {"new": 2})
    assert json.loads(path.read_text(encoding="utf-8")) == {"new": 2}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_other_users_can_read_what_is_written(tmp_path: Path) -> None:
    put_json(tmp_path / "file.json", {})
    assert stat.S_IMODE((tmp_path / "file.json").stat().st_mode) == 0o644


# --- which copy counts


def test_a_directory_that_can_not_be_listed(tmp_path: Path) -> None:
    """A directory that is not there holds nothing."""
    (tmp_path / "one").touch()
    assert (listing(tmp_path), listing(tmp_path / "none"), listing(tmp_path / "one")) == ({"one"}, set(), set())
