"""Where the replays happen: a base, an index, environments, and the tools with and without sitediff."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from support.bases.made import Base, uv_program
from support.projects import Project, make_project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.index import Index


@dataclass(kw_only=True)
class Ground:
    """One replay's place.

    Attributes:
        root: An empty directory.
        index: The wheels that can be had.
        base: The base interpreter, which a replay may change.
        variables: Further variables of the shell.
    """

    root: Path
    index: Index
    base: Base
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self, name: str, *options: str) -> Path:
        """Make an environment that inherits, with plain uv, and return its interpreter."""
        self.run(uv_program(), "venv", "--system-site-packages", "--python", self.base.python, *options, name)
        return self.root / name / "bin" / "python"

    def run(self, *command: str | Path, cwd: Path | None = None, status: int = 0) -> str:
        """Run a command to its end, and return what it said."""
        done = subprocess.run(
            command,
            cwd=cwd or self.root,
            env=self._all_variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def uv(self, *arguments: str | Path, cwd: Path | None = None, status: int = 0) -> str:
        """Run plain uv."""
        return self.run(uv_program(), *arguments, cwd=cwd, status=status)

    def sitediff(self, *arguments: str | Path, cwd: Path | None = None, status: int = 0) -> str:
        """Run sitediff."""
        program = shutil.which("sitediff", path=str(Path(sys.executable).parent))
        assert program is not None, "the command is not installed"
        return self.run(program, *arguments, cwd=cwd, status=status)

    def project(self, name: str) -> Project:
        """Make a project for tox over the base."""
        (self.root / name).mkdir()
        return make_project(self.root / name, self.base, self.index, "virtualenv")

    def _all_variables(self) -> Mapping[str, str]:
        plain = Project(root=self.root, base=self.base, index=self.index, family="virtualenv").environment()
        return {**plain, "NO_COLOR": "1", **self.variables}


def held(python: Path) -> str:
    """Say in words what an environment holds itself."""
    site = next((python.parent.parent / "lib").glob("python*/site-packages"))
    names = sorted(path.name.removesuffix(".dist-info").replace("-", " ") for path in site.glob("*.dist-info"))
    return f"installs {', '.join(names)}" if names else "installs nothing"


def listed(text: str) -> int:
    """Count the distributions in what ``pip list`` printed."""
    return len(re.findall(r"^[\w.-]+ +\d\S*", text, re.MULTILINE))


def which(ground: Ground, python: Path, name: str) -> str:
    """Say which copy of a module an environment's interpreter imports."""
    out = ground.run(python, "-c", f"import {name}; print({name}.__file__)").strip()
    return "its own copy" if out.startswith(os.fspath(python.parent.parent)) else "the base's copy"
