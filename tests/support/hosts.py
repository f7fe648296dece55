"""Environments that the package under test is installed into, with other releases of what it stands on."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import distribution
from typing import TYPE_CHECKING

from support import interpreters
from support.bases.made import uv_program
from support.wheels import repack

if TYPE_CHECKING:
    from pathlib import Path

NAME = "tox-sitediff"


@dataclass(frozen=True, kw_only=True)
class Host:
    """An environment with tox and the package in it."""

    directory: Path

    @property
    def programs(self) -> Path:
        """Where its programs lie."""
        return self.directory / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.programs / ("python.exe" if os.name == "nt" else "python")

    def run(self, script: str, *arguments: str) -> str:
        """Run a script, and return what it prints."""
        return interpreters.run(self.python, script, *arguments)


def make_host(directory: Path, *requirements: str, options: tuple[str, ...] = (), package: bool = True) -> Host:
    """Install the package under test, as whoever has the package index does.

    Args:
        directory: Where to.
        requirements: What else to install.
        options: Options of ``uv pip install``.
        package: Whether the package itself is installed.
    """
    wanted = [*requirements]
    if package:
        wheels = directory.with_name(f"{directory.name}-wheels")
        wheels.mkdir()
        wanted.append(f"{NAME} @ {repack(wheels, distribution(NAME)).as_uri()}")
    environment = interpreters.variables()
    subprocess.run([uv_program(), "venv", "-q", "-p", sys.executable, directory], env=environment, check=True)
    host = Host(directory=directory)
    command = [str(uv_program()), "pip", "install", "-q", "-p", str(host.python), *options]
    subprocess.run([*command, *wanted], env=environment, check=True)
    return host
