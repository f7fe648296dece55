"""What the documentation says of costs is what the benchmarks found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest

import performance

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


def test_results_that_are_missing_or_broken_are_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"counts\.json"):
        performance.read(tmp_path)
    (tmp_path / "counts.json").write_text("{", "utf-8")
    with pytest.raises(json.JSONDecodeError):
        performance.read(tmp_path)
