"""What the tests of the command line stand on: a shell in a directory, and ``sitediff`` as a user starts it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from support.bases.made import clean_environment, measured

if TYPE_CHECKING:
    from support.bases.made import Base
    from support.index import Index


class Named(TypedDict):
    """What all lists of the JSON formats have in common."""

    name: str
    version: str
    why: list[str]
    location: str


class Plan(TypedDict):
    """What ``sitediff plan --format json`` says, as far as the tests read it."""

    schema: int
    declared: list[str]
    reused: list[Named]
    install: list[Named]
    shadowed: list[dict[str, str]]
    conflicts: list[dict[str, str]]
    unmet: list[dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Said:
    """A finished command.

    Attributes:
        status: Its exit status.
        out: What it wrote to its standard output.
        err: What it said to people.
    """

    status: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        """Parse the standard output."""
        return cast("dict[str, object]", json.loads(self.out))

    def plan(self) -> Plan:
        """Parse the standard output of ``sitediff plan``."""
        return cast("Plan", json.loads(self.out))

    def rows(self) -> list[list[str]]:
        """Split the lines of the standard output."""
        return [line.split() for line in self.out.splitlines()]


@dataclass(kw_only=True)
class Shell:
    """A shell in a directory, with nothing of this machine's configuration.

    Attributes:
        directory: The current directory.
        base: A base interpreter.
        index: The wheels that can be had.
        variables: Further variables.
    """

    directory: Path
    base: Base
    index: Index
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def program(self) -> str:
        """The installed console script."""
        program = shutil.which("sitediff", path=str(Path(sys.executable).parent))
        assert program is not None, "the command is not installed"
        return program

    def environment(self) -> dict[str, str]:
        """The variables of a command."""
        given = {
            **clean_environment(),
            **measured(),
            **self.index.variables(),
            "UV_PYTHON_DOWNLOADS": "never",
            "NO_COLOR": "1",
        }
        return {**given, "COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1", **self.variables}

    def run(self, *command: str | Path, status: int = 0, cwd: Path | None = None) -> Said:
        """Run a command, and see that it ends with a status, without a traceback."""
        done = subprocess.run(
            command,
            cwd=cwd or self.directory,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        said = f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == status, said
        assert "Traceback" not in said
        return Said(status=done.returncode, out=done.stdout, err=done.stderr)

    def sitediff(self, *arguments: str | Path, status: int = 0, cwd: Path | None = None) -> Said:
        """Run the command line."""
        return self.run(self.program, *arguments, status=status, cwd=cwd)

    def refused(self, *arguments: str | Path, status: int = 2) -> str:
        """Run what is refused by us, and return the one message."""
        said = self.sitediff(*arguments, status=status)
        assert said.out == ""
        lines = [line for line in said.err.splitlines() if line.startswith("sitediff: error: ")]
        assert len(lines) == 1, said.err
        return lines[0].removeprefix("sitediff: error: ")

    def venv(self, name: str = ".venv", *options: str | Path) -> Path:
        """Make an environment over the base, and return its directory."""
        self.sitediff("venv", "-q", "--python", self.base.python, *options, name)
        return self.directory / name

    def plan(self, *arguments: str | Path, status: int = 0) -> Plan:
        """Ask for a plan."""
        return self.sitediff("plan", "--format", "json", *arguments, status=status).plan()

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def site(environment: Path) -> Path:
    """Return where an environment's own packages lie."""
    return next((environment / "lib").glob("python*/site-packages"))


def own(environment: Path) -> dict[str, str]:
    """Return what lies in an environment itself: names and versions."""
    names = [path.name.removesuffix(".dist-info").rpartition("-") for path in site(environment).glob("*.dist-info")]
    return {name: version for name, _, version in sorted(names)}


def versions(items: list[Named]) -> dict[str, str]:
    """Return names and versions of a list."""
    return {item["name"]: item["version"] for item in items}


def recorded(environment: Path, part: str) -> dict[str, str]:
    """Return names and versions of a list in the record of an environment."""
    return versions(json.loads((environment / "sitediff.json").read_text(encoding="utf-8"))[part])
