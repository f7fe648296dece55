"""A conda prefix, made as conda makes it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.bases.found import FoundBase, agrees, judge, pip_for, untouched
from support.bases.made import clean_environment
from support.distributions import install, write
from support.projects import make_project

from .conda import make_conda

if TYPE_CHECKING:
    from pathlib import Path

    from support.bases.found import OnlineIndex

DECLARED = ("numpy", "requests", "pytest", "pytest-mock", "lz4")


@pytest.fixture
def conda(tmp_path: Path, online: OnlineIndex) -> FoundBase:
    """A prefix that is, like most, inconsistent somewhere."""
    pytest.importorskip("rattler")
    variables = {**clean_environment(), **online.variables()}
    make_conda(tmp_path / "conda", "numpy", "requests", "pytest", variables=variables)
    base = FoundBase(tmp_path / "conda" / "bin" / "python")
    # what stock Anaconda has: requirements that nothing meets, one distribution under two names, left-overs
    install(base.site, "spyder", "6.0", requires=["pyqt5<5.16", "pytest<1"])
    install(base.site, "ruamel.yaml", "0.18.6")
    install(base.site, "ruamel_yaml", "0.17.21")
    write(base.site / "requests-2.0.0.dist-info" / "REQUESTED")
    return base


@pytest.mark.network
@pytest.mark.slow
def test_the_difference_over_a_conda_prefix_is_pips(tmp_path: Path, conda: FoundBase, online: OnlineIndex) -> None:
    """What conda installed is reused for all its bogus origins, programs run, and what is broken is in nobody's way."""
    origins = [json.loads(path.read_text("utf-8"))["url"] for path in conda.site.glob("*/direct_url.json")]
    assert len(origins) > 10
    assert all(url.startswith("file:///home/conda/feedstock_root/") for url in origins)
    assert list((conda.prefix / "conda-meta").glob("numpy-*.json"))
    pip = pip_for(conda.python)[0] / "pip"
    found = subprocess.run(
        [conda.python, "-B", pip, "check"], env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert "spyder 6.0 requires pyqt5, which is not installed" in found.stdout
    with untouched(conda):
        variables = {**clean_environment(), **online.variables()}
        would = judge(tmp_path / "pip", conda, *DECLARED, variables=variables)
        assert set(would) == {"lz4", "pytest-mock"}
        for family in ("virtualenv", "tox-uv"):
            (tmp_path / family).mkdir()
            project = make_project(tmp_path / family, conda, online, family)
            project.write("test_it.py", "def test_it(mocker):\n    import lz4.frame, numpy, requests\n")
            commands = [
                "pytest -p no:cacheprovider -q",
                "numpy-config --version",
                "pygmentize -V",
                "normalizer --version",
            ]
            project.ini("\n    ".join(["deps =", *DECLARED]) + "\n" + "\n    ".join(["commands =", *commands]))
            run = project.tox("-e", "a").ok()
            assert run.lines("1 passed")
            record = project.record()
            assert {"numpy", "requests", "pytest", "certifi", "pluggy"} <= set(project.reused())
            assert {item.location for item in record.reused} == {str(conda.site)}
            assert record.shadowed == ()
            assert record.python.base_prefix == str(conda.prefix)
            assert (record.bytes.saved or 0) > 20e6  # numpy
            assert {"pytest", "f2py", "numpy-config", "pygmentize"} <= project.scripts()
            assert not project.tox("-e", "a").ok().lines("recreate env")
            agrees(project, *DECLARED, would=would)
