from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from support.bases.made import Base, untouched
from support.index import Index
from support.projects import IN_BASE, Project, SpyUv, make_project
from support.wheels import pip_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.bases.made import MakeBase


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Wheels, and a home directory beside them for all caches."""
    found = Index(tmp_path_factory.mktemp("end-to-end") / "index")
    shutil.copy2(pip_wheel(), found.directory)
    return found


@pytest.fixture(scope="session")
def shared_base(index: Index) -> Iterator[Base]:
    """A rich base interpreter, which is the same after all tests, byte by byte."""
    if os.name == "nt":
        pytest.skip("a base interpreter is made of links")
    with untouched(index.directory.parent / "base", index, *IN_BASE) as made:
        yield made


@pytest.fixture
def base(shared_base: Base) -> Iterator[Base]:
    """The same, and no file of it is touched by the test."""
    before = shared_base.tree()
    yield shared_base
    assert shared_base.tree() == before


@pytest.fixture
def make_base(tmp_path: Path, index: Index) -> MakeBase:
    """Makes a base interpreter that the test may change, with the given distributions."""

    def make(*requirements: str) -> Base:
        base = Base(tmp_path / "own-base")
        if requirements:
            base.install(index, *requirements)
        return base

    return make


@pytest.fixture(params=["virtualenv", "tox-uv"])
def family(request: pytest.FixtureRequest) -> str:
    """Whose environments tox makes: its own, with virtualenv, or those of tox-uv."""
    if request.param == "tox-uv":
        pytest.importorskip("tox_uv")
    return str(request.param)


@pytest.fixture
def project(tmp_path: Path, base: Base, index: Index, family: str) -> Project:
    """A project over the rich base, once for each family of environments."""
    return make_project(tmp_path, base, index, family)


@pytest.fixture
def stock(tmp_path: Path, base: Base, index: Index) -> Project:
    """A project over the rich base, without tox-uv."""
    return make_project(tmp_path, base, index, "virtualenv")


@pytest.fixture
def with_tox_uv(tmp_path: Path, base: Base, index: Index) -> Project:
    """A project over the rich base, with tox-uv."""
    pytest.importorskip("tox_uv")
    return make_project(tmp_path, base, index, "tox-uv")


@pytest.fixture
def spy(tmp_path: Path, project: Project) -> SpyUv:
    """Notes how uv is called in this project."""
    found = SpyUv(tmp_path / "spy")
    project.variables |= found.variables
    return found
