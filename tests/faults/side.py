"""Let many work side by side on one base and one user cache, and see whether each environment is whole and true.

    python tests/faults/side.py --rounds 5 --environments 20 --processes 6 --seed 7

Each round begins with empty caches, and has three parts: ``tox run-parallel`` of that many environments; that many tox
processes on one work directory, each with all environments in an order of its own; and that many ``sitediff install``
at once, two for each environment. All must end well, every record must be true, nothing may pretend to be installed,
and the base must be bit-identical. ``--stock`` tells how many processes fail that fill one environment without this
package.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from support.bench import Bench, make_bench
from support.distributions import tree_hash, write
from support.truth import untrue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PATIENCE: Final = 900
_TOX: Final = "from tox.run import run; run()"
_SITEDIFF: Final = "import sys; from tox_sitediff.cli.main import main; sys.exit(main())"
_NEEDS: Final = ("lib-a", "lib-b", "tool", "wide", "newer>=2", "small")
"""Reused, reused, reused with a script, installed with many files, shadowed, installed."""


def furnish(bench: Bench) -> None:
    """Give the bench a base and an index."""
    for at in range(6):
        bench.base(f"dep-{at}", "1.0")
    bench.base("lib-a", "1.0", requires=[f"dep-{at}" for at in range(6)])
    bench.base("lib-b", "1.0", requires=["lib-a"])
    bench.base("tool", "1.0", scripts={"tool": "tool:main"})
    bench.base("newer", "1.0")
    bench.wheel("wide", "1.0", requires=["lib-a"], files=100)
    bench.wheel("newer", "2.0")
    bench.wheel("small", "1.0", requires=["lib-b"])


def needs_of(at: int) -> list[str]:
    """Choose what an environment declares: each one something else, all of them something that is installed."""
    return [need for bit, need in enumerate(_NEEDS) if ((at + 1) >> (bit % 3)) & 1 or need == "wide"]


def configure(bench: Bench, environments: int) -> list[str]:
    """Write a tox.ini with so many environments, and return their names."""
    names = [f"e{at}" for at in range(environments)]
    sections = [
        f"[testenv:{name}]\nbase_python = {bench.python}\ndeps =\n"
        + "".join(f"    {need}\n" for need in needs_of(at))
        + "commands = python -c 'import wide'\n"
        for at, name in enumerate(names)
    ]
    write(bench.project / "tox.ini", f"[tox]\nno_package = true\nenv_list = {','.join(names)}\n" + "\n".join(sections))
    return names


def forget(bench: Bench) -> None:
    """Begin with no environment and no cache of uv's or ours."""
    shutil.rmtree(bench.project / ".tox", ignore_errors=True)
    for name in ("UV_CACHE_DIR", "XDG_CACHE_HOME"):
        shutil.rmtree(bench.variables[name], ignore_errors=True)


def together(bench: Bench, commands: Sequence[Sequence[str]], **variables: str) -> list[tuple[int, str]]:
    """Start programs at once, and return how they ended: exit status and output."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", *command],
            cwd=bench.project,
            env={**bench.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for command in commands
    ]
    texts = [process.communicate(timeout=_PATIENCE)[0].decode("utf-8", "replace") for process in processes]
    return [(process.returncode, text) for process, text in zip(processes, texts, strict=True)]


def bad(ends: list[tuple[int, str]]) -> Iterator[str]:
    """Name what did not end well."""
    for code, text in ends:
        if code or "Traceback" in text or "could not be written" in text:
            yield f"exit status {code}:\n{text}"


def in_parallel(bench: Bench, environments: int) -> Iterator[str]:
    """Run all environments in one tox, at once; name what is wrong then."""
    forget(bench)
    names = configure(bench, environments)
    ends = together(bench, [(_TOX, "run-parallel", "-p", "all")])
    yield from bad(ends)
    yield from (f"{name}: {line}" for name in names for line in untrue(bench, bench.project / ".tox" / name))


def in_processes(bench: Bench, environments: int, processes: int, chance: random.Random) -> Iterator[str]:
    """Run all environments in several tox at once, on one work directory; name what is wrong then."""
    forget(bench)
    names = configure(bench, environments)
    yield from bad(together(bench, _orders(names, processes, chance)))
    yield from (f"{name}: {line}" for name in names for line in untrue(bench, bench.project / ".tox" / name))


def stock(bench: Bench, processes: int) -> int:
    """Fill one environment in several tox at once, without this package; return how many processes failed."""
    forget(bench)
    commands = [[_TOX, "run", "-e", name] for name in configure(bench, 1) * processes]
    variables = {
        "TOX_DISABLED_EXTERNAL_PLUGINS": "tox-uv,sitediff",
        "VIRTUALENV_SYSTEM_SITE_PACKAGES": "true",
        "PIP_INDEX_URL": bench.index.as_uri(),
    }
    return len(list(bad(together(bench, commands, **variables))))


def _orders(names: list[str], processes: int, chance: random.Random) -> list[list[str]]:
    orders = [chance.sample(names, len(names)) for _ in range(processes)]
    return [[_TOX, "run", "-e", ",".join(order)] for order in orders]


def in_commands(bench: Bench, processes: int) -> Iterator[str]:
    """Let several ``sitediff install`` work at once, two in each environment; name what is wrong then."""
    forget(bench)
    places = [bench.project / ".tox" / f"c{at}" for at in range((processes + 1) // 2)]
    python = str(bench.python)
    yield from bad(together(bench, [(_SITEDIFF, "venv", str(place), "--python", python) for place in places]))
    installs = [(_SITEDIFF, "install", "--python", str(places[at // 2]), *needs_of(at)) for at in range(processes)]
    yield from bad(together(bench, installs))
    yield from (f"{place.name}: {line}" for place in places for line in untrue(bench, place))


def main() -> int:
    """Run rounds from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1, help="(default: %(default)s)")
    parser.add_argument("--environments", type=int, default=20, help="(default: %(default)s)")
    parser.add_argument("--processes", type=int, default=6, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="decides about orders")
    parser.add_argument("--stock", action="store_true", help="tell what tox alone does, too")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    chance = random.Random(options.seed)
    root = Path(tempfile.mkdtemp(prefix="sitediff-side-"))
    bench = make_bench(root, root / "shared")
    furnish(bench)
    base = tree_hash(bench.prefix)
    failures = 0
    for number in range(1, options.rounds + 1):
        parts = {
            "in parallel": in_parallel(bench, options.environments),
            "processes": in_processes(bench, options.environments, options.processes, chance),
            "commands": in_commands(bench, options.processes),
        }
        for part, lines in parts.items():
            found = [*lines, *(["the base was touched"] if tree_hash(bench.prefix) != base else [])]
            failures += len(found)
            print(f"round {number}, {part}: {len(found)} failures", *found, sep="\n", flush=True)
        if options.stock:
            failed = stock(bench, options.processes)
            print(f"round {number}, tox without sitediff: {failed} of {options.processes} processes failed", flush=True)
    if failures:
        print(f"kept: {root}")
        return 1
    shutil.rmtree(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
