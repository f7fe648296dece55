"""Markdown tables of what benchmarks found."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from comparison import Verdict
    from results import Beside, Case, Counts, Growth, KindOf, Results, Took


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def counted(found: Results) -> str:
    """Write a table for each size of the base that `count` found something for."""
    parts = []
    for size in found["sizes"]:
        runs = size["runs"]
        chosen = [kind for kind in found["kinds"] if {kind["run"], *kind["beside"]} <= runs.keys()]
        rows = [_counted_row(kind, runs) for kind in chosen]
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


def grown(found: Growth) -> str:
    """Write a table for each series that `scale` found: instructions in millions."""
    parts = []
    for series in found["series"]:
        names = list(series["lines"])
        steps = sorted({point["x"] for line in series["lines"].values() for point in line})
        at = {(name, point["x"]): point["y"] for name, line in series["lines"].items() for point in line}
        rows = [
            [f"{step:,}", *(f"{at[name, step] / 1e6:,.0f}" if (name, step) in at else "" for name in names)]
            for step in steps
        ]
        parts.append(table([series["unit"], *names], rows))
    return "\n\n".join(parts)


def beside(found: Beside) -> str:
    """Write the table of what `beside` found, and what is to be said of it."""
    base = found["base"]
    head = (
        *("", "`-r`, s", "CPU s", "second run, s", "CPU s", "cold, s", "downloaded", "environment", "unshared"),
        *("files", "own distributions", "peak"),
    )
    low, high = found["load"]
    about = f"{base['name']}, {base['distributions']} distributions; {', '.join(found['requirements'])}"
    running = f"on which {low:.1f} to {high:.1f} processes were running"
    load = f"{found['made'][:16]}: {found['processors']} processors, {running}"
    lines = [
        f"{about}; medians of {found['rounds']} rounds\n",
        table(head, [_beside_row(case) for case in found["cases"]]),
        f"\n{load}. {_writers(found)}",
    ]
    if (full := found["full"]) is not None:
        more = (full["record"] / full["isolated"] - 1) * 100
        lines.append(
            f"`full` in the record: {full['record']:,} bytes; an isolated environment of the same versions: "
            f"{full['isolated']:,} ({more:+.2f} %)."
        )
    return "\n".join(lines)


def _writers(found: Beside) -> str:
    writers = [case["name"] for case in found["cases"] if case.get("wrote")]
    writers += ["one of them, which was not watched alone"] if found["base"]["changed"] else []
    if not writers:
        return "Nobody wrote into the base."
    return f"Into the base wrote: {'; '.join(writers)}."


def _beside_row(case: Case) -> list[str]:
    if "failed" in case:
        return [case["name"], f"failed: {case['failed'].replace('|', ' ')}", *[""] * 10]
    environment = case["environment"]
    cells = [case["name"]]
    for runs in (case["new"], case["again"]):
        cells += [median(runs, "wall"), median(runs, "cpu")]
    return [
        *cells,
        f"{case['cold']['wall']:.2f}",
        megabytes(case["downloaded"]),
        megabytes(environment["apparent"]),
        megabytes(environment["unshared"]),
        f"{environment['files']:,}",
        f"{environment['distributions']}",
        megabytes(max(run["peak"] for run in (case["cold"], *case["new"], *case["again"]))),
    ]


def median(runs: Sequence[Took], what: Literal["wall", "cpu"]) -> str:
    """Write the median of some runs, in seconds."""
    return f"{middle(runs, what):.2f}" if runs else ""


def middle(runs: Sequence[Took], what: Literal["wall", "cpu"]) -> float:
    """Work out the median of some runs, in seconds."""
    return statistics.median(run[what] for run in runs)


def megabytes(value: float) -> str:
    """Write bytes."""
    return f"{value / 1e6:,.2f} MB" if value < 1e7 else f"{value / 1e6:,.0f} MB"
