"""What the documentation says of costs is what the benchmarks found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import pytest

import charts
import performance
from ways import OURS, PIP, UV
from worlds import SEVEN, WINPYTHON

if TYPE_CHECKING:
    from results import Beside, Environment, Took

DOCS: Final = Path(__file__).parents[2] / "docs"


def test_the_page_and_its_pictures_are_what_the_results_say() -> None:
    """After a change of results or of the page: `python benchmarks/performance.py`."""
    for name, text in performance.files(performance.read(performance.RESULTS)).items():
        assert (DOCS / name).read_text("utf-8") == text, name


def test_pictures_are_whole_and_no_bar_leaves_them() -> None:
    found = performance.files(performance.read(performance.RESULTS))
    pictures = [text for name, text in found.items() if name.endswith(".svg")]
    assert len(pictures) >= 3
    for text in pictures:
        root = ET.fromstring(text)
        width = float(root.attrib["viewBox"].split()[2])
        for bar in root.iter("{http://www.w3.org/2000/svg}rect"):
            if "x" in bar.attrib:
                assert float(bar.attrib["x"]) + float(bar.attrib["width"]) <= width


def test_another_count_makes_another_page() -> None:
    """A bar that was reached and is missed now says so."""
    found = performance.read(performance.RESULTS)
    (kind,) = (kind for kind in found.counts["kinds"] if kind["name"] == "nothing to do")
    for size in found.counts["sizes"]:
        stock = sum(size["runs"][name]["instructions"] for name in kind["beside"])
        size["runs"][kind["run"]]["instructions"] = round(stock * 1.02)
    assert "| nothing to do | 50 | at most +3 % | +2.0 %" in performance.bars(found.counts)
    for size in found.counts["sizes"]:
        size["runs"][kind["run"]]["instructions"] *= 2
    lines = performance.bars(found.counts).splitlines()
    assert all("no, by" in line for line in lines if line.startswith("| nothing to do |"))


def of_seven(**more: object) -> Beside:
    """What was found over a base for the seven, where only ours and tox-uv ran."""
    took: Took = {"wall": 0.6, "cpu": 0.5, "peak": 1}
    other: Took = {"wall": 0.8, "cpu": 1.0, "peak": 1}
    small: Environment = {"apparent": 110_000, "unshared": 60_000, "files": 50, "distributions": 2}
    large: Environment = {"apparent": 299_000_000, "unshared": 600_000, "files": 6000, "distributions": 19}
    found: Beside = {
        "schema": 1, "made": "2026-11-30T12:00:00Z", "load": [0.4, 1.2], "processors": 2, "versions": {},
        "base": {"name": "A base", "distributions": 23, "changed": False}, "requirements": list(SEVEN), "rounds": 1,
        "cases": [
            {"name": OURS, "new": [took], "again": [took], "cold": took, "downloaded": 9, "environment": small},
            {"name": UV, "new": [other], "again": [took], "cold": took, "downloaded": 9, "environment": large},
            {"name": PIP, "new": [], "again": [], "failed": "no network"},
        ],
        "full": {"record": 299_000_000, "isolated": 300_000_000},
    }  # fmt: skip
    return {**found, **more}  # type: ignore[typeddict-item]


def test_bars_by_the_clock_are_of_each_base_where_both_ran() -> None:
    assert performance.walls({"beside-a": of_seven()}).splitlines()[2:] == [
        "| A base, 7 requirements | `-r`, of tox-uv | 0.8 | 0.75 | 0.50 | yes |",
        "| A base, 7 requirements | second run, of tox-uv | 1.0 | 1.00 | 1.00 | yes |",
    ]


def test_bars_of_size_are_those_of_what_was_declared() -> None:
    """1 MB and two distributions for the seven, 7 MB and three for WinPython's list; none for anything else."""
    small, large = of_seven(), of_seven(requirements=list(WINPYTHON), full=None)
    assert performance.sizes({"beside-a": small, "beside-b": large}).splitlines()[2:] == [
        "| A base, 7 requirements | environment | below 1.00 MB | 0.11 MB | yes |",
        "| A base, 7 requirements | distributions of its own | at most 2 | 2 | yes |",
        "| A base, 7 requirements | `full` of the record, of an isolated environment | within 3 % | -0.33 % | yes |",
        "| A base, 11 requirements | environment | below 7.00 MB | 0.11 MB | yes |",
        "| A base, 11 requirements | distributions of its own | at most 3 | 2 | yes |",
    ]
    small["cases"][0]["environment"]["apparent"] = 1_000_000
    small["full"] = {"record": 290_000_000, "isolated": 300_000_000}
    lines = performance.sizes({"beside-a": small}).splitlines()
    assert [line.endswith("no |") for line in lines[2:]] == [True, False, True]
    other = of_seven(requirements=["numpy"], full=None)
    assert len(performance.sizes({"beside-a": other}).splitlines()) == 2


def test_a_machine_that_did_something_else_is_said_to_be_busy() -> None:
    quiet, busy = of_seven(), of_seven(load=[1.0, 6.0])
    assert performance.machine({"a": quiet}) == "Nothing else was running."
    assert performance.machine({"a": busy}).startswith("The machine was shared")
    assert performance.machine({"a": busy, "b": quiet}).startswith("For some of them the machine was shared")


def test_what_lies_on_the_disk_has_a_picture_of_its_own_without_what_failed() -> None:
    text = charts.sizes(of_seven())
    assert "environment" in text
    assert "downloaded" in text
    assert ">299<" in text
    assert PIP not in text


def test_results_that_are_missing_or_broken_are_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"counts\.json"):
        performance.read(tmp_path)
    (tmp_path / "counts.json").write_text("{", "utf-8")
    with pytest.raises(json.JSONDecodeError):
        performance.read(tmp_path)
