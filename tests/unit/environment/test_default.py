"""Which environment is a project's default one: a directory, a file in its place, a list."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.environment.default import LIST, NAME, default_environment, redirected
from tox_sitediff.errors import EnvironmentProblem

if TYPE_CHECKING:
    from pathlib import Path


def found(directory: Path) -> Path | None:
    default = default_environment(directory)
    return None if default is None else default[0]


def test_nothing_a_directory_or_a_link(tmp_path: Path) -> None:
    """An environment is called what its project calls it; one that is gone is still the default."""
    assert found(tmp_path) is None
    (tmp_path / NAME).symlink_to("gone")
    assert default_environment(tmp_path) == (tmp_path / NAME, f"the .venv in {tmp_path}")
    (tmp_path / NAME).unlink()
    (tmp_path / NAME).mkdir()
    assert found(tmp_path) == tmp_path / NAME


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("line", [".tox/dev", "../elsewhere/ü x", "/abs/env", " spaces "])
def test_a_file_in_its_place_names_one(tmp_path: Path, line: str, end: str) -> None:
    """As uv reads it: relative to the file, no more than one line end is taken away."""
    (tmp_path / NAME).write_bytes(f"{line}{end}".encode())
    expected = tmp_path.joinpath(os.path.normpath(tmp_path / line))
    assert default_environment(tmp_path) == (expected, f"the file .venv in {tmp_path}")


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n", b"\xff\xfe", b"x" * 100_000])
def test_a_file_that_names_none_is_an_error_with_a_way_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    (tmp_path / LIST).write_text("other\n", "utf-8")
    with pytest.raises(EnvironmentProblem, match=r"should hold|does not hold") as raised:
        default_environment(tmp_path)
    assert str(tmp_path / NAME) in str(raised.value)
    assert "remove it" in str(raised.value)


@given(content=st.binary(max_size=40))
def test_whatever_a_file_holds_it_is_a_path_or_an_error_of_ours(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / NAME
    path.write_bytes(content)
    try:
        assert redirected(path).is_absolute()
    except EnvironmentProblem:
        assert not content.decode("utf-8", "ignore").strip("\r\n") or not is_text(content)


def is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_the_last_line_of_a_list_counts_unless_there_is_a_directory(tmp_path: Path) -> None:
    """PEP 832: what is listed last is the default, a ``.venv`` beside it comes after the last line."""
    listing = tmp_path / LIST
    listing.write_text("", "utf-8")
    assert found(tmp_path) is None
    listing.write_text("one\n/two/env\r\nsub/three\n", "utf-8")
    assert default_environment(tmp_path) == (tmp_path / "sub/three", f"the last line of {listing}")
    (tmp_path / NAME).mkdir()
    assert found(tmp_path) == tmp_path / NAME
