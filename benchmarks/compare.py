"""Compare whole runs of tox over one rich base: with tox-sitediff, with tox-uv, and with pip's own diff install.

    python benchmarks/compare.py --base /path/to/rich/python

All cases run in turn, round by round, so that a machine that gets slower or faster meets them alike. Printed are the
median and the range of whole-process seconds, the sizes of the environments, what was installed, and whether `full`
in the record survives a comparison with an isolated environment of the same versions. The base is hashed after each
case of the first round, and at the end, and it is said who wrote into it. Needs the package index; everything is made
in one directory.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent
SUSPECTS = {
    "seven": ["numpy", "scipy", "pandas", "matplotlib", "pytest", "pytest-mock", "pytest-randomly"],
    "winpython": [
        *("numpy", "scipy", "pandas", "matplotlib", "scikit-learn", "jupyterlab", "dask[complete]", "streamlit"),
        *("pytest", "pytest-mock", "pytest-randomly"),
    ],
}
BIN = "Scripts" if os.name == "nt" else "bin"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way to run tox."""

    name: str
    tool: str
    deps: bool = True
    again: bool = False
    inherit: bool = False

    @property
    def work(self) -> str:
        """The work directory, shared by the first and the second run of the same kind."""
        return self.name.removesuffix(", again").replace(" ", "-").replace(",", "")


CASES = (
    Case(name="tox-sitediff", tool="sitediff"),
    Case(name="tox-sitediff, again", tool="sitediff", again=True),
    Case(name="tox-sitediff, no deps", tool="sitediff", deps=False),
    Case(name="tox-uv", tool="uv"),
    Case(name="tox-uv, again", tool="uv", again=True),
    Case(name="tox + pip, sitepackages", tool="tox", inherit=True),
    Case(name="tox + pip, sitepackages, again", tool="tox", inherit=True, again=True),
    Case(name="tox, no deps", tool="tox", deps=False, inherit=True),
    Case(name="tox, no deps, again", tool="tox", deps=False, inherit=True, again=True),
    Case(name="tox-sitediff over tox-uv", tool="both"),
)


def main() -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, help="the interpreter of a rich base")
    parser.add_argument("--deps", choices=sorted(SUSPECTS), default="seven", help="what the environment declares")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--directory", type=Path, default=ROOT / ".benchmark")
    options = parser.parse_args()
    directory: Path = options.directory.resolve()
    tools = make_tools(directory)
    project = directory / "project"
    project.mkdir(parents=True, exist_ok=True)
    write_project(project, options.base, SUSPECTS[options.deps])
    prefix = base_prefix(options.base)
    before = tree_hash(prefix)
    writers: list[str] = []
    seconds: dict[str, list[float]] = {case.name: [] for case in CASES}
    for number in range(options.rounds + 1):
        for case in CASES:
            spent = run(case, tools, project)
            if number:  # the first round warms the caches
                seconds[case.name].append(spent)
            elif (now := tree_hash(prefix)) != before:
                before = now
                writers.append(case.name)
        print(f"round {number} of {options.rounds}", file=sys.stderr, flush=True)
    report(seconds, project)
    isolated(directory, project, tools["sitediff"])
    if tree_hash(prefix) != before:
        writers.append("something after the first round")
    print(f"\nbase tree {prefix} written by: {', '.join(writers) or 'none'}")
    return 0


TOOLS = {
    "tox": ["tox"],
    "uv": ["tox", "tox-uv"],
    "sitediff": ["tox", str(ROOT)],
    "both": ["tox", "tox-uv", str(ROOT)],
}


def make_tools(directory: Path, names: Iterable[str] = TOOLS) -> dict[str, Path]:
    """Make one virtual environment for each way to run tox, and return their directories."""
    tools = {}
    for name in names:
        tools[name] = directory / f"tools-{name}"
        if not tools[name].exists():
            subprocess.run([sys.executable, "-m", "venv", tools[name]], check=True)
        python = tools[name] / BIN / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", *TOOLS[name]], check=True)
    return tools


def write_project(project: Path, base: str, deps: list[str]) -> None:
    """Write the two configurations: with the dependencies and without."""
    for name, listed in (("tox.ini", deps), ("no-deps.ini", [])):
        lines = "".join(f"    {item}\n" for item in listed)
        (project / name).write_text(
            "[tox]\nenv_list = bench\nno_package = true\n"
            f"[testenv:bench]\nbase_python = {base}\ndeps =\n{lines}commands = python -c pass\n",
            encoding="utf-8",
        )


def run(case: Case, tools: dict[str, Path], project: Path) -> float:
    """Run tox once, and return its seconds."""
    command = [
        os.fspath(tools[case.tool] / BIN / "tox"),
        "-c",
        os.fspath(project / ("tox.ini" if case.deps else "no-deps.ini")),
        "--workdir",
        os.fspath(project / case.work),
    ]
    if not case.again:
        command.append("-r")
    if case.inherit:
        command += ["-x", "testenv.system_site_packages=true"]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    spent = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{case.name} failed:\n{done.stdout}\n{done.stderr}")
    return spent


def report(seconds: dict[str, list[float]], project: Path) -> None:
    """Print the table."""
    print("\n| case | median s | min | max | environment | installed |\n| --- | --- | --- | --- | --- | --- |")
    for case in CASES:
        times = seconds[case.name]
        env = project / case.work / "bench"
        names = sorted(
            path.name.partition("-")[0].replace("_", "-").lower()
            for path in env.glob("[Ll]ib/**/site-packages/*.dist-info")
        )
        shown = ", ".join(names) if len(names) <= 6 else f"{len(names)} distributions"
        print(
            f"| {case.name} | {statistics.median(times):.2f} | {min(times):.2f} | {max(times):.2f} "
            f"| {tree_bytes(env) / 1e6:.2f} MB | {shown} |"
        )


def isolated(directory: Path, project: Path, tool: Path) -> None:
    """Compare `full` in the record with what an isolated environment of the same versions holds."""
    record = json.loads((project / "tox-sitediff" / "bench" / "sitediff.json").read_text(encoding="utf-8"))
    pins = [f"{item['name']}=={item['version']}" for item in (*record["reused"], *record["installed"])]
    target = directory / "isolated"
    uv = os.fspath(tool / BIN / "uv")
    version = record["python"]["executable"]
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", version, target], check=True)
    empty = tree_bytes(target)
    environment = {**os.environ, "VIRTUAL_ENV": os.fspath(target)}
    install = [uv, "pip", "install", "--quiet", "--no-deps", *pins]
    done = subprocess.run(install, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"\nno isolated environment of these versions could be made: {done.stderr.strip().splitlines()[-1]}")
        return
    measured = tree_bytes(target) - empty
    full = record["bytes"]["full"]
    print(
        f"\nfull in the record: {full} bytes; an isolated environment of the same versions: {measured} bytes "
        f"({(full / measured - 1) * 100:+.2f} %); saved: {record['bytes']['saved']} bytes"
    )
    print("seconds in the last record:", json.dumps(record["seconds"]))


def base_prefix(python: str) -> Path:
    """Ask for the directory of an interpreter."""
    out = subprocess.run(
        [python, "-c", "import sys; print(sys.base_prefix)"], capture_output=True, text=True, check=True
    )
    return Path(out.stdout.strip())


def tree_bytes(path: Path) -> int:
    """Add up the apparent bytes of a tree."""
    return sum(os.lstat(os.path.join(top, name)).st_size for top, _, names in os.walk(path) for name in names)


def tree_hash(path: Path) -> str:
    """Hash the names, sizes and modification times of a tree; of a system's prefix only its Python part."""
    start = path / "lib" if path == Path("/usr") else path
    digest = hashlib.sha256()
    for top, folders, names in os.walk(start):
        folders.sort()
        if start != path and Path(top) == start:
            folders[:] = [name for name in folders if name.startswith("python3")]
            names = []
        for name in sorted(names):
            status = os.lstat(os.path.join(top, name))
            digest.update(f"{top}/{name} {status.st_size} {status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
