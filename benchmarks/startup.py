"""Measure what `sitediff_visibility` costs: the start of an interpreter, and the import of declared packages.

    python benchmarks/startup.py PYTHON [--declare NAME ...] [--imports MODULE ...] [--runs N]

PYTHON is a base interpreter with packages. Four environments over it are started in turn, many times, in an order that
moves on with each round: two without the hook, and one with it in each mode. Shown are whole processes (the median and
the middle half, by the clock), what each takes more than the first one without the hook in the same round, and the
processor time. What the second one without it takes more is what this machine can't tell apart. The bytecode goes to a
directory of the benchmark's own, so that the base stays as it is. `-X importtime` tells of the hook's own module.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tox_sitediff.core.model import Visibility
from tox_sitediff.core.requirements import key
from tox_sitediff.interpreter.observer import Observer
from tox_sitediff.visibility.selection import seen_names
from tox_sitediff.visibility.showing import write

WARM = 3
"""Rounds that don't count: they write bytecode, and bring files into memory."""


def main() -> int:
    """Make the environments, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", type=Path)
    parser.add_argument("--declare", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--imports", nargs="*", default=[], metavar="MODULE")
    parser.add_argument("--runs", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        variables = {"PATH": "/usr/bin:/bin", "PYTHONPYCACHEPREFIX": str(Path(directory, "bytecode"))}
        kinds = {
            "without": Visibility.BASE,
            "again": Visibility.BASE,
            "report": Visibility.REPORT,
            "declared": Visibility.DECLARED,
        }
        pythons = {
            name: make(Path(directory, name), options.python, mode, options.declare, variables)
            for name, mode in kinds.items()
        }
        if not options.imports:  # which a clean one does not have
            command = [options.python, "-m", "venv", "--without-pip", Path(directory, "clean")]
            subprocess.run(command, check=True, env=variables)
            pythons["clean"] = Path(directory, "clean", "bin", "python")
        programs = {"start": "pass"}
        if options.imports:
            programs["imports"] = f"import {', '.join(options.imports)}"
        for what, program in programs.items():
            walls, processors = measure(pythons, program, options.runs, variables)
            print(
                f"\n{what}, {options.runs} rounds, ms       wall                    more, in pairs          processor"
            )
            for name in pythons:
                more = [value - first for value, first in zip(walls[name], walls["without"], strict=True)]
                # the mean of the processor time, because it is coarse
                used = statistics.mean(processors[name])
                print(f"{name:22}{spread(walls[name])}{spread(more)}{used:9.2f}")
        print(f"\nimporttime, report: {importtime(pythons['report'], variables)} us for _sitediff_visibility itself")
    return 0


def make(place: Path, base: Path, mode: Visibility, declare: list[str], variables: dict[str, str]) -> Path:
    """Make an environment, and return its interpreter."""
    command: list[str | Path] = [base, "-m", "venv", "--without-pip", "--system-site-packages", place]
    subprocess.run(command, check=True, env=variables)
    python = place / "bin" / "python"
    view = Observer(python, frozenset(), variables).look()
    start = time.perf_counter()
    names = seen_names(view, (), map(key, declare))
    write(view, mode, directory=place, names=names)
    spent = time.perf_counter() - start
    print(f"{mode}: {view.inventory.offered()} distributions, {len(names)} seen, worked out in {spent * 1e3:.1f} ms")
    return python


def measure(
    pythons: dict[str, Path], program: str, runs: int, variables: dict[str, str]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Run a program in each environment in turn, and return the milliseconds: of the clock, and of the processor."""
    walls: dict[str, list[float]] = {name: [] for name in pythons}
    processors: dict[str, list[float]] = {name: [] for name in pythons}
    names = list(pythons)
    for at in range(-WARM, runs):
        for name in names[at % len(names) :] + names[: at % len(names)]:
            before, start = os.times(), time.perf_counter()
            subprocess.run([pythons[name], "-c", program], env=variables, check=True)
            wall, after = time.perf_counter() - start, os.times()
            used = after.children_user + after.children_system - before.children_user - before.children_system
            if at >= 0:
                walls[name].append(wall * 1e3)
                processors[name].append(used * 1e3)
    return walls, processors


def spread(values: list[float]) -> str:
    """Write the median, and between which values the middle half lies."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:8.2f} ({low:.2f} .. {high:.2f})".ljust(24)


def importtime(python: Path, variables: dict[str, str]) -> float:
    """Return what the import of the hook takes, in microseconds: the median of 20."""
    found = []
    for _ in range(20):
        command: list[str | Path] = [python, "-X", "importtime", "-c", "pass"]
        told = subprocess.run(command, env=variables, check=True, stderr=subprocess.PIPE, text=True).stderr
        line = re.search(r"\|\s+(\d+) \|\s+_sitediff_visibility$", told, re.MULTILINE)
        assert line is not None, told
        found.append(int(line[1]))
    return statistics.median(found)


if __name__ == "__main__":
    sys.exit(main())
