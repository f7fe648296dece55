"""pip and uv as judges of a world: what would they do?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypedDict

from virtualenv.seed.wheels.embed import get_embed_wheel

from tox_sitediff.uv.command import as_dry_run
from tox_sitediff.uv.dry_run import dry_run, without_log
from tox_sitediff.uv.program import find_uv, uv_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from support.differential.places import Places

_WORKER: Final = Path(__file__).with_name("pip_worker.py")
PIP_OPTIONS: Final = ("--no-cache-dir", "--disable-pip-version-check", "--no-input", "--root-user-action", "ignore")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a resolver would do.

    Attributes:
        install: What it would install, versions by normalised name; none where it fails.
        message: What it says then.
    """

    install: Mapping[str, str] | None
    message: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Say it in one line."""
        if self.install is None:
            return f"fails ({' '.join(self.message.split())[-300:]})"
        return " ".join(f"{name}=={version}" for name, version in sorted(self.install.items())) or "nothing"


class Reply(TypedDict, total=False):
    """What pip's process answers, by the kind of question."""

    install: dict[str, str]
    failed: str
    seen: dict[str, tuple[str | None, str]]
    unmet: list[str]


class Pip:
    """pip in a process of its own, asked again and again."""

    def __init__(self, places: Places) -> None:
        """Start it in the environment's interpreter."""
        embedded = get_embed_wheel("pip", f"{sys.version_info[0]}.{sys.version_info[1]}")
        assert embedded is not None, "virtualenv carries no pip for this Python"
        self.wheel = embedded.path
        library = places.root / "pip"
        with zipfile.ZipFile(embedded.path) as archive:
            archive.extractall(library, [name for name in archive.namelist() if name.startswith("pip/")])
        self._places = places
        self._process = subprocess.Popen(
            [places.python, "-I", _WORKER, library],
            env=places.variables,
            cwd=places.project,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        # what is put into the base from now on is not to be on its path for good
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def _ask(self, kind: str, hidden: Sequence[str], **more: Sequence[str]) -> Reply:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        question = {
            "kind": kind,
            "directory": os.fspath(self._places.project),
            "report": os.fspath(self._places.root / "report.json"),
        }
        lists = {
            "hidden": list(hidden),
            "injected": [found for found in [self._places.variables.get("PYTHONPATH")] if found],
            **{name: list(value) for name, value in more.items()},
        }
        self._process.stdin.write(json.dumps([question, lists]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"pip's process died of {question}"
        found: Reply = json.loads(line)
        return found

    def would(self, arguments: Sequence[str], hidden: Sequence[str] = (), *, alone: bool = False) -> Answer:
        """Tell what pip would install.

        Args:
            arguments: What it is asked for.
            hidden: Names that it is not to see outside the environment.
            alone: Whether it is to see no distribution at all, as in an environment that inherits nothing.
        """
        words = [*self.options(), *arguments]
        found = self._ask("alone" if alone else "install", hidden, arguments=words)
        return Answer(install=found.get("install"), message=found.get("failed", ""))

    def options(self) -> list[str]:
        """Return the options that pip gets each time."""
        return [*PIP_OPTIONS, "--index-url", self._places.index.as_uri()]

    def sees(self, hidden: Sequence[str]) -> dict[str, tuple[str | None, str]]:
        """Tell what is there, by ``importlib.metadata``: version and directory by normalised name."""
        return self._ask("seen", hidden)["seen"]

    def unmet(self, declared: Sequence[str], hidden: Sequence[str]) -> list[str]:
        """Tell what of some requirements is not met, by a check that has no code in common with ours."""
        return self._ask("unmet", hidden, declared=declared)["unmet"]


def uv_alone(places: Places, arguments: Sequence[str]) -> Answer:
    """Tell what uv would install into an environment that inherits nothing."""
    command = as_dry_run([os.fspath(find_uv()), "pip", "install", *arguments], target=None)
    variables = uv_environment(places.variables, places.full)
    variables.pop("PYTHONPATH", None)
    outcome = dry_run(command, environment=variables, directory=places.project)
    if outcome.changes is None:
        return Answer(install=None, message=without_log(outcome.message))
    return Answer(install={change.name: change.version or "?" for change in outcome.changes})
