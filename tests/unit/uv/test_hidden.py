"""What may hold a secret, on its way to uv."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.uv.hidden import in_file, private_file, without_secrets

SECRET = "https://me:s3cret@host"


@pytest.mark.parametrize(
    ("words", "left", "variables"),
    [
        (["--index-url", SECRET, "a"], ["a"], {"UV_INDEX_URL": SECRET}),
        ([f"-i{SECRET}", "a"], ["a"], {"UV_INDEX_URL": SECRET}),
        (["-i", "https://old", f"--index-url={SECRET}"], [], {"UV_INDEX_URL": SECRET}),
        ([f"--default-index={SECRET}"], [], {"UV_DEFAULT_INDEX": SECRET}),
        (["--index", f"x={SECRET}", "--index=https://b"], [], {"UV_INDEX": f"x={SECRET} https://b"}),
        (["--extra-index-url", SECRET, "-q"], ["-q"], {"UV_EXTRA_INDEX_URL": SECRET}),
        (["-f", "dir", f"--find-links={SECRET}/x"], [], {"UV_FIND_LINKS": f"dir,{SECRET}/x"}),
        # nothing is moved without need, and nothing but options
        (["-f", "dir", "-i", "https://host", "a"], ["-f", "dir", "-i", "https://host", "a"], {}),
        (["-c", "c.txt", "--", "-i", SECRET], ["-c", "c.txt", "--", "-i", SECRET], {}),
        (["a", "--index-url"], ["a", "--index-url"], {}),
    ],
)
def test_options_with_a_secret_become_variables(words: list[str], left: list[str], variables: dict[str, str]) -> None:
    assert without_secrets(words) == (left, variables)
    assert without_secrets(left) == (left, {})


def test_requirements_with_a_secret_go_into_a_file() -> None:
    """Nobody else can read it, and it is gone afterwards; an option of a place is not for a file of requirements."""
    words = [
        "-i",
        SECRET,
        "a",
        f"b @ {SECRET}/b.zip",
        "-e",
        f"git+{SECRET}/c.git",
        f"--constraints={SECRET}/d.txt",
        "--",
    ]
    with in_file([*words, f"e @ {SECRET}/e.zip", "-odd"]) as found:
        assert [found[0], *found[2:]] == ["-r", "-i", SECRET, "a", "--", "-odd"]
        path = Path(found[1])
        assert path.read_text("utf-8").splitlines() == [
            f"b @ {SECRET}/b.zip",
            f"-e git+{SECRET}/c.git",
            f"-c {SECRET}/d.txt",
            f"e @ {SECRET}/e.zip",
        ]
        if sys.platform != "win32":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


@given(st.lists(st.sampled_from(["a", "-c", "c.txt", "--pre", "--", "-i", "https://host", "b @ https://host/b.zip"])))
def test_arguments_without_a_secret_are_what_they_were(words: list[str]) -> None:
    with in_file(words) as found:
        assert found is words
    assert without_secrets(words) == (words, {})


def fails(paths: list[Path]) -> None:
    with private_file(["a"]) as path:
        paths.append(Path(path))
        raise KeyError


def test_a_private_file_is_gone_whatever_happens() -> None:
    paths: list[Path] = []
    with pytest.raises(KeyError):
        fails(paths)
    assert [path.exists() for path in paths] == [False]
