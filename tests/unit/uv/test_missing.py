"""When nothing but what is missing need be asked for, and what that is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.strategies import MARKERS, OWN, distribution, stock
from tox_sitediff.core.closure import walk
from tox_sitediff.core.plan import Change
from tox_sitediff.core.requirements import key
from tox_sitediff.uv.arguments import parse_arguments
from tox_sitediff.uv.missing import keeps_all, missing_alone

_BASE = stock(
    distribution("met", "1.0", "below>=1"),
    distribution("below", "1.0"),
    distribution("lacking", "1.0", "gone>=2", 'more[x]<3; extra == "all"', extras=("all",)),
    distribution("far", "1.0", "lacking"),
    distribution("picky", "1.0", "gone>=2a1"),
    distribution("linked", "1.0", "gone @ https://x.invalid/gone-1.0-py3-none-any.whl"),
    distribution("odd", "1.0", "gone >> 2"),
)


def alone(*arguments: str, directory: Path = Path()) -> list[str] | None:
    asked = parse_arguments(arguments, directory=directory, environment={})
    closure = walk(
        asked.roots(), lookup=_BASE.foremost, environment=MARKERS, constraints=asked.constraints
    )  # what nothing can read counts too
    return missing_alone(asked, closure)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["met", "new"], ["new"]),
        (["New[a,b]>=1,<3; python_version > '3'", "met"], ["New[a,b]<3,>=1"]),
        (["new>=1", "new<2", "met"], ["new<2", "new>=1"]),
        (["new>=1a1"], ["new>=1a1"]),
        (["new; python_version < '3'", "other"], ["other"]),
        (["lacking"], ["gone>=2"]),
        (["lacking[all]", "new"], ["new", "gone>=2", "more[x]<3"]),
        (["--index-url", "https://x.invalid", "new"], ["new"]),
    ],
)
def test_what_is_missing_is_asked_for_in_the_words_of_who_asks(arguments: list[str], expected: list[str]) -> None:
    assert alone(*arguments) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["met"],  # nothing is missing
        ["met>=2", "new"],  # what is there is not good enough
        ["new", "lacking", "met<1"],
        ["far"],  # it would count when uv came to it
        ["picky"],  # a pre-release that nobody asks for directly
        ["linked"],
        ["odd"],
        ["new", "--no-deps"],
        ["new", "--upgrade"],
        ["new @ https://x.invalid/new-1.0-py3-none-any.whl"],
        ["new", "."],
        ["-e", ".", "new"],
        ["--group", "dev", "new"],
        ["--require-hashes", "new==1"],
    ],
)
def test_where_more_has_to_be_looked_at_all_is_asked_for(arguments: list[str]) -> None:
    assert alone(*arguments) is None


def test_a_requirements_file_is_taken_apart_unless_it_asks_for_hashes(tmp_path: Path) -> None:
    (tmp_path / "limits.txt").write_text("new<3\n")
    (tmp_path / "all.txt").write_text("met\nnew>1\n-c limits.txt\n")
    (tmp_path / "hashed.txt").write_text(f"new==1 --hash=sha256:{'0' * 64}\n")
    assert alone("-r", "all.txt", directory=tmp_path) == ["new>1"]
    assert alone("-r", "hashed.txt", directory=tmp_path) is None
    (tmp_path / "limits.txt").write_text("met<1\n")
    assert alone("-r", os.fspath(tmp_path / "all.txt"), directory=tmp_path) is None


def test_a_plan_of_that_kind_changes_nothing_that_is_there() -> None:
    held = stock(distribution("own", layer=OWN), distribution("base"))
    new, unknown = Change(name=key("new"), version="1"), Change(name=key("new"), version=None)
    assert keeps_all([], held.effective)
    assert keeps_all([new], held.effective)
    assert not keeps_all([unknown], held.effective)
    for name in ("own", "base"):
        assert not keeps_all([new, Change(name=key(name), version="1")], held.effective)
