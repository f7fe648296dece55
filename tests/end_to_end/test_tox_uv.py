"""The settings of tox-uv keep working."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from support.projects import SpyUv

if TYPE_CHECKING:
    from support.projects import Project


def test_settings_of_tox_uv(with_tox_uv: Project) -> None:
    """``uv_seed``, ``uv_python_preference`` and ``uv_resolution`` mean what they mean without the plugin."""
    project = with_tox_uv
    project.index.add("pip", "99.0")
    try:
        project.ini(
            "deps =\n    tiny\n    numlib",
            tox="no_package = true\nenv_list = low, preferred",
            rest="""
            [testenv:low]
            uv_resolution = lowest
            [testenv:preferred]
            uv_python_preference = only-system
            """,
        )
        run = project.tox().ok()
    finally:
        project.index.wheel("pip", "99.0").unlink()
    assert project.installed("low") == {"tiny": "1.0"}
    assert project.reused("low") == {"numlib": "1.26.0"}
    assert project.installed("preferred") == {"tiny": "1.1"}
    assert run.lines("--python-preference only-system")


def test_a_seeded_environment(with_tox_uv: Project) -> None:
    """``uv_seed`` puts pip into the environment, and that is on record."""
    project = with_tox_uv
    # what uv seeds besides, for a Python that distutils is part of
    old = {"setuptools", "wheel"} if sys.version_info < (3, 12) else set()
    wheels = [project.index.add(name, "1.0") for name in sorted(old)]
    try:
        project.ini("deps = frame\nuv_seed = true\ncommands = python -m pip --version")
        run = project.tox("-e", "a").ok()
    finally:
        for wheel in wheels:
            wheel.unlink()
    assert set(project.installed()) == {"pip", *old}
    assert {item.name for item in project.record().installed} == {"pip", *old}
    assert run.lines(f"from {project.site()}/pip")


def test_a_uv_of_the_users_choice(with_tox_uv: Project) -> None:
    """``TOX_UV_PATH`` names the uv that fills slim environments too."""
    project = with_tox_uv
    spy = SpyUv(project.root.parent / "spy")
    project.ini("deps = tiny")
    project.tox("-e", "a", TOX_UV_PATH=str(spy.program)).ok()
    assert project.installed() == {"tiny": "1.1"}
    assert spy.installs()


def test_a_uv_that_is_too_old_is_named(with_tox_uv: Project) -> None:
    """The version is checked before anything is installed, and the message says what to do."""
    project = with_tox_uv
    spy = SpyUv(project.root.parent / "old")
    spy.grow_old()
    project.ini("deps = tiny")
    run = project.tox("-e", "a", TOX_UV_PATH=str(spy.program)).failed()
    assert run.lines(f"{spy.program} is uv 0.4.1, but")
    assert project.installed() == {}
    project.tox("-e", "a").ok()
    assert project.installed() == {"tiny": "1.1"}


def test_a_tox_uv_that_is_not_known_is_left_to_itself(with_tox_uv: Project) -> None:
    """A line says so, and the run goes on; a module that can't be imported stands for one of tox-uv that moved."""
    with_tox_uv.ini("commands = python -c pass")
    halt = "import sys\nsys.modules['tox_sitediff.tox_plugin.tox_uv_lock'] = None\n"
    with_tox_uv.write("path/sitecustomize.py", halt)
    run = with_tox_uv.tox("-e", "a", PYTHONPATH=str(with_tox_uv.root / "path")).ok()
    assert len(run.lines("sitediff: environments of this tox-uv are not slim")) == 1
    assert run.table() == []
