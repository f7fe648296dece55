"""tox-uv's lock runner (``uv sync``), slim: exact pins, through its own keys and flags."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.bases.made import uv_program

if TYPE_CHECKING:
    from support.projects import Project

SYNCED = "runner = uv-venv-lock-runner\n"


def lock(project: Project, *arguments: str) -> None:
    """Run ``uv lock`` in the project."""
    subprocess.run(
        [uv_program(), "lock", "--python", project.base.python, *arguments],
        cwd=project.root,
        env=project.environment(),
        check=True,
        capture_output=True,
    )


@pytest.fixture
def locked(with_tox_uv: Project) -> Project:
    """A project with a lock file: frame and its numlib as the base has them, dates and tiny not."""
    project = with_tox_uv
    project.package(
        'requires-python = ">=3.11"\ndependencies = ["frame", "tiny"]',
        rest="""
        [project.optional-dependencies]
        svg = ["plotter[svg]"]
        [dependency-groups]
        dev = ["runner-mock"]
        test = ["meter"]
        lint = ["hooks"]
        """.replace("\n        ", "\n"),
    )
    lock(project)
    return project


def test_the_locked_set_less_what_the_base_has(locked: Project) -> None:
    """What the base has in the locked version is reused, all else is as locked; extras, groups and flags count."""
    project = locked
    project.ini(
        f"{SYNCED}extras = svg\ndependency_groups = test\ncommands = python -c 'import demo; print(demo.__file__)'",
        tox="env_list = a, b, c, d",
        rest="""
        [testenv:b]
        extras =
        dependency_groups =
        only_groups = lint
        commands = hooks
        [testenv:c]
        extras =
        dependency_groups =
        package = skip
        uv_sync_flags = --no-dev
        commands = python -m tiny
        [testenv:d]
        package = wheel
        extras =
        """,
    )
    run = project.tox().ok()
    assert run.lines(str(project.root / "src" / "demo"))
    assert project.installed("a") == {"dates": "2.9.0", "demo": "1.0", "svglib": "1.5", "tiny": "1.1"}
    assert project.reused("a") == {"frame": "2.1.0", "meter": "7.0", "numlib": "1.26.0", "plotter": "3.8.0"}
    assert {item.name for item in project.record("a").shadowed} == {"dates"}
    assert (project.installed("b"), project.reused("b")) == ({}, {"hooks": "1.0"})
    assert run.lines(f"hooks runs in {project.directory('b')}")
    assert project.installed("c") == {"dates": "2.9.0", "tiny": "1.1"}
    assert run.lines(f"{project.site('d')}/demo")
    assert [row[:3] for row in run.table()][-1] == ["total", "10", "9"]


def test_runs_after_the_first(locked: Project) -> None:
    """What left the lock leaves the environment; a lock that is out of date is refused."""
    project = locked
    project.ini(f"{SYNCED}commands = python -c pass", tox="")
    project.tox("-e", "a").ok()
    assert "runner_mock" in project.installed()
    assert not project.tox("-e", "a").ok().lines("installed packages")
    text = (project.root / "pyproject.toml").read_text("utf-8")
    (project.root / "pyproject.toml").write_text(text.replace(', "tiny"', ""), "utf-8")
    run = project.tox("-e", "a").failed()
    assert run.lines("uv.lock")
    project.tox("-e", "a", "-x", "testenv.uv_sync_locked=false").ok()
    assert "tiny" not in project.installed()
    project.tox("-e", "a", "-r").ok()
    assert project.reused() == {"frame": "2.1.0", "hooks": "1.0", "numlib": "1.26.0"}
    assert project.installed().keys() == {"dates", "demo", "runner", "runner_mock"}


def test_without_a_lock_file(with_tox_uv: Project) -> None:
    """tox-uv's own rule: refused while the lock has to be there, made where it need not."""
    project = with_tox_uv
    project.package('requires-python = ">=3.11"\ndependencies = ["frame"]')
    project.ini(f"{SYNCED}commands = python -m frame", tox="")
    assert project.tox("-e", "a").failed().lines("uv.lock")
    project.tox("-e", "a", "-x", "testenv.uv_sync_locked=false").ok()
    assert (project.root / "uv.lock").is_file()
    assert project.reused() == {"frame": "2.1.0", "numlib": "1.26.0"}


def test_switched_off(locked: Project) -> None:
    """``sitediff = false`` and ``--no-sitediff`` give tox-uv's own environment: isolated and full."""
    project = locked
    project.ini(f"{SYNCED}commands = python -c pass", tox="")
    project.tox("-e", "a", "--no-sitediff").ok()
    assert {"frame", "numlib", "dates"} <= project.installed().keys()
    project.tox("-e", "a").ok()
    assert "frame" not in project.installed()


def test_a_plan_of_it(locked: Project) -> None:
    """``tox sitediff plan`` tells the same before."""
    project = locked
    project.ini(f"{SYNCED}commands = python -c pass", tox="")
    found = json.loads(project.tox("sitediff", "plan", "-e", "a", "--format", "json").ok().out)["a"]
    assert not project.directory().exists()
    project.tox("-e", "a").ok()
    assert {item["name"] for item in found["reused"]} == project.reused().keys()
    assert {item["name"]: item["version"] for item in found["install"]}.keys() == {
        item.name for item in project.record().installed
    }


def test_an_installed_package_given_from_outside(locked: Project) -> None:
    """``--installpkg`` stands in for the project, as tox-uv has it."""
    project = locked
    wheel = project.index.add("demo", "3.0", modules={"demo.py": "print('from outside')\n"})
    try:
        project.ini(f"{SYNCED}commands = python -m demo", tox="")
        run = project.tox("run", "-e", "a", "--installpkg", str(wheel)).ok()
    finally:
        wheel.unlink()
    assert run.lines("from outside")
    assert project.installed()["demo"] == "3.0"


def test_sync_in_commands_pre(stock: Project) -> None:
    """Without tox-uv, ``sitediff sync`` in ``commands_pre`` does the same."""
    project = stock
    project.package('requires-python = ">=3.11"\ndependencies = ["frame", "tiny"]')
    lock(project)
    project.ini(
        "package = skip\nallowlist_externals = sitediff\n"
        "commands_pre = sitediff sync --quiet --python {env_dir} --no-install-project\ncommands = python -m tiny",
        tox="",
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = project.tox("-e", "a", PATH=path).ok()
    assert project.installed() == {"dates": "2.9.0", "tiny": "1.1"}
    assert project.reused() == {"frame": "2.1.0", "numlib": "1.26.0"}
    assert [row[:3] for row in run.table()] == [["a", "2", "2"]]
    (line,) = run.lines("a: sitediff: base ")
    assert line.endswith("distributions)")  # what commands install is not known yet, and not called nothing
    run = project.tox("-e", "a", PATH=path).ok()
    assert [row[:3] for row in run.table()] == [["a", "2", "2"]]
    assert ": 2 reused, 2 installed, " in run.lines("a: sitediff: base ")[0]
