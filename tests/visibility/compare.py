"""Compare views of a base with clean environments that are made of the same files.

    python tests/visibility/compare.py PYTHON [--sets N] [--tools N] [--seed SEED] [--part I/N]

PYTHON is a base interpreter with distributions in one site directory, such as tests/bases/winpython.py makes. Each of
its distributions is declared alone, and then N random sets of one to twelve. What can be seen has to be the same in
both environments: all files, and what an interpreter says of distributions, entry points, modules, finders and
messages. In the first sets, as many as --tools says, mypy, pylint, flake8, jedi and pip have to say the same too, as
far as the base has them. Differences are printed, and end in exit status 1.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.visibility.clean import Pair
from support.visibility.tools import TOOLS, compare

MOST = 12
"""Distributions of a random set; some of them need a hundred others."""
FOREIGN = 12
"""Modules of the base that are asked for beside those that are declared."""


def main() -> int:
    """Compare, and say what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", type=Path)
    parser.add_argument("--sets", type=int, default=200, metavar="N")
    parser.add_argument("--tools", type=int, default=5, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", default="1/1", metavar="I/N", help="only each Nth comparison, from the Ith on")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    first, step = map(int, options.part.split("/"))
    with tempfile.TemporaryDirectory() as text:
        directory = Path(text)
        os.environ["XDG_CACHE_HOME"] = str(directory / "cache")
        pair = Pair(options.python, directory)
        names = sorted(pair.installed)
        sets = [[name] for name in names]
        sets += [sorted(chance.sample(names, chance.randint(1, MOST))) for _ in range(options.sets)]
        tools = [tool for tool in TOOLS if tool in pair.installed]
        cases = [(one, False) for one in sets] + [([*one, *tools], True) for one in sets[len(names) :][: options.tools]]
        differing = done = most = 0
        for at, (declared, is_for_tools) in enumerate(cases[first - 1 :: step]):
            wanted = pair.show(declared)
            own = sorted({module for name in wanted for module in pair.installed[name].modules})
            asked = [*own[:FOREIGN], *chance.sample(pair.modules, min(FOREIGN, len(pair.modules)))]
            found = [*pair.differences(asked)]
            if is_for_tools:
                found += compare(pair, tools, asked, directory / f"tools-{at}")
            done, most, differing = done + 1, max(most, len(wanted)), differing + bool(found)
            for line in found:
                print(f"{', '.join(declared)}: {line}", flush=True)
    used = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    print(
        f"{done} of {len(cases)} comparisons ({len(names)} alone, {options.sets} sets, {options.tools} with "
        f"{', '.join(tools) or 'no tools'}; up to {most} distributions): {differing} differ; {used:.0f} s of processor"
    )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
