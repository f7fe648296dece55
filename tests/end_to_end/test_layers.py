"""Further environments between an environment and its base."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from support.bases.made import clean_environment, uv_program

if TYPE_CHECKING:
    from pathlib import Path

    from support.projects import Project


def run_uv(project: Project, *arguments: str | Path) -> None:
    """Do what the owner of a layer does."""
    subprocess.run(
        [uv_program(), *arguments],
        env=clean_environment() | {"HOME": str(project.index.home), "UV_FIND_LINKS": str(project.index.directory)},
        check=True,
        capture_output=True,
    )


def make_layer(project: Project, directory: Path, *requirements: str) -> Path:
    """A virtual environment over the base, with distributions of its own; its directory."""
    run_uv(project, "venv", "--python", project.base.python, directory)
    run_uv(project, "pip", "install", "--no-index", "--python", directory, *requirements)
    return directory


def test_layers_stand_before_the_base(project: Project) -> None:
    """An environment and a plain directory, in their order; what they serve is reused, and they stay as they are."""
    make_layer(project, project.root / "team", "dates==2.9.0", "svglib")
    plain = project.root / "plain"
    run_uv(project, "pip", "install", "--no-index", "--target", plain, "tiny==1.0")
    before = sorted(str(path) for path in (project.root / "team").rglob("*"))
    project.ini(
        """
        deps =
            frame
            plotter[svg]
            tiny
            runner-mock
        sitediff_layers =
            team
            {tox_root}/plain
        commands = python -m runner dates svglib tiny numlib runner_mock
        """
    )
    run = project.tox("-e", "a").ok()
    assert run.lines(f"dates is 2.9.0 in {project.root}/team")
    assert run.lines(f"tiny is 1.0 in {plain}")
    assert run.lines(f"numlib is 1.26.0 in {project.base.site}")
    assert project.installed() == {"runner_mock": "3.1"}
    record = project.record()
    assert [str(layer.role) for layer in record.layers] == ["own", "extra", "extra", "base"]
    assert {item.name: item.location for item in record.reused if item.name in {"svglib", "tiny"}} == {
        "svglib": str(next((project.root / "team").glob("lib/python*/site-packages"))),
        "tiny": str(plain),
    }
    assert sorted(str(path) for path in (project.root / "team").rglob("*")) == before
    assert not project.tox("-e", "a").ok().lines("recreate env")
    # a layer less is another environment
    config = (project.root / "tox.ini").read_text("utf-8").replace("    {tox_root}/plain\n", "")
    (project.root / "tox.ini").write_text(config, "utf-8")
    run = project.tox("-e", "a").ok()
    assert run.lines("recreate env because sitediff_layers changed")
    assert project.installed() == {"runner_mock": "3.1", "tiny": "1.1"}


def test_a_layer_that_changed_is_noticed(project: Project) -> None:
    """What the environment relies on may lie in a layer."""
    layer = make_layer(project, project.root / "team", "tiny==1.0")
    project.ini("deps = tiny\nsitediff_layers = team")
    project.tox("-e", "a").ok()
    assert project.installed() == {}
    run_uv(project, "pip", "install", "--no-index", "--python", layer, "svglib")
    assert not project.tox("-e", "a").ok().lines("recreate env")
    run_uv(project, "pip", "uninstall", "--python", layer, "tiny")
    run = project.tox("-e", "a").ok()
    assert run.lines("recreate env because the base changed: tiny 1.0 is gone")
    assert project.installed() == {"tiny": "1.1"}


def test_a_layer_that_is_not_there_is_an_error_that_names_it(project: Project) -> None:
    """A wrong path fails before anything is installed, and mending it is enough."""
    project.ini("deps = frame\nsitediff_layers = nowhere")
    run = project.tox("-e", "a").failed()
    assert run.lines(f"the layer {project.root}/nowhere does not exist")
    make_layer(project, project.root / "nowhere", "tiny==1.0")
    project.tox("-e", "a").ok()
    assert "extra" in [str(layer.role) for layer in project.record().layers]


def test_a_base_python_of_a_virtual_environment_is_stacked(project: Project) -> None:
    """tox would inherit from the interpreter below and drop what the named environment holds; that is said."""
    layer = make_layer(project, project.root / "team", "tiny==1.0", "numlib==2.0.0")
    project.base.python, real = layer / "bin" / "python", project.base.python
    try:
        project.ini("deps =\n    tiny\n    numlib\n    dates\ncommands = python -m runner tiny numlib dates")
    finally:
        project.base.python = real
    run = project.tox("-e", "a").ok()
    assert len(run.lines(f"base_python names the virtual environment {layer}")) == 1
    assert run.lines("numlib is 2.0.0")
    assert run.lines("dates is 2.8.0")
    assert project.installed() == {}
    record = project.record()
    assert [str(found.role) for found in record.layers] == ["own", "extra", "base"]
    assert record.python.base_prefix == str(project.base.prefix)
    assert not project.tox("-e", "a").ok().lines("recreate env")


def test_user_settings_of_the_path_count(project: Project) -> None:
    """A directory that ``set_env`` puts before the environment is seen, and can't be replaced: that is an error."""
    early = project.root / "early"
    run_uv(project, "pip", "install", "--no-index", "--target", early, "tiny==1.0")
    project.ini(f"deps = tiny\nset_env = PYTHONPATH={early}")
    project.tox("-e", "a").ok()
    assert project.installed() == {}
    assert project.reused() == {"tiny": "1.0"}
    assert [str(layer.role) for layer in project.record().layers] == ["injected", "own", "base"]
    project.ini(f"deps = tiny>=1.1\nset_env = PYTHONPATH={early}")
    run = project.tox("-e", "a").failed()
    assert run.lines("stands before the environment on sys.path")
    assert project.installed() == {}
