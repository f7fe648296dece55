"""Keeping bytecode elsewhere: what Python itself makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from support.distributions import write
from tox_sitediff.environment.bytecode import forget_bytecode

if TYPE_CHECKING:
    from pathlib import Path


def elsewhere() -> dict[str, str]:
    return {"PYTHONPYCACHEPREFIX": str(user_cache_path("tox-sitediff", appauthor=False) / "bytecode")}


def test_bytecode_of_what_was_replaced_is_forgotten(tmp_path: Path) -> None:
    """A module that was replaced within a second by one of the same size is compiled anew, others are not."""
    site, other = tmp_path / "site", tmp_path / "other"
    for directory in (site, other):
        write(directory / "thing.py", "print(1)")
        os.utime(directory / "thing.py", (10, 10))

    def run(directory: Path) -> str:
        done = subprocess.run(
            [sys.executable, "-c", "import thing"],
            env={"PYTHONPATH": str(directory), **elsewhere()},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    assert [run(site), run(other)] == ["1", "1"]
    for directory in (site, other):
        write(directory / "thing.py", "print(2)")
        os.utime(directory / "thing.py", (10, 10))
    assert [run(site), run(other)] == ["1", "1"], "Python sees no difference"
    forget_bytecode(site)
    assert [run(site), run(other)] == ["2", "1"]
