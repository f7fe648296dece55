"""The recipes for GitHub Actions: each step of each file is run, on a stand-in for the runner.

Stand-ins: actions of others (`support.ci.actions`), `gh` and `7z`, WinPython's archive, containers, other systems than
this one. Shells, tox, uv, pip, sitediff and our own action are real.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.ci.world import project
from support.wheels import repack

if TYPE_CHECKING:
    from support.ci.github import JobRan, Machine
    from support.ci.world import World

ROOT: Final = Path(__file__).parents[2]
RECIPES: Final = ROOT / "docs" / "ci" / "github"
PAGE: Final = ROOT / "docs" / "ci" / "github.md"


def program(machine: Machine, name: str, text: str) -> None:
    """Put a program on the machine that stands for another one."""
    path = Path(machine.variables["HOME"]) / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{text}", "utf-8")
    path.chmod(0o755)


def uploaded(machine: Machine, name: str) -> dict[str, dict[str, object]]:
    """Read the records of an artifact: by environment."""
    files = sorted((machine.artifacts / name).rglob("sitediff.json"))
    records = [json.loads(file.read_text("utf-8")) for file in files]
    return {record["env"]: record for record in records}


def reuses_the_base(machine: Machine, name: str, *envs: str) -> None:
    """Each environment of an artifact has the difference alone."""
    found = uploaded(machine, name)
    assert sorted(found) == sorted(envs)
    for record in found.values():
        assert {item["name"] for item in _items(record["reused"])} == {"frame", "numlib", "dates"}
        assert [item["name"] for item in _items(record["installed"])] == ["tiny"]


def _items(value: object) -> list[dict[str, str]]:
    assert isinstance(value, list)
    return value


def test_winpython(machine: Machine, world: World) -> None:
    """Download, check of the hash, unpacking, tox; a download with other bytes is refused before it is unpacked."""
    archive = b"WinPython"
    program(
        machine,
        "gh",
        f"import sys, pathlib\nassert sys.argv[1:5] == ['release', 'download', '16.6.20250620final', '--repo']\n"
        f"pathlib.Path(sys.argv[sys.argv.index('--output') + 1]).write_bytes({archive!r})\n",
    )
    program(
        machine,
        "7z",
        "import os, sys\n(to,) = [word[2:] for word in sys.argv if word.startswith('-o')]\n"
        "place = os.path.join(to, 'WPy64-313500', 'python')\nos.makedirs(place)\n"
        f"os.symlink({str(world.base.python)!r}, os.path.join(place, 'python.exe'))\n",
    )
    refused = machine.job(RECIPES / "winpython.yml", "tests")
    assert refused.failed
    assert "computed checksum did NOT match" in refused.said()
    assert not (machine.temporary / "winpython").exists()
    ran = machine.job(RECIPES / "winpython.yml", "tests", env={"SHA256": hashlib.sha256(archive).hexdigest()}).ok()
    assert "tests run over" in ran.said()
    reuses_the_base(machine, "sitediff-winpython", "py", "cov")
    kept = {line for line in (machine.root / "cached.txt").read_text("utf-8").splitlines() if line}
    assert kept == {f"{machine.temporary}/winpython.7z"}, "the base is kept, and no environment"


def test_miniforge(machine: Machine) -> None:
    """The conda environment is active in login shells only; tox and sitediff come from elsewhere."""
    ran = machine.job(RECIPES / "miniforge.yml", "tests", matrix={"os": "ubuntu-24.04"}).ok()
    assert "tests run over" in ran.said()
    reuses_the_base(machine, "sitediff-ubuntu-24.04", "py", "cov")


def test_container(machine: Machine) -> None:
    """Where the image constrains pip, and its Python is the one on PATH."""
    constraint = machine.root / "constraint.txt"
    constraint.write_text("tox==0.1\n", "utf-8")
    machine.variables["PIP_CONSTRAINT"] = str(constraint)
    machine.contexts["vars"] = {"IMAGE": "image@sha256:0"}
    machine.job(RECIPES / "container.yml", "tests").ok()
    reuses_the_base(machine, "sitediff-container", "py", "cov")


def test_offline(machine: Machine, world: World) -> None:
    """No index is reached for: the wheels are in a directory. What they lack ends the job, before anything is made."""
    (machine.workspace / "requirements.txt").write_text("frame\ntiny\n", "utf-8")
    (line,) = re.findall(r"^\$ (python -m pip download .*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    subprocess.run(line, shell=True, cwd=machine.workspace, env=machine.variables, check=True, capture_output=True)
    machine.contexts["vars"] = {"BASE": str(world.base.python), "WHEELS": str(machine.workspace / "wheels")}
    for name in ("UV_FIND_LINKS", "UV_DEFAULT_INDEX"):
        del machine.variables[name]
    shutil.rmtree(Path(machine.variables["HOME"]) / ".config")
    ran = machine.job(RECIPES / "offline.yml", "tests").ok()
    table = [line.split()[:3] for line in ran.steps[-1].said.splitlines()[1:] if line]
    assert ["cov", "3", "1"] in table
    assert ["py", "3", "1"] in table
    ini = machine.workspace / "tox.ini"
    ini.write_text(ini.read_text("utf-8").replace("    tiny\n", "    nowhere-to-be-had\n"), "utf-8")
    again = machine.job(RECIPES / "offline.yml", "tests")
    assert again.failed
    assert "nowhere-to-be-had" in again.steps[2].said
    assert [step.name for step in again.steps if step.failed] == ["See whether the base and the wheels have everything"]


def test_without_the_word_on_hidden_files_nothing_is_uploaded(machine: Machine, tmp_path: Path) -> None:
    """Attack: the line that is easily forgotten. The recipe says why it is there, and fails loudly without it."""
    recipe = (RECIPES / "miniforge.yml").read_text("utf-8")
    line = "          include-hidden-files: true # without it nothing in .tox is uploaded\n"
    assert line in recipe
    broken = tmp_path / "miniforge.yml"
    broken.write_text(recipe.replace(line, ""), "utf-8")
    ran = machine.job(broken, "tests", matrix={"os": "ubuntu-24.04"})
    assert [step.name for step in ran.steps if step.failed] == ["actions/upload-artifact"]
    assert "No files were found" in ran.said()


GH: Final = """\
import json, os, pathlib, subprocess, sys
store = pathlib.Path(os.environ["GH_STORE"])
comments = json.loads(store.read_text()) if store.exists() else []
words = sys.argv[1:]
assert words.pop(0) == "api" and os.environ["GH_TOKEN"] == "token", sys.argv
if os.environ.get("GH_READS_ONLY") and "--method" in words:
    sys.exit("Resource not accessible by integration (HTTP 403)")
if "--method" not in words:
    words.remove("--paginate")
    path, option, jq = words
    assert (path, option) == ("repos/OWNER/project/issues/7/comments", "--jq"), words
    sys.exit(subprocess.run(["jq", "--raw-output", jq], input=json.dumps(comments), text=True).returncode)
method, path = words[words.index("--method") + 1 :][:2]
body = pathlib.Path(words[words.index("--field") + 1].removeprefix("body=@")).read_text()
if method == "POST":
    assert path == "repos/OWNER/project/issues/7/comments", path
    comments.append({"id": 100 + len(comments), "body": body})
else:
    (found,) = [item for item in comments if path == f"repos/OWNER/project/issues/comments/{item['id']}"]
    found["body"] = body
store.write_text(json.dumps(comments))
"""
"""What stands for `gh api`, as far as the action uses it: comments in a file, listed through the real `jq`."""


def matrix_of(machine: Machine) -> list[JobRan]:
    """Run two jobs of the matrix, with their records named after their Python."""
    return [
        machine.job(RECIPES / "matrix.yml", "tests", matrix={"python": version}, index=index)
        for index, version in enumerate(("3.11", "3.12"))
    ]


@pytest.mark.skipif(shutil.which("jq") is None, reason="gh's --jq is real: Debian's jq")
def test_a_matrix_and_its_report(machine: Machine) -> None:
    """The action runs tox in each job; in the last one it merges and comments, and later keeps that comment current."""
    machine.composites["OWNER/tox-sitediff"] = ROOT
    event = {"pull_request": {"number": 7}}
    machine.contexts["github"] = {"repository": "OWNER/project", "event": event, "token": "token"}
    store = machine.root / "comments.json"
    machine.variables["GH_STORE"] = str(store)
    program(machine, "gh", GH)
    for ran in matrix_of(machine):
        ran.ok()
    for name in ("3.11", "3.12"):
        reuses_the_base(machine, f"sitediff-{name}", "py", "cov")

    report = machine.job(RECIPES / "matrix.yml", "report").ok()
    assert report.summary().count("| `py` |") == 2, "one table, with a row for each job"
    (comment,) = json.loads(store.read_text("utf-8"))
    assert comment["body"].startswith("<!-- tox-sitediff: ")
    assert comment["body"].count("| `py` |") == 2
    kept = {path.name for path in (machine.artifacts / "report-of-sitediff").iterdir()}
    assert kept == {"sitediff.md", "sitediff.json", "sitediff.html"}

    # another run, by somebody who may not write, compared with the first; and one in which a size is too large
    shutil.copy2(machine.artifacts / "report-of-sitediff" / "sitediff.json", machine.workspace / "old.json")
    compared = machine.root / "compared.yml"
    text = (RECIPES / "matrix.yml").read_text("utf-8")
    compared.write_text(text.replace("fail-over: 20 MB", "compare: old.json\n          fail-increase: 1 B"), "utf-8")
    machine.variables["GH_READS_ONLY"] = "1"
    again = machine.job(compared, "report").ok()
    assert "::warning title=tox-sitediff::The report could not be written as a comment" in again.said()
    del machine.variables["GH_READS_ONLY"]
    small = machine.root / "small.yml"
    small.write_text(text.replace("20 MB", "1 kB"), "utf-8")
    assert machine.job(small, "report").failed
    (comment,) = json.loads(store.read_text("utf-8"))
    assert comment["id"] == 100, "the same one, written anew, although the job failed"


def test_our_own_workflow_runs_the_action_over_the_wheel(machine: Machine, tmp_path: Path) -> None:
    """The job `bases` of .github/workflows/check.yml, with the small project for the example, and its report."""
    (machine.artifacts / "distributions").mkdir()
    wheel = repack(machine.artifacts / "distributions", distribution("tox-sitediff"))
    shutil.copy2(ROOT / "action.yml", machine.workspace)
    project(machine.workspace / "example-project")
    program(machine, "gh", f"import os\nos.link({str(wheel)!r}, 'winpython.7z')\n")
    program(machine, "7z", "")
    archive = hashlib.sha256(wheel.read_bytes()).hexdigest()
    place = machine.temporary / "winpython" / "WPy64-313500" / "python"
    place.mkdir(parents=True)
    (place / "python.exe").symlink_to(machine.variables["BASE"])
    workflow = tmp_path / "check.yml"
    text = (ROOT / ".github" / "workflows" / "check.yml").read_text("utf-8")
    workflow.write_text(re.sub(r"SHA256: \w+", f"SHA256: {archive}", text), "utf-8")
    machine.job(workflow, "bases", matrix={"base": "WinPython"}).ok()
    reuses_the_base(machine, "sitediff-WinPython", "py", "cov")
    report = machine.job(workflow, "report").ok()
    assert report.summary().count("| `py` |") == 1
