"""Where uv keeps its cache, and whether it can."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from support.bases.made import uv_program
from tox_sitediff.environment.uv_cache import has_cache

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a home is found in another way")


def never() -> Path:
    raise AssertionError("there is no need to ask")


def test_a_cache_that_can_be_written_is_known_without_asking(tmp_path: Path) -> None:
    for variables in (
        {"HOME": str(tmp_path / "home")},
        {"HOME": "/nowhere", "XDG_CACHE_HOME": str(tmp_path)},
        {"HOME": "/dev/null", "UV_CACHE_DIR": "/dev/null/cache"},  # which uv itself will complain of
        {"HOME": "/dev/null", "UV_NO_CACHE": "True"},
    ):
        assert has_cache(variables, uv=never, directory=tmp_path), variables


def test_one_that_can_not_be_written_is_none_unless_the_configuration_names_another(tmp_path: Path) -> None:
    variables = {"HOME": "/dev/null/home", "XDG_CONFIG_DIRS": "/dev/null"}
    assert not has_cache(variables, uv=uv_program, directory=tmp_path)
    assert not has_cache({**variables, "UV_NO_CACHE": "0"}, uv=uv_program, directory=tmp_path)
    assert not has_cache({**variables, "XDG_CACHE_HOME": "relative"}, uv=uv_program, directory=tmp_path)
    (tmp_path / "uv.toml").write_text(f'cache-dir = "{tmp_path}/cache"\n', "utf-8")
    assert has_cache(variables, uv=uv_program, directory=tmp_path)
    assert not (tmp_path / "cache").exists()
