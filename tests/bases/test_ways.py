"""Ways to run tox that do not go through the usual installation, or only a part of the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.bases.found import FoundBase, untouched
from support.bases.made import Base
from support.projects import make_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.index import Index
    from support.projects import Project


@pytest.fixture
def base(tmp_path: Path, index: Index) -> Iterator[FoundBase]:
    made = Base(tmp_path / "base")
    made.install(index, "frame", "numlib<2", "backend")
    found = FoundBase(made.python)
    with untouched(found):
        yield found


def test_develop_and_skipped_packages(tmp_path: Path, base: FoundBase, index: Index, family: str) -> None:
    """``use_develop``, ``--develop`` and ``--skip-pkg-install`` mean what they mean, over the base."""
    project = make_project(tmp_path, base, index, family)
    project.package('dependencies = ["frame", "tiny"]')
    project.ini("commands = python -c 'import demo, frame; print(\"demo is\", demo.__file__)'", tox="env_list = a, b")
    source = project.root / "src" / "demo" / "__init__.py"
    run = project.tox("-e", "a", "--develop").ok()
    assert run.lines(f"demo is {source}")
    assert project.installed() == {"demo": "1.0", "tiny": "1.1"}
    assert set(project.reused()) == {"dates", "frame", "numlib"}
    # nothing is installed where nothing was: the command can't import it, and that is all
    run = project.tox("-e", "b", "--skip-pkg-install")
    assert run.code != 0
    assert project.installed("b") == {}
    assert run.lines("No module named 'demo'")
    command = "python -c 'import demo; print(\"demo is\", demo.__file__)'"
    project.ini(f"use_develop = true\ncommands = {command}", tox="env_list = a")
    assert project.tox("-e", "a", "-r").ok().lines(f"demo is {source}")
    assert project.tox("-e", "a", "--skip-pkg-install").ok().lines(f"demo is {source}")
    assert project.installed() == {"demo": "1.0", "tiny": "1.1"}


def same_with_and_without(project: Project) -> None:
    """Run an environment with the plugin, then without, and compare what it holds."""
    project.tox("-e", "a", "-r").ok()
    slim = project.installed()
    assert not (project.directory() / "sitediff.json").exists()
    assert "include-system-site-packages = false" in (project.directory() / "pyvenv.cfg").read_text("utf-8")
    project.tox("-e", "a", "-r", "--no-sitediff").ok()
    assert project.installed() == slim
    assert slim


def test_the_scripts_of_pep_723_are_left_alone(tmp_path: Path, base: FoundBase, index: Index, family: str) -> None:
    """An environment that reads its dependencies from a script works as without the plugin."""
    project = make_project(tmp_path, base, index, family)
    project.write(
        "tool.py", '# /// script\n# dependencies = ["tiny"]\n# ///\nimport tiny\nprint("tiny", tiny.__version__)\n'
    )
    runner = "uv-venv-pep-723" if family == "tox-uv" else "virtualenv-pep-723"
    # it says itself which Python it needs
    project.write("tox.ini", f"[testenv:a]\nrunner = {runner}\nscript = tool.py\n")
    same_with_and_without(project)
