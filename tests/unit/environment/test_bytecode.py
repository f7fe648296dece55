"""Keeping bytecode out of the base: by not writing any, by writing it elsewhere, or because nobody could."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from platformdirs import user_cache_path

from support.distributions import write
from tox_sitediff.core.model import Interpreter, Layer, Role
from tox_sitediff.environment.bytecode import bytecode_variables, forget_bytecode

if TYPE_CHECKING:
    from pathlib import Path


NOTHING: dict[str, str] = {}


NOT_WRITTEN = {"PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own: the place for bytecode is made at once."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def elsewhere() -> dict[str, str]:
    return {"PYTHONPYCACHEPREFIX": str(user_cache_path("tox-sitediff", appauthor=False) / "bytecode")}


def package(site: Path, name: str, *, compiled: str = "") -> None:
    write(site / name / "__init__.py")
    if compiled:
        write(site / name / "__pycache__" / f"__init__.{compiled}.pyc")


def chosen(*sites: Path, own: Path | None = None, version: str = "3.12.1", implementation: str = "cpython") -> object:
    layers = [Layer(path=str(site), role=Role.BASE) for site in sites]
    if own is not None:
        layers.insert(0, Layer(path=str(own), role=Role.OWN))
    return bytecode_variables(
        Interpreter(
            executable="python",
            version=version,
            implementation=implementation,
            prefix="/env",
            base_prefix="/base",
            base_executable="python",
            layers=tuple(layers),
            purelib="",
            scripts="",
        )
    )


def test_a_base_with_its_bytecode(tmp_path: Path) -> None:
    """A base that has its bytecode, and may be written to, is kept as it is by not writing any."""
    for name in ("a", "b"):
        package(tmp_path, name, compiled="cpython-312")
    package(tmp_path, "c")
    assert chosen(tmp_path) == NOT_WRITTEN


def test_a_base_without_bytecode(tmp_path: Path) -> None:
    """Where most packages have none for this Python, it goes to the user cache, so that not each process compiles."""
    package(tmp_path, "a", compiled="cpython-312")
    package(tmp_path, "b", compiled="cpython-311")
    package(tmp_path, "c")
    assert chosen(tmp_path) == elsewhere()
    assert chosen(tmp_path, version="3.11.9") == elsewhere()
    assert chosen(tmp_path, implementation="pypy") == NOT_WRITTEN


def test_half_is_enough(tmp_path: Path) -> None:
    """A base with bytecode for half of its packages counts as one that has it."""
    package(tmp_path, "a", compiled="cpython-312")
    package(tmp_path, "b")
    assert chosen(tmp_path) == NOT_WRITTEN


def test_one_layer_without_bytecode_decides(tmp_path: Path) -> None:
    """A stacked layer that uv filled sends bytecode to the user cache, though the base has its own."""
    package(tmp_path / "base", "a", compiled="cpython-312")
    package(tmp_path / "layer", "a")
    assert chosen(tmp_path / "base", tmp_path / "layer") == elsewhere()


def test_what_lies_in_the_environment_does_not_matter(tmp_path: Path) -> None:
    """The environment's own packages may be compiled where they are."""
    package(tmp_path, "a")
    assert chosen(own=tmp_path) == NOTHING


def test_what_is_no_package_does_not_count(tmp_path: Path) -> None:
    """Metadata, single modules and directories without ``__init__.py`` tell nothing."""
    write(tmp_path / "a-1.0.dist-info" / "__init__.py")
    write(tmp_path / "module.py")
    write(tmp_path / "data" / "file")
    assert chosen(tmp_path) == NOT_WRITTEN
    package(tmp_path, "b")
    assert chosen(tmp_path) == elsewhere()


def test_a_sample_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large base only the first packages are looked at."""
    names = [f"p{number}" for number in range(40)]
    for name in names:
        package(tmp_path, name, compiled="" if name in names[:12] else "cpython-312")
    monkeypatch.setattr(os, "listdir", lambda path: names)
    assert chosen(tmp_path) == elsewhere()


def test_a_base_that_nobody_can_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be written to the base, nothing has to be prevented."""
    package(tmp_path, "a", compiled="cpython-312")
    assert chosen(tmp_path / "missing") == NOTHING
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert chosen(tmp_path) == NOTHING


def test_python_understands_the_tag(tmp_path: Path) -> None:
    """The name of a bytecode file is the one that this Python writes."""
    package(tmp_path, "a", compiled=str(sys.implementation.cache_tag))
    running = ".".join(map(str, sys.version_info[:3]))
    assert chosen(tmp_path, version=running, implementation=sys.implementation.name) == NOT_WRITTEN


def test_a_python_that_keeps_bytecode_nowhere_else(tmp_path: Path) -> None:
    """Before 3.8 there is no other place for it: then none is written at all."""
    package(tmp_path, "a")
    assert chosen(tmp_path, version="3.8.0") == elsewhere()
    assert chosen(tmp_path, version="3.7.16") == NOT_WRITTEN


def test_without_a_home_nothing_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no user cache there is no bytecode in it, and nothing else is removed."""
    monkeypatch.setattr("tox_sitediff.environment.bytecode.part", lambda name: None)
    write(tmp_path / "thing.py", "")
    forget_bytecode(tmp_path)
    assert (tmp_path / "thing.py").exists()
