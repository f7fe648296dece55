"""Write docs/performance.md, and its pictures, from what the other benchmarks found.

    python benchmarks/performance.py [--results DIRECTORY] [--docs DIRECTORY]

DIRECTORY of results holds `counts.json` and `before.json` of count.py, `scale.json` of scale.py, and what beside.py
wrote, one file for each base: `beside-*.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import charts
import tables
from tools import ROOT
from ways import OURS, PIP, UV
from worlds import SEVEN, WINPYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from results import Beside, Counts, Growth, KindOf, Results

RESULTS: Final = ROOT / "benchmarks" / "results"
PICTURES: Final = "_static/performance"
PARTS: Final = (
    ("Python", "starts, and ends", (("part: interpreter", 1),)),
    ("Python", "`site`: finds the environment and its packages", (("part: site", 1), ("part: interpreter", -1))),
    ("tox", "loads its modules, and those of virtualenv and others", (("part: tox's modules", 1), ("part: site", -1))),
    ("Python", "takes these modules apart at the end", (("part: end", 1), ("part: tox's modules", -1))),
    ("tox", "loads plugins, reads options", (("stock: --version", 1), ("part: end", -1))),
    (
        "tox",
        "reads the configuration, looks at the environment, starts the command, writes its log",
        (("stock: again", 1), ("stock: --version", -1), ("part: command", -1)),
    ),
    ("the command", "`python -c pass` in the environment", (("part: command", 1),)),
    ("tox-sitediff", "is found and registered", (("ours: again, off", 1), ("stock: again, no deps", -1))),
    (
        "tox-sitediff",
        "is loaded, sees that nothing is to be done, and spares the session of virtualenv",
        (("ours: again", 1), ("stock: again", -1), ("ours: again, off", -1), ("stock: again, no deps", 1)),
    ),
)
"""What a second run consists of: whose it is, what it does, and what it is the sum and the difference of."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """All results.

    Attributes:
        counts: What count.py found.
        before: What it found before the work on speed began.
        scale: What scale.py found.
        beside: What beside.py found, by the name of the file.
    """

    counts: Results
    before: Results
    scale: Growth
    beside: Mapping[str, Beside]


def read(directory: Path) -> Found:
    """Read the results.

    Raises:
        OSError: When one is missing.
        ValueError: When one is no JSON.
    """
    return Found(
        counts=json.loads((directory / "counts.json").read_text("utf-8")),
        before=json.loads((directory / "before.json").read_text("utf-8")),
        scale=json.loads((directory / "scale.json").read_text("utf-8")),
        beside={path.stem: json.loads(path.read_text("utf-8")) for path in sorted(directory.glob("beside-*.json"))},
    )


def files(found: Found) -> dict[str, str]:
    """Write the page and the pictures: path below ``docs``, and content."""
    pictures = {"counts": charts.counted(found.counts), "scale": charts.growth(found.scale)}
    pictures |= {name: charts.beside(beside) for name, beside in found.beside.items()}
    pictures |= {f"{name}-sizes": charts.sizes(beside) for name, beside in found.beside.items()}
    return {"performance.md": page(found)} | {f"{PICTURES}/{name}.svg": text for name, text in pictures.items()}


def page(found: Found) -> str:
    """Write the page."""
    counts = found.counts
    beside = [
        f"### {_title(beside, ': ')}\n\n{tables.beside(beside)}\n\n{_picture(name)}\n\n{_picture(f'{name}-sizes')}"
        for name, beside in found.beside.items()
    ]
    text = TEMPLATE.read_text("utf-8").format(
        about=_about(counts),
        bars=bars(counts),
        machine=machine(found.beside),
        walls=walls(found.beside),
        sizes=sizes(found.beside),
        counted=tables.counted(counts).strip(),
        picture=_picture("counts"),
        parts=parts(counts),
        before=before(found.before, counts),
        grown=tables.grown(found.scale),
        growth=_picture("scale"),
        beside="\n\n".join(beside),
    )
    return text.strip() + "\n"


def _about(counts: Results) -> str:
    python, *_ = counts["versions"]["python"].split()
    names = ("tox", "virtualenv", "uv", "nox", "tox-sitediff")
    shown = ", ".join(f"{name} {counts['versions'][name]}" for name in names if name in counts["versions"])
    return f"CPython {python}, {shown}; {counts['made'][:10]}"


def _title(beside: Beside, between: str = ", ") -> str:
    few = beside["requirements"]
    declared = ", ".join(few) if len(few) <= 4 else f"{len(few)} requirements"
    return f"{beside['base']['name']}{between}{declared}"


def _picture(name: str) -> str:
    return f"![the same as a picture]({PICTURES}/{name}.svg)"


def _with(counts: Results, kind: KindOf) -> Iterator[tuple[int, Mapping[str, Counts]]]:
    for size in counts["sizes"]:
        if {kind["run"], *kind["beside"]} <= size["runs"].keys():
            yield size["distributions"], size["runs"]


def bars(counts: Results) -> str:
    """Write what was aimed at, and what was reached: one line for each kind and size."""
    rows = []
    for kind in counts["kinds"]:
        if kind["bar"] is None:
            continue
        for size, runs in _with(counts, kind):
            ours, theirs = runs[kind["run"]], [runs[name] for name in kind["beside"]]
            stock = sum(item["instructions"] for item in theirs)
            more = ours["instructions"] - stock
            missed = more - stock * kind["bar"] / 100
            rows.append(
                [
                    *(kind["name"], f"{size:,}", f"at most {kind['bar']:+.0f} %", f"{more / stock * 100:+.1f} %"),
                    *(f"{more / 1e6:+,.0f} M", "yes" if missed <= 0 else f"no, by {missed / 1e6:,.0f} M"),
                    f"{len(ours['programs'])} ({sum(len(item['programs']) for item in theirs)})",
                ]
            )
    head = ("kind of run", "distributions", "aimed at", "counted", "instructions", "reached", "processes (beside)")
    return tables.table(head, rows)


def machine(found: Mapping[str, Beside]) -> str:
    """Say how busy the machine was where seconds were measured."""
    busy = [beside for beside in found.values() if max(beside["load"]) > _BUSY + beside["processors"]]
    if not busy:
        return "Nothing else was running."
    which = "The machine" if len(busy) == len(found) else "For some of them the machine"
    return (
        f"{which} was shared with other work,\nwhose load is said below each table further down: "
        "the ratios hold better than the seconds."
    )


_BUSY: Final = 0.5
"""By how much the average load is above the number of processors where other work waits, too."""
WALLS: Final = (("`-r`", PIP, 0.3), ("`-r`", UV, 0.8), ("second run", UV, 1.0))
"""By the clock: a run of ours, whose run it is set beside, and how much of that it may take."""
SIZES: Final = {SEVEN: (1e6, 2), WINPYTHON: (7e6, 3)}
"""What is declared, how many bytes our environment may hold, and how many distributions."""
_TRUE: Final = 3.0
"""By how many per cent `full` may differ from what an isolated environment holds."""


def walls(found: Mapping[str, Beside]) -> str:
    """Write what was aimed at by the clock, and what was reached, over each base."""
    rows = []
    for beside in found.values():
        cases = {case["name"]: case for case in beside["cases"] if case["new"]}
        for run, other, most in WALLS:
            if OURS not in cases or other not in cases:
                continue
            pair = [cases[name]["new" if run == "`-r`" else "again"] for name in (OURS, other)]
            wall, cpu = (tables.middle(pair[0], unit) / tables.middle(pair[1], unit) for unit in ("wall", "cpu"))
            cells = [_title(beside), f"{run}, of {other}", f"{most}", f"{wall:.2f}", f"{cpu:.2f}"]
            rows.append([*cells, "yes" if wall <= most else "no"])
    return tables.table(("base", "seconds", "at most", "by the clock", "of processors", "reached"), rows)


def sizes(found: Mapping[str, Beside]) -> str:
    """Write how much an environment may hold, and how much it does, over each base."""
    rows = []
    for beside in found.values():
        title = _title(beside)
        ours = next((case for case in beside["cases"] if case["name"] == OURS and "environment" in case), None)
        if ours is not None and (bar := SIZES.get(tuple(beside["requirements"]))) is not None:
            size, count = ours["environment"]["apparent"], ours["environment"]["distributions"]
            most, taken = (tables.megabytes(value) for value in (bar[0], size))
            rows += [
                [title, "environment", f"below {most}", taken, _yes(size < bar[0])],
                [title, "distributions of its own", f"at most {bar[1]}", f"{count}", _yes(count <= bar[1])],
            ]
        if (whole := beside["full"]) is not None:
            off = (whole["record"] / whole["isolated"] - 1) * 100
            what = "`full` of the record, of an isolated environment"
            rows.append([title, what, f"within {_TRUE:.0f} %", f"{off:+.2f} %", _yes(abs(off) <= _TRUE)])
    return tables.table(("base", "what", "aimed at", "found", "reached"), rows)


def _yes(is_reached: object) -> str:
    return "yes" if is_reached else "no"


def parts(counts: Results) -> str:
    """Write what a second run consists of."""
    runs = counts["sizes"][0]["runs"]
    rate = _rate(runs)
    rows = []
    for who, what, terms in PARTS:
        if any(name not in runs for name, _ in terms):
            continue
        value = sum(sign * runs[name]["instructions"] for name, sign in terms) / 1e6
        rows.append([who, what, f"{value:,.0f}", f"{value / rate:,.0f}"])
    whole = runs["ours: again"]["instructions"] / 1e6
    rows.append(["", "**all**", f"**{whole:,.0f}**", f"**{whole / rate:,.0f}**"])
    return tables.table(("whose", "what", "M instructions", "ms"), rows)


def _rate(runs: Mapping[str, Counts]) -> float:
    """How many million instructions a millisecond of a processor took where this was counted."""
    known = [(run["instructions"], run["cpu"]) for run in runs.values() if run["cpu"]]
    return sum(count for count, _ in known) / sum(cpu for _, cpu in known) / 1e9


def before(then: Results, now: Results) -> str:
    """Write what each kind of run of ours took before, and takes now, in millions of instructions."""
    earlier = {size["distributions"]: size["runs"] for size in then["sizes"]}
    rows = []
    for kind in then["kinds"]:
        for size, runs in _with(now, kind):
            old = earlier.get(size, {})
            if {kind["run"], *kind["beside"]} <= old.keys() and kind["name"] in {item["name"] for item in now["kinds"]}:
                rows.append([kind["name"], f"{size:,}", *_shown(old, kind), *_shown(runs, kind)])
    head = ("kind of run", "distributions", "before", "over stock", "now", "over stock")
    return tables.table(head, rows)


def _shown(runs: Mapping[str, Counts], kind: KindOf) -> Sequence[str]:
    ours = runs[kind["run"]]["instructions"]
    stock = sum(runs[name]["instructions"] for name in kind["beside"])
    return f"{ours / 1e6:,.0f}", f"{(ours - stock) / 1e6:+,.0f}"


TEMPLATE: Final = Path(__file__).with_name("performance.md")
"""The page, with the names of what is filled in."""


def main() -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    try:
        found = read(options.results)
    except (OSError, ValueError) as error:
        print(f"performance.py: {error}", file=sys.stderr)
        return 2
    for name, text in files(found).items():
        path = options.docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
