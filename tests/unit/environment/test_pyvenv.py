"""The environment that an interpreter belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tox_sitediff.environment.pyvenv import environment_of, made_for

if TYPE_CHECKING:
    from pathlib import Path


def made(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


# --- which environment an interpreter belongs to


def test_any_other_interpreter_names_none(tmp_path: Path) -> None:
    assert environment_of(made(tmp_path / "prefix/bin") / "python") is None


# --- what it was made for


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("home = /usr/bin\nversion = 3.11.7\n", [("", "3.11.7")]),
        ("implementation = CPython\nuv = 0.13.9\nversion_info = 3.12.1\n", [("CPython", "3.12.1")]),
        ("implementation = PyPy\nversion_info = 3.10.14.final.0\n", [("PyPy", "3.10.14.final.0")]),
        ("home = /usr/bin\n", []),
        ("version =\n", []),
    ],
)
def test_the_version_that_an_environment_was_made_for(tmp_path: Path, text: str, found: list[tuple[str, str]]) -> None:
    """As venv, uv and virtualenv write it."""
    (tmp_path / "pyvenv.cfg").write_text(text, encoding="utf-8")
    assert made_for(tmp_path) == found


def test_what_is_no_environment_was_made_for_nothing(tmp_path: Path) -> None:
    assert made_for(tmp_path) == []
