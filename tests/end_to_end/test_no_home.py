"""A home in which nothing can be written, as of many users in containers."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.projects import Project


def test_the_cache_lies_in_the_work_directory(project: Project) -> None:
    """What is missing is installed, a view can be made, and that is said once in a run, whatever the number of them."""
    project.ini(
        "deps =\n    tiny\n    frame\ncommands = python -c 'import frame, tiny'",
        tox="no_package = true\nenv_list = a, b",
        rest="[testenv:b]\nsitediff_visibility = declared",
    )
    file = project.write("file", "")
    place = project.root / ".tox" / ".sitediff-cache"
    run = project.tox(HOME=str(file / "home")).ok()
    assert len(run.lines(f"uv can't write its cache; it lies in {place} now")) == 1
    assert project.installed("a") == project.installed("b") == {"tiny": "1.1"}
    assert place.is_dir()
    assert not file.read_text("utf-8")
    again = project.tox(HOME=str(file / "home")).ok()
    assert not again.lines("recreate env")
    assert not again.lines("uv can't write its cache")
    # whoever says where it is to lie, or that there is to be none, is heard
    own = project.root / "own"
    assert not project.tox("-r", "-e", "a", HOME=str(file), UV_CACHE_DIR=str(own)).ok().lines("write its cache")
    assert own.is_dir()
    assert not project.tox("-r", "-e", "a", HOME=str(file), UV_NO_CACHE="1").ok().lines("write its cache")


def test_the_same_in_nox(stock: Project) -> None:
    """The cache lies among the environments of nox; with its uv backend uv fails before that, in nox itself."""
    pytest.importorskip("nox")
    file = stock.write("file", "")
    stock.write(
        "noxfile.py",
        f"""
        import nox
        from tox_sitediff.nox import session
        nox.options.default_venv_backend = "virtualenv"

        @session(python={str(stock.base.python)!r})
        def a(session):
            session.install("frame", "tiny")
            session.run("python", "-c", "import frame, tiny")
        """,
    )
    done = subprocess.run(
        [sys.executable, "-m", "nox"],
        cwd=stock.root,
        env={**stock.environment(), "HOME": str(file / "home"), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(f"uv can't write its cache; it lies in {stock.root}/.nox/.sitediff-cache now") == 1
