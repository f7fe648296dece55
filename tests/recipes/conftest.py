from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from support.bases.made import Base
from support.ci.actions import everywhere
from support.ci.github import Machine
from support.ci.pipelines import Agent
from support.ci.world import IN_BASE, World, project
from support.index import Index, repacked
from support.wheels import pip_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if os.name == "nt":
    # a base interpreter is made of links
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all recipes; the base is the same after them, byte by byte."""
    index = Index(tmp_path_factory.mktemp("recipes") / "index")
    shutil.copy2(pip_wheel(), index.directory)
    base = Base(index.directory.parent / "base")
    base.install(index, *IN_BASE)
    before = base.digest()
    building = ["hatchling"] if find_spec("hatchling") else []  # for what builds us from a clone
    with repacked(index, "tox-sitediff", "jinja2", *building):
        yield World(base=base, index=index)
    assert base.digest() == before


@pytest.fixture
def machine(world: World, tmp_path: Path) -> Machine:
    """A runner of GitHub, with the project in its workspace."""
    project(tmp_path / "runner" / "workspace")
    return Machine(
        root=tmp_path / "runner",
        variables=world.variables(tmp_path / "home"),
        actions=everywhere(world.base.python, world.base.prefix),
    )


@pytest.fixture
def agent(world: World, tmp_path: Path) -> Agent:
    """An agent of another service, with the project in its workspace."""
    project(tmp_path / "agent" / "workspace")
    return Agent(root=tmp_path / "agent", variables=world.variables(tmp_path / "home"))
