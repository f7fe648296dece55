"""Run the tests that a project ships, isolated and in both modes of `sitediff_visibility`, and compare test by test.

    python benchmarks/real_suite.py formulaic==1.2.2 --base /path/to/rich/python --extras arrow,polars --deps pytest

The source distribution comes from the package index. Three environments run it: `isolated`, by a tox that has no
plugin, `report` and `declared`, by tox-sitediff over the base. All get the versions that the base has. Printed are the
counts of each, the names that the run used undeclared, and which tests did not end as they did in isolation; the exit
status is 1 where there are any. The base is hashed before and after. Everything is made in one directory.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

from disk import base_prefix, tree_bytes, tree_hash
from tools import ROOT, copy_tools

TOOLS = {"tox": ("tox",), "sitediff": ("tox-sitediff",)}
ENVIRONMENTS = {"isolated": "tox", "report": "sitediff", "declared": "sitediff"}
INI = """\
[tox]
env_list = isolated, report, declared
[testenv]
package = wheel
base_python = {base}
extras = {extras}
deps ={deps}
constraints = {constraints}
constrain_package_deps = true
commands = python -m pytest -q -p no:cacheprovider --junitxml={{work_dir}}/{{env_name}}.xml {{posargs}}
[testenv:report]
sitediff_visibility = report
[testenv:declared]
sitediff_visibility = declared
"""


def main() -> int:
    """Run the three, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", help="NAME==VERSION of a source distribution that holds its tests")
    parser.add_argument("--base", required=True, help="the interpreter of a rich base")
    parser.add_argument("--extras", default="", help="extras of the project, comma separated")
    parser.add_argument("--deps", nargs="*", default=["pytest"], help="what the tests need besides")
    parser.add_argument("--directory", type=Path, default=ROOT / ".benchmark" / "real-suite")
    parser.add_argument("--arguments", nargs="*", default=["tests"], help="what pytest gets")
    options = parser.parse_args()
    directory: Path = options.directory.resolve()
    tools = {name: copy_tools(directory / f"tools-{name}", names) for name, names in TOOLS.items()}
    source = unpack(directory / "source", options.project)
    constraints = directory / "constraints.txt"
    constraints.write_text(pins(options.base), encoding="utf-8")
    deps = "".join(f"\n    {item}" for item in options.deps)
    text = INI.format(base=options.base, extras=options.extras, deps=deps, constraints=constraints)
    (source / "real-suite.ini").write_text(text, encoding="utf-8")
    before = tree_hash(base_prefix(options.base))
    outcomes: dict[str, dict[str, str]] = {}
    for name, tool in ENVIRONMENTS.items():
        work = directory / f"tox-{tool}"
        command: list[str | Path] = [tools[tool] / "tox", "-c", "real-suite.ini", "--workdir", work, "-re", name]
        subprocess.run([*command, "--", *options.arguments], cwd=source, check=False)
        outcomes[name] = read(work / f"{name}.xml")
    print(
        "\n| environment | passed | skipped | failed | size | used undeclared |\n| --- | --- | --- | --- | --- | --- |"
    )
    for name, tool in ENVIRONMENTS.items():
        count = Counter(outcomes[name].values())
        environment = directory / f"tox-{tool}" / name
        cells = [name, *(str(count[kind]) for kind in ("passed", "skipped", "failed"))]
        print(f"| {' | '.join([*cells, f'{tree_bytes(environment) / 1e6:.1f} MB', undeclared(environment)])} |")
    is_same = [differences(outcomes["isolated"], outcomes[name], name) for name in ("report", "declared")]
    print(f"base tree unchanged: {'yes' if tree_hash(base_prefix(options.base)) == before else 'NO'}")
    return 0 if all(is_same) and outcomes["isolated"] else 1


def unpack(directory: Path, project: str) -> Path:
    """Download a source distribution, and return the directory that it holds."""
    shutil.rmtree(directory, ignore_errors=True)
    name = project.partition("==")[0]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", name]
    subprocess.run([*command, "--dest", directory, project], check=True)
    (archive,) = directory.iterdir()
    shutil.unpack_archive(archive, directory, filter="data")
    (source,) = (path for path in directory.iterdir() if path.is_dir())
    return source


def pins(python: str) -> str:
    """Return the versions of a base as constraints."""
    code = (
        "from importlib.metadata import distributions as d; print(*{f'{i.name}=={i.version}' for i in d()}, sep='\\n')"
    )
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout


def read(path: Path) -> dict[str, str]:
    """Return how each test ended, from pytest's JUnit XML; nothing where pytest did not come so far."""
    if not path.exists():
        return {}
    found: dict[str, str] = {}
    for case in ET.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        found[f"{case.get('classname')}::{case.get('name')}"] = outcome
    return found


def undeclared(environment: Path) -> str:
    """Name what the record says was used without being declared."""
    record = environment / "sitediff.json"
    if not record.exists():
        return "-"
    items = json.loads(record.read_text(encoding="utf-8"))["undeclared"]
    names = sorted({item["name"] or item["imported_by"] for item in items})
    return f"{len(items)}: {', '.join(names)}" if items else "0"


def differences(wanted: dict[str, str], found: dict[str, str], name: str) -> bool:
    """Print which tests ended otherwise; return whether there is none."""
    other = [test for test in sorted({*wanted, *found}) if wanted.get(test) != found.get(test)]
    print(f"{name}: {len(other)} tests ended otherwise than isolated")
    for test in other[:10]:
        print(f"    {test}: {found.get(test, 'not there')}, isolated: {wanted.get(test, 'not there')}")
    return not other


if __name__ == "__main__":
    sys.exit(main())
