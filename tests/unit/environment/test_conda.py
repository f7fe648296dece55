"""What an environment over a conda base for Windows needs, tried with stand-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tox_sitediff.environment.conda import dll_directories

if TYPE_CHECKING:
    from pathlib import Path


def test_the_directories_of_a_conda_base_stand_in_the_order_of_conda(tmp_path: Path) -> None:
    wanted = ["", "Library/mingw-w64/bin", "Library/usr/bin", "Library/bin", "bin"]
    for name in [*reversed(wanted), "conda-meta", "Scripts"]:
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    assert dll_directories(tmp_path) == [tmp_path / name for name in wanted]


def test_only_those_that_exist_are_named(tmp_path: Path) -> None:
    for name in ("conda-meta", "Library/bin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "Scripts").touch()
    assert dll_directories(tmp_path) == [tmp_path, tmp_path / "Library/bin"]


def test_a_base_that_is_not_of_conda_names_none(tmp_path: Path) -> None:
    (tmp_path / "Library" / "bin").mkdir(parents=True)
    assert dll_directories(tmp_path) == []
    assert dll_directories(tmp_path / "missing") == []
