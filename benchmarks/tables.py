"""Markdown tables of what benchmarks found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from comparison import Verdict
    from results import Counts, KindOf, Results


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def counted(found: Results) -> str:
    """Write a table for each size of the base that `count` found something for."""
    parts = []
    for size in found["sizes"]:
        rows = [_counted_row(kind, size["runs"]) for kind in found["kinds"]]
        parts += [f"\nA base of {size['distributions']} distributions:\n", table(_HEAD, rows)]
    return "\n".join(parts)


_HEAD: Final = (
    *("kind of run", "M instructions", "beside", "more", "bar", "processes", "beside"),
    *("files written", "beside", "kB written", "beside", "peak MB", "beside"),
)


def _counted_row(kind: KindOf, runs: Mapping[str, Counts]) -> list[str]:
    ours, others = runs[kind["run"]], [runs[name] for name in kind["beside"]]
    cells = [kind["name"]]
    pairs = [
        (ours["instructions"] / 1e6, sum(item["instructions"] for item in others) / 1e6),
        (len(ours["programs"]), sum(len(item["programs"]) for item in others)),
        (ours["files"], sum(item["files"] for item in others)),
        (ours["bytes"] / 1e3, sum(item["bytes"] for item in others) / 1e3),
        ((ours["peak"] or 0) / 1e6, max(item["peak"] or 0 for item in others) / 1e6),
    ]
    for at, (mine, theirs) in enumerate(pairs):
        cells += [f"{mine:,.0f}" if mine else "", f"{theirs:,.0f}" if theirs else ""]
        if at == 0:
            cells += [f"{(mine / theirs - 1) * 100:+.1f} %", "" if kind["bar"] is None else f"{kind['bar']:+.0f} %"]
    return cells


def compared(verdicts: Iterable[Verdict], differing: Sequence[str]) -> str:
    """Write what came of a comparison with what was recorded.

    Args:
        verdicts: One for each kind of run.
        differing: What has another version than recorded.
    """
    rows = [
        (
            *(
                verdict.kind,
                f"{verdict.counted / 1e6:,.0f}",
                f"{verdict.expected / 1e6:,.0f}",
                f"{verdict.more:+.1f} %",
            ),
            *(f"{verdict.allowed:+.0f} %", f"{verdict.programs:+d}", f"{verdict.files:+d}"),
            "DEARER" if verdict.is_dearer else "",
        )
        for verdict in verdicts
    ]
    text = table(
        ("kind of run", "M instructions", "recorded", "more", "allowed", "processes", "files written", ""), rows
    )
    if differing:
        text += f"\n\nOther versions than recorded, so the expectation is less sure: {', '.join(differing)}"
    return text
