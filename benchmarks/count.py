"""Count what each kind of run costs beside stock tox over the same base: instructions, processes, files, memory.

    python benchmarks/count.py [--sizes 50 500] [--only "nothing to do"] [--json counts.json]

Runs from an environment in which tox-sitediff is installed (nox too, for its kinds): what is counted are copies of what
is installed there, so an editable installation is counted as its checkout stands. Nothing else of the machine is used,
no network, and everything is made in one directory. Instructions do not depend on how busy the machine is: two counts
differ by some tenths of a per cent. A kind takes about half a minute for each size. Needs Linux, valgrind and strace.

A Markdown table goes to stdout.

    python benchmarks/count.py --short --against benchmarks/recorded.json
    python benchmarks/count.py --short --json benchmarks/recorded.json

The short form is part of the whole check: some kinds of run, over a small base. Exit status 1 where one of them got
dearer by 2 % than was recorded, or starts or writes more. The second line records what is so now.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import charts
import comparison
import counting
import kinds
import results
import tables
from counting import UncountableError
from tools import ROOT, versions
from worlds import NEEDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from results import Counts, Results

_REST = 2.5
"""Seconds for which nothing is touched before the second runs: what is younger may not be relied on by anyone."""


def main() -> int:
    """Count, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[50], metavar="N", help="distributions of the bases")
    parser.add_argument("--only", nargs="+", default=[""], metavar="TEXT", help="kinds of run whose names hold it")
    parser.add_argument(
        "--tool", choices=sorted(counting.TOOLS), default="cachegrind", help="of valgrind (default: %(default)s)"
    )
    parser.add_argument("--directory", type=Path, default=ROOT / ".benchmark" / "count")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was counted")
    parser.add_argument("--update", action="store_true", help="keep what --json FILE holds of other sizes and runs")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw what was counted over the smallest base")
    parser.add_argument("--short", action="store_true", help="what the whole check counts, of one size")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with what --json of --short wrote")
    parser.add_argument("--list", action="store_true", help="name the kinds of run")
    options = parser.parse_args()
    if options.list:
        print(*(kind.name for kind in kinds.KINDS), sep="\n")
        return 0
    if options.against and not options.short:
        parser.error("--against: the short form is what is compared (--short)")
    if options.update and not options.json:
        parser.error("--update: of which file? (--json)")
    if min(options.sizes) < (least := len(NEEDS)):
        parser.error(f"--sizes: a base has at least {least} distributions")
    of = kinds.SHORT if options.short else kinds.KINDS
    chosen = [kind for kind in of if any(text in kind.name.replace("`", "") for text in options.only)]
    if not chosen:
        parser.error(f"--only: no kind of run is called that; there are: {', '.join(kind.name for kind in of)}")
    try:
        return run(options, chosen)
    except (OSError, ValueError, UncountableError) as error:
        print(f"count.py: {error}", file=sys.stderr)
        return 2


def run(options: argparse.Namespace, chosen: Sequence[kinds.Kind]) -> int:
    """Count, and print and write what was asked for; return the exit status."""
    recorded: Results | None = None
    if options.against is not None:
        recorded = json.loads(options.against.read_text("utf-8"))
        options.sizes = [size["distributions"] for size in recorded["sizes"]]
    counting.check()
    before: Results | None = None
    if options.update and options.json.exists():
        before = json.loads(options.json.read_text("utf-8"))

    def keep(found: Results) -> Results:
        whole = merged(before, found) if before else found
        results.keep(whole, options.json)
        return whole

    found = keep(
        count(options.directory.resolve(), options.sizes, chosen, options.tool, is_short=options.short, keep=keep)
    )
    if options.svg is not None:
        options.svg.write_text(charts.counted(found), "utf-8")
    if recorded is None:
        print(tables.counted(found))
        return 0
    verdicts = comparison.compare(recorded, found, kinds.SCALE)
    if dearer := {verdict.kind for verdict in verdicts if verdict.is_dearer}:
        print("once more, what got dearer", file=sys.stderr)
        again = [kind for kind in chosen if kind.name in dearer]
        found = count(options.directory.resolve(), options.sizes, again, options.tool, is_short=options.short)
        verdicts = comparison.compare(recorded, found, kinds.SCALE)
    print(tables.compared(verdicts, comparison.differing(recorded, found)))
    return 1 if any(verdict.is_dearer for verdict in verdicts) else 0


def count(
    directory: Path,
    sizes: Sequence[int],
    chosen: Sequence[kinds.Kind],
    tool: str,
    *,
    is_short: bool,
    keep: Callable[[Results], object] = id,
) -> Results:
    """Count the runs that some kinds are made of.

    Args:
        directory: Where everything is made.
        sizes: How many distributions the bases have.
        chosen: The kinds.
        tool: One of ``counting.TOOLS``.
        is_short: Whether to leave out memory, and count what makes another Python comparable.
        keep: Called after each run, with what was counted so far.

    Returns:
        What goes into the JSON.
    """
    names = {name for kind in chosen for name in (kind.run, *kind.beside)}
    names |= {kinds.SCALE} if is_short else set()
    names |= set(kinds.PARTS) if len(chosen) == len(kinds.KINDS) else set()
    runs = [run for run in kinds.RUNS if run.name in names]
    needed = {run.tools for run in runs}
    programs = kinds.copy_all_tools(directory, [name for name in kinds.TOOLS if name in needed])
    found: Results = {
        "schema": 1,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "tool": tool,
        "versions": versions(name for group in needed for name in kinds.TOOLS[group]),
        "kinds": [
            {"name": kind.name, "run": kind.run, "beside": list(kind.beside), "bar": kind.bar} for kind in chosen
        ],
        "sizes": [],
    }
    for size in sizes:
        world = kinds.make_world(directory / f"base-{size}", size, programs)
        prepare(world, runs)
        counts: dict[str, Counts] = {}
        found["sizes"].append({"distributions": size, "runs": counts})
        for run in runs:
            if run.name in kinds.PARTS and len(found["sizes"]) > 1:
                continue  # the same over each base
            print(f"{size} distributions: {run.name}", file=sys.stderr, flush=True)
            counts[run.name] = measure(world, run, tool, is_short=is_short)
            keep(found)
    return found


def merged(before: Results, now: Results) -> Results:
    """Put what was counted now in the place of what was counted before, and keep the rest."""
    sizes = {size["distributions"]: size["runs"] for size in before["sizes"]}
    for size in now["sizes"]:
        sizes[size["distributions"]] = sizes.get(size["distributions"], {}) | size["runs"]
    order = [kind.name for kind in (*kinds.KINDS, *kinds.SHORT)]
    by_name = {kind["name"]: kind for kind in (*before["kinds"], *now["kinds"]) if kind["name"] in order}
    return {
        **now,
        "versions": before["versions"] | now["versions"],
        "kinds": sorted(by_name.values(), key=lambda kind: order.index(kind["name"])),
        "sizes": [{"distributions": number, "runs": runs} for number, runs in sorted(sizes.items())],
    }


def prepare(world: kinds.World, runs: Iterable[kinds.Run]) -> None:
    """Make the environments, and warm every cache: what is counted is what a run costs from the third time on."""
    for run in runs:
        if run.name.startswith("sitediff") and not (world.project / ".tox-ours" / "rest").exists():
            world.command(next(item for item in kinds.RUNS if item.name == "ours: -r, remainder")).run()
        once(world, run)
    time.sleep(_REST)
    for run in runs:
        once(world, run)
    time.sleep(_REST)


def once(world: kinds.World, run: kinds.Run) -> None:
    """Run it, and bring back the state before."""
    world.command(run).run()
    if run.undo:
        world.command(run, undo=True).run()


def measure(world: kinds.World, run: kinds.Run, tool: str, *, is_short: bool) -> Counts:
    """Count one run."""
    command = world.command(run)
    undo = [world.command(run, undo=True)] if run.undo else []
    written = counting.written(command)
    for back in undo:
        back.run()
    took = None
    if not is_short:
        took = counting.spent(command)
        for back in undo:
            back.run()
    instructions = counting.instructions(command, tool)
    for back in undo:
        back.run()
    return {
        "instructions": instructions,
        "programs": list(written.programs),
        "files": written.files,
        "bytes": written.bytes,
        "peak": took.peak if took else None,
        "cpu": took.cpu if took else None,
    }


if __name__ == "__main__":
    sys.exit(main())
