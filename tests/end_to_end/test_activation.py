"""Environments over a conda base get what activating it would set: tox in both families, and nox."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.projects import make_project

if TYPE_CHECKING:
    from pathlib import Path

    from support.bases.made import Base, MakeBase
    from support.index import Index

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the scripts are those of a POSIX shell")

SHOW = "import os; print('sees', os.environ.get('PROJ_DATA'), os.environ.get('GDAL_DATA'), os.environ.get('OWN'))"


@pytest.fixture
def conda(make_base: MakeBase) -> Base:
    """A base with what marks conda's prefixes, and the script that its package proj has."""
    base = make_base("frame")
    scripts = base.prefix / "etc/conda/activate.d"
    scripts.mkdir(parents=True)
    (base.prefix / "conda-meta").mkdir()
    (scripts / "proj.sh").write_text('export PROJ_DATA="$CONDA_PREFIX/share/proj"\nexport GDAL_DATA="$PROJ_DATA"\n')
    (base.prefix / "conda-meta/state").write_text(json.dumps({"env_vars": {"OWN": "of the environment"}}))
    return base


def test_tox_commands_get_what_activation_sets(tmp_path: Path, conda: Base, index: Index, family: str) -> None:
    """What the user sets wins, it is said once, and it can be turned off."""
    project = make_project(tmp_path, conda, index, family)
    before = conda.digest()
    command = f'commands = python -c "{SHOW}"'
    rest = f"[testenv:b]\nsitediff_activate = false\n{command}"
    project.ini(
        f"deps = frame\nset_env = GDAL_DATA = mine\n{command}", tox="no_package = true\nenv_list = a, b, c", rest=rest
    )
    run = project.tox().ok()
    proj = f"{conda.prefix}/share/proj"
    assert [line for line in run.lines("sees ") if line.startswith("sees")] == [
        f"sees {proj} mine of the environment",
        "sees None mine None",
        f"sees {proj} mine of the environment",
    ]
    assert len(run.lines("counts as activated: GDAL_DATA, OWN, PROJ_DATA")) == 1
    assert not project.tox("-e", "a").ok().lines("recreate")
    assert conda.digest() == before


def test_nox_sessions_get_what_activation_sets(tmp_path: Path, conda: Base, index: Index) -> None:
    """The same for sessions."""
    pytest.importorskip("nox")
    project = make_project(tmp_path, conda, index, "virtualenv")
    project.write(
        "noxfile.py",
        f"""\
        import nox
        from tox_sitediff.nox import session
        nox.options.default_venv_backend = "uv"

        @session(python={str(conda.python)!r})
        def on(session):
            session.run("python", "-c", {SHOW!r}, env={{"GDAL_DATA": "mine"}})

        @session(python={str(conda.python)!r}, sitediff_activate=False)
        def off(session):
            session.run("python", "-c", {SHOW!r})
        """,
    )
    done = subprocess.run(
        [sys.executable, "-m", "nox"],
        cwd=project.root,
        env={**project.environment(), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line for line in done.stdout.splitlines() if line.startswith("sees")] == [
        f"sees {conda.prefix}/share/proj mine of the environment",
        "sees None None None",
    ]
