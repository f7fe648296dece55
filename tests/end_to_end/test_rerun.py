"""What a later run makes of an environment: the base changed, the run before was killed, the interpreter is gone."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.projects import SpyUv, make_project
from support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from support.bases.made import Base, MakeBase
    from support.index import Index
    from support.projects import Project


@pytest.fixture
def own(tmp_path: Path, make_base: MakeBase, index: Index, family: str) -> Project:
    """A project over a base that the test may change."""
    if family == "tox-uv":
        pytest.importorskip("tox_uv")
    return make_project(tmp_path, make_base("numlib<2", "frame", "dates==2.8.0", "unrelated"), index, family)


def test_only_a_change_that_matters_recreates(own: Project) -> None:
    """Upgrades and removals of what the environment does not rely on are not its business; of the rest they are."""
    own.ini("deps =\n    frame\n    tiny\ncommands = python -c 'import frame, numlib, dates, tiny'")
    own.tox("-e", "a").ok()
    created = own.directory() / "created-once"
    created.touch()
    own.base.install(own.index, "svglib", "runner")
    own.base.uninstall(own.index, "unrelated")
    run = own.tox("-e", "a").ok()
    assert not run.lines("recreate env")
    assert created.exists()

    own.base.install(own.index, "dates==2.9.0")
    run = own.tox("-e", "a").ok()
    assert run.lines("recreate env because the base changed: dates was 2.8.0")
    assert not created.exists()
    assert own.reused()["dates"] == "2.9.0"
    assert own.installed() == {"tiny": "1.1"}

    own.base.uninstall(own.index, "numlib")
    run = own.tox("-e", "a").ok()
    assert run.lines("recreate env because the base changed: numlib 1.26.0 is gone")
    assert own.installed() == {"numlib": "1.26.0", "tiny": "1.1"}
    assert own.reused() == {"dates": "2.9.0", "frame": "2.1.0"}
    assert not own.tox("-e", "a").ok().lines("recreate env")


def test_other_requirements_of_the_same_version_recreate(own: Project) -> None:
    """A distribution of the base that was built anew with another dependency is noticed."""
    own.ini("deps = frame")
    own.tox("-e", "a").ok()
    metadata = own.base.site / "frame-2.1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text("utf-8").replace("\n\n", "\nRequires-Dist: tiny\n\n", 1), "utf-8")
    run = own.tox("-e", "a").ok()
    assert run.lines("recreate env because the base changed: frame 2.1.0 has other requirements now")
    assert own.installed() == {"tiny": "1.1"}


def test_exec_and_notest_notice_a_changed_base_too(own: Project) -> None:
    """Whatever command of tox sets the environment up looks at the base first."""
    own.ini("deps = frame")
    own.tox("-e", "a", "--notest").ok()
    own.base.uninstall(own.index, "dates")
    run = own.tox("exec", "-e", "a", "--", "python", "-c", "import dates; print('it is', dates.__version__)").ok()
    assert run.lines("recreate env because the base changed: dates 2.8.0 is gone")
    assert run.lines("it is 2.9.0")


def test_another_base_takes_the_place_of_one_that_is_there_and_of_one_that_is_gone(
    own: Project, shared_base: Base
) -> None:
    """The environment follows ``base_python``; a base that vanished is an error with a message, or skipped."""
    first, old = own.base, own.base.prefix
    own.ini("deps = frame")
    own.tox("-e", "a").ok()
    own.base = shared_base
    own.ini("deps = frame")
    run = own.tox("-e", "a").ok()
    assert run.lines("recreate env because")
    assert own.record().python.base_prefix == str(shared_base.prefix)
    own.base = first
    own.ini("deps = frame")
    own.tox("-e", "a").ok()
    assert own.record().python.base_prefix == str(old)
    old.rename(old.with_name("moved"))
    run = own.tox("-e", "a", "--skip-missing-interpreters", "false").failed()
    assert run.lines("could not find python interpreter")
    run = own.tox("-e", "a", "--skip-missing-interpreters", "true")
    assert run.lines("a: SKIP")
    own.base = shared_base
    own.ini("deps = frame")
    own.tox("-e", "a").ok()
    assert own.record().python.base_prefix == str(shared_base.prefix)
    assert set(own.reused()) == {"dates", "frame", "numlib"}


def test_what_a_killed_run_left_is_removed(project: Project) -> None:
    """The mark of an installation under way: the environment is made anew."""
    project.ini("deps =\n    frame\n    tiny")
    project.tox("-e", "a").ok()
    state = project.directory() / ".sitediff-state.json"
    data = json.loads(state.read_text("utf-8"))
    state.write_text(json.dumps({**data, "installing": True}), "utf-8")
    run = project.tox("-e", "a").ok()
    assert run.lines("recreate env because an earlier run was stopped while it installed")
    assert project.installed() == {"tiny": "1.1"}
    assert set(project.reused()) == {"dates", "frame", "numlib"}


@pytest.mark.parametrize(
    ("moment", "installing"),
    [("*--dry-run*runner-mock*", False), ("*--no-deps*runner-mock=*", True), ("*runner-mock*--excludes*", True)],
    ids=["planning", "installing", "both in one go"],
)
def test_a_run_killed_while_uv_works_is_healed(project: Project, tmp_path: Path, moment: str, installing: bool) -> None:
    """tox dies while uv plans, or installs; the next run ends as if nothing had been."""
    project.ini("deps =\n    frame\n    runner-mock")
    project.variables["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    spy = SpyUv(tmp_path / "spy")
    if "--excludes" in moment:
        project.tox("-e", "a", **spy.variables).ok()
        shutil.rmtree(project.directory())
    pid = tmp_path / "pid"
    spy.kill(moment, pid)
    starter = f"import os; open({str(pid)!r}, 'w').write(str(os.getpid())); from tox.run import run; run()"
    killed = subprocess.run(
        [sys.executable, "-c", starter, "-e", "a"],
        cwd=project.root,
        env=project.environment() | spy.variables,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    assert "frame" not in project.installed()
    state = json.loads((project.directory() / ".sitediff-state.json").read_text("utf-8"))
    assert state["installing"] is installing
    project.tox("-e", "a").ok()
    assert project.installed() == {"runner_mock": "3.1"}
    assert set(project.reused()) == {"dates", "frame", "hooks", "numlib", "runner"}
    assert not project.tox("-e", "a").ok().lines("recreate env")


def test_a_second_run_installs_nothing_and_asks_uv_nothing(project: Project, spy: SpyUv) -> None:
    """Nothing changed: uv is not started for the environment again."""
    project.ini("deps =\n    frame\n    tiny")
    project.tox("-e", "a").ok()
    assert spy.installs()
    before = len(spy.installs())
    run = project.tox("-e", "a").ok()
    assert len(spy.installs()) == before
    assert not run.lines("recreate env")


def test_a_remainder_that_is_known_takes_one_uv(project: Project, spy: SpyUv, tmp_path: Path) -> None:
    """An environment that is made anew over the same base gets the newest of what is missing, without a plan."""
    project.variables["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    project.ini("deps =\n    frame\n    runner-mock")
    project.tox("-e", "a").ok()
    before = spy.installs()
    assert [line for line in before if "--dry-run" in line]
    record = project.record()
    run = project.tox("-r", "-e", "a").ok()
    (line,) = spy.installs()[len(before) :]
    assert "--excludes" in line
    assert "--dry-run" not in line
    assert not run.lines("taken back")
    assert project.installed() == {"runner_mock": "3.1"}
    assert (project.record().reused, project.record().installed) == (record.reused, record.installed)


def test_what_does_not_fit_any_more_leaves_the_environment_as_it_was(project: Project, tmp_path: Path) -> None:
    """A release that was taken before is gone, and the newest needs what nobody has: nothing is installed."""
    project.variables["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    links = tmp_path / "links"
    links.mkdir()
    old = make_wheel(links, "newcomer", "1.0", requires=["frame"])
    project.ini(f"deps =\n    frame\n    newcomer\nset_env =\n    UV_FIND_LINKS = {links}")
    project.tox("-e", "a").ok()
    assert project.installed() == {"newcomer": "1.0"}
    old.unlink()
    make_wheel(links, "newcomer", "2.0", requires=["frame>=99"])
    run = project.tox("-r", "-e", "a")
    assert run.code != 0
    assert run.lines("the newest newcomer needs more than is there, and is taken back")
    assert project.installed() == {}
    state = json.loads((project.directory() / ".sitediff-state.json").read_text("utf-8"))
    assert state["installing"] is False
