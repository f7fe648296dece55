"""Give random worlds to pip, to uv and to the engine, and compare what they do.

    python tests/differential/campaign.py --cases 10000 --seed 7 --jobs 2
    python tests/differential/campaign.py --seed 7 --only 1234

Each difference falls into a class that docs/differences-from-pip.md gives a reason for, or is printed as a world that
was made as small as it goes. The exit status is 1 if there is one of those.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.differential.classes import UNEXPLAINED, classify
from support.differential.judge import Pip, uv_alone
from support.differential.places import Places
from support.differential.shrink import shrink
from support.differential.trial import Trial
from support.differential.worlds import SHARED, World, world

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_SHRUNK = 3
_AT_ONCE = SHARED * 2
_mine: list[Trial] = []
"""Where a process of a campaign tries its worlds."""


@contextmanager
def laboratory(root: Path) -> Iterator[Trial]:
    """Make a place to try worlds in."""
    places = Places(root)
    with Pip(places) as pip:
        yield Trial(places=places, pip=pip)


def judge(trial: Trial, case: World) -> tuple[str, list[str]]:
    """Try a world, and return its class and what is wrong."""
    return classify(case, trial.attempt(case), trial)


def _shape(trial: Trial, case: World) -> list[str]:
    """Reduce what comes of a world to its kind: a world that is made smaller must not stand out for another reason."""
    kind, problems = judge(trial, case)
    halves = [(line[:12], *line.partition("we did")[::2]) for line in problems]
    return [kind, *(f"{start} {'fails' in pip} {'fails' in ours}" for start, pip, ours in halves)]


def report(trial: Trial, case: World, label: str) -> str:
    """Describe a world, shrunk as long as the same comes of it."""
    shape = _shape(trial, case)
    case = shrink(case, lambda candidate: _shape(trial, candidate) == shape)
    verdict = trial.attempt(case)
    kind, problems = classify(case, verdict, trial)
    alone = trial.places.arguments(case)
    lines = [
        label,
        str(case),
        f"  class: {kind}",
        f"  pip:   {verdict.pip}",
        f"  plan:  {verdict.planned}",
        f"  done:  {verdict.done}",
        f"  pip again: {verdict.again}",
        f"  seen before: {dict(sorted(verdict.before.items()))}",
        f"  without a base: pip {trial.pip.would(alone, alone=True)}; uv {uv_alone(trial.places, alone)}",
        *(f"  wrong: {line}" for line in problems),
    ]
    return "\n".join(lines)


def _begin(root: str) -> None:
    """Make a place for one process of a campaign."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started it says when to end
    places = Places(Path(tempfile.mkdtemp(dir=root)))
    _mine.append(Trial(places=places, pip=Pip(places)))


def _try(seed: int, numbers: range) -> list[tuple[int, str, list[str]]]:
    """Try some worlds, and return number, class and what is wrong of each."""
    return [(number, *judge(_mine[0], world(seed, number))) for number in numbers]


def campaign(seed: int, cases: int, jobs: int, root: Path) -> int:
    """Try many worlds in several processes, and print what comes of it.

    Args:
        seed: Of the campaign.
        cases: How many worlds.
        jobs: How many processes.
        root: An empty directory.

    Returns:
        How many of the worlds are not explained.
    """
    begin = time.monotonic()
    examples: defaultdict[str, list[int]] = defaultdict(list)
    blocks = [range(at, min(at + _AT_ONCE, cases)) for at in range(0, cases, _AT_ONCE)]
    done = 0
    try:
        with multiprocessing.get_context("spawn").Pool(jobs, _begin, (os.fspath(root),)) as pool:
            for at, results in enumerate(pool.imap_unordered(partial(_try, seed), blocks), 1):
                done += len(results)
                for number, kind, problems in results:
                    examples[kind].append(number)
                    if kind == UNEXPLAINED:
                        print(f"\nworld {number}: {'; '.join(problems)}", flush=True)
                if at % max(1, len(blocks) // 20) == 0:
                    print(f"{done} cases after {time.monotonic() - begin:.0f} s", flush=True)
    except KeyboardInterrupt:
        print("interrupted")
    print(f"\nseed {seed}: {done} cases in {time.monotonic() - begin:.0f} s, {len(examples[UNEXPLAINED])} unexplained")
    for kind, numbers in sorted(examples.items(), key=lambda item: -len(item[1])):
        if numbers:
            print(f"{len(numbers):7} {kind}, as {', '.join(map(str, sorted(numbers)[:4]))}", flush=True)
    return _explain(seed, sorted(examples[UNEXPLAINED]), root)


def _explain(seed: int, numbers: Sequence[int], root: Path) -> int:
    """Print worlds that failed, the first few of them shrunk, and return how many there are."""
    if numbers:
        with laboratory(Path(tempfile.mkdtemp(dir=root))) as trial:
            for number in numbers[:_MOST_SHRUNK]:
                command = f"python tests/differential/campaign.py --seed {seed} --only {number}"
                print(f"\n{report(trial, world(seed, number), command)}", flush=True)
    return len(numbers)


def main() -> int:
    """Run a campaign from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000, help="how many worlds (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="to have the same again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: %(default)s)")
    parser.add_argument("--only", type=int, help="the number of one world, to be shown whatever comes of it")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    for name in (signal.SIGINT, signal.SIGTERM):  # what was found until then is told in any case
        signal.signal(name, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="sitediff-differential-", ignore_cleanup_errors=True) as root:
        if options.only is None:
            return int(campaign(options.seed, options.cases, options.jobs, Path(root)) > 0)
        with laboratory(Path(root)) as trial:
            text = report(trial, world(options.seed, options.only), f"world {options.only}")
            print(text)
            return int(UNEXPLAINED in text)


if __name__ == "__main__":
    sys.exit(main())
