"""Kill tox at random moments, and see whether the next plain run heals what it left.

    python tests/faults/kill.py --runs 300 --seed 7

After each kill one plain ``tox run`` must end with 0, its record must be true, every file that an installed
distribution names must be there, no placeholder and no half-written file may be left, and the base must be
bit-identical. A failure is printed with its seed and number, and its directory is kept.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __name__ == "__main__":
    sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from faults.support import Bench, make_bench, placeholders_in, tree_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL: Final = ("lib-a", "lib-b[more]", "tool", "wide", "newer>=2")
"""Reused, reused with an extra that is not there, reused with a script, installed with many files, shadowed."""
LESS: Final = ("lib-a", "tool", "wide")
_KINDS: Final = {"KILL": signal.SIGKILL, "INT": signal.SIGINT, "TERM": signal.SIGTERM}


@dataclass(kw_only=True)
class Tally:
    """What a campaign did.

    Attributes:
        tried: Kills, by kind.
        late: How many of them came when tox had ended by itself.
        failures: What was found wrong, a line for each.
    """

    tried: dict[str, int] = field(default_factory=dict)
    late: int = 0
    failures: list[str] = field(default_factory=list)


def furnish(bench: Bench) -> None:
    """Give the bench a base and an index in which a run takes a while and has all kinds of work."""
    for at in range(12):
        bench.base(f"dep-{at}", "1.0")
    bench.base("lib-a", "1.0", requires=[f"dep-{at}" for at in range(12)])
    bench.base("lib-b", "1.0", requires=["lib-a", "extra-of-b; extra == 'more'"], extras=["more"])
    bench.base("tool", "1.0", scripts={"tool": "tool:main"})
    bench.base("newer", "1.0")
    bench.base("relies-on-newer", "1.0", requires=["newer<2"])
    bench.wheel("extra-of-b", "1.0", requires=["dep-1"])
    bench.wheel("wide", "1.0", requires=["lib-a"], files=400)
    bench.wheel("newer", "2.0")


def run(bench: Bench, *arguments: str) -> subprocess.Popen[bytes]:
    """Start tox in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tox", "run", "-e", "e", *arguments],
        cwd=bench.project,
        env=bench.variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def problems(bench: Bench, base: str) -> Iterator[str]:
    """Run tox plainly, and name what is not as it must be."""
    process = run(bench)
    out = process.communicate(timeout=120)[0].decode("utf-8", "replace")
    if process.returncode:
        yield f"exit status {process.returncode}:\n{out}"
        return
    seen = bench.seen()
    recorded = bench.names("reused") | bench.names("installed")
    if wrong := {name: version for name, version in recorded.items() if seen.get(name) != version}:
        yield f"the record says {wrong}, which is not what importlib.metadata says"
    own = {path.name for path in bench.own_site.glob("*.dist-info")}
    if own != {f"{name.replace('-', '_')}-{version}.dist-info" for name, version in bench.names("installed").items()}:
        yield f"the record says that {bench.names('installed')} are installed, but there are {sorted(own)}"
    for record in bench.own_site.glob("*.dist-info/RECORD"):
        missing = [
            row[0]
            for row in csv.reader(record.read_text(encoding="utf-8").splitlines())
            if not (bench.own_site / row[0]).exists()
        ]
        if missing:
            yield f"{record.parent.name} lacks {len(missing)} of its files, such as {missing[0]}"
    if left := placeholders_in(bench.own_site):
        yield f"placeholders are left: {left}"
    if left := [path.name for path in bench.env_dir.glob("*.tmp")]:
        yield f"half-written files are left: {left}"
    if not (bench.env_dir / "bin" / "tool").exists():
        yield "the script of tool is not there"
    if tree_hash(bench.prefix) != base:
        yield "the base was touched"


def campaign(bench: Bench, *, runs: int, seed: int, kinds: tuple[str, ...] = ("KILL", "INT")) -> Tally:
    """Kill so many runs.

    Args:
        bench: A furnished bench.
        runs: How many.
        seed: Decides about kinds, moments and what is run.
        kinds: Signals.

    Returns:
        What happened.
    """
    chance = random.Random(seed)
    tally = Tally()
    base = tree_hash(bench.prefix)
    bench.configure(FULL)
    start = time.monotonic()
    if found := list(problems(bench, base)):
        tally.failures += [f"undisturbed: {line}" for line in found]
        return tally
    duration = time.monotonic() - start
    for number in range(1, runs + 1):
        kind = chance.choice(kinds)
        # now and then as a person goes on working: another list of dependencies, and no -r
        deps, arguments = chance.choice([(FULL, ("-r",)), (FULL, ("-r",)), (LESS, ()), (FULL, ())])
        bench.configure(deps)
        moment = chance.uniform(0, duration)
        process = run(bench, *arguments)
        time.sleep(moment)
        if process.poll() is not None:
            tally.late += 1
        else:
            os.killpg(process.pid, _KINDS[kind])
        found = []
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            found.append("tox did not end")
        tally.tried[kind] = tally.tried.get(kind, 0) + 1
        for line in (*found, *problems(bench, base)):
            what = f"{kind} after {moment:.3f} s of {' '.join(('tox', *arguments))}"
            tally.failures.append(f"seed {seed}, number {number}: {what}: {line}")
            print(tally.failures[-1], flush=True)
        if number % 25 == 0:
            print(f"{number} of {runs} killed, {len(tally.failures)} failures", flush=True)
    return tally


def main() -> int:
    """Run a campaign from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100, help="how many kills (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="to have the same again")
    parser.add_argument("--kinds", default="KILL,INT", help="signals, of KILL, INT and TERM (default: %(default)s)")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    root = Path(tempfile.mkdtemp(prefix="sitediff-kill-"))
    (root / "shared").mkdir()
    bench = make_bench(root, root / "shared")
    furnish(bench)
    tally = campaign(bench, runs=options.runs, seed=options.seed, kinds=tuple(options.kinds.split(",")))
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(tally.tried.items()))
    print(f"{kinds}; {tally.late} came too late; {len(tally.failures)} failures")
    if tally.failures:
        print(f"kept: {root}")
        return 1
    shutil.rmtree(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
