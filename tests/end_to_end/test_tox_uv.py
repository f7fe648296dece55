"""The settings of tox-uv keep working."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .support import Project


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
    project.ini("deps = frame\nuv_seed = true\ncommands = python -m pip --version")
    run = project.tox("-e", "a").ok()
    assert set(project.installed()) == {"pip"}
    assert [item.name for item in project.record().installed] == ["pip"]
    assert run.lines(f"from {project.site()}/pip")


def test_a_uv_of_the_users_choice(with_tox_uv: Project) -> None:
    """``TOX_UV_PATH`` names the uv that fills slim environments too."""
    from .support import SpyUv

    project = with_tox_uv
    spy = SpyUv(project.root.parent / "spy")
    project.ini("deps = tiny")
    project.tox("-e", "a", TOX_UV_PATH=str(project.root.parent / "spy" / "uv")).ok()
    assert project.installed() == {"tiny": "1.1"}
    assert spy.installs()


def test_a_uv_that_is_too_old_is_named(with_tox_uv: Project) -> None:
    """A uv without what is needed fails before anything is installed, and the message says what to do."""
    project = with_tox_uv
    program = project.root.parent / "old" / "uv"
    program.parent.mkdir()
    from .support import uv_program

    program.write_text(
        # stands in for a uv of that time: it says its version, and does not know the option
        '#!/bin/sh\ncase "$*" in\n--version) echo uv 0.4.1; exit;;\n'
        "*--output-format*) echo \"error: unexpected argument '--output-format' found\" >&2; exit 2;;\nesac\n"
        f'exec {uv_program()} "$@"\n',
        "utf-8",
    )
    os.chmod(program, 0o755)  # noqa: PTH101
    project.ini("deps = tiny")
    run = project.tox("-e", "a", TOX_UV_PATH=str(program)).failed()
    assert run.lines(f"{program} is uv 0.4.1, but")
    assert project.installed() == {}
    project.tox("-e", "a").ok()
    assert project.installed() == {"tiny": "1.1"}
