from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from support.bases.found import OnlineIndex
from support.index import Index

if TYPE_CHECKING:
    from pathlib import Path

if os.name == "nt":
    # the bases are made of links, and their layout is that of POSIX
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Wheels for every Python, and a home directory beside them for all caches."""
    return Index(tmp_path_factory.mktemp("bases") / "index")


@pytest.fixture
def online(tmp_path: Path) -> OnlineIndex:
    """The package index, with a home directory that holds nothing."""
    return OnlineIndex(tmp_path / "home")


@pytest.fixture(params=["virtualenv", "tox-uv"])
def family(request: pytest.FixtureRequest) -> str:
    """Whose environments tox makes: its own, with virtualenv, or those of tox-uv."""
    if request.param == "tox-uv":
        pytest.importorskip("tox_uv")
    return str(request.param)
