"""Markdown tables of what benchmarks found."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from comparison import Verdict
    from results import Beside, Case, Counts, Growth, KindOf, Point, Results, Took


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
    """Write a table for each series that `scale` found, with the bars: instructions in millions, or seconds."""
    parts = []
    for series in found["series"]:
        what, by = ("s", 1.0) if series["measure"] == "seconds" else ("M instructions", 1e6)
        head = ["kind of run", series["unit"], f"ours, {what}", "beside", "more", "aimed at", "reached"]
        rows = []
        for line in series["lines"]:
            for ours, other in zip(line["ours"], line["beside"], strict=True):
                cells = [_amount(point, by) for point in (ours, other)]
                rows.append([line["name"], f"{ours['x']:,}", *cells, *_more(ours, other, line["bar"], by)])
        load = f" {_load(found)}." if series["measure"] == "seconds" else ""
        parts += [f"As the number of {series['unit']} grows.{load}", table(head, rows)]
    return "\n\n".join(parts)


def _load(found: Growth | Beside) -> str:
    low, high = found["load"]
    running = f"on which {low:.1f} to {high:.1f} processes were running"
    return f"{found['made'][:16]}: {found['processors']} processors, {running}"


def _amount(point: Point, by: float) -> str:
    if "y" not in point:
        return f"failed: {point.get('failed', '').replace('|', ' ')}"
    return f"{point['y'] / by:,.0f}" if by > 1 else f"{point['y']:.2f}"


def _more(ours: Point, other: Point, bar: float | None, by: float) -> tuple[str, str, str]:
    aimed = "" if bar is None else f"at most {bar:+.0f} %"
    if "y" not in ours or "y" not in other:
        return "", aimed, ""
    more = ours["y"] - other["y"]
    missed = 0.0 if bar is None else more - other["y"] * bar / 100
    reached = "yes" if missed <= 0 else f"no, by {missed / by:,.0f} M"
    return f"{more / other['y'] * 100:+.1f} %", aimed, reached if aimed else ""


def beside(found: Beside) -> str:
    """Write the table of what `beside` found, and what is to be said of it."""
    base = found["base"]
    head = (
        *("", "`-r`, s", "CPU s", "second run, s", "CPU s", "cold, s", "downloaded", "environment", "unshared"),
        *("files", "own distributions", "peak"),
    )
    about = f"{base['name']}, {base['distributions']} distributions; {', '.join(found['requirements'])}"
    lines = [
        f"{about}; medians of {found['rounds']} rounds\n",
        table(head, [_beside_row(case) for case in found["cases"]]),
        f"\n{_load(found)}. {_writers(found)}",
    ]
    if (full := found["full"]) is not None:
        more = (full["record"] / full["isolated"] - 1) * 100
        lines.append(
            f"`full` in the record: {full['record']:,} bytes; an isolated environment of the same versions: "
            f"{full['isolated']:,} ({more:+.2f} %)."
        )
    lines += [f"{case['name']}, {failure}." for case in found["cases"] for failure in case.get("failures", ())]
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
