"""Measure what `sitediff_visibility` costs: the start of an interpreter, and the import of declared packages.

    python benchmarks/startup.py PYTHON [--declare NAME ...] [--imports MODULE ...] [--runs N]

PYTHON is a base interpreter with packages. Three environments over it, which differ in the hook alone, are started in
turn, many times; what is shown are whole processes, what each costs over the one without the hook, and what
`-X importtime` says of the hook's own module.
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

from tox_sitediff.requirements import key
from tox_sitediff.view import Observer
from tox_sitediff.visibility import Visibility, seen_names, write

QUIET = {"PATH": "/usr/bin:/bin"}


def main() -> int:
    """Make the environments, measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", type=Path)
    parser.add_argument("--declare", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--imports", nargs="*", default=[], metavar="MODULE")
    parser.add_argument("--runs", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        pythons = {}
        for mode in Visibility:
            place = Path(directory, mode)
            command = [options.python, "-m", "venv", "--without-pip", "--system-site-packages", place]
            subprocess.run(command, check=True)
            pythons[mode] = place / "bin" / "python"
            view = Observer(pythons[mode], frozenset()).look(QUIET)
            start = time.perf_counter()
            names = seen_names(view, (), map(key, options.declare))
            write(view, mode, directory=place, names=names)
            spent = time.perf_counter() - start
            print(
                f"{mode}: {view.inventory.offered()} distributions, {len(names)} seen, written in {spent * 1e3:.1f} ms"
            )
        programs = {"start": "pass"}
        if options.imports:
            programs["imports"] = f"import {', '.join(options.imports)}"
        for what, program in programs.items():
            times = measure(pythons, program, options.runs)
            first: list[float] = []
            for mode, found in times.items():
                # the least is what an idle machine would take; the mean of the processor time, because it is coarse
                walls, used = zip(*found, strict=True)
                now = [value * 1e3 for value in (statistics.median(walls), min(walls), statistics.mean(used))]
                first = first or now
                cells = "".join(f"{value:9.2f} ({value - base:+.2f})" for value, base in zip(now, first, strict=True))
                print(f"{what:8} {mode:9} ms: median, least, processor {cells}")
        for mode, python in pythons.items():
            print(f"importtime {mode}: {importtime(python)} us for _sitediff_visibility itself (median of 20)")
    return 0


def measure(pythons: dict[Visibility, Path], program: str, runs: int) -> dict[Visibility, list[tuple[float, float]]]:
    """Run a program in each environment in turn, and return the seconds."""
    times: dict[Visibility, list[tuple[float, float]]] = {mode: [] for mode in pythons}
    for at in range(runs + 3):
        for mode, python in pythons.items():
            before, start = os.times(), time.perf_counter()
            subprocess.run([python, "-c", program], env=QUIET, check=True)
            wall, after = time.perf_counter() - start, os.times()
            used = after.children_user + after.children_system - before.children_user - before.children_system
            if at >= 3:  # the first ones write bytecode
                times[mode].append((wall, used))
    return times


def importtime(python: Path) -> float:
    """Return what the import of the hook takes, in microseconds; 0 where there is none."""
    found = []
    for _ in range(20):
        command = [python, "-X", "importtime", "-c", "pass"]
        told = subprocess.run(command, env=QUIET, check=True, stderr=subprocess.PIPE, text=True).stderr
        line = re.search(r"\|\s+(\d+) \|\s+_sitediff_visibility$", told, re.MULTILINE)
        found.append(int(line[1]) if line else 0)
    return statistics.median(found)


if __name__ == "__main__":
    sys.exit(main())
