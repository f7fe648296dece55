"""A base without any bytecode, of its standard library neither, that may be written to: nothing is ever written there.

The whole tree is compared, with sizes and times. Programs that are started for an environment would compile what they
import; so would those that virtualenv, tox and nox start to ask an interpreter what it is, with a cold cache.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.bases.made import Base
from support.index import BACKEND
from support.projects import Project, make_project
from support.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.index import Index


@pytest.fixture(scope="module")
def uncompiled(tmp_path_factory: pytest.TempPathFactory, index: Index) -> Base:
    """A copy of this Python, the library too, with some distributions, and no bytecode at all."""
    made = Base(tmp_path_factory.mktemp("uncompiled") / "base", copy=True)
    made.install(index, "frame", "runner==7.4.0", "backend==1.0", "pip")
    for path in made.prefix.rglob("__pycache__"):
        shutil.rmtree(path)
    assert os.access(made.site.parent, os.W_OK)
    return made


@contextmanager
def unwritten(base: Base) -> Iterator[None]:
    """Nothing is different afterwards."""
    before = base.tree()
    yield
    after = base.tree()
    changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    for path in changed:  # so that the next test sees a base without bytecode too
        if Path(path).name == "__pycache__":
            shutil.rmtree(base.prefix / path, ignore_errors=True)
    assert sorted(changed) == []


def cold(project: Project) -> None:
    """Let virtualenv, python-discovery and uv know nothing of any interpreter."""
    project.variables |= {
        "VIRTUALENV_OVERRIDE_APP_DATA": str(project.root / "app-data"),
        "XDG_CACHE_HOME": str(project.root / "cache"),
        "UV_CACHE_DIR": str(project.root / "cache" / "uv"),
    }


def test_with_tox(tmp_path: Path, uncompiled: Base, index: Index, family: str) -> None:
    """All kinds of packages, isolated interpreters; the first environment with cold caches, the rest with warm ones."""
    project = make_project(tmp_path, uncompiled, index, family)
    cold(project)
    project.package(build='requires = ["backend"]')
    # in stock tox, the interpreter is asked while the configuration is read where the name says a version too
    first = f"py{sys.version_info[0]}{sys.version_info[1]}" if family == "virtualenv" else "first"
    project.ini(
        "package = wheel\nset_env = SITE = {env_site_packages_dir}",
        tox=f"env_list = {first}, sdist, editable",
        rest=f"""
            [testenv:{first}]
            package = skip
            deps = tiny
            sitediff_visibility = report
            install_command = python -I -m pip install {{opts}} {{packages}}
            commands =
                python -c 'import frame, tiny'
                python -E -c 'import multiprocessing as m; m.get_context("spawn").Process().start()'
            [testenv:sdist]
            package = sdist
            deps =
                ./other
                runner
            commands = runner frame
            [testenv:editable]
            package = editable
            sitediff_visibility = declared
            commands = python -Im demo
            [testenv:.pkg]
            base_python = {uncompiled.python}
        """,
    )
    project.write("src/demo/__main__.py", "import json")
    project.write("other/pyproject.toml", (project.root / "pyproject.toml").read_text("utf-8").replace("demo", "other"))
    project.write("other/src/other/__init__.py", "")
    with unwritten(uncompiled):
        project.tox().ok()
    assert project.installed(first) == {"tiny": "1.1"}
    assert project.installed("sdist") == {"demo": "1.0", "other": "1.0"}


def test_with_nox(tmp_path: Path, uncompiled: Base, index: Index) -> None:
    """nox and virtualenv ask interpreters what they are before a session begins."""
    pytest.importorskip("nox")
    project = make_project(tmp_path, uncompiled, index, "virtualenv")
    cold(project)
    project.write(
        "noxfile.py",
        f"""
        from tox_sitediff.nox import session

        def fill(session):
            session.install("frame", "tiny")
            session.run("python", "-I", "-c", "import frame, json")

        for backend in ("virtualenv", "uv"):
            session(name=backend, python={str(uncompiled.python)!r}, venv_backend=backend)(fill)
        """,
    )
    with unwritten(uncompiled):
        done = subprocess.run(
            [sys.executable, "-m", "nox"], cwd=project.root, env=project.environment(), capture_output=True, check=False
        )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr.decode().count("was successful") == 2


def test_with_the_command_line(tmp_path: Path, uncompiled: Base, index: Index) -> None:
    """What is built for an environment, and the hook that is compiled for it."""
    shell = Shell(directory=tmp_path, base=uncompiled, index=index)
    shell.variables = {"UV_CACHE_DIR": str(tmp_path / "cache")}
    shell.write("lib/pyproject.toml", BUILT)
    shell.write("lib/backend.py", BACKEND)
    shell.write("lib/src/lib/__init__.py", "")
    given = shell.environment()
    with pytest.MonkeyPatch.context() as patch, unwritten(uncompiled):
        patch.setattr(shell, "environment", lambda: {k: v for k, v in given.items() if k != "PYTHONDONTWRITEBYTECODE"})
        shell.venv()
        shell.sitediff("plan", "frame", "./lib")
        shell.sitediff("install", "--visibility", "report", "frame", "./lib")
        shell.sitediff("check")
        shell.sitediff("run", "python", "-I", "-c", "import frame, json")


BUILT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "lib"
version = "1.0"
"""
