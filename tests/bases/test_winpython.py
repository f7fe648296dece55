"""A base on the scale of WinPython."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import pytest

from support.bases.found import FoundBase, OnlineIndex, agrees, judge, untouched
from support.bases.made import clean_environment
from support.interpreters import needed
from support.projects import make_project
from worlds import WINPYTHON

from .winpython import LIST, VERSION, make_winpython

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMPORTS: Final = "dask.dataframe, matplotlib.pyplot, numpy, pandas, scipy.linalg, sklearn, streamlit"
COMMANDS: Final = (
    f"    python -c 'import {IMPORTS}; print(\"numpy is in\", numpy.__file__)'",
    "    python -c 'import lz4.frame, pytest_mock, pytest_randomly; print(\"lz4 is in\", lz4.__file__)'",
    "    pytest --version",
    "    jupyter lab --version",
    "    dask --version",
    "    streamlit --version",
)


@pytest.fixture
def winpython(tmp_path: Path, online: OnlineIndex) -> Iterator[FoundBase]:
    """The base, which is deleted afterwards: it has 3 GB."""
    made = make_winpython(tmp_path / "winpython", needed(VERSION), clean_environment() | online.variables())
    yield FoundBase(made.python)
    shutil.rmtree(made.prefix)


@pytest.mark.network
@pytest.mark.slow
def test_the_difference_over_498_distributions_is_pips(
    tmp_path: Path, online: OnlineIndex, winpython: FoundBase
) -> None:
    """Three distributions and less than 7 MB, with both runners; pip agrees, commands run, and the base is the same."""
    assert len(list(winpython.site.glob("*.dist-info"))) == len(LIST.read_text("utf-8").split()) == 498
    with untouched(winpython):
        would = judge(tmp_path / "pip", winpython, *WINPYTHON, variables=clean_environment() | online.variables())
        assert set(would) == {"lz4", "pytest-mock", "pytest-randomly"}
        for family in ("virtualenv", "tox-uv"):
            (tmp_path / family).mkdir()
            project = make_project(tmp_path / family, winpython, online, family)
            project.ini("\n".join(["deps =", *(f"    {item}" for item in WINPYTHON), "commands =", *COMMANDS]))
            run = project.tox("-e", "a").ok()
            assert run.lines(f"numpy is in {winpython.site}")
            assert run.lines(f"lz4 is in {project.site()}")
            assert len(run.lines(", 498 distributions): ")) == 1
            agrees(project, *WINPYTHON, would=would)
            record = project.record()
            assert {item.name for item in record.installed} == set(would)
            assert len(record.reused) > 120
            assert record.shadowed == ()
            assert record.conflicts == ()
            assert record.bytes.environment is not None
            assert record.bytes.environment < 7e6
            assert {"pytest", "jupyter-lab", "streamlit", "dask"} <= project.scripts()
            again = project.tox("-e", "a").ok()
            assert not again.lines("recreate env")
            assert not again.lines("install_deps")
