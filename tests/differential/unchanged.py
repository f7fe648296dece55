"""Whether "all is as it was" is ever said where the check of an environment finds a change.

    python tests/differential/unchanged.py --cases 3000 --seed 7 [--only 1234]

Each case makes a base of its own, an environment over it, variables and start-up files, notes what there is as a run
does at its end, changes some of it at random, and has both ways judge: the fast one
(`interpreter.fingerprint.unchanged`) may say "look" to anything, but never "same" where the slow one (the interpreter
is asked, all is listed and read) sees something else. As long as the environment can be used, it is noted anew, and
changed once more. Some changes come while a run is under way, behind the moment when the interpreter was asked. The
times of what is changed are set back in half of the cases, and no time passes before it is changed.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.unchanged.changes import BASE, CHANGES, HARMLESS, OWN
from support.unchanged.environments import World
from tox_sitediff.interpreter.fingerprint import TICK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_ROUNDS: Final = 6
_WAIT: Final = 2 * TICK / 1e9


class _Case:
    """One environment, and what happens to it."""

    def __init__(self, world: World, rng: random.Random, counts: Counter[str]) -> None:
        self.world = world
        self.rng = rng
        self.counts = counts
        self.told: list[str] = []

    def happens(self, names: Sequence[str], *, in_run: bool = False) -> None:
        """Change something."""
        self.told.append(f"{', '.join(names)}{' (meanwhile)' if in_run else ''}")
        for name in names:
            self.counts["changes"] += 1
            try:
                CHANGES[name](self.world)
            except OSError:
                self.counts["not possible any more"] += 1

    def drawn(self, number: int) -> list[str]:
        """Draw what happens between two runs."""
        if number % 8 == 0:
            return [self.rng.choice(sorted(HARMLESS))]
        return self.rng.sample(sorted(CHANGES), self.rng.choice((1, 1, 1, 2, 3)))

    def problems(self, number: int, names: Sequence[str], meanwhile: Sequence[str]) -> Iterator[str]:
        """Change and judge, as long as there is an environment that can be used."""
        world = self.world
        for at in range(1 if names or meanwhile else _MOST_ROUNDS):
            meant = [*meanwhile]
            if not names and not meanwhile and self.rng.random() < 0.25:
                meant = self.rng.sample(sorted({**BASE, **OWN}), self.rng.choice((1, 1, 2)))
            before = self._note(meant, is_first=at == 0)
            could_be_fast = world.is_fast()
            if at == 0 and not meant and not could_be_fast and world.is_known:
                yield "is as it was, and that is not seen"
            between = [*names] or ([] if meant and self.rng.random() < 0.7 else self.drawn(number + at))
            self.happens(between)
            is_fast, change = world.is_fast(), world.change(before)
            self.counts["same" if is_fast else "look"] += 1
            self.counts["changed" if change else "as it was"] += 1
            if is_fast and change is not None:
                yield f"said to be as it was, but {change}"
            if could_be_fast and not is_fast and {*between} <= {*HARMLESS} and change is None:
                yield "is as it was, and that is not seen"
            if not world.is_usable:
                return

    def _note(self, meant: Sequence[str], *, is_first: bool) -> dict[str, object]:
        """Note what there is, and return what was seen; something may happen meanwhile."""
        meanwhile = (lambda: self.happens(meant, in_run=True)) if meant else None
        if not is_first and self.rng.random() < 0.5:
            time.sleep(_WAIT)
        before = self.world.fill(meanwhile) if is_first else self.world.again(meanwhile)
        # what a run leaves in its environment is its own work
        return {} if OWN.keys() & {*meant} else before


def judge(
    number: int, seed: int, counts: Counter[str], names: Sequence[str] = (), meanwhile: Sequence[str] = ()
) -> str | None:
    """Try one case; say what is wrong with it.

    Args:
        number: Of the case.
        seed: Of all of them.
        counts: What came out is counted here.
        names: What happens between the first run and the second one; at random, and more than once, without.
        meanwhile: What happens in the first run.
    """
    rng = random.Random(f"{seed}-{number}")
    with tempfile.TemporaryDirectory(prefix="unchanged-") as directory:
        case = _Case(World(Path(directory), rng), rng, counts)
        found = next(case.problems(number, names, meanwhile), None)
    return found and f"case {number} of seed {seed}: {'; then '.join(case.told)}: {found}"


def main() -> int:
    """Try cases, and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    wrong = 0
    for number in range(options.cases) if options.only is None else [options.only]:
        if (found := judge(number, options.seed, counts)) is not None:
            wrong += 1
            print(found, flush=True)
    print(dict(counts))
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
