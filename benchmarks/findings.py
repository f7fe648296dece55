"""What `sitediff_visibility = report` finds in real projects, beside deptry, which reads their files.

    python benchmarks/findings.py --base PYTHON [--only NAME ...] [--verdicts] [--directory DIRECTORY]

PYTHON is the interpreter of a rich base, such as tests/bases/winpython.py makes. The source distributions of the
projects in findings.toml come from the package index, with the tests in them. Each is run twice: its tests by
tox-sitediff under `report`, over the base; and deptry, in an isolated environment with the project and the same
versions, as its documentation has it. It is told which extras are for development, and else has its own defaults; so it
does not read tests. Printed is who found what, by kind:

    undeclared   DEP001   imported by the project's files, and not declared
    unused       DEP002   declared, and not imported
    transitive   DEP003   imported, and declared by something else alone
    misplaced    DEP004   imported by the package, and declared for development alone

findings.toml also says of each finding whether it is one, as somebody judged who looked at the files; a finding without
a verdict is printed with a question mark. `--verdicts` prints the places, to judge by. `unstated` has no counterpart.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from disk import base_prefix, tree_hash
from real_suite import pins, unpack
from tools import ROOT, copy_tools

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES = {"DEP001": "undeclared", "DEP002": "unused", "DEP003": "transitive", "DEP004": "misplaced"}
KINDS = tuple(RULES.values())
FILE = Path(__file__).with_suffix(".toml")
INI = """\
[tox]
env_list = report
[testenv]
package = {package}
wheel_build_env = .pkg
base_python = {base}
extras = {extras}
deps ={deps}
constraints = {constraints}
constrain_package_deps = true
sitediff_visibility = report
commands = python -m pytest -q -p no:cacheprovider {arguments}
"""


def main() -> int:
    """Run all of them, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, help="the interpreter of a rich base")
    parser.add_argument("--only", nargs="*", help="projects of findings.toml, by name")
    parser.add_argument("--verdicts", action="store_true", help="print each finding with its place and verdict")
    parser.add_argument("--directory", type=Path, default=ROOT / ".benchmark" / "findings")
    options = parser.parse_args()
    directory: Path = options.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    programs = copy_tools(directory / "tools", ["tox-sitediff"])
    pinned = pins(options.base).splitlines()
    before = tree_hash(base_prefix(options.base))
    projects = tomllib.loads(FILE.read_text("utf-8"))
    lines = []
    for name, project in projects.items():
        if options.only and name not in options.only:
            continue
        source = unpack(directory / name, f"{name}=={project['version']}")
        constraints = source.with_name("constraints.txt")
        others = [line for line in pinned if line.partition("==")[0].lower() != name]
        constraints.write_text("\n".join(others), encoding="utf-8")
        ours, unstated = by_us(source, project, options.base, programs, constraints)
        theirs = by_deptry(name, source, project, options.base, directory / f"{name}-deptry", constraints)
        verdicts = project.get("verdicts", {})
        lines += table(name, ours, theirs, verdicts)
        lines.append(f"| {name} | unstated | {unstated} | - | - | - | - |")
        for kind, found in sorted({**ours, **theirs}) if options.verdicts else ():
            place = ours.get((kind, found)) or theirs[kind, found]
            print(f"{name}: {kind} {found}: {verdicts.get(f'{kind} {found}', '?')} ({place})")
    print("\n| project | finding | only report | both | only deptry | false, report | false, deptry |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print("\n".join(lines))
    print(f"\nbase tree unchanged: {'yes' if tree_hash(base_prefix(options.base)) == before else 'NO'}")
    return 0


def by_us(
    source: Path, project: Mapping[str, str], base: str, programs: Path, constraints: Path
) -> tuple[dict[tuple[str, str], str], int]:
    """Run a project's tests under `report`; return the findings with their places, and how many are unstated."""
    deps = "".join(f"\n    {item}" for item in project["deps"])
    text = INI.format(
        base=base,
        extras=",".join(project.get("extras", ())),
        deps=deps,
        constraints=constraints,
        arguments=project["arguments"],
        package=project.get("package", "wheel"),
    )
    (source / "findings.ini").write_text(text, encoding="utf-8")
    work = source.parent / "tox"  # beside the project: deptry would read it
    command: list[str | Path] = [programs / "tox", "-c", "findings.ini", "--workdir", work, "-re", "report"]
    subprocess.run(command, cwd=source, check=False)
    record = json.loads((work / "report" / "sitediff.json").read_text(encoding="utf-8"))
    found: dict[tuple[str, str], str] = {}
    for item in record["undeclared"]:
        if item["by_project"]:
            kind = "undeclared" if item["kind"] == "base" else "transitive"
            mark = " (optional)" if item["optional"] else ""
            found.setdefault((kind, item["name"]), item["imported_by"] + mark)
    found |= {("unused", name): "declared" for name in record["unused"]}
    found |= {("misplaced", item["name"]): item["imported_by"] for item in record["misplaced"]}
    return found, sum(item["kind"] == "base" and not item["optional"] for item in record["unstated"])


def by_deptry(
    name: str, source: Path, project: Mapping[str, str], base: str, environment: Path, constraints: Path
) -> dict[tuple[str, str], str]:
    """Have deptry read a project, and return its findings with their places."""
    if not environment.exists():
        subprocess.run([base, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    extras = f"[{','.join(project['extras'])}]" if project.get("extras") else ""
    wanted = [f"{name}{extras}=={project['version']}", *project["deps"], "-c", constraints]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "deptry==0.25.1"], check=True)
    output = environment / "deptry.json"
    command: list[str | Path] = [python, "-m", "deptry", ".", "--json-output", output]
    if project.get("development"):
        command += ["--optional-dependencies-dev-groups", ",".join(project["development"])]
    subprocess.run(command, cwd=source, check=False)
    found: dict[tuple[str, str], str] = {}
    for item in json.loads(output.read_text(encoding="utf-8")):
        if (kind := RULES.get(item["error"]["code"])) is not None:
            name = item["module"].lower().replace("_", "-")
            where = item["location"]
            found.setdefault((kind, name), f"{where['file']}:{where['line']}")
    return found


def table(
    name: str,
    ours: Mapping[tuple[str, str], str],
    theirs: Mapping[tuple[str, str], str],
    verdicts: Mapping[str, str],
) -> list[str]:
    """Write a row for each kind of finding that somebody found."""
    rows = []
    for kind in KINDS:
        mine, other = ({found for what, found in side if what == kind} for side in (ours, theirs))
        if not mine | other:
            continue

        def marked(names: set[str], kind: str = kind) -> str:
            said = {item: verdicts.get(f"{kind} {item}", "?") for item in sorted(names)}
            return ", ".join(f"{item}?" if said[item] == "?" else item for item in said) or "-"

        wrong = [sum(verdicts.get(f"{kind} {item}", "").startswith("false") for item in side) for side in (mine, other)]
        cells = [name, kind, marked(mine - other), marked(mine & other), marked(other - mine), *map(str, wrong)]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


if __name__ == "__main__":
    sys.exit(main())
