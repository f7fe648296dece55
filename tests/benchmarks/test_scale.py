"""How costs grow: what is counted for each step, and what becomes of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

import charts
import counting
import kinds
import scale
import tables
from counting import Command, Spent, UncountableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pytest

    from results import Growth


class Runs:
    """Stands for the programs: notes what is counted, and in which order; some fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failing: str = "nothing") -> None:
        self.ran: list[str] = []
        self.counted: list[str] = []
        self.failing = failing
        monkeypatch.setattr(Command, "run", lambda command: self.ran.append(self.words(command)))
        monkeypatch.setattr(counting, "instructions", self.instructions)
        monkeypatch.setattr(counting, "spent", self.spent)
        monkeypatch.setattr(scale, "_REST", 0)
        monkeypatch.setattr(
            kinds, "copy_all_tools", lambda directory, names: {name: directory / name for name in names}
        )
        monkeypatch.setattr(scale, "versions", lambda _: {"python": "3.11.7"})

    def words(self, command: Command) -> str:
        program, *others = [str(word).rpartition("/")[2] for word in command.words]
        assert program in {"tox", "uv"}
        return " ".join(others) if program == "tox" else f"uv {' '.join(others)}"

    def instructions(self, command: Command, _: str) -> int:
        words = self.words(command)
        if self.failing in words:
            raise UncountableError(f"tox failed:\nERROR: {words} is broken\n")
        self.counted.append(words)
        return 1000 if words.startswith("uv") else 1_000_000

    def spent(self, command: Command) -> Spent:
        self.counted.append(self.words(command))
        return Spent(wall=float(len(self.counted)), cpu=0, peak=0)


def grow(tmp_path: Path, *names: str, most: int = 60, anew: bool = False) -> Growth:
    given = argparse.Namespace(
        directory=tmp_path / "made", most=most, rounds=3, anew=anew, json=tmp_path / "scale.json"
    )
    return scale.grow(given, [item for item in scale.ALL if item.name in names])


def test_what_grows_are_bases_closures_and_environments() -> None:
    assert {item.name: tuple(item.steps) for item in scale.ALL} == {
        "bases": (50, 500, 5000, 20000),
        "closures": (10, 100, 1000),
        **dict.fromkeys(("environments", "parallel", "seconds"), (1, 10, 100)),
    }
    assert [item.name for item in scale.ALL if item.measure == "seconds"] == ["seconds"], "all others can be counted"


def test_a_new_environment_is_set_beside_one_of_stock_tox_without_deps_and_a_remainder_also_beside_uv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Runs(monkeypatch)
    (series,) = grow(tmp_path, "bases")["series"]
    assert runs.counted == [
        *("run -c ours-0.ini", "run -c ours-0.ini", "run -c stock-0.ini", "run -c stock-0.ini"),
        *("run -c ours-1.ini -r", "run -c stock-1.ini -r"),
        *("run -c ours-2.ini -r", "run -c stock-2.ini -r", "uv pip install --python alone pytest-mock pytest-randomly"),
    ]
    project = tmp_path / "made" / "bases-50" / "project"
    declared = {
        path.stem: len(path.read_text("utf-8").partition("deps =\n")[2].split()) for path in project.glob("*.ini")
    }
    of_series = {name: declared[name] for name in sorted(declared) if "-" in name}
    assert of_series == {"ours-0": 5, "ours-1": 5, "ours-2": 7, "stock-0": 5, "stock-1": 0, "stock-2": 0}
    assert [line["beside"][0]["y"] for line in series["lines"]] == [1_000_000, 1_000_000, 1_001_000]


def test_of_two_counts_of_a_second_run_the_smaller_one_is_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one of them something else on the machine had changed, which it had to look at."""
    Runs(monkeypatch)
    counts = iter((5, 3, 4, 6))
    monkeypatch.setattr(counting, "instructions", lambda *_: next(counts))
    (series,) = grow(tmp_path, "parallel", most=1)["series"]
    assert [series["lines"][0][side][0]["y"] for side in ("ours", "beside")] == [3, 4]


def test_a_closure_is_as_large_as_it_says_and_is_required_by_one_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Runs(monkeypatch)
    grow(tmp_path, "closures")
    project = tmp_path / "made" / "closures-10" / "project"
    assert "    tree-10-0\n" in (project / "ours-0.ini").read_text("utf-8")
    (site,) = (tmp_path / "made" / "closures-10" / "base" / "lib").glob("python*/site-packages")
    needed = [
        line.removeprefix("Requires-Dist: ")
        for path in site.glob("tree_*.dist-info/METADATA")
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("Requires-Dist: ")
    ]
    assert sorted(needed) == sorted(f"tree-10-{number}" for number in range(1, 10))


def test_each_environment_is_one_of_many_over_the_same_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(monkeypatch)
    grow(tmp_path, "parallel")
    text = (tmp_path / "made" / "parallel-10" / "project" / "ours-0.ini").read_text("utf-8")
    assert text.count("[testenv:") == 10
    assert text.count("base_python") == 1
    assert "run-parallel -c ours-0.ini -p 2" in runs.counted


def test_by_the_clock_all_kinds_take_turns_and_the_median_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Runs(monkeypatch)
    (series,) = grow(tmp_path, "seconds", most=1)["series"]
    assert len(series["lines"]) == 4
    assert len(runs.counted) == 3 * 8
    assert runs.counted[0] == "run -c ours-0.ini"
    assert runs.counted[8] == "run -c stock-0.ini", "the second round begins with the second one"
    # it comes first, then last of eight, then one before: 1, 16, 23 seconds
    assert series["lines"][0]["ours"] == [{"x": 1, "y": 16.0}]


def test_what_fails_is_a_point_that_says_so_and_is_counted_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Runs(monkeypatch, failing="stock-1")
    found = grow(tmp_path, "bases")
    line = found["series"][0]["lines"][1]
    assert line["beside"] == [{"x": 50, "failed": "ERROR: run -c stock-1.ini -r is broken"}]
    assert line["ours"] == [{"x": 50, "y": 1_000_000}]
    assert "| `-r`, all met | 50 | 1 | failed: ERROR: run -c stock-1.ini -r is broken |  | at most +10 % |  |" in (
        tables.grown(found)
    )
    assert charts.growth(found).count("<polyline") == 6
    runs = Runs(monkeypatch)
    assert grow(tmp_path, "bases")["series"][0]["lines"][1]["beside"] == [{"x": 50, "y": 1_000_000}]
    assert runs.counted == ["run -c stock-1.ini -r"], "all others were kept"
    grow(tmp_path, "bases", anew=True)
    assert len(runs.counted) == 1 + 7 + 2, "second runs are counted twice"


POINTS: Final[Mapping[str, Sequence[float]]] = {"ours": (1.02e9, 2.4e9), "beside": (1.0e9, 2.0e9)}


def grown(bar: float | None, measure: str = "instructions") -> str:
    by = 1e9 if measure == "seconds" else 1
    ours, beside = ([{"x": x, "y": y / by} for x, y in zip((1, 10), POINTS[side], strict=True)] for side in POINTS)
    found: Growth = {
        "schema": 2, "made": "2026-11-30T12:00:00Z", "load": [0, 0], "processors": 2, "versions": {},
        "series": [
            {"name": "e", "unit": "environments", "measure": measure, "lines": [
                {"name": "again", "bar": bar, "ours": ours, "beside": beside},  # type: ignore[typeddict-item]
            ]},
        ],
    }  # fmt: skip
    return tables.grown(found)


def test_a_series_says_what_grows_and_one_of_seconds_how_busy_the_machine_was() -> None:
    assert grown(10).startswith("As the number of environments grows.\n\n|")
    busy = "2026-11-30T12:00: 2 processors, on which 0.0 to 0.0 processes were running."
    assert grown(None, "seconds").startswith(f"As the number of environments grows. {busy}\n\n|")


def test_each_step_says_whether_its_bar_was_reached() -> None:
    assert grown(10).splitlines()[4:] == [
        "| again | 1 | 1,020 | 1,000 | +2.0 % | at most +10 % | yes |",
        "| again | 10 | 2,400 | 2,000 | +20.0 % | at most +10 % | no, by 200 M |",
    ]
    assert grown(None, "seconds").splitlines()[4:] == [
        "| again | 1 | 1.02 | 1.00 | +2.0 % |  |  |",
        "| again | 10 | 2.40 | 2.00 | +20.0 % |  |  |",
    ]
