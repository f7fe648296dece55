"""Count how the costs grow: with the size of the base, the closure that is declared, the number of environments.

    python benchmarks/scale.py [--series bases closures environments parallel seconds] [--json scale.json]

Counted are instructions of all processes, for us and for what we are set beside over the same base (`count.py` says
how): a second run beside stock tox with `system_site_packages = true`, a new environment beside stock tox without deps,
and one with a remainder beside that and uv alone. Only the series `seconds` is measured by the clock, as what several
processors do at once can't be counted: medians of rounds, in which all kinds of run take turns. A Markdown table goes
to stdout. All of it takes some 50 minutes of a quiet machine with two processors: 9 for `bases`, 5 for `closures`, 14
for `environments`, 6 for `parallel`, 15 for `seconds`; and 7 GB of disk, while there are 100 environments with pip.

What was counted is kept in the directory after each step, and not counted again while the code and all versions are the
same (or until --anew). What fails is a row of the table; exit status 1 then, in the end. Needs Linux, valgrind and
strace, and no network; everything is made in one directory.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import time
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import charts
import counting
import kinds
import results
import tables
from counting import Command, UncountableError, end_with_children
from kept import Kept, source
from tools import ROOT, versions
from worlds import REMAINDER, SUSPECTS, add

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from results import Growth, Line, Point, Series

BASES: Final = (50, 500, 5000, 20000)
CLOSURES: Final = (10, 100, 1000)
ENVIRONMENTS: Final = (1, 10, 100)
_REST: Final = 2.5
"""Seconds for which nothing is touched before a second run is counted: what is younger may not be relied on."""
_UV: Final = next(run for run in kinds.RUNS if run.name == "uv: remainder")


@dataclass(frozen=True, kw_only=True)
class Growing:
    """A kind of run whose cost grows.

    Attributes:
        name: As users would say it.
        words: Of tox, for both sides.
        has_remainder: Whether ours declare what the base lacks, too. Then what uv alone takes for that is set beside.
        bar: How much more it may take, in per cent.
    """

    name: str
    words: tuple[str, ...]
    has_remainder: bool = False
    bar: float | None = None

    @property
    def is_new(self) -> bool:
        """Whether it makes the environment anew; then stock tox, which it is set beside, has nothing to install."""
        return "-r" in self.words


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Something that grows.

    Attributes:
        name: Of the series.
        unit: What there are so many of.
        steps: How many.
        runs: The kinds of run.
        measure: ``instructions`` or ``seconds``.
    """

    name: str
    unit: str
    steps: Sequence[int]
    runs: Sequence[Growing]
    measure: str = "instructions"


_PARALLEL: Final = ("run-parallel", "-p", "2")
_AGAIN: Final = Growing(name="nothing to do", words=("run",), bar=3)
_NEW: Final = Growing(name="`-r`, all met", words=("run", "-r"), bar=10)
_REMAINDER: Final = Growing(name="`-r`, a remainder", words=("run", "-r"), has_remainder=True, bar=10)
ALL: Final = (
    Scale(name="bases", unit="distributions in the base", steps=BASES, runs=(_AGAIN, _NEW, _REMAINDER)),
    Scale(name="closures", unit="distributions in the declared closure", steps=CLOSURES, runs=(_AGAIN, _NEW)),
    Scale(name="environments", unit="environments on one base", steps=ENVIRONMENTS, runs=(_AGAIN, _NEW)),
    Scale(
        name="parallel",
        unit="environments on one base, with -p",
        steps=ENVIRONMENTS,
        runs=(Growing(name="nothing to do, `-p 2`", words=_PARALLEL, bar=3),),
    ),
    Scale(
        name="seconds",
        unit="environments on one base, without and with -p",
        steps=ENVIRONMENTS,
        runs=(
            Growing(name="nothing to do", words=("run",)),
            Growing(name="nothing to do, `-p 2`", words=_PARALLEL),
            Growing(name="`-r`, all met", words=("run", "-r")),
            Growing(name="`-r`, all met, `-p 2`", words=(*_PARALLEL, "-r")),
        ),
        measure="seconds",
    ),
)
SIDES: Final = ("ours", "stock")
"""Who runs it, and what it is set beside: as directories of programs are called."""


def main() -> int:
    """Count, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [item.name for item in ALL]
    parser.add_argument("--series", nargs="+", choices=names, default=names, help="what grows (default: all)")
    parser.add_argument("--most", type=int, default=max(BASES), metavar="N", help="no step above this")
    parser.add_argument("--rounds", type=int, default=5, help="of the series of seconds (default: %(default)s)")
    parser.add_argument("--anew", action="store_true", help="count again what was counted")
    parser.add_argument("--directory", type=Path, default=ROOT / ".benchmark" / "scale")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was counted, after each step")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write a picture of it")
    options = parser.parse_args()
    end_with_children()
    try:
        counting.check()
        found = grow(options, [item for item in ALL if item.name in options.series])
    except (OSError, UncountableError) as error:
        print(f"scale.py: {error}", file=sys.stderr)
        return 2
    if options.svg is not None:
        options.svg.write_text(charts.growth(found), "utf-8")
    print(tables.grown(found))
    lines = [line for series in found["series"] for line in series["lines"]]
    return int(any("failed" in point for line in lines for point in (*line["ours"], *line["beside"])))


def grow(options: argparse.Namespace, scales: Sequence[Scale]) -> Growth:
    """Count all steps of some series, and write what was found after each.

    Returns:
        What goes into the JSON.
    """
    directory: Path = options.directory.resolve()
    programs = kinds.copy_all_tools(directory, ("ours", "stock"))
    known = versions(("tox", "tox-sitediff"))
    kept = Kept(directory / "found.json", {"source": source(), "versions": known})
    found: Growth = {
        "schema": 2,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "load": [os.getloadavg()[1]] * 2,
        "processors": os.cpu_count() or 1,
        "versions": known,
        "series": [],
    }
    for scale in scales:
        series: Series = {"name": scale.name, "unit": scale.unit, "measure": scale.measure, "lines": []}
        series["lines"] = [{"name": run.name, "bar": run.bar, "ours": [], "beside": []} for run in scale.runs]
        found["series"].append(series)
        for step in (number for number in scale.steps if number <= options.most):
            one = Step(scale=scale, number=step, directory=directory, programs=programs)
            one.fill(series["lines"], kept, options)
            found["load"][1] = os.getloadavg()[1]
            results.keep(found, options.json)
    return found


@dataclass(frozen=True, kw_only=True)
class Step:
    """So many of something.

    Attributes:
        scale: Of what.
        number: How many.
        directory: Where everything is made.
        programs: Where the programs of tox are, with us and without.
    """

    scale: Scale
    number: int
    directory: Path
    programs: Mapping[str, Path]

    def fill(self, lines: Sequence[Line], kept: Kept, options: argparse.Namespace) -> None:
        """Add a point to both sides of each line: what was kept, or what is counted now."""
        pairs = [(run, side) for run in self.scale.runs for side in SIDES]
        is_clock = self.scale.measure == "seconds"
        points: dict[tuple[str, str], Point] = {}
        for group in [pairs] if is_clock else [[pair] for pair in pairs]:
            name = f"{self.scale.name}, {self.number}: " + (
                f"{options.rounds} rounds" if is_clock else f"{group[0][0].name}, {group[0][1]}"
            )
            is_known = name in kept and not options.anew
            print(name, "(counted before)" if is_known else "", file=sys.stderr, flush=True)
            try:
                find = partial(self.seconds, group, options.rounds) if is_clock else partial(self.counted, *group[0])
                values = kept.take(name, find, is_anew=options.anew)
            except (OSError, UncountableError) as error:
                why = error.line if isinstance(error, UncountableError) else str(error)
                print(f"failed: {why}", file=sys.stderr, flush=True)
                points |= {(run.name, side): {"x": self.number, "failed": why} for run, side in group}
            else:
                found = zip(group, values, strict=True)
                points |= {(run.name, side): {"x": self.number, "y": value} for (run, side), value in found}
        for line in lines:
            line["ours"].append(points[line["name"], "ours"])
            line["beside"].append(points[line["name"], "stock"])
        for made in (self.directory / self.label / "project").glob(".tox-*"):  # gigabytes, of 100 environments with pip
            shutil.rmtree(made, ignore_errors=True)

    @property
    def label(self) -> str:
        """The name of its directory."""
        return f"{self.scale.name}-{self.number}"

    @cached_property
    def world(self) -> kinds.World:
        """The base and the project; made when it is asked for, as not where everything was counted before."""
        is_closure = self.scale.name == "closures"
        deps: Sequence[str] = (f"tree-{self.number}-0",) if is_closure else SUSPECTS
        size = self.number if self.scale.name == "bases" else BASES[0]
        count = self.number if self.scale.name in {"environments", "parallel", "seconds"} else 1
        names = [f"e{number}" for number in range(count)]
        world = kinds.make_world(self.directory / self.label, size, self.programs)
        if is_closure and not list(world.base.site.glob("tree_*")):
            for number in range(self.number):
                needs = [f"tree-{self.number}-{at}" for at in (2 * number + 1, 2 * number + 2) if at < self.number]
                add(world.base.site, f"tree-{self.number}-{number}", needs)
        for at, run in enumerate(self.scale.runs):
            ours = (*deps, *REMAINDER) if run.has_remainder else deps
            for side, declared in (("ours", ours), ("stock", () if run.is_new else deps)):
                text = kinds.ini(side, world.base.python, dict.fromkeys(names, declared), f"-{at}")
                (world.project / f"{side}-{at}.ini").write_text(text, "utf-8")
        return world

    def command(self, run: Growing, side: str, *, is_first: bool = False) -> Command:
        """A run of tox; the first time it makes what is there."""
        config = f"{{project}}/{side}-{self.scale.runs.index(run)}.ini"
        first, *others = (word for word in run.words if not (is_first and word == "-r"))
        words = ("{programs}/tox", first, "-c", config, *others)
        return self.world.command(kinds.Run(name=run.name, tools=side, words=words))

    def warm(self, group: Sequence[tuple[Growing, str]]) -> None:
        """Make the environments and warm every cache: a run is measured from the third time on."""
        for is_first in (True, False):
            for run, side in group:
                self.command(run, side, is_first=is_first).run()
            time.sleep(_REST)

    def counted(self, run: Growing, side: str) -> list[float]:
        """Count the instructions of a run, once it is as cheap as it gets.

        A second run is counted twice, and the smaller count is it: where somebody else changed a library of this
        machine meanwhile, one run looks again, which no user's does.
        """
        self.warm([(run, side)])
        command = self.command(run, side)
        count = min(counting.instructions(command, "cachegrind") for _ in range(1 if run.is_new else 2))
        if run.has_remainder and side == "stock":
            alone, undo = self.world.command(_UV), self.world.command(_UV, undo=True)
            for _ in range(2):
                alone.run()
                undo.run()
            count += counting.instructions(alone, "cachegrind")
            undo.run()
        return [count]

    def seconds(self, group: Sequence[tuple[Growing, str]], rounds: int) -> list[float]:
        """Measure runs by the clock, in turn: the median of each."""
        self.warm(group)
        found: list[list[float]] = [[] for _ in group]
        for number in range(rounds):
            order = [(number + at) % len(group) for at in range(len(group))]
            for at in order:
                found[at].append(counting.spent(self.command(*group[at])).wall)
        return [statistics.median(values) for values in found]


if __name__ == "__main__":
    sys.exit(main())
