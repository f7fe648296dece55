"""Whole runs beside each other: what each way is told, and what is said where one fails."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest

import beside
import suites
import tables
from counting import UncountableError
from suites import SUITES, Suite
from ways import OURS, PIP, UV, WAYS, Place, chosen
from worlds import SEVEN, WINPYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from results import Beside, Took

COLD: Final = 2
"""How often a way runs with empty caches, where the index had to fetch something the first time."""


class Index:
    """Stands for the index on this machine."""

    def __init__(self, *_: object) -> None:
        self.fetched = 0
        self.sent: dict[str, int] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        yield

    def url(self, label: str) -> str:
        return f"http://index/{label}/simple"


class Runs:
    """Stands for the runs: those that fail are named by way and number, from 1 on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *failing: tuple[str, int]) -> None:
        self.order: list[str] = []
        self.failing = failing
        self.index: Index | None = None
        monkeypatch.setattr(beside, "Mirror", self.mirror)
        monkeypatch.setattr(beside, "took", self.took)
        monkeypatch.setattr(beside, "copy_tools", lambda directory, _: directory / "bin")
        monkeypatch.setattr(beside, "full", lambda *_: None)

    def mirror(self, *_: object) -> Index:
        self.index = Index()
        return self.index

    def took(self, place: Place, *, again: bool) -> Took:
        self.order.append(f"{place.way.name}{' again' if again else ''}")
        assert self.index is not None
        if len(self.order) == 1:
            self.index.fetched += 1
        site = place.directory / ".tox" / "bench" / "lib" / "python3" / "site-packages" / "demo-1.dist-info"
        if place.is_nox:
            site = place.directory / ".nox" / "bench" / "lib" / "python3" / "site-packages" / "demo-1.dist-info"
        site.mkdir(parents=True, exist_ok=True)
        site.parents[3].joinpath("pyvenv.cfg").write_text("x", "utf-8")
        if (place.way.name, sum(item.startswith(place.way.name) for item in self.order)) in self.failing:
            raise UncountableError("tox failed:\nERROR: no network\nthe end")
        return {"wall": 1.0, "cpu": 0.5, "peak": 1000}


def options(tmp_path: Path, **more: object) -> argparse.Namespace:
    values = {"directory": tmp_path / "work", "index": "http://far/simple", "rounds": 2, "bases": tmp_path / "bases"}
    return argparse.Namespace(**(values | {"results": tmp_path / "results", "anew": False} | more))


SUITE: Final = Suite(name="here-seven", base="This Python", python=sys.executable, deps="seven", least=0)


def run(tmp_path: Path, *names: str) -> Beside:
    return beside.run(options(tmp_path), SUITE, tmp_path_python(tmp_path), chosen(names))


def tmp_path_python(tmp_path: Path) -> Path:
    """A base that is small, so that it takes no time to see that it is unchanged."""
    python = tmp_path / "base" / "bin" / "python"
    if not python.exists():
        python.parent.mkdir(parents=True)
        python.write_text(
            f"#!/bin/sh\ncase $2 in *version*) echo 3.12.1 23;; *) echo {tmp_path}/base;; esac\n", "utf-8"
        )
        python.chmod(0o755)
    return python


def test_there_are_all_ways_with_the_base_and_without_it() -> None:
    assert [way.name for way in WAYS] == [
        *("tox-sitediff", "tox-sitediff over tox-uv", "tox-uv", "tox-uv, system site packages"),
        *("tox, pip", "tox, pip, system site packages"),
        *("nox, tox-sitediff", "nox, pip", "nox, pip, system site packages"),
    ]
    assert [way.name for way in chosen(["tox, pip", "nox, tox"])] == ["tox, pip", "nox, tox-sitediff"]
    assert chosen([""]) == list(WAYS)
    assert chosen(["conda"]) == []


def test_a_way_is_told_to_inherit_or_not(tmp_path: Path) -> None:
    """Ours do by themselves."""
    inheriting = []
    for way in WAYS:
        place = Place(way=way, directory=tmp_path / way.label, programs=tmp_path, index="http://index")
        place.write(tmp_path / "python", WINPYTHON)
        (path,) = place.directory.iterdir()
        text = path.read_text("utf-8")
        assert all(name in text for name in WINPYTHON)
        assert str(tmp_path / "python") in text
        inheriting += [way.name] if "system_site_packages" in text or "system-site-packages" in text else []
    assert inheriting == [way.name for way in WAYS if way.name.endswith("system site packages")]


def test_the_suites_are_the_seven_over_each_base_and_the_whole_list_of_a_team_over_winpython() -> None:
    assert [(suite.name, suites.SETS[suite.deps]) for suite in SUITES] == [
        ("conda-seven", SEVEN),
        ("debian-seven", SEVEN),
        ("winpython-seven", SEVEN),
        ("winpython-winpython", WINPYTHON),
    ]
    assert [suite.least for suite in SUITES] == [5, 5, 498, 498]


def test_ways_take_turns_and_each_round_begins_with_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the index had to fetch something for a run with empty caches, that run is done again."""
    runs = Runs(monkeypatch)
    found = run(tmp_path, OURS, UV)
    assert runs.order[: COLD + 1] == [OURS, OURS, UV]
    assert runs.order[COLD + 1 :] == [
        OURS,
        f"{OURS} again",
        UV,
        f"{UV} again",
        UV,
        f"{UV} again",
        OURS,
        f"{OURS} again",
    ]
    assert [len(case["new"]) for case in found["cases"]] == [2, 2]
    assert found["cases"][0]["environment"]["distributions"] == 1
    assert not list((tmp_path / "work").glob("here-seven/*")), "gigabytes would stay there"


def test_a_way_that_does_not_work_is_a_row_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Runs(monkeypatch, (UV, 1))
    found = run(tmp_path, OURS, UV)
    assert [case.get("failed") for case in found["cases"]] == [None, "ERROR: no network"]
    assert len(found["cases"][0]["new"]) == 2
    text = tables.beside(found)
    assert "| tox-uv | failed: ERROR: no network |" in text


def test_a_round_that_fails_does_not_count_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first time with empty caches, the second one in the first round, the third one is its second run."""
    Runs(monkeypatch, (UV, 3))
    found = run(tmp_path, OURS, UV)
    (_, case) = found["cases"]
    assert case["failures"] == ["round 1: ERROR: no network"]
    assert [len(case["new"]), len(case["again"])] == [1, 1]
    assert "\ntox-uv, round 1: ERROR: no network." in tables.beside(found)


def test_where_no_way_works_that_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Runs(monkeypatch, (UV, 1), (PIP, 1))
    with pytest.raises(UncountableError, match="each way failed"):
        run(tmp_path, UV, PIP)


def test_a_suite_that_fails_does_not_end_the_others_and_one_that_is_done_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = Runs(monkeypatch)
    python = tmp_path_python(tmp_path)
    good = Suite(name="good", base="A base", python=str(python), deps="seven", least=23)
    larger = Suite(name="larger", base="A base", python=str(python), deps="seven", least=24)
    ways = chosen([OURS])
    assert beside.several(options(tmp_path), [larger, good], ways) == 2
    assert "has 23 of 24 distributions" in capsys.readouterr().err
    kept = json.loads((tmp_path / "results" / "beside-good.json").read_text("utf-8"))
    assert kept["base"]["name"] == "A base"
    assert not (tmp_path / "results" / "beside-larger.json").exists()
    before = len(runs.order)
    assert beside.several(options(tmp_path), [good], ways) == 0
    assert len(runs.order) == before
    assert "good: done before" in capsys.readouterr().err
    assert beside.several(options(tmp_path, anew=True), [good], ways) == 0
    assert beside.several(options(tmp_path, rounds=3), [good], ways) == 0
    assert len(runs.order) > 2 * before


def test_a_base_that_is_missing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the program of the tests; here by one that fails, and says why."""
    (tmp_path / "tests" / "bases").mkdir(parents=True)
    (tmp_path / "tests" / "bases" / "make.py").write_text("import sys; sys.exit(f'made at {sys.argv[1:]}')", "utf-8")
    monkeypatch.setattr(suites, "ROOT", tmp_path)
    suite = Suite(name="a", base="A base", python="a/python", deps="seven", least=0, maker=("make.py", "a", "numpy"))
    with pytest.raises(UncountableError, match=rf"made at \['{tmp_path}/bases/a', 'numpy'\]"):
        suites.base_of(suite, tmp_path / "bases")
