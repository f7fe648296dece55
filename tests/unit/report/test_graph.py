"""A report as a graph of Mermaid."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given

from support.rows import row
from support.strategies import records
from tox_sitediff.core.findings import Undeclared
from tox_sitediff.report.graph import mermaid

if TYPE_CHECKING:
    from tox_sitediff.core.record import Record


def test_one_environment_is_drawn_with_what_leads_to_each_distribution() -> None:
    """What is declared hangs on the environment; what was imported undeclared, on a dashed line."""
    one = row("e", reused={"top": ("1", 5), "a": ("2", 1000)}, installed={"b": ("3", None)}, environment=7)
    record = replace(one.record, reused=tuple(
        replace(item, why=("top",) if item.name == "top" else ("top", "a")) for item in one.record.reused
    ), undeclared=tuple(Undeclared(name=name, module="x", imported_by="t") for name in ("u", "u", "a")))  # fmt: skip
    text, edges = mermaid([replace(one, record=record)])
    assert text.splitlines()[:-4] == [
        "flowchart LR",
        '  e0(["e<br/>7 B"]):::environment',
        '  e0_0["top 1<br/>5 B"]:::reused',
        '  e0_1["a 2<br/>1.0 kB"]:::reused',
        '  e0_2["b 3<br/>?"]:::installed',
        "  e0 --> e0_0",
        "  e0_0 --> e0_1",
        "  e0_0 --> e0_2",
        '  e0_3["u"]:::undeclared',
        '  e0 -. "imported" .-> e0_3',
    ]
    assert edges == 4


def test_several_environments_stand_in_frames() -> None:
    text, _ = mermaid([row("a"), row("b")])
    assert [line for line in text.splitlines() if line.startswith("  subgraph")] == [
        '  subgraph g0["a /base Linux x86#95;64"]',
        '  subgraph g1["b /base Linux x86#95;64"]',
    ] or text.count("subgraph") == 2


@given(records)
def test_no_name_ends_its_label_or_becomes_markup(record: Record) -> None:
    one = replace(row(), record=replace(record, env='"]:::x --> <b>`'))
    text, edges = mermaid([one])
    for line in text.splitlines():
        assert line.isprintable()
        labels = re.findall(r'"([^"]*)"', line)
        assert line.count('"') == 2 * len(labels)
        assert not any(char in label.replace("<br/>", "") for label in labels for char in "<>`[]{}()|")
    assert edges == text.count(" --> ") + text.count(" .-> ")
