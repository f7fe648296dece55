"""What all commands share: where they run, what they say, and how they reach the engine."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, TextIO

from ..core.advice import Ways
from ..core.colour import coloured
from ..core.model import Visibility
from ..core.target import Target
from ..engine.request import make_request
from ..engine.slim import Slim
from ..environment import busy, find
from ..environment.find import Kind, Place
from ..errors import EnvironmentProblem, Unsatisfied
from ..files import path_of
from ..programs import show
from ..terminal import Progress, has_colour, width
from ..text import lines
from ..user_cache import refusal
from ..uv.options import option_of
from ..uv.program import find_uv, uv_environment
from ..uv.settings.choose import from_uv
from ..uv.settings.unheard import unheard
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from ..core.record import Json
    from ..core.request import Request


def in_colour(text: str, stream: TextIO, variables: Mapping[str, str]) -> str:
    """Colour what is safe to show, where a stream takes it."""
    return coloured(text) if has_colour(stream, variables) else text


class UvFailed(Unsatisfied):
    """uv failed, and said why itself.

    Attributes:
        status: Its exit status.
    """

    def __init__(self, status: int) -> None:
        """Keep the exit status."""
        super().__init__("")
        self.status = status


@frozen
class Context:
    """Where a command runs.

    Attributes:
        variables: The user's variables.
        directory: Where relative paths start.
        quiet: Whether only errors are said.
        progress: Shows what takes long.
    """

    variables: Mapping[str, str]
    directory: Path
    quiet: bool = False
    progress: Progress = field(default_factory=Progress)

    @property
    def project(self) -> Path:
        """Where the project is: the directory, or what ``UV_PROJECT`` names from there."""
        return self.directory / self.variables.get("UV_PROJECT", "")

    def say(self, line: str) -> None:
        """Tell people something, unless they want to hear of errors only."""
        if not self.quiet:
            self.progress.clear()
            self._print(f"sitediff: {lines(line)}")

    def complain(self, line: str) -> None:
        """Tell people why a command fails, which they always want to hear."""
        self.progress.clear()
        self._print(f"sitediff: {lines(line)}")

    def _print(self, text: str) -> None:
        print(in_colour(text, sys.stderr, self.variables), file=sys.stderr, flush=True)

    def show(self, text: str, *, for_programs: bool = False) -> None:
        """Write what the command is for: the one thing that goes to the standard output; safe to show, however long."""
        self.progress.clear()
        safe = lines(text, None)
        sys.stdout.write(f"{safe if for_programs else in_colour(safe, sys.stdout, self.variables)}\n")

    @property
    def width(self) -> int | None:
        """How many columns what is shown may have; None for any."""
        return width(sys.stdout, self.variables)

    def show_json(self, data: Json) -> None:
        """Write the same for programs."""
        # what is not ASCII is escaped, but for the last character that is, which is none to show
        self.show(json.dumps(data, indent=2, ensure_ascii=True).replace("\x7f", "\\u007f"), for_programs=True)

    def say_of_cache(self) -> None:
        """Say where there could be a cache, and is none."""
        if (line := refusal()) is not None:
            self.say(line)

    def find(self, python: str | None, *, fallback: bool = False) -> Place:
        """Find what the command is about; see `find.find`."""
        self.say_of_cache()
        return find.find(python, environment=self.variables, directory=self.directory, uv=find_uv(), fallback=fallback)

    def slim(
        self,
        place: Place,
        *,
        exclude: Sequence[NormalizedName] = (),
        layers: Sequence[Path] = (),
        visibility: str | None = None,
        also_visible: Sequence[str] = (),
        unverified: str | None = None,
    ) -> Slim:
        """Take an environment for a slim one; layers, and what it sees of its base, are added to what they were."""
        directory = place.directory
        name = directory.parent.name if directory.name in {".venv", "venv"} else directory.name
        return Slim(
            Target(
                name=name or directory.name,
                directory=directory,
                python=place.python,
                project=self.directory,
                exclude=frozenset(exclude),
                layers=tuple(layers),
                keeps_layers=True,
                visibility=None if visibility is None else Visibility(visibility),
                also_visible=tuple(also_visible),
                adds_visible=True,
                refuses_unverified=unverified == "error",
            ),
            self.variables,
            warn=self.say,
            progress=self.progress,
        )

    def paths(self, texts: Sequence[str]) -> list[Path]:
        """Return the paths that a user named, which start in the directory of the command."""
        return [path_of(text, start=self.directory) for text in texts]

    def request(
        self, slim: Slim, arguments: Sequence[str], *, command: str = "install", ways: Ways | None = None
    ) -> Request:
        """Translate arguments of ``uv pip install`` for the engine.

        Args:
            slim: The environment.
            arguments: The arguments.
            command: Another command of ``uv pip`` than ``install``.
            ways: What the user can do about what is not met, where it is not to install and uninstall.
        """
        target = slim.target
        start = [os.fspath(find_uv()), "pip", command]
        if command != "install":
            start += ["--python", os.fspath(target.python)]
        settings = uv_environment(self.variables, target.directory)
        if arguments and (line := unheard(self.variables, [option_of(word)[0] for word in arguments])) is not None:
            self.say(line)
        return make_request(
            arguments,
            build=lambda words: [*start, *words],
            target=target,
            variables=self.variables,
            settings=from_uv(settings, project=self.directory),
            ways=ways or Ways(),
            renews=True,
        )

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Run uv, whose progress is for people: what it writes goes to the standard error.

        Raises:
            UvFailed: When it fails.
        """
        sys.stdout.flush()
        quiet = ["--quiet"] if self.quiet and not {"-q", "--quiet"} & {*command} else []
        words = [command[0], *quiet, *command[1:]]
        answer = show(words, variables=variables, directory=self.directory, out=sys.stderr.fileno())
        if answer.status:
            raise UvFailed(answer.status)

    def environment(self, python: str | None) -> Place:
        """Find the environment that a command is to change.

        Raises:
            EnvironmentProblem: When there is none, or what there is is a base.
        """
        place = self.find(python)
        if place.kind is not Kind.ENVIRONMENT:
            raise EnvironmentProblem(
                f"{place.directory} ({place.how}) is a {place.kind}, which is never written; make an environment over "
                f"it (sitediff venv --python {place.python} .venv) and name that one, or fill the base itself with "
                "uv pip install"
            )
        return place

    @contextmanager
    def alone(self, directory: Path, *, only_looks: bool = False) -> Iterator[None]:
        """Wait until no other process is at work in an environment, and keep them out of it; see `busy.alone`."""
        with busy.alone(
            directory,
            waiting=lambda who: self.say(f"waiting for {who} at work in {directory}"),
            only_looks=only_looks,
        ):
            yield

    @contextmanager
    def over(self, place: Place) -> Iterator[Place]:
        """Give an environment to look from, for us alone: of a base, a new one over it, which is gone afterwards."""
        if place.kind is Kind.ENVIRONMENT:
            with self.alone(place.directory, only_looks=True):
                yield place
            return
        with find.scratch(
            os.fspath(place.python), uv=find_uv(), environment=self.variables, directory=self.directory
        ) as made:
            yield made

    @contextmanager
    def beside(self, place: Place) -> Iterator[Place]:
        """Give an empty environment over the base of another one, in which something can be put to be looked at."""
        below = self.slim(place).environment.look().interpreter
        with find.scratch(
            below.base_executable or below.base_prefix,
            uv=find_uv(),
            environment=self.variables,
            directory=self.directory,
        ) as made:
            yield made

    def make(self, directory: Path, python: Path | None, options: Sequence[str] = ()) -> None:
        """Make an environment that inherits.

        Args:
            directory: Where.
            python: The interpreter below; None to let uv find one.
            options: Further options of ``uv venv``.
        """
        command = [os.fspath(find_uv()), "venv", "--system-site-packages"]
        variables = dict(self.variables)
        if python is not None:
            variables.pop("UV_PYTHON", None)
            command += ["--no-project", "--python", os.fspath(python)]
        self.run([*command, *options, os.fspath(directory)], variables)
