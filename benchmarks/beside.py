"""Set whole runs beside each other: tox and nox with tox-sitediff, with pip and with uv, over one base.

    python benchmarks/beside.py --base BASE/bin/python3.12 [--deps seven] [--json beside.json] [--svg beside.svg]

All cases run in turn, round by round, each round in another order, so that a machine that gets slower or faster meets
them alike. Each case has a home and caches of its own. First each runs with empty caches, once: the bytes that it
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
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import charts
import disk
import results
import tables
from counting import Command, UncountableError, spent
from mirror import Mirror, usual_index
from tools import ROOT, copy_tools, versions
from worlds import SEVEN, WINPYTHON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from results import Beside, Case, Took

SETS: Final = {"seven": SEVEN, "winpython": WINPYTHON}
TOOLS: Final = {
    "tox": ("tox",),
    "uv": ("tox", "tox-uv-bare", "uv"),
    "sitediff": ("tox-sitediff",),
    "both": ("tox-sitediff", "tox-uv-bare"),
    "nox": ("nox",),
    "nox-sitediff": ("nox", "tox-sitediff"),
}


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to make the environment.

    Attributes:
        name: As it is printed.
        tools: Which of ``TOOLS``.
        inherits: Whether it is told to inherit from the base; ours do by themselves.
    """

    name: str
    tools: str
    inherits: bool = False

    @property
    def label(self) -> str:
        """The same for a directory and for a URL."""
        return re.sub(r"\W+", "-", self.name)


WAYS: Final = (
    Way(name="tox-sitediff", tools="sitediff"),
    Way(name="tox-sitediff over tox-uv", tools="both"),
    Way(name="tox-uv", tools="uv"),
    Way(name="tox-uv, system site packages", tools="uv", inherits=True),
    Way(name="tox, pip", tools="tox"),
    Way(name="tox, pip, system site packages", tools="tox", inherits=True),
    Way(name="nox, tox-sitediff", tools="nox-sitediff"),
    Way(name="nox, pip", tools="nox"),
    Way(name="nox, pip, system site packages", tools="nox", inherits=True),
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one way has its project, home and caches.

    Attributes:
        way: The way.
        directory: The place.
        programs: Where its programs are.
        index: The URL of its index.
    """

    way: Way
    directory: Path
    programs: Path
    index: str

    @property
    def is_nox(self) -> bool:
        """Whether nox runs it."""
        return self.way.tools.startswith("nox")

    def write(self, base: Path, deps: Sequence[str]) -> None:
        """Write the project."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.is_nox:
            name = "tox_sitediff.nox" if self.way.tools == "nox-sitediff" else "nox"
            more = ', venv_params=["--system-site-packages"]' if self.way.inherits else ""
            text = _NOXFILE.format(name=name, base=str(base), more=more, deps=tuple(deps))
            (self.directory / "noxfile.py").write_text(text, "utf-8")
            return
        lines = ["[tox]", "env_list = bench", "no_package = true", "[testenv:bench]", f"base_python = {base}"]
        lines += ["system_site_packages = true"] if self.way.inherits else []
        lines += ["commands = python -c pass", "deps =", *(f"    {dep}" for dep in deps), ""]
        (self.directory / "tox.ini").write_text("\n".join(lines), "utf-8")

    def command(self, *, again: bool) -> Command:
        """What makes the environment anew, or runs in it a second time."""
        words: list[str | Path] = [self.programs / "nox", *(["-r"] if again else [])]
        if not self.is_nox:
            words = [self.programs / "tox", "run", *([] if again else ["-r"])]
        env = {
            "HOME": str(self.directory / "home"),
            "LANG": "C.UTF-8",
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_INDEX_URL": self.index,
            "UV_DEFAULT_INDEX": self.index,
            "UV_PYTHON_DOWNLOADS": "never",
            "XDG_CONFIG_DIRS": str(self.directory / "nothing"),
        }
        return Command(words=words, env=env, cwd=self.directory)

    @property
    def environment(self) -> Path:
        """The environment that it made."""
        if self.is_nox:
            return next((self.directory / ".nox").rglob("pyvenv.cfg")).parent
        return self.directory / ".tox" / "bench"

    def forget(self) -> None:
        """Remove the environment and every cache."""
        for name in ("home", ".tox", ".nox"):
            shutil.rmtree(self.directory / name, ignore_errors=True)
        (self.directory / "home").mkdir()


_NOXFILE: Final = """\
from {name} import session

@session(python=[{base!r}]{more})
def bench(session):
    session.install(*{deps!r})
    session.run("python", "-c", "pass")
"""


def main() -> int:
    """Run them all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, type=Path, metavar="PYTHON", help="the interpreter of a rich base")
    parser.add_argument("--name", help="what to call the base in the results (default: the version it says)")
    parser.add_argument("--deps", choices=sorted(SETS), default="seven", help="what is declared")
    parser.add_argument(
        "--ways", nargs="+", default=[""], metavar="TEXT", help="ways whose names hold it (default: all)"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--index", help="the index to pass on (default: the usual one)")
    parser.add_argument("--directory", type=Path, default=ROOT / ".benchmark" / "beside")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write a picture of it")
    options = parser.parse_args()
    ways = [way for way in WAYS if any(text in way.name for text in options.ways)]
    if not ways:
        parser.error(f"--ways: none is called that; there are: {'; '.join(way.name for way in WAYS)}")
    if not os.access(options.base, os.X_OK):
        parser.error(f"--base: {options.base} can't be run")
    directory: Path = options.directory.resolve()
    mirror = Mirror(options.index or usual_index(), directory / "files")
    try:
        with mirror.running():
            found = compare(mirror, directory, options.base.absolute(), options.deps, ways, options.rounds)
    except (OSError, UncountableError) as error:
        print(f"beside.py: {error}", file=sys.stderr)
        return 2
    found["base"]["name"] = options.name or found["base"]["name"]
    results.keep(found, options.json)
    if options.svg is not None:
        options.svg.write_text(charts.beside(found), "utf-8")
    print(tables.beside(found))
    return 0


def compare(mirror: Mirror, directory: Path, base: Path, deps: str, ways: Sequence[Way], rounds: int) -> Beside:
    """Run each way with empty caches, then all of them round by round.

    Returns:
        What goes into the JSON.
    """
    programs = {name: copy_tools(directory / f"tools-{name}", TOOLS[name]) for name in {way.tools for way in ways}}
    prefix = disk.base_prefix(base)
    before, load = disk.tree_hash(prefix), os.getloadavg()[1]
    places = [
        Place(way=way, directory=directory / way.label, programs=programs[way.tools], index=mirror.url(way.label))
        for way in ways
    ]
    cases: list[Case] = []
    for place in places:
        place.write(base, SETS[deps])
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
            case["new"].append(took(place, again=False))
            case["again"].append(took(place, again=True))
    answer: list[str | Path] = [base, "-c", _ABOUT]
    name, count = subprocess.run(answer, capture_output=True, text=True, check=True).stdout.split("|")
    return {
        "schema": 1,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "load": [load, os.getloadavg()[1]],
        "processors": os.cpu_count() or 1,
        "versions": versions(("tox-sitediff", "tox-uv-bare", "nox")),
        "base": {"name": name, "distributions": int(count), "changed": disk.tree_hash(prefix) != before},
        "requirements": list(SETS[deps]),
        "rounds": rounds,
        "cases": cases,
        "full": full(directory, places[0]) if places[0].way.tools == "sitediff" and "failed" not in cases[0] else None,
    }


_ABOUT: Final = (
    "import sys, importlib.metadata as m; "
    "print(f'Python {sys.version.split()[0]}', len({d.name for d in m.distributions()}), sep='|')"
)


def cold(place: Place, mirror: Mirror) -> Case:
    """Run it for the first time, with empty caches; where that fails, say so."""
    print(f"with empty caches: {place.way.name}", file=sys.stderr, flush=True)
    case: Case = {"name": place.way.name, "new": [], "again": []}
    try:
        fetched = -1
        while fetched != mirror.fetched:  # what the mirror has to fetch itself would count for the clock
            fetched = mirror.fetched
            place.forget()
            mirror.sent[place.way.label] = 0
            case["cold"] = took(place, again=False)
    except UncountableError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        case["failed"] = next((line for line in reversed(lines) if re.search("error", line, re.IGNORECASE)), lines[-1])
        return case
    case["downloaded"] = mirror.sent[place.way.label]
    size = disk.measure(place.environment)
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
    record = json.loads((place.environment / "sitediff.json").read_text("utf-8"))
    pins = [f"{item['name']}=={item['version']}" for item in (*record["reused"], *record["installed"])]
    target, uv = directory / "isolated", place.programs / "uv"
    command = place.command(again=True)
    make: list[str | Path] = [uv, "venv", "--quiet", "--clear", "--python", record["python"]["executable"], target]
    install: list[str | Path] = [uv, "pip", "install", "--quiet", "--no-deps", "--python", target, *pins]
    with suppress(UncountableError):  # not every version of a base is on an index
        Command(words=make, env=command.env, cwd=directory).run()
        empty = disk.tree_bytes(target)
        Command(words=install, env=command.env, cwd=directory).run()
        return {"record": record["bytes"]["full"], "isolated": disk.tree_bytes(target) - empty}
    return None


if __name__ == "__main__":
    sys.exit(main())
