"""Launchers, started: the ways to name an interpreter in a first line."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from support.scripts import Base, make, run
from tox_sitediff.environment import launchers
from tox_sitediff.environment.launchers import python_source

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(os.name == "nt", reason="runs what was made for POSIX")


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return Base(tmp_path / "base")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "env" / "bin"
    path.mkdir(parents=True)
    return path


# --- shebang ----------------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("name", ["with space", "x" * 120, "it's", 'a"b', "back\\slash `$(x)`", "\u00fc"])
def test_path_of_the_interpreter(base: Base, tmp_path: Path, name: str) -> None:
    """Where the kernel can't read the path of the interpreter, the script goes through /bin/sh, and works the same."""
    directory = tmp_path / name / "bin"
    directory.mkdir(parents=True)
    python = directory / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -W error "$@"\n')
    python.chmod(0o755)
    (base.site / "demo.py").write_text("import sys\ndef main():\n    print(sys.argv[1:])\n    return 3\n")
    result = make(directory, base.add("demo", "[console_scripts]\ndemo = demo:main\n"), python=python)
    content = (directory / "demo").read_bytes()
    assert result.files == ("demo",)
    assert len(content.splitlines()[0]) <= 127
    assert launchers.is_ours(content)
    assert python_source(content) is not None
    done = run(directory / "demo", "a b", "*", env={"PYTHONPATH": str(base.site)})
    assert (done.returncode, done.stdout) == (3, "['a b', '*']\n"), done.stderr
