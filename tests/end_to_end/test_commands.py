"""Commands: programs of the base run in the environment, as they would in an ordinary one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from support.bases.made import uv_program
from support.projects import make_project
from support.watched import watched_network

if TYPE_CHECKING:
    from pathlib import Path

    from support.bases.made import MakeBase
    from support.index import Index
    from support.projects import Project


def test_programs_of_what_is_declared_run_under_the_environments_interpreter(project: Project) -> None:
    """Console scripts of the base, as commands or as modules, with the base's own copies first on PATH."""
    project.ini(
        """
        deps =
            runner
            runner-mock
            meter
        commands =
            runner runner_mock runner
            meter run -m runner runner_mock
            python -m meter run -m runner runner_mock
            python -m pip list
        """
    )
    programs = project.base.scripts
    assert {"runner", "hooks", "meter", "unrelated"} <= {path.name for path in programs.iterdir()}
    run = project.tox("-e", "a", PATH=f"{programs}{os.pathsep}{os.environ['PATH']}").ok()
    assert len(run.lines(f"runner runs in {project.directory()}")) == 3
    assert len(run.lines(f"meter runs in {project.directory()}")) == 2
    assert len(run.lines(f"runner_mock is 3.1 in {project.site()}")) == 3
    assert [line.split() for line in run.lines("numlib") if line.startswith("numlib")] == [["numlib", "1.26.0"]]
    assert {"runner", "meter"} <= project.scripts()
    # what a dependency brings, as in an ordinary environment; nothing of the rest of the base
    assert "hooks" in project.scripts()
    assert "unrelated" not in project.scripts()


def test_a_program_that_nothing_declared_asks_for_is_not_there(project: Project) -> None:
    """A forgotten dependency fails as it does in an ordinary environment."""
    project.ini("deps = frame\ncommands = unrelated")
    run = project.tox("-e", "a").failed()
    assert run.lines("unrelated")
    assert project.record().declared == ("frame",)


def test_exec_devenv_notest_and_posargs(project: Project) -> None:
    """The other commands of tox that make environments make slim ones, and end with the table."""
    project.ini("deps =\n    runner\n    tiny\ncommands = runner {posargs}")
    run = project.tox("-e", "a", "--notest").ok()
    assert not run.lines("runs in")
    assert [row[:3] for row in run.table()] == [["a", "2", "1"]]
    run = project.tox("-e", "a", "--", "frame").ok()
    assert run.lines(f"frame is 2.1.0 in {project.base.site}")
    run = project.tox("exec", "-e", "a", "--", "runner", "tiny").ok()
    assert run.lines("tiny is 1.1")
    assert run.lines(f"runner runs in {project.directory()}")
    run = project.tox("devenv", "-e", "a", str(project.root / "venv")).ok()
    assert [row[:3] for row in run.table()] == [["a", "2", "1"]]
    made = {path.name for path in (project.root / "venv" / "bin").iterdir()}
    assert {"python", "runner"} <= made
    assert (project.root / "venv" / "sitediff.json").is_file()


def test_further_commands_of_the_setup_count(project: Project) -> None:
    """What ``extra_setup_commands`` installs is in the record, and stays."""
    project.ini(
        f"""
        deps = frame
        allowlist_externals = {uv_program()}
        extra_setup_commands = {uv_program()} pip install tiny
        commands = python -m tiny
        """
    )
    project.tox("-e", "a").ok()
    assert [item.name for item in project.record().installed] == ["tiny"]
    assert set(project.reused()) == {"dates", "frame", "numlib"}


def test_an_install_command_with_uv(project: Project) -> None:
    """Options of the user's own ``install_command`` keep their meaning, and the base is seen all the same."""
    project.ini(
        """
        deps =
            frame
            numlib
            runner-mock
        """,
        rest="""
        [testenv:a]
        install_command = uv pip install {opts} --no-deps {packages}
        [testenv:b]
        install_command = uv pip install --upgrade {opts} {packages}
        """,
    )
    path = f"{uv_program().parent}{os.pathsep}{os.environ['PATH']}"
    project.tox("-e", "a,b", PATH=path).ok()
    assert project.installed("a") == {"runner_mock": "3.1"}
    assert set(project.reused("a")) == {"frame", "numlib"}
    # an upgrade is what was asked for, so that what the base has is not good enough
    assert project.installed("b") == {"dates": "2.9.0", "runner": "8.0.0", "runner_mock": "3.1"}
    assert project.reused("b") == {"frame": "2.1.0", "hooks": "1.0", "numlib": "1.26.0"}


@pytest.mark.parametrize("has_pip", [True, False], ids=["with-pip", "without-pip"])
def test_an_install_command_with_pip(
    tmp_path: Path, make_base: MakeBase, index: Index, family: str, has_pip: bool
) -> None:
    """pip is the base's where it has one, and the wheel that virtualenv carries where it has none; no index is asked.

    Attack: the settings that keep pip from the public index are pip's own, so that uv, asked for pip, would go there.
    """
    if family == "tox-uv":
        pytest.importorskip("tox_uv")
    base = make_base("numlib<2", "frame", *(["pip"] if has_pip else []))
    before = base.digest()
    project = make_project(tmp_path, base, index, family)
    project.ini(
        "deps =\n    frame\n    tiny\ninstall_command = python -m pip install {opts} {packages}\n"
        "commands = python -c 'import frame, tiny; print(tiny.__version__, frame.__file__)'"
    )
    # no variable of uv's: nothing but pip's configuration says where not to look
    without = {name: value for name, value in project.environment().items() if name in {"HOME", "XDG_CONFIG_DIRS"}}
    with watched_network(tmp_path / "network") as network:
        variables = {**network.variables(index.home), **without, "UV_DEFAULT_INDEX": "", "UV_FIND_LINKS": ""}
        variables["UV_CACHE_DIR"] = str(tmp_path / "empty")
        variables["TOX_OVERRIDE"] = "testenv.pass_env+=*_PROXY"
        run = project.tox("-e", "a", **variables).ok()
        assert network.asked() == set()
    assert run.lines(f"1.1 {base.site}")
    installed = project.installed()
    assert ("pip" in installed) is not has_pip
    assert {name: found for name, found in installed.items() if name != "pip"} == {"tiny": "1.1"}
    assert set(project.reused()) == {"dates", "frame", "numlib"}
    run = project.tox("-e", "a").ok()
    assert not run.lines("recreate env")
    assert base.digest() == before


@pytest.mark.parametrize("has_pip", [True, False], ids=["with-pip", "without-pip"])
def test_pip_is_there_as_in_stock_tox(tmp_path: Path, make_base: MakeBase, index: Index, has_pip: bool) -> None:
    """By name, by path, as a module, for a shell, with and without deps; where nothing asks for it, there is none."""
    base = make_base("frame", *(["pip"] if has_pip else []))
    before = base.digest()
    project = make_project(tmp_path, base, index, "virtualenv")
    ways = {
        "name": "deps = tiny\ninstall_command = pip install {opts} {packages}",
        "path": "deps = tiny\ninstall_command = {env_bin_dir}/pip3 install {opts} {packages}",
        "pre": "commands_pre = pip install tiny\ncommands = python -c 'import tiny'",
        "shell": "deps = tiny\nallowlist_externals = sh\ncommands = sh -c 'pip --version; pip3 --version'",
        "module": "commands = python -m pip --version",
        "none": "deps = tiny\ncommands = python -c 'raise SystemExit(3)'",
    }
    rest = "\n".join(f"[testenv:{name}]\n{text}" for name, text in ways.items())
    project.ini("", tox=f"no_package = true\nenv_list = {', '.join(ways)}", rest=rest)
    run = project.tox().failed()
    assert [line.split(":")[0].strip() for line in run.lines("FAIL")] == ["none"]
    place = str(base.site) if has_pip else ".tox/shell/"
    assert len([line for line in run.lines("pip ") if line.startswith("pip ") and place in line]) == (
        3 if has_pip else 2
    )
    own = set() if has_pip else {"pip"}
    for name in ways:
        wanted = (set() if name == "module" else {"tiny"}) | (set() if name == "none" else own)
        assert set(project.installed(name)) == wanted, name
        recorded = {item.name for item in project.record(name).installed}
        assert recorded == set(project.installed(name)), name
    assert len(run.lines("the base has no pip, so this environment has none")) == (0 if has_pip else 1)
    # virtualenv's own pip, which no index is needed for
    project.tox("-r", "-e", "module", UV_OFFLINE="1", UV_FIND_LINKS="", UV_CONSTRAINT="/nowhere").ok()
    assert base.digest() == before


def test_an_install_command_with_pip_beside_tox_uv(tmp_path: Path, make_base: MakeBase, index: Index) -> None:
    """The pip that stands beside tox would fill tox's own environment: the environment gets one of the base's."""
    pytest.importorskip("tox_uv")
    project = make_project(tmp_path, make_base("frame", "pip"), index, "tox-uv")
    project.ini("deps = tiny\ninstall_command = pip install {opts} {packages}")
    project.tox("-e", "a").ok()
    assert project.installed() == {"tiny": "1.1"}
    assert {"pip", "pip3"} <= project.scripts()


def test_a_base_that_tox_itself_runs_in(tmp_path: Path, index: Index) -> None:
    """Without ``base_python`` the environment inherits from the interpreter that tox runs on."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "tox.ini").write_text("[tox]\nno_package = true\nenv_list = a\n[testenv]\ndeps = tiny\n", "utf-8")
    from support.projects import Project

    project = Project(root=root, base=None, index=index, family="virtualenv")  # type: ignore[arg-type]  # unused
    run = project.tox("-e", "a").ok()
    assert project.record().python.base_prefix == sys.base_prefix
    assert run.lines(f"sitediff: base {project.record().python.executable}")


def test_installing_may_be_skipped_for_a_run(project: Project) -> None:
    """``--skip-env-install`` makes an empty environment that says so, and the next run fills it."""
    project.ini("deps =\n    tiny\n    runner")
    run = project.tox("-e", "a", "--skip-env-install").ok()
    assert [row[:3] for row in run.table()] == [["a", "0", "0"]]
    assert project.installed() == {}
    project.tox("-e", "a").ok()
    assert project.installed() == {"tiny": "1.1"}
    assert "runner" in project.scripts()
