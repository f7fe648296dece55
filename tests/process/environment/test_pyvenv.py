"""The environment that an interpreter belongs to, of real environments."""

from __future__ import annotations

import sys
from pathlib import Path

from support import interpreters
from tox_sitediff.environment.pyvenv import environment_of

# --- which environment an interpreter belongs to


def test_an_interpreter_of_an_environment_names_it(tmp_path: Path) -> None:
    python = interpreters.environment(tmp_path / "env", Path(sys.executable))
    assert environment_of(python) == tmp_path / "env"
    (tmp_path / "old").mkdir()
    (tmp_path / "old/pyvenv.cfg").touch()
    assert environment_of(tmp_path / "old/python.exe") == tmp_path / "old"
