"""Commands that only look leave every file of environment, base and work directory as it was: content, names, times."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.bases.made import uv_program
from support.shell import site

if TYPE_CHECKING:
    from pathlib import Path

    from support.projects import Project
    from support.shell import Shell

STATES = ("fresh", "filled", "half-made", "without its notes", "with damaged notes", "damaged", "foreign")
COMMANDS = {
    "inventory": ("inventory", "--python", "env"),
    "plan what is met": ("plan", "--python", "env", "frame"),
    "plan what is missing": ("plan", "--python", "env", "frame", "runner-mock"),
    "plan with a layer": ("plan", "--python", "env", "--layer", "layer", "frame", "tiny"),
    "plan what can't be had": ("plan", "--python", "env", "nowhere-to-be-found"),
    "install --dry-run": ("install", "--python", "env", "--dry-run", "tiny"),
    "install --check": ("install", "--python", "env", "--check", "frame"),
    "plan --check": ("plan", "--python", "env", "--check", "tiny", "plotter"),
    "check": ("check", "--python", "env"),
    "check requirements": ("check", "--python", "env", "frame", "tiny"),
    "report": ("report", "env"),
    "debug": ("debug", "--python", "env"),
    "sync --dry-run": ("sync", "--python", "env", "--dry-run", "pylock.toml"),
    "uv pip list": ("uv", "--python", "env", "pip", "list"),
    "uv pip tree": ("uv", "--python", "env", "pip", "tree"),
}
LOCK = """\
lock-version = "1.0"
created-by = "by hand"
packages = []
"""


def tree(root: Path) -> dict[str, tuple[int, int, int, str]]:
    """All below a directory: mode, times, content."""
    found = {}
    for path in [root, *sorted(root.rglob("*"))]:
        status = path.lstat()
        what = ""
        if path.is_symlink():
            what = os.readlink(path)
        elif path.is_file():
            what = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(root))] = (status.st_mode, status.st_mtime_ns, status.st_ctime_ns, what)
    return found


def make(shell: Shell, state: str) -> Path:
    """Make an environment in a state."""
    if state == "foreign":
        shell.run(uv_program(), "venv", "-q", "--system-site-packages", "--python", shell.base.python, "env")
        return shell.directory / "env"
    made = shell.venv("env")
    if state == "fresh":
        return made
    shell.sitediff("install", "-q", "--python", "env", "frame", "tiny")
    notes = made / ".sitediff-state.json"
    if state == "half-made":  # as a killed installer leaves it
        notes.write_text(json.dumps({**json.loads(notes.read_text()), "installing": True}))
        next(site(made).glob("tiny.py")).unlink()
    elif state == "without its notes":
        notes.unlink()
        (made / "sitediff.json").unlink()
    elif state == "with damaged notes":
        notes.write_text("{")
        (made / "sitediff.json").write_text("[]")
    elif state == "damaged":
        (made / "pyvenv.cfg").write_text("nothing = here\n")
    return made


@pytest.mark.parametrize("state", STATES)
def test_commands_that_look_change_nothing(state: str, shell: Shell) -> None:
    """Whatever state an environment is in, and whether or not a command succeeds there."""
    layer = shell.venv("layer")
    shell.sitediff("install", "-q", "--python", "layer", "--exclude", "tiny", "tiny==1.0")
    shell.write("pylock.toml", LOCK)
    environment = make(shell, state)
    before = {place: tree(place) for place in (environment, layer, shell.base.prefix)}
    work = sorted(path.name for path in shell.directory.iterdir())
    for name, command in COMMANDS.items():
        subprocess.run(
            [shell.program, *command],
            cwd=shell.directory,
            env=shell.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        for place, content in before.items():
            assert tree(place) == content, f"{name} changed {place.name}"
        assert sorted(path.name for path in shell.directory.iterdir()) == work, name


def test_tox_commands_that_look_change_nothing(project: Project) -> None:
    """``tox sitediff plan`` and ``report`` leave an environment of tox's as it was."""
    project.ini("deps = frame\n    tiny\ncommands = python -c pass")
    project.tox("-e", "a").ok()
    environment = project.directory()
    before = tree(environment)
    for action in ("plan", "report"):
        project.tox("sitediff", action, "-e", "a").ok()
        assert tree(environment) == before, action
