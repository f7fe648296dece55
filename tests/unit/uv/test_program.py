"""Which uv is found, and with which variables."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from support.stand_ins import stand_in_maker
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.uv.program import check_version, find_uv, uv_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


posix_only = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


@pytest.fixture(autouse=True)
def _ask_anew() -> Iterator[None]:
    """Forget which uv was found, before and after."""
    find_uv.cache_clear()
    check_version.cache_clear()
    yield
    find_uv.cache_clear()
    check_version.cache_clear()


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a program that takes uv's place."""
    return stand_in_maker(tmp_path)


# --- which uv


@posix_only
@pytest.mark.parametrize("module", ["absent", "without its function", "without its program"])
def test_the_uv_on_path_is_the_second_choice(
    module: str, stand_in: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the module is absent, or knows no program, the uv on PATH is taken."""
    _replace_module(module, monkeypatch)
    program = stand_in("exit 0")
    monkeypatch.setenv("PATH", str(program.parent))
    assert find_uv() == program


@pytest.mark.parametrize("module", ["absent", "without its program"])
def test_no_uv_anywhere(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any uv the message says how to get one."""
    _replace_module(module, monkeypatch)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EnvironmentProblem, match=r"uv was not found, .*install it: python -m pip install uv"):
        find_uv()


def _replace_module(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "absent":
        monkeypatch.setitem(sys.modules, "uv", None)
        return
    module = ModuleType("uv")
    if kind == "without its program":

        def find_uv_bin() -> str:
            raise FileNotFoundError

        module.__dict__["find_uv_bin"] = find_uv_bin
    monkeypatch.setitem(sys.modules, "uv", module)


# --- which environment


def test_other_variables_stay(tmp_path: Path) -> None:
    """What says where from, or has nothing to do with uv, is handed on as it is."""
    given = {"UV_DEFAULT_INDEX": "file:///i", "UV_OFFLINE": "1", "PATH": "p", "CONDA_EXE": "c"}
    assert uv_environment(given, tmp_path) == {**given, "VIRTUAL_ENV": str(tmp_path)}
