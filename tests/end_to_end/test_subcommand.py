"""``tox sitediff plan`` and ``tox sitediff report``."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

from support.bases.made import uv_program

if TYPE_CHECKING:
    from pathlib import Path

    from support.projects import Project, Run


def plans(run: Run) -> dict[str, dict[str, list[dict[str, object]]]]:
    """Read what was printed for programs."""
    found: dict[str, dict[str, list[dict[str, object]]]] = json.loads(run.out)
    return found


def planned(run: Run, env: str = "a") -> tuple[dict[str, object], dict[str, object]]:
    """What would be reused and installed: names and versions."""
    plan = plans(run)[env]
    return (
        {str(item["name"]): item["version"] for item in plan["reused"]},
        {str(item["name"]): item["version"] for item in plan["install"]},
    )


def tree(root: Path) -> set[str]:
    """All below a directory, with its time."""
    return {f"{path.relative_to(root)} {path.lstat().st_mtime_ns}" for path in root.rglob("*")}


def test_a_plan_is_what_the_run_then_does(project: Project) -> None:
    """For environments that don't exist, of all kinds of declarations; nothing is created, and the run agrees."""
    more = '[project.optional-dependencies]\nsvg = ["plotter[svg]"]\n[dependency-groups]\ntest = ["tiny"]\n'
    project.package('dependencies = ["frame"]', rest=more)
    project.write("more.txt", "runner-mock\n")
    project.write("limits.txt", "tiny<1.1\n")
    project.ini(
        """
        deps = -r more.txt
        dependency_groups = test
        extras = svg
        constraints = limits.txt
        commands = runner demo
        """,
        tox="env_list = a, clean",
        rest="[testenv:clean]\nsitediff = false",
    )
    project.tox("list").ok()  # tox itself makes a lock in .pkg whenever it reads such a configuration
    before = tree(project.root)
    run = project.tox("sitediff", "plan", "--format", "json").ok()
    assert tree(project.root) == before
    assert list(plans(run)) == ["a"]
    assert run.lines("clean: sitediff: is not slim")
    assert list(plans(run)["a"]) == [
        *("schema", "python", "declared", "reused", "install", "shadowed", "conflicts", "unmet")
    ]
    reused, installed = planned(run)
    assert installed == {"runner-mock": "3.1", "svglib": "1.5", "tiny": "1.0"}
    project.tox("-e", "a").ok()
    assert project.reused() == reused
    assert {item.name: item.version for item in project.record().installed} == {**installed, "demo": "1.0"}
    after = tree(project.root)
    assert plans(project.tox("sitediff", "plan", "-e", "a", "--format", "json").ok()) == plans(run)
    assert tree(project.root) == after


def test_settings_count_in_a_plan(project: Project) -> None:
    """Exclusions, layers and the environment's variables; a table for people, one for each environment."""
    layer = project.root / "layer"
    command: list[str | Path] = ["pip", "install", "--target", layer, "--python", project.base.python, "svglib"]
    subprocess.run(
        [uv_program(), *command], env=project.environment(), cwd=project.root, check=True, capture_output=True
    )
    project.ini(
        """
        deps =
            frame
            svglib
            tiny
        set_env = UV_RESOLUTION = lowest
        """,
        tox="no_package = true\nenv_list = a, b",
        rest="[testenv:b]\nsitediff_exclude = Numlib\nsitediff_layers = layer",
    )
    run = project.tox("sitediff", "plan", "--format", "json").ok()
    assert planned(run) == ({"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}, {"svglib": "1.5", "tiny": "1.0"})
    reused, installed = planned(run, "b")
    assert (reused["svglib"], installed) == ("1.5", {"numlib": "1.26.0", "tiny": "1.0"})
    shown = project.tox("sitediff", "plan").ok().out.splitlines()
    assert [line for line in shown if line.endswith(":")] == ["a:", "b:"]
    assert sum(line.split()[:3] == ["frame", "2.1.0", "reused"] for line in shown) == 2


def test_a_plan_that_can_not_be_carried_out(project: Project) -> None:
    """uv's reason, an interpreter that is not there, a file that is missing: status and message say which."""
    project.ini(
        "deps = tiny==9",
        tox="no_package = true\nenv_list = a, b, c, d",
        rest="""
        [testenv:b]
        deps = -r missing.txt
        [testenv:c]
        base_python = /nowhere/bin/python
        [testenv:d]
        deps = frame
        """,
    )
    run = project.tox("sitediff", "plan", "-e", "a").failed()
    assert run.code == 1
    assert run.lines("tiny==9")
    run = project.tox("sitediff", "plan", "-e", "b").failed()
    assert run.code == 2
    assert run.lines("missing.txt")
    run = project.tox("sitediff", "plan", "-e", "c").failed()
    assert run.code == 2
    assert run.lines("/nowhere/bin/python")
    run = project.tox("sitediff", "plan", "--format", "json").failed()
    assert run.code == 2
    assert set(plans(run)) == {"a", "d"}
    assert not (project.root / ".tox").exists()


def test_what_a_plan_can_not_know(project: Project) -> None:
    """Dynamic dependencies, and an installer other than uv: said, and the rest is planned."""
    project.package('dynamic = ["dependencies"]')
    project.ini("deps =\n    frame\n    tiny\ninstall_command = python installer.py {packages}", tox="")
    run = project.tox("sitediff", "plan", "-e", "a", "--format", "json").ok()
    assert run.lines("known to its build backend alone")
    assert run.lines("install_command is not uv's")
    assert planned(run)[1] == {"tiny": "1.1"}


def test_a_plan_from_a_lock_file(project: Project) -> None:
    """``pylock`` is read as tox reads it."""
    wheel = project.index.wheel("tiny", "1.0")
    project.write(
        "pylock.toml",
        f"""
        lock-version = "1.0"
        created-by = "tests"
        [[packages]]
        name = "numlib"
        version = "1.26.0"
        wheels = [{{ path = "{project.index.wheel("numlib", "1.26.0")}", hashes = {{ sha256 = "{"0" * 64}" }} }}]
        [[packages]]
        name = "tiny"
        version = "1.0"
        archive = {{ path = "{wheel}", hashes = {{ sha256 = "{"0" * 64}" }} }}
        """,
    )
    project.ini("pylock = pylock.toml")
    run = project.tox("sitediff", "plan", "-e", "a", "--format", "json")
    assert planned(run)[0] == {"numlib": "1.26.0"}
    assert not (project.root / ".tox").exists()


def test_report(project: Project) -> None:
    """The records of the selected environments, in three forms; which have none is said."""
    rest = "[testenv:b]\ndeps = tiny\n[testenv:clean]\nsitediff = false"
    project.ini("deps = frame", tox="no_package = true\nenv_list = a, b, c, clean", rest=rest)
    run = project.tox("sitediff", "report").failed()
    assert run.code == 2
    assert run.lines("a: sitediff: has no record yet; make one: tox -e a --notest")
    project.tox("-e", "a,b").ok()
    run = project.tox("sitediff", "report").ok()
    assert [row[:3] for row in run.table()[:3]] == [["b", "0", "1"], ["a", "3", "0"], ["total", "3", "1"]]
    assert run.lines("from: .tox/*/sitediff.json")
    assert run.lines("c: sitediff: has no record yet")
    assert run.lines("clean: sitediff: is not slim (sitediff = false")
    assert not run.lines("make one: tox -e clean")  # which would end here again
    merged = json.loads(project.tox("sitediff", "report", "-e", "b", "--format", "json").ok().out)
    assert merged["records"] == [project.record_object("b")]
    run = project.tox("sitediff", "report", "-e", "a,b", "--fail-over", "10", "--output", "r.md").failed()
    assert (run.code, run.out) == (1, "")
    assert run.lines("report: sitediff: b (.tox/b/sitediff.json) has ")
    assert project.tox("sitediff", "report", "-e", "a", "--fail-increase", "1").failed().lines("add --compare OLD")
    assert project.tox("sitediff", "report", "--format", "markdown").ok().out.startswith("| environment | reused |")
    (project.directory("b") / "sitediff.json").write_text("{", "utf-8")
    assert project.tox("sitediff", "report", "-e", "a,b").ok().lines("b/sitediff.json is damaged")


def test_usage(project: Project) -> None:
    """Help names both; a form that a plan does not have is refused, with those that it has."""
    project.ini("")
    run = project.tox("sitediff", "--help").ok()
    assert run.lines("plan|report")
    run = project.tox("sitediff", "plan", "--format", "markdown").failed()
    assert run.code == 2
    assert run.lines("choose one of: --format table, json")
    assert project.tox("sitediff", "plan", "--by", "base").failed().lines("--by is for report")
    assert project.tox("sitediff").failed().code == 2
    assert project.tox("--no-sitediff", "sitediff", "plan", "-e", "a").lines("is not slim")


def test_a_plan_writes_nothing_where_nothing_may_be_written(project: Project) -> None:
    """A plan needs no place for an environment but a temporary one, and leaves none."""
    temporary = project.root.parent / "temporary"
    temporary.mkdir()
    project.ini("deps =\n    frame\n    tiny")
    project.tox("sitediff", "plan", "-e", "a", TMPDIR=str(temporary)).ok()
    assert os.listdir(temporary) == []
