"""Keeping bytecode out of the base: by not writing any, by writing it elsewhere, or because nobody could."""

from __future__ import annotations

import os
import py_compile
import sys
from typing import TYPE_CHECKING

import pytest
from platformdirs import user_cache_path

from support.distributions import write
from tox_sitediff.core.model import Interpreter, Layer, Role
from tox_sitediff.environment.bytecode import bytecode_variables, forget_bytecode, kept_out, plain_bytecode_variables

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


def seeing(
    *sites: Path,
    own: Path | None = None,
    version: str = "3.12.1",
    implementation: str = "cpython",
    prefix: str | Path = "/base",
) -> Interpreter:
    layers = [Layer(path=str(site), role=Role.BASE) for site in sites]
    if own is not None:
        layers.insert(0, Layer(path=str(own), role=Role.OWN))
    return Interpreter(
        executable="python",
        version=version,
        implementation=implementation,
        prefix="/env",
        base_prefix=str(prefix),
        base_executable="python",
        layers=tuple(layers),
        purelib="",
        scripts="",
    )


def chosen(
    *sites: Path, own: Path | None = None, version: str = "3.12.1", implementation: str = "cpython"
) -> dict[str, str]:
    return bytecode_variables(seeing(*sites, own=own, version=version, implementation=implementation))


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


def test_a_sample_is_enough(tmp_path: Path) -> None:
    """Of a large base only the first packages are looked at, in the order of the directory."""
    for number in range(40):
        package(tmp_path, f"p{number}")
    for name in os.listdir(tmp_path)[12:]:
        package(tmp_path, name, compiled="cpython-312")
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


def test_the_standard_library_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A base whose packages have bytecode, and whose library has none, as in Docker's images of Python."""
    site, library = tmp_path / "site", tmp_path / "base" / "lib" / "python3.12"
    package(site, "a", compiled="cpython-312")
    write(library / "os.py")
    package(library, "json")
    interpreter = seeing(site, prefix=tmp_path / "base")
    assert bytecode_variables(interpreter) == elsewhere()
    package(library, "json", compiled="cpython-312")
    assert bytecode_variables(interpreter) == NOT_WRITTEN
    monkeypatch.setattr(os, "access", lambda path, mode: path == str(library))
    assert bytecode_variables(interpreter) == NOT_WRITTEN, "it can be written to, if nothing else can"


def test_the_user_decides(tmp_path: Path) -> None:
    """Either variable, also an empty one, stays as it is."""
    interpreter = seeing(tmp_path)
    assert kept_out({"A": "b"}, interpreter) == {"A": "b", **NOT_WRITTEN}
    for given in ({"PYTHONDONTWRITEBYTECODE": ""}, {"PYTHONPYCACHEPREFIX": "/x"}):
        assert kept_out(given, interpreter) == given


class Plain:
    """An environment that is not slim, and the library below it."""

    def __init__(self, root: Path) -> None:
        self.directory, self.library = root / "env", root / "base" / "lib" / "python3.12"
        self.sources = [self.library / name for name in ("os.py", "json/__init__.py", "json/decoder.py")]
        for source in self.sources:
            write(source, "VALUE = 1\n")
        write(self.library / "test" / "test_never.py")
        write(self.library / "config-3.12" / "python-config.py")
        write(self.library / "json" / "data" / "no-source")
        self.configure(f"home = {root / 'base' / 'bin'}\nversion_info = 3.12.1.final.0\nimplementation = CPython")

    def configure(self, text: str) -> None:
        write(self.directory / "pyvenv.cfg", text)

    def compile(self, mode: py_compile.PycInvalidationMode = py_compile.PycInvalidationMode.TIMESTAMP) -> None:
        for source in self.sources:
            target = source.parent / "__pycache__" / f"{source.stem}.cpython-312.pyc"
            py_compile.compile(str(source), str(target), doraise=True, invalidation_mode=mode)

    @property
    def variables(self) -> dict[str, str]:
        return plain_bytecode_variables(self.directory)


@pytest.fixture
def plain(tmp_path: Path) -> Plain:
    return Plain(tmp_path)


def test_below_an_environment_that_inherits_nothing_the_whole_library_counts(plain: Plain) -> None:
    """It is left as stock tox has it where Python would write nothing; one file that lacks bytecode is enough."""
    assert plain.variables == elsewhere()
    plain.compile()
    assert plain.variables == NOTHING
    (compiled,) = (plain.library / "json" / "__pycache__").glob("decoder.*")
    compiled.unlink()
    assert plain.variables == elsewhere()


def test_bytecode_that_python_would_write_anew_does_not_count(plain: Plain) -> None:
    """A copy without its times: all bytecode is out of date; unless it goes by the hash of the source (PEP 552)."""
    plain.compile()
    for source in plain.sources:
        os.utime(source, (1, 1))
    assert plain.variables == elsewhere()
    plain.compile(py_compile.PycInvalidationMode.CHECKED_HASH)
    assert plain.variables == NOTHING
    for compiled in plain.library.rglob("*.pyc"):
        compiled.write_bytes(b"short")
    assert plain.variables == elsewhere()
    for compiled in plain.library.rglob("*.pyc"):
        compiled.unlink()
        compiled.mkdir()
    assert plain.variables == elsewhere()


def test_a_library_that_nobody_can_write_or_find(plain: Plain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody finds the library, nothing is written; nor where bytecode can only lie beside the modules."""
    plain.configure("home = /nowhere\nversion = 3.12")
    assert plain.variables == NOT_WRITTEN
    plain.configure(f"base-prefix = {plain.library.parent.parent}\nversion = 3.12\nimplementation = PyPy")
    assert plain.variables == NOT_WRITTEN
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert plain.variables == NOTHING


def test_without_a_home_nothing_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no user cache there is no bytecode in it, and nothing else is removed."""
    monkeypatch.setattr("tox_sitediff.environment.bytecode.part", lambda name: None)
    write(tmp_path / "thing.py", "")
    forget_bytecode(tmp_path)
    assert (tmp_path / "thing.py").exists()
