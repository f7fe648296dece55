"""Set whole runs beside each other: tox and nox with tox-sitediff, with pip and with uv, over real bases.

    python benchmarks/beside.py --bases DIRECTORY [--suites TEXT ...] [--ways TEXT ...] [--rounds 5]
    python benchmarks/beside.py --base BASE/bin/python3.12 [--deps seven] [--json beside.json] [--svg beside.svg]

The first form takes a conda prefix, Debian's Python and WinPython's list, over that also a team's whole list of
requirements; it makes in DIRECTORY the bases that are not there, and writes one file for each suite into
benchmarks/results. A suite that is done is not run again, unless what runs is another version (or --anew): a run that
was ended goes on with the next suite. On a quiet machine with two processors, 5 rounds of all ways take some 8 minutes
for each suite of the seven, and some 25 for the whole list, most of it pip's; to make the bases takes some 5 more. The
bases, the index's files and, while a suite runs, what it makes are some 10 GB. What fails is a row of the table, or a
line below it; exit status 1 then, in the end.

All ways run in turn, round by round, each round in another order, so that a machine that gets slower or faster meets
them alike. Each way has a home and caches of its own. First each runs with empty caches, once: the bytes that it
downloads are counted at an index on this machine, which passes on the usual one and keeps what it fetched. Then come
the rounds: the environment made anew (`-r`), and a second run. Printed are medians of whole-process seconds, by the
clock and of processors; the peak of memory; and what the environment holds. At the end an isolated environment of the
versions in our record shows whether its `full` is true, and it is said whether anything in the base changed.

Runs from an environment in which tox-sitediff, tox-uv-bare and nox are installed; what runs are copies of these.
BASE may be what `tests/bases/winpython.py` or `tests/bases/conda.py` make, or the Python of the operating system.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import charts
import disk
import results
import tables
from counting import Command, UncountableError, end_with_children, spent
from kept import Kept, source
from mirror import Mirror, usual_index
from suites import SETS, SUITES, Suite, about, base_of
from tools import ROOT, copy_tools, versions
from ways import TOOLS, WAYS, Place, Way, chosen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from results import Beside, Case, Took

RESULTS: Final = ROOT / "benchmarks" / "results"
_COLD: Final = 4
"""How often a way is tried with empty caches, until the index has all that it asks for: mostly twice, then once."""


def main() -> int:
    """Run them all, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    over = parser.add_mutually_exclusive_group(required=True)
    over.add_argument("--bases", type=Path, metavar="DIRECTORY", help="where the bases are, or are to be made")
    over.add_argument("--base", type=Path, metavar="PYTHON", help="the interpreter of a rich base")
    parser.add_argument(
        "--suites", nargs="+", default=[""], metavar="TEXT", help="with --bases: suites whose names hold it (all)"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="with --bases: where to write what was found")
    parser.add_argument("--anew", action="store_true", help="with --bases: run again what is done")
    parser.add_argument("--name", help="with --base: what to call it in the results (default: the version it says)")
    parser.add_argument("--deps", choices=sorted(SETS), default="seven", help="with --base: what is declared")
    parser.add_argument("--json", type=Path, metavar="FILE", help="with --base: write what was found")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="with --base: write a picture of it")
    parser.add_argument("--ways", nargs="+", default=[""], metavar="TEXT", help="ways that are called so, or hold it")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--index", help="the index to pass on (default: the usual one)")
    parser.add_argument("--directory", type=Path, default=ROOT / ".benchmark" / "beside")
    options = parser.parse_args()
    end_with_children()
    if not (ways := chosen(options.ways)):
        parser.error(f"--ways: none is called that; there are: {'; '.join(way.name for way in WAYS)}")
    if options.base is not None:
        return one(options, ways)
    suites = [suite for suite in SUITES if any(text in suite.name for text in options.suites)]
    if not suites:
        parser.error(f"--suites: none is called that; there are: {', '.join(suite.name for suite in SUITES)}")
    return several(options, suites, ways)


def one(options: argparse.Namespace, ways: Sequence[Way]) -> int:
    """Compare over the base that was named; return the exit status."""
    suite = Suite(
        name=f"one-{options.deps}",
        base=options.name or "",
        python=str(options.base.absolute()),
        deps=options.deps,
        least=0,
    )
    try:
        found = run(options, suite, options.base.absolute(), ways)
    except (OSError, UncountableError) as error:
        return _told(error)
    results.keep(found, options.json)
    if options.svg is not None:
        options.svg.write_text(charts.beside(found), "utf-8")
    print(tables.beside(found))
    return int(_is_lame(found))


def several(options: argparse.Namespace, suites: Sequence[Suite], ways: Sequence[Way]) -> int:
    """Compare in each suite, and go on with the next one where one can't be run; return the exit status."""
    directory: Path = options.directory.resolve()
    about_all = {"source": source(), "versions": versions(("tox-sitediff", "tox-uv-bare", "nox"))}
    kept = Kept(directory / "found.json", about_all)
    status = 0
    options.results.mkdir(parents=True, exist_ok=True)
    for suite in suites:
        name = f"{suite.name}, {options.rounds} rounds of {'; '.join(way.name for way in ways)}"
        if name in kept and not options.anew:
            print(f"{suite.name}: done before", file=sys.stderr, flush=True)
        try:
            found = kept.take(name, partial(_of, options, suite, ways), is_anew=options.anew)
        except (OSError, UncountableError) as error:
            print(f"{suite.name}: ", end="", file=sys.stderr)
            status = _told(error)
            continue
        results.keep(found, options.results / f"beside-{suite.name}.json")
        print(f"\n### {suite.name}\n\n{tables.beside(found)}", flush=True)
        status = status or int(_is_lame(found))
    return status


def _of(options: argparse.Namespace, suite: Suite, ways: Sequence[Way]) -> Beside:
    return run(options, suite, base_of(suite, options.bases.absolute()), ways)


def _told(error: OSError | UncountableError) -> int:
    print(f"beside.py: {error}", file=sys.stderr)
    return 2


def _is_lame(found: Beside) -> bool:
    return any("failed" in case or case.get("failures") for case in found["cases"])


def run(options: argparse.Namespace, suite: Suite, base: Path, ways: Sequence[Way]) -> Beside:
    """Compare over a base, and leave nothing behind but the index's files and the tools.

    Raises:
        UncountableError: Where no way works.
    """
    version, count, _ = about(base)
    directory: Path = options.directory.resolve()
    mirror = Mirror(options.index or usual_index(), directory / "files")
    programs = {name: copy_tools(directory / f"tools-{name}", TOOLS[name]) for name in {way.tools for way in ways}}
    work = directory / suite.name
    shutil.rmtree(work, ignore_errors=True)
    with mirror.running():
        places = [
            Place(way=way, directory=work / way.label, programs=programs[way.tools], index=mirror.url(way.label))
            for way in ways
        ]
        load = os.getloadavg()[1]
        cases, changed = compare(mirror, places, base, SETS[suite.deps], options.rounds)
        whole = next((full(work, place) for place in places if place.way.tools == "sitediff"), None)
    found: Beside = {
        "schema": 1,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "load": [load, os.getloadavg()[1]],
        "processors": os.cpu_count() or 1,
        "versions": versions(("tox-sitediff", "tox-uv-bare", "nox")),
        "base": {"name": suite.base or f"Python {version}", "distributions": count, "changed": changed},
        "requirements": list(SETS[suite.deps]),
        "rounds": options.rounds,
        "cases": cases,
        "full": whole,
    }
    shutil.rmtree(work, ignore_errors=True)
    return found


def compare(
    mirror: Mirror, places: Sequence[Place], base: Path, deps: Sequence[str], rounds: int
) -> tuple[list[Case], bool]:
    """Run each way with empty caches, then all of them round by round.

    Returns:
        What was found, and whether anything in the base changed in the rounds.

    Raises:
        UncountableError: Where no way works.
    """
    prefix = disk.base_prefix(base)
    before = disk.tree_hash(prefix)
    cases: list[Case] = []
    for place in places:
        place.write(base, deps)
        cases.append(cold(place, mirror))
        after = disk.tree_hash(prefix)
        cases[-1]["wrote"], before = after != before, after
    if all("failed" in case for case in cases):
        raise UncountableError(f"each way failed, this one so: {cases[0]['failed']}")
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        pairs = [pair for pair in zip(places, cases, strict=True) if "failed" not in pair[1]]
        at = number % len(pairs)
        for place, case in pairs[at:] + pairs[:at]:
            once(place, case, number + 1)
    return cases, disk.tree_hash(prefix) != before


def once(place: Place, case: Case, number: int) -> None:
    """Run a way in a round: a new environment, and a second run; where one fails, neither counts, and it is noted."""
    try:
        new = took(place, again=False)
        again = took(place, again=True)
    except (OSError, UncountableError) as error:
        case.setdefault("failures", []).append(f"round {number}: {_line(error)}")
        return
    case["new"].append(new)
    case["again"].append(again)


def _line(error: OSError | UncountableError) -> str:
    return error.line if isinstance(error, UncountableError) else str(error)


def cold(place: Place, mirror: Mirror) -> Case:
    """Run it for the first time, with empty caches; where that fails, say so."""
    print(f"with empty caches: {place.way.name}", file=sys.stderr, flush=True)
    case: Case = {"name": place.way.name, "new": [], "again": []}
    try:
        for _ in range(_COLD):  # what the index has to fetch itself would count for the clock
            fetched = mirror.fetched
            place.forget()
            mirror.sent[place.way.label] = 0
            case["cold"] = took(place, again=False)
            if fetched == mirror.fetched:
                break
        size = disk.measure(place.environment)
    except (OSError, UncountableError, StopIteration) as error:
        case["failed"] = "made no environment" if isinstance(error, StopIteration) else _line(error)
        return case
    case["downloaded"] = mirror.sent[place.way.label]
    sites = place.environment.glob("[Ll]ib/**/site-packages/*.dist-info")
    case["environment"] = {
        "apparent": size.apparent,
        "unshared": size.unshared,
        "files": size.files,
        "distributions": len({path.name for path in sites}),
    }
    return case


def took(place: Place, *, again: bool) -> Took:
    """Run it, and tell what it took."""
    found = spent(place.command(again=again))
    return {"wall": found.wall, "cpu": found.cpu, "peak": found.peak}


def full(directory: Path, place: Place) -> Mapping[str, int] | None:
    """Compare `full` in the record with what an isolated environment of the same versions holds, in bytes."""
    target, uv = directory / "isolated", place.programs / "uv"
    command = place.command(again=True)
    with suppress(OSError, ValueError, LookupError, UncountableError):  # not every version of a base is on an index
        record = json.loads((place.environment / "sitediff.json").read_text("utf-8"))
        pins = [f"{item['name']}=={item['version']}" for item in (*record["reused"], *record["installed"])]
        make: list[str | Path] = [uv, "venv", "--quiet", "--clear", "--python", record["python"]["executable"], target]
        install: list[str | Path] = [uv, "pip", "install", "--quiet", "--no-deps", "--python", target, *pins]
        Command(words=make, env=command.env, cwd=directory).run()
        empty = disk.tree_bytes(target)
        Command(words=install, env=command.env, cwd=directory).run()
        return {"record": record["bytes"]["full"], "isolated": disk.tree_bytes(target) - empty}
    return None


if __name__ == "__main__":
    sys.exit(main())
