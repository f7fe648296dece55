"""What a layer between an environment and its base contributes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.interpreter.layers import PTH_NAME, site_directories, stack, stacked

if TYPE_CHECKING:
    from pathlib import Path


def made(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


# --- what a layer contributes


@pytest.mark.parametrize(
    "inside", ["lib/python3.12/site-packages", "lib64/python3.12/site-packages", "lib/pypy3.12/site-packages"]
)
def test_an_environment_contributes_its_site_packages_of_the_same_version(tmp_path: Path, inside: str) -> None:
    site = made(tmp_path / inside)
    made(tmp_path / "lib/python3.11/site-packages")
    assert site_directories(tmp_path, version="3.12.1") == [site]


def test_both_libraries_count_where_they_differ_and_once_where_one_is_a_link(tmp_path: Path) -> None:
    one = made(tmp_path / "a/lib/python3.12/site-packages")
    two = made(tmp_path / "a/lib64/python3.12/site-packages")
    assert site_directories(tmp_path / "a", version="3.12.1") == [one, two]
    if os.name != "nt":
        linked = made(tmp_path / "b/lib/python3.12/site-packages")
        (tmp_path / "b/lib64").symlink_to("lib")
        assert site_directories(tmp_path / "b", version="3.12.1") == [linked]


def test_a_prefix_in_the_layout_of_windows_contributes_its_library(tmp_path: Path) -> None:
    site = made(tmp_path / "Lib/site-packages")
    assert site_directories(tmp_path, version="3.12.1") == [site]


def test_any_other_directory_is_one_of_distributions_itself(tmp_path: Path) -> None:
    assert site_directories(tmp_path, version="3.12.1") == [tmp_path]


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        (
            "lib/python3.11/site-packages",
            "has no site-packages for Python 3.12, only for python3.11; use an environment",
        ),
        ("conda-meta", "has no site-packages for Python 3.12; use an environment"),
    ],
)
def test_an_environment_of_another_version_is_refused(tmp_path: Path, inside: str, message: str) -> None:
    made(tmp_path / inside)
    with pytest.raises(EnvironmentProblem) as caught:
        site_directories(tmp_path, version="3.12.1")
    assert str(tmp_path) in str(caught.value)
    assert message in str(caught.value)


def test_several_other_versions_are_all_named(tmp_path: Path) -> None:
    for version in ("3.9", "3.11"):
        made(tmp_path / f"lib/python{version}/site-packages")
    with pytest.raises(EnvironmentProblem, match=r"only for python3\.11,python3\.9"):
        site_directories(tmp_path, version="3.12.1")


def test_a_layer_that_is_missing_or_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentProblem, match="missing does not exist; mend sitediff_layers"):
        site_directories(tmp_path / "missing", version="3.12.1")
    with pytest.raises(EnvironmentProblem, match="file is not a directory; mend sitediff_layers"):
        site_directories(tmp_path / "file", version="3.12.1")


# --- the file that stacks them


@pytest.mark.parametrize("version", ["3.8.20", "3.14.0", "3.15.0b1", "3.20.1"])
def test_stacking_says_whether_anything_changed_and_nothing_leaves_no_file(tmp_path: Path, version: str) -> None:
    directories = [tmp_path / "it's", tmp_path / 'caf\xe9 "two"', tmp_path / os.fsdecode(b"\xff")]
    assert stack(tmp_path, directories, version=version)
    assert stacked(tmp_path) == directories
    assert not stack(tmp_path, directories, version=version)
    assert stack(tmp_path, directories[::-1], version=version)
    assert stacked(tmp_path) == directories[::-1]
    assert stack(tmp_path, [], version=version)
    assert [*tmp_path.iterdir()] == []
    assert stacked(tmp_path) == []
    assert not stack(tmp_path, [], version=version)


def test_what_an_older_release_stacked_is_read_and_written_anew(tmp_path: Path) -> None:
    """Its lines did not say what is on the path: for each directory Python looked at all of them."""
    directories = [tmp_path / "it's", tmp_path / "two"]
    lines = [f"import os, site; site.addsitedir(os.fsdecode({os.fsencode(path)!r}))\n" for path in directories]
    (tmp_path / PTH_NAME).write_text("".join(lines), "ascii")
    assert stacked(tmp_path) == directories
    assert stack(tmp_path, directories, version="3.12.1")
    assert stacked(tmp_path) == directories
    assert not stack(tmp_path, directories, version="3.12.1")


def test_path_lines_alone_stack_where_start_files_are_run(tmp_path: Path) -> None:
    """No import line, which later versions pass over; and no line that would be read as another one, or none."""
    odd = [tmp_path / name for name in ("line\u2028feed", " blanks ", os.fsdecode(b"\xff"))]
    stack(tmp_path, [tmp_path / "one", *odd, tmp_path / "caf\xe9"], version="3.15.2")
    lines = (tmp_path / PTH_NAME).read_text("utf-8").splitlines()
    assert lines == [str(tmp_path / "one"), str(tmp_path / "caf\xe9")]
    [module] = tmp_path.glob("*.py")
    assert (tmp_path / PTH_NAME).with_suffix(".start").read_text("ascii") == f"{module.stem}:add\n"


def test_what_a_power_cut_left_of_the_stack_is_passed_over(tmp_path: Path) -> None:
    """Lines with a NUL in them, or with what is no literal, name nothing; the others count."""
    stack(tmp_path, [tmp_path / "one", tmp_path / "two"], version="3.12.1")
    content = (tmp_path / PTH_NAME).read_bytes()
    rest = [content.replace(b"/two", damage).splitlines()[1] for damage in (b"/\0", b"/\\0", b"/\\x", b"/\xc3")]
    (tmp_path / PTH_NAME).write_bytes(b"\n".join([*rest, content]))
    assert stacked(tmp_path) == [tmp_path / "one", tmp_path / "two"]
