"""The example project's noxfile, over a scientific Python."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.bases.made import clean_environment
from support.interpreters import MISSING, SYSTEM, run

if TYPE_CHECKING:
    from support.bases.found import OnlineIndex

NEEDED: Final = ("numpy", "pandas", "matplotlib", "pytest")
EXAMPLE: Final = Path(__file__).parents[2] / "example-project"


@pytest.mark.network
@pytest.mark.slow
def test_the_examples_noxfile(tmp_path: Path, online: OnlineIndex) -> None:
    """Its tests run over a Python that has nearly all that they need; two plugins and the package are installed."""
    pytest.importorskip("nox")
    if sys.platform == "win32" or not SYSTEM.exists() or run(SYSTEM, MISSING % (NEEDED,)).strip():
        pytest.skip("the system's Python is not a scientific one")
    project = tmp_path / "example"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    done = subprocess.run(
        [sys.executable, "-m", "nox", "-s", "tests", "--force-python", SYSTEM],
        cwd=project,
        env=clean_environment() | online.variables() | {"NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    (file,) = (project / ".nox" / ".cache" / "sitediff").glob("*.json")
    record = json.loads(file.read_text(encoding="utf-8"))
    assert {item["name"] for item in record["installed"]} >= {"tideline", "pytest-mock", "pytest-randomly"}
    assert {item["name"] for item in record["reused"]} >= {*NEEDED}
    assert record["bytes"]["environment"] < 2_000_000
    assert "environment " in done.stderr
