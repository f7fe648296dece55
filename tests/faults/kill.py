"""Kill tox at random moments, and see whether the next plain run heals what it left.

    python tests/faults/kill.py --runs 300 --seed 7
    python tests/faults/kill.py --runs 300 --seed 7 --moments steps --runner uv --kinds KILL,INT,TERM

After each kill one plain ``tox run`` must end with 0, its record must be true, every file that an installed
distribution names must be there, nothing may pretend to be installed, no half-written file may be left, and the base
must be bit-identical. A failure is printed with its seed and number, and its directory is kept.

The moments are spread over the time of a run, or with ``--moments steps`` over the things that it does to files and
processes (see ``steps.py``), where the environment changes in microseconds.
"""

from __future__ import annotations

import argparse
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

from support.bench import Bench, make_bench
from support.distributions import tree_hash
from support.truth import PATIENCE, plain, start, untrue

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


def furnish(bench: Bench, *, files: int = 400) -> None:
    """Give the bench a base and an index in which a run has all kinds of work, and so many files to make."""
    for at in range(12):
        bench.base(f"dep-{at}", "1.0")
    bench.base("lib-a", "1.0", requires=[f"dep-{at}" for at in range(12)])
    bench.base("lib-b", "1.0", requires=["lib-a", "extra-of-b; extra == 'more'"], extras=["more"])
    bench.base("tool", "1.0", scripts={"tool": "tool:main"})
    bench.base("newer", "1.0")
    bench.base("relies-on-newer", "1.0", requires=["newer<2"])
    bench.wheel("extra-of-b", "1.0", requires=["dep-1"])
    bench.wheel("wide", "1.0", requires=["lib-a"], files=files)
    bench.wheel("newer", "2.0")


def problems(bench: Bench, base: str) -> Iterator[str]:
    """Run tox plainly, and name what is not as it must be."""
    outcome = plain(bench)
    if outcome.code:
        yield f"exit status {outcome.code}:\n{outcome.text}"
        return
    if "Traceback" in outcome.text:
        yield f"a traceback:\n{outcome.text}"
    yield from untrue(bench)
    if not (bench.env_dir / "bin" / "tool").exists():
        yield "the script of tool is not there"
    if tree_hash(bench.prefix) != base:
        yield "the base was touched"


@dataclass(frozen=True, kw_only=True)
class Moments:
    """When runs are killed.

    Attributes:
        duration: How long an undisturbed run takes.
        steps: How many things it may do to files and processes, by its arguments; without, moments of time are chosen.
    """

    duration: float
    steps: dict[tuple[str, ...], tuple[int, ...]] | None = None

    def strike(self, bench: Bench, kind: str, arguments: tuple[str, ...], chance: random.Random) -> Blow:
        """Start a run and kill it.

        Args:
            bench: Where.
            kind: The signal.
            arguments: Further arguments of tox.
            chance: Decides about the moment.

        Returns:
            What was done.
        """
        if self.steps is None:
            moment = chance.uniform(0, self.duration)
            process = start(bench, *arguments)
            time.sleep(moment)
            if not (is_late := process.poll() is not None):
                os.killpg(process.pid, _KINDS[kind])
            what = f"{kind} after {moment:.3f} s"
        else:
            at = chance.randint(1, chance.choice(self.steps[arguments]))
            # sooner or later after the step began; uv goes on by itself for some milliseconds
            delay = chance.choice([0.0, 0.0, chance.uniform(0, 0.0005), chance.uniform(0, 0.02)])
            process = start(
                bench, *arguments, before=counted(bench, "--at", str(at), "--kind", kind, "--delay", f"{delay:.6f}")
            )
            what = f"{kind} at step {at}, {delay * 1000:.3f} ms later"
            is_late = False
        found = []
        try:
            out = process.communicate(timeout=PATIENCE)[0].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out = process.communicate()[0].decode("utf-8", "replace")
            found.append(f"tox did not end:\n{out}")
        if self.steps is not None:
            is_late = process.returncode == 0
        if kind != "KILL" and "Traceback" in out and not is_pythons(out):
            found.append(f"a traceback:\n{out}")
        return Blow(what=f"{what} of {' '.join(('tox', *arguments))}", is_late=is_late, found=found)


def is_pythons(text: str) -> bool:
    """Tell whether all tracebacks of an interrupted run are Python's own.

    It shows one while it loads tox, before tox's entry point could catch the interrupt, and one behind it, while it
    ends; both with and without the plugin.

    Args:
        text: What the run printed.

    Returns:
        True where no frame is one of this package, and none is below tox's entry point.
    """
    frames = [line.replace("\\", "/") for line in text.splitlines() if line.lstrip().startswith("File ")]
    return (
        "KeyboardInterrupt" in text
        and not any("/tox_sitediff/" in line or ("tox/run.py" in line and ", in main" in line) for line in frames)
        and "internal error" not in text
    )


@dataclass(frozen=True, kw_only=True)
class Blow:
    """A run that was killed.

    Attributes:
        what: In words.
        is_late: Whether tox had ended by itself.
        found: What was wrong with how it ended.
    """

    what: str
    is_late: bool
    found: list[str]


def counted(bench: Bench, *options: str) -> tuple[str, ...]:
    """Return what starts tox so that its steps are counted."""
    return (str(Path(__file__).with_name("steps.py")), "--root", str(bench.root), *options, "--")


def count_steps(bench: Bench, *arguments: str) -> int:
    """Run tox, and count what it does to files and processes."""
    file = bench.root / "steps"
    process = start(bench, *arguments, before=counted(bench, "--count", str(file)))
    process.communicate(timeout=PATIENCE)
    return int(file.read_text())


def campaign(
    bench: Bench, *, runs: int, seed: int, kinds: tuple[str, ...] = ("KILL", "INT"), by_steps: bool = False
) -> Tally:
    """Kill so many runs.

    Args:
        bench: A furnished bench.
        runs: How many.
        seed: Decides about kinds, moments and what is run.
        kinds: Signals.
        by_steps: Whether the moments are those of steps rather than of time.

    Returns:
        What happened.
    """
    chance = random.Random(seed)
    tally = Tally()
    base = tree_hash(bench.prefix)
    bench.configure(FULL)
    if found := list(problems(bench, base)):
        tally.failures += [f"undisturbed: {line}" for line in found]
        return tally
    begin = time.monotonic()
    start(bench, "-r").communicate(timeout=PATIENCE)
    moments = Moments(
        duration=time.monotonic() - begin,
        # without -r it has little to do, or finds that all has to be made anew
        steps={("-r",): (count := count_steps(bench, "-r"),), (): (40, count)} if by_steps else None,
    )
    for number in range(1, runs + 1):
        kind = chance.choice(kinds)
        # now and then as a person goes on working: another list of dependencies, and no -r
        deps, arguments = chance.choice([(FULL, ("-r",)), (FULL, ("-r",)), (LESS, ()), (FULL, ())])
        bench.configure(deps)
        blow = moments.strike(bench, kind, arguments, chance)
        tally.late += blow.is_late
        tally.tried[kind] = tally.tried.get(kind, 0) + 1
        for line in (*blow.found, *problems(bench, base)):
            tally.failures.append(f"seed {seed}, number {number}: {blow.what}: {line}")
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
    parser.add_argument("--moments", choices=("time", "steps"), default="time", help="(default: %(default)s)")
    parser.add_argument("--runner", choices=("tox", "uv"), default="tox", help="whose environments; uv: tox-uv's")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    root = Path(tempfile.mkdtemp(prefix="sitediff-kill-"))
    (root / "shared").mkdir()
    bench = make_bench(root, root / "shared")
    if options.runner == "uv":
        del bench.variables["TOX_DISABLED_EXTERNAL_PLUGINS"]
    by_steps = options.moments == "steps"
    furnish(bench, files=60 if by_steps else 400)  # each file is a step when it is removed
    tally = campaign(
        bench,
        runs=options.runs,
        seed=options.seed,
        kinds=tuple(options.kinds.split(",")),
        by_steps=by_steps,
    )
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(tally.tried.items()))
    print(f"{kinds}; {tally.late} came too late; {len(tally.failures)} failures")
    if tally.failures:
        print(f"kept: {root}")
        return 1
    shutil.rmtree(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
