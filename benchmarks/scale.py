"""Count how the costs grow: with the size of the base, the closure that is declared, and the number of environments.

    python benchmarks/scale.py [--series bases closures environments parallel] [--json scale.json] [--svg scale.svg]

Counted are instructions of all processes, for us and for stock tox over the same base (`count.py` says how). A Markdown
table goes to stdout. All of it takes half an hour of a processor; 20,000 distributions take a minute to write. Needs
Linux, valgrind and strace, and no network; everything is made in one directory.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import charts
import counting
import kinds
import results
import tables
from counting import UncountableError
from tools import ROOT, versions
from worlds import SUSPECTS, add

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from results import Growth, Point, Series

BASES: Final = (50, 500, 5000, 20000)
CLOSURES: Final = (10, 100, 1000)
ENVIRONMENTS: Final = (1, 10, 100)
_PAUSE: Final = 2.5
"""Seconds for which nothing is touched before a second run is counted: what is younger may not be relied on."""


@dataclass(frozen=True, kw_only=True)
class Growing:
    """Something that grows.

    Attributes:
        name: Of the series.
        unit: What there are so many of.
        steps: How many.
        runs: What is counted: name, and the arguments of tox for it.
        tools: Who runs it.
    """

    name: str
    unit: str
    steps: Sequence[int]
    runs: Mapping[str, Sequence[str]]
    tools: Sequence[str] = ("ours", "stock")


ALL: Final = (
    Growing(
        name="bases",
        unit="distributions in the base",
        steps=BASES,
        runs={"nothing to do": (), "-r, all met": ("-r",)},
    ),
    Growing(
        name="closures",
        unit="distributions in the declared closure",
        steps=CLOSURES,
        runs={"nothing to do": (), "-r, all met": ("-r",)},
    ),
    Growing(name="environments", unit="environments", steps=ENVIRONMENTS, runs={"nothing to do": ()}),
    Growing(name="parallel", unit="environments, `-p 2`", steps=(1, 10), runs={"nothing to do": ("-p", "2")}),
)


def main() -> int:
    """Count, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [item.name for item in ALL]
    parser.add_argument("--series", nargs="+", choices=names, default=names, help="what grows (default: all)")
    parser.add_argument("--most", type=int, default=max(BASES), metavar="N", help="no step above this")
    parser.add_argument("--directory", type=Path, default=ROOT / ".benchmark" / "scale")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was counted")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write a picture of it")
    options = parser.parse_args()
    try:
        counting.check()
        found = grow(options.directory.resolve(), [item for item in ALL if item.name in options.series], options.most)
    except (OSError, UncountableError) as error:
        print(f"scale.py: {error}", file=sys.stderr)
        return 2
    results.keep(found, options.json)
    if options.svg is not None:
        options.svg.write_text(charts.growth(found), "utf-8")
    print(tables.grown(found))
    return 0


def grow(directory: Path, growing: Iterable[Growing], most: int) -> Growth:
    """Count all steps of some series.

    Args:
        directory: Where everything is made.
        growing: The series.
        most: No step is larger.

    Returns:
        What goes into the JSON.
    """
    programs = kinds.copy_all_tools(directory, ("ours", "stock"))
    series: list[Series] = []
    for item in growing:
        lines: dict[str, list[Point]] = {}
        for step in (number for number in item.steps if number <= most):
            world = world_of(directory, item, step, programs)
            for name, words in item.runs.items():
                for tools in item.tools:
                    print(f"{item.name}, {step}: {name}, {tools}", file=sys.stderr, flush=True)
                    lines.setdefault(f"{name}: {tools}", []).append({"x": step, "y": counted(world, tools, words)})
        series.append({"name": item.name, "unit": item.unit, "lines": lines})
    return {
        "schema": 1,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": versions(("tox", "tox-sitediff")),
        "series": series,
    }


def world_of(directory: Path, item: Growing, step: int, programs: Mapping[str, Path]) -> kinds.World:
    """Make the base and the project of one step."""
    deps: Sequence[str] = (f"tree-{step}-0",) if item.name == "closures" else SUSPECTS
    environments = ["e"] if item.name in {"bases", "closures"} else [f"e{number}" for number in range(step)]
    size = step if item.name == "bases" else BASES[0]
    world = kinds.make_world(directory / f"{item.name}-{step}", size, programs)
    if item.name == "closures" and not list(world.base.site.glob("tree_*")):
        for number in range(step):
            needs = [f"tree-{step}-{below}" for below in (2 * number + 1, 2 * number + 2) if below < step]
            add(world.base.site, f"tree-{step}-{number}", needs)
    for tools in ("ours", "stock"):
        text = kinds.ini(tools, world.base.python, dict.fromkeys(environments, deps))
        (world.project / f"{tools}.ini").write_text(text, "utf-8")
    return world


def counted(world: kinds.World, tools: str, words: Sequence[str]) -> int:
    """Count the instructions of a run, once it is as cheap as it gets."""
    run = kinds.Run(name="", tools=tools, words=("{programs}/tox", "run", "-c", f"{{project}}/{tools}.ini", *words))
    plain = replace(run, words=tuple(word for word in run.words if word != "-r"))
    for warming in (plain, run):
        world.command(warming).run()
    time.sleep(_PAUSE)
    return counting.instructions(world.command(run), "cachegrind")


if __name__ == "__main__":
    sys.exit(main())
