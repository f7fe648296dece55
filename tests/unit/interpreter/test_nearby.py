"""Interpreters of a machine, known by their directories."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.interpreter import nearby as module
from tox_sitediff.interpreter.nearby import nearby

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave this machine's own interpreters out."""
    monkeypatch.setattr(module, "_SYSTEM", ())


def put(path: Path, *names: str) -> Path:
    """Make a program, or a directory with these metadata in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not names:
        path.touch()
    for name in names:
        (path / f"{name}-1.0.dist-info").mkdir(parents=True)
    return path


@pytest.mark.skipif(os.name == "nt", reason="its directories are made with links")
def test_interpreters_of_all_kinds(tmp_path: Path) -> None:
    """conda's, WinPython's, Debian's with two versions, one that was named; each once, a shim and a gap not at all."""
    conda = put(tmp_path / "conda" / "bin" / "python3.12")
    (conda.parent / "python").symlink_to(conda.name)
    put(tmp_path / "conda" / "lib" / "python3.12" / "site-packages", "numlib", "Some_Name")
    portable = put(tmp_path / "portable" / "python.exe")
    put(tmp_path / "portable" / "python313.dll")
    put(tmp_path / "portable" / "Lib" / "os.py")
    put(tmp_path / "portable" / "Lib" / "site-packages", "frame")
    system = put(tmp_path / "usr" / "bin" / "python3.11")
    (system.parent / "python3").symlink_to(system.name)
    put(tmp_path / "usr" / "lib" / "python3.11" / "keep")
    put(tmp_path / "usr" / "lib" / "python3.12" / "keep")
    put(tmp_path / "usr" / "lib" / "python3" / "dist-packages", "dates")
    put(tmp_path / "usr" / "local" / "lib" / "python3.11" / "dist-packages", "hooks")
    named = put(tmp_path / "named" / "bin" / "python3.10")
    put(tmp_path / "named" / "lib" / "python3.10" / "site-packages", "tiny")
    environment = tmp_path / "environment" / "bin"
    put(environment.parent / "pyvenv.cfg")
    environment.mkdir()
    (environment / "python").symlink_to(named)
    shim = put(tmp_path / "shims" / "python3")
    put(shim.parent / "pythonw.py")
    variables = {
        "CONDA_PREFIX": str(tmp_path / "conda"),
        "WINPYDIR": str(portable.parent),
        "PATH": os.pathsep.join(map(str, (shim.parent, tmp_path / "nowhere", system.parent, conda.parent))),
    }
    found = {
        item.prefix: item for item in nearby(variables, more=[str(environment), str(tmp_path / "gone" / "python")])
    }
    assert {item.python: (item.version, {*item.names}) for item in found.values()} == {
        str(named): ("3.10", {"tiny"}),
        str(conda.parent / "python"): ("3.12", {"numlib", "some-name"}),
        str(portable): ("3.13", {"frame"}),
        str(system.parent / "python3"): ("3.11", {"dates", "hooks"}),
    }
