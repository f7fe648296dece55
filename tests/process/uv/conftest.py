"""What the tests of uv share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.remainders import Slim, make_slim
from support.stand_ins import stand_in_maker
from tox_sitediff.uv.program import check_version, find_uv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def ask_anew() -> Iterator[None]:
    """Forget which uv was found, before and after."""
    find_uv.cache_clear()
    check_version.cache_clear()
    yield
    find_uv.cache_clear()
    check_version.cache_clear()


@pytest.fixture
def slim(tmp_path: Path) -> Slim:
    """An environment over an empty base, and an empty index."""
    return make_slim(tmp_path, Path(sys.executable), tmp_path)


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a program that takes uv's place."""
    return stand_in_maker(tmp_path)
