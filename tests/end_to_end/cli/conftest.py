from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from support.bases.made import Base, untouched
from support.index import Index
from support.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IN_BASE = ("dates==2.8.0", "frame==2.1.0", "hooks==1.0", "numlib==1.26.0", "runner==7.4.0", "unrelated==1.0")

if os.name == "nt":
    # a base interpreter is made of links
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Wheels, and a home directory beside them for all caches."""
    return Index(tmp_path_factory.mktemp("cli") / "index")


@pytest.fixture(scope="session")
def base(index: Index) -> Iterator[Base]:
    """A base interpreter of six distributions, which is the same after all tests, byte by byte."""
    with untouched(index.directory.parent / "base", index, *IN_BASE) as made:
        yield made


@pytest.fixture
def shell(tmp_path: Path, base: Base, index: Index) -> Shell:
    """A shell in an empty directory."""
    directory = tmp_path / "work"
    directory.mkdir()
    return Shell(directory=directory, base=base, index=index)
