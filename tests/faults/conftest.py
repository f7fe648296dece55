"""Fixtures of the fault tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from support.bench import Bench, make_bench

if TYPE_CHECKING:
    from pathlib import Path

if os.name == "nt":
    # the bench borrows the standard library by symbolic links, and takes rights away
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Caches for all tests of a process."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture
def bench(tmp_path: Path, shared: Path) -> Bench:
    """A base interpreter, an index and a project."""
    return make_bench(tmp_path, shared)
