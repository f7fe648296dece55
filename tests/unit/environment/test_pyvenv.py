"""The environment that an interpreter belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tox_sitediff.environment.pyvenv import environment_of

if TYPE_CHECKING:
    from pathlib import Path


def made(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


# --- which environment an interpreter belongs to


def test_any_other_interpreter_names_none(tmp_path: Path) -> None:
    assert environment_of(made(tmp_path / "prefix/bin") / "python") is None
