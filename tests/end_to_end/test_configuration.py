"""Configuration: its three formats, what tox shows of the keys, generative environments, missing interpreters."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from support.index import repacked
from support.projects import make_project
from tox_sitediff.core.record import from_json

if TYPE_CHECKING:
    from pathlib import Path

    from support.bases.made import Base
    from support.index import Index
    from support.projects import Project

REUSED = {"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}


def tables(project: Project, prefix: str) -> str:
    """One configuration, as TOML."""
    head = f"[{prefix}]\n" if prefix else ""
    path = f"{prefix}." if prefix else ""
    return (
        f"{head}no_package = true\nenv_list = ['a', 'b']\n"
        f"[{path}env_run_base]\nbase_python = ['{project.base.python}']\ndeps = ['frame', 'tiny']\n"
        "sitediff_exclude = ['dates']\n"
        f"[{path}env.b]\nsitediff = false\n"
    )


@pytest.mark.parametrize("file", ["tox.ini", "tox.toml", "pyproject.toml"])
def test_the_keys_mean_the_same_in_each_format(project: Project, file: str) -> None:
    """A switch and a list, for all environments and for one."""
    if file == "tox.ini":
        project.ini(
            "deps =\n    frame\n    tiny\nsitediff_exclude = dates",
            tox="no_package = true\nenv_list = a, b",
            rest="[testenv:b]\nsitediff = false",
        )
    else:
        project.write(file, tables(project, "tool.tox" if file == "pyproject.toml" else ""))
    project.tox().ok()
    assert project.installed("a") == {"dates": "2.9.0", "tiny": "1.1"}
    assert project.reused("a") == {"frame": "2.1.0", "numlib": "1.26.0"}
    assert not (project.directory("b") / "sitediff.json").exists()
    assert {"dates", "frame", "numlib", "tiny"} <= set(project.installed("b"))


def test_tox_shows_the_keys(project: Project) -> None:
    """``tox config`` has their values, ``tox schema`` their descriptions, ``tox --version`` the plugin and its uv."""
    project.ini(
        """
        deps = frame
        sitediff_exclude =
            dates
            numlib
        """,
        tox="no_package = true\nenv_list = a, b",
        rest="[testenv:b]\nsitediff = false",
    )
    keys = ["-k", "sitediff", "sitediff_exclude", "sitediff_layers", "sitediff_visibility", "sitediff_unverified"]
    keys.append("system_site_packages")
    shown = project.tox("config", "-e", "a", *keys).ok().out
    assert [line.rstrip() for line in shown.splitlines()[1:]] == [
        "sitediff = True",
        "sitediff_exclude =",
        "  dates",
        "  numlib",
        "sitediff_layers =",
        "sitediff_visibility = base",
        "sitediff_unverified = warn",
        "system_site_packages = True",
    ]
    shown = project.tox("config", "-e", "b", "-k", "sitediff", "system_site_packages").ok().out
    assert shown.splitlines()[1:] == ["sitediff = False", "system_site_packages = False"]
    schema = json.loads(project.tox("schema").ok().out)
    described = {
        name: found["description"]
        for name, found in schema["properties"]["env_run_base"]["properties"].items()
        if name.startswith("sitediff")
    }
    assert set(described) == {
        "sitediff",
        "sitediff_activate",
        "sitediff_declare",
        "sitediff_exclude",
        "sitediff_layers",
        "sitediff_unverified",
        "sitediff_visibility",
    }
    assert all(len(text) > 30 for text in described.values())
    lines = project.tox("--version").ok().lines("tox-sitediff")
    assert len(lines) == 1
    assert f"tox-sitediff-{version('tox-sitediff')}" in lines[0]
    assert f"with uv=={version('uv')}" in lines[0]
    assert "--no-sitediff" in project.tox("run", "--help").ok().out


def test_generative_environments_and_conditions(project: Project) -> None:
    """Factors choose dependencies, and the switch itself."""
    project.ini(
        """
        deps =
            frame
            mock: runner-mock
            new: numlib>=2
            full: tiny
        sitediff =
            full: false
            !full: true
        """,
        tox="no_package = true\nenv_list = x-{plain, mock}, x-full",
    )
    run = project.tox().ok()
    assert [row[0] for row in run.table()] == ["x-plain", "x-mock", "total"]
    assert project.installed("x-plain") == {}
    assert project.installed("x-mock") == {"runner_mock": "3.1"}
    assert {"frame", "tiny"} <= set(project.installed("x-full"))


def test_missing_interpreters_are_skipped(project: Project) -> None:
    """An environment without an interpreter is skipped, and has no row; the others run."""
    project.ini(
        "deps = frame",
        tox="no_package = true\nenv_list = a, py32\nskip_missing_interpreters = true",
        rest="[testenv:py32]\nbase_python = python3.2",
    )
    run = project.tox().ok()
    assert run.lines("py32: SKIP")
    assert [row[0] for row in run.table()] == ["a"]
    assert project.reused() == REUSED
    run = project.tox("-e", "py32", "--skip-missing-interpreters", "false").failed()
    assert run.table() == []


def test_options_of_the_command_line_override_the_keys(project: Project) -> None:
    """``-x`` sets the keys for one run."""
    project.ini("deps = frame")
    project.tox("-e", "a", "-x", "testenv:a.sitediff_exclude=dates").ok()
    assert project.installed() == {"dates": "2.9.0"}
    run = project.tox("-e", "a", "-x", "testenv:a.sitediff=false").ok()
    assert "frame" in project.installed()
    assert run.table() == []


def test_a_value_that_is_no_switch_is_an_error_with_its_name(project: Project) -> None:
    """A typing error in ``sitediff`` is told, not guessed."""
    project.ini("deps = frame\nsitediff = perhaps")
    run = project.tox("-e", "a").failed()
    assert run.lines("perhaps")


def test_paths_are_those_of_the_project_wherever_tox_is_started(project: Project) -> None:
    """``tox -c`` from another directory: relative files, projects and layers mean what they mean in the project."""
    project.package('dependencies = ["frame"]')
    wheel = project.index.wheel("svglib", "1.5")
    (project.root / "wheels").mkdir()
    (project.root / "wheels" / wheel.name).write_bytes(wheel.read_bytes())
    project.write("requirements.txt", f"tiny\n./wheels/{wheel.name}\n")
    project.ini("deps =\n    -r requirements.txt\n    -e .")
    outside = project.root.parent / "elsewhere"
    outside.mkdir()
    root, project.root = project.root, outside
    run = project.tox("-c", str(root / "tox.ini"), "-e", "a").ok()
    project.root = root
    assert [row[:3] for row in run.table()] == [["a", "3", "3"]]
    assert project.installed() == {"demo": "1.0", "svglib": "1.5", "tiny": "1.1"}
    assert project.reused() == REUSED
    assert {item.name: item.why for item in project.record().installed} == {
        "demo": ("demo",),
        "svglib": ("svglib",),
        "tiny": ("tiny",),
    }


def test_provisioning_stays_isolated(project: Project) -> None:
    """``requires = tox-sitediff``: tox's own environment is a full one, and the plugin in it makes slim ones."""
    with repacked(project.index, "tox-sitediff"):
        project.ini("deps =\n    frame\n    tiny", tox="no_package = true\nrequires =\n    tox-sitediff\n    svglib")
        run = project.tox("-e", "a").ok()
        assert "include-system-site-packages = false" in (project.directory(".tox") / "pyvenv.cfg").read_text("utf-8")
        assert not (project.directory(".tox") / "sitediff.json").exists()
        assert {"svglib", "tox", "tox_sitediff"} <= set(project.installed(".tox"))
        assert not run.lines(".tox: sitediff")
        assert [row[:3] for row in run.table()] == [["a", "3", "1"]]
        assert project.installed() == {"tiny": "1.1"}
        assert project.reused() == REUSED
        # a second time nothing is provisioned, and the options reach the inner tox
        run = project.tox("-e", "a", "--no-sitediff").ok()
        assert run.table() == []
        assert "frame" in project.installed()


def test_provisioning_without_the_plugin_is_said(stock: Project) -> None:
    """One line says so, and what to add; not where the plugin is switched off anyway."""
    line = (
        f"sitediff: tox made itself anew in {stock.directory('.tox')}, as `requires` asks, and this plugin is not there"
    )
    with repacked(stock.index, "tox"):
        stock.ini("deps = tiny", tox="no_package = true\nrequires = svglib")
        run = stock.tox("-e", "a").ok()
        assert len(run.lines(line)) == 1
        assert run.lines("add tox-sitediff to requires")
        assert run.table() == []
        assert not stock.tox("-e", "a", TOX_SITEDIFF="0").ok().lines("sitediff")
        assert not stock.tox("list").ok().lines("sitediff:")


def test_the_default_runner_of_another_plugin_is_said(stock: Project) -> None:
    """A plugin inside of the project stands for tox-pdm and its like; where the user chose it nothing is said."""
    stock.write(
        "toxfile.py",
        """
        from tox.plugin import impl
        from tox.tox_env.python.virtual_env.runner import VirtualEnvRunner

        class Other(VirtualEnvRunner):
            @staticmethod
            def id():
                return "other"

        @impl
        def tox_register_tox_env(register):
            register.add_run_env(Other)
            register.default_env_runner = "other"
        """,
    )
    stock.ini("deps = frame")
    run = stock.tox("-e", "a").ok()
    assert len(run.lines("because toxfile has tox take its own runner (other); for slim ones: runner = sitediff")) == 1
    assert not (stock.directory() / "sitediff.json").exists()
    run = stock.tox("-e", "a", "--runner", "sitediff").ok()
    assert "frame" in stock.reused()
    assert not run.lines("its own runner")
    for arguments in (["-e", "a", "--no-sitediff"], ["list"]):
        assert not stock.tox(*arguments).ok().lines("its own runner")


def test_unusual_places(tmp_path: Path, base: Base, index: Index, family: str) -> None:
    """Blanks, percent signs, braces and other scripts in the path, a work directory and an ``env_dir`` elsewhere."""
    strange = tmp_path / "näme with späces %s {x}"
    strange.mkdir()
    project = make_project(strange, base, index, family)
    project.package('dependencies = ["frame", "tiny"]')
    project.ini(
        "deps = runner\npackage = wheel\ncommands = runner demo tiny",
        tox="env_list = a, b",
        rest="[testenv:b]\nenv_dir = {work_dir}/and more/b",
    )
    project.tox("--workdir", str(project.root / "work")).ok()
    run = project.tox("--workdir", str(project.root / "work")).ok()
    assert not run.lines("recreate env")
    for directory in (project.root / "work" / "a", project.root / "work" / "and more" / "b"):
        assert run.lines(f"runner runs in {directory}")
        record = from_json(json.loads((directory / "sitediff.json").read_text("utf-8")))
        assert {item.name for item in record.installed} == {"demo", "tiny"}
        assert {item.name for item in record.reused} == {"dates", "frame", "hooks", "numlib", "runner"}


def test_a_relative_search_path(project: Project) -> None:
    """``PYTHONPATH = src``, as many projects set it, is no layer of distributions, and changes nothing."""
    project.write("src/thing.py", "")
    project.ini("deps =\n    frame\n    tiny\nset_env = PYTHONPATH=src\ncommands = python -c 'import thing, frame'")
    project.tox("-e", "a").ok()
    assert project.installed() == {"tiny": "1.1"}
    assert set(project.reused()) == {"dates", "frame", "numlib"}
    assert not project.tox("-e", "a").ok().lines("recreate env")


def test_what_the_user_wants_virtualenv_to_seed(stock: Project) -> None:
    """By a variable, or in ``virtualenv.ini``: seeding nothing is a default, not a command."""
    settings = stock.write("virtualenv.ini", "[virtualenv]\nno_pip = true\nwheel = bundle\nsetuptools = bundle\n")
    stock.ini("deps = frame\ncommands = python -c 'import setuptools, frame; print(setuptools.__file__)'")
    run = stock.tox("-e", "a", VIRTUALENV_SETUPTOOLS="bundle").ok()
    assert run.lines(str(stock.site()))
    assert stock.installed().keys() == {"pip", "setuptools"}
    assert stock.reused().keys() == {"dates", "frame", "numlib"}
    run = stock.tox("-r", "-e", "a", VIRTUALENV_CONFIG_FILE=str(settings)).ok()
    assert "setuptools" in stock.installed()
    assert "pip" not in stock.installed()


def test_a_base_that_offers_next_to_nothing_is_not_the_last_word(stock: Project) -> None:
    """Which interpreter here would offer more is said once, with the line to write; that line does what it says."""
    stock.write("tox.ini", "[tox]\nno_package = true\nenv_list = a, b\n[testenv]\ndeps =\n    frame\n    hooks\n")
    active = str(stock.base.prefix)
    assert len(stock.tox("sitediff", "plan", CONDA_PREFIX=active).ok().lines("offers next to nothing of what")) == 1
    run = stock.tox(CONDA_PREFIX=active).ok()
    (said,) = run.lines("offers next to nothing of what is needed")
    python = stock.base.prefix / "bin" / "python"
    assert "of the 4 distributions that it lacks, by name, " in said
    assert f"{python} (" in said
    assert said.endswith(f"to stand on that: base_python = {python} in [testenv]")
    assert not stock.tox(CONDA_PREFIX=active).ok().lines("next to nothing")
    stock.write(
        "tox.ini",
        f"[tox]\nno_package = true\nenv_list = a\n[testenv]\nbase_python = {python}\ndeps =\n    frame\n    hooks\n",
    )
    assert not stock.tox("-e", "a", CONDA_PREFIX=active).ok().lines("next to nothing")
    assert stock.installed() == {}
