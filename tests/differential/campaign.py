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
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from differential.classes import UNEXPLAINED, classify
from differential.judge import Pip, uv_alone
from differential.places import Places
from differential.shrink import shrink
from differential.trial import Trial
from differential.worlds import SHARED, World, world

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_SHRUNK = 5


@contextmanager
def laboratory(root: Path) -> Iterator[Trial]:
    """Make a place to try worlds in."""
    places = Places(root)
    with Pip(places) as pip:
        yield Trial(places=places, pip=pip)


def judge(trial: Trial, case: World) -> tuple[str, list[str]]:
    """Try a world, and return its class and what is wrong."""
    return classify(case, trial.attempt(case), trial)


def _shape(problems: list[str]) -> list[str]:
    """Reduce problems to their kinds: a world that is made smaller must not fail for another reason."""
    return [
        f"{line[:12]} {'fails' in line.partition('we did')[0]} {'fails' in line.partition('we did')[2]}"
        for line in problems
    ]


def report(trial: Trial, case: World, label: str, *, small: bool = True) -> str:
    """Describe a failure, shrunk."""
    if small:
        shape = _shape(judge(trial, case)[1])
        case = shrink(case, lambda candidate: _shape(judge(trial, candidate)[1]) == shape)
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


def block(seed: int, numbers: range, root: Path | None = None) -> tuple[Counter[str], list[str]]:
    """Try some worlds in a place of their own.

    Args:
        seed: Of the campaign.
        numbers: Of the worlds.
        root: Where; a temporary directory without.

    Returns:
        How many there were of each class, and descriptions of failures.
    """
    counts: Counter[str] = Counter()
    failures: list[str] = []
    place = root or Path(tempfile.mkdtemp(prefix="sitediff-differential-"))
    try:
        with laboratory(place) as trial:
            for number in numbers:
                case = world(seed, number)
                kind, _ = judge(trial, case)
                counts[kind] += 1
                if kind == UNEXPLAINED:
                    command = f"python tests/differential/campaign.py --seed {seed} --only {number}"
                    failures.append(report(trial, case, command, small=len(failures) < _MOST_SHRUNK))
    finally:
        if root is None:
            shutil.rmtree(place, ignore_errors=True)
    return counts, failures


def main() -> int:
    """Run a campaign from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000, help="how many worlds (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="to have the same again")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: %(default)s)")
    parser.add_argument("--only", type=int, help="the number of one world, to be shown whatever comes of it")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    if options.only is not None:
        place = Path(tempfile.mkdtemp(prefix="sitediff-differential-"))
        with laboratory(place) as trial:
            case = world(options.seed, options.only)
            is_wrong = judge(trial, case)[0] == UNEXPLAINED
            print(report(trial, case, f"world {options.only}", small=is_wrong))
        shutil.rmtree(place)
        return int(is_wrong)
    begin = time.monotonic()
    size = SHARED * 25
    blocks = [range(at, min(at + size, options.cases)) for at in range(0, options.cases, size)]
    counts: Counter[str] = Counter()
    shown = 0
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for found, failures in pool.imap_unordered(partial(block, options.seed), blocks):
            counts += found
            for failure in failures:
                shown += 1
                print(f"\n{failure}", flush=True)
    print(f"\n{counts.total()} cases in {time.monotonic() - begin:.0f} s, {shown} unexplained")
    for kind, count in counts.most_common():
        print(f"{count:7} {kind}")
    return 1 if shown else 0


if __name__ == "__main__":
    sys.exit(main())
