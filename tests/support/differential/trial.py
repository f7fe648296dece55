"""One world, tried: what pip would do, what we plan and then do, and what is true of it afterwards."""

from __future__ import annotations

import os
import subprocess
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unittest.mock import patch

from packaging.utils import canonicalize_name

from support.differential.judge import Answer, Pip
from support.distributions import pretending_in
from tox_sitediff.core.request import Request
from tox_sitediff.core.target import Target
from tox_sitediff.engine.slim import Slim
from tox_sitediff.errors import SitediffError
from tox_sitediff.uv import plans
from tox_sitediff.uv.program import find_uv, uv_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from support.differential.places import Places
    from support.differential.worlds import World


class UvFailed(Exception):
    """uv failed when it was to install."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What came of a world.

    Attributes:
        pip: What pip would install into the environment that inherits.
        planned: What we said that we would.
        done: What we installed; the message is that of the error.
        before: What the interpreter saw before: version and directory by normalised name.
        again: What pip, asked again, would still install afterwards; none where nothing was installed.
        unmet: What is not met in the finished environment, by a check of its own.
        problems: What must not be, whatever pip says, a line for each.
    """

    pip: Answer
    planned: Answer
    done: Answer
    before: Mapping[str, tuple[str | None, str]]
    again: Answer | None = None
    unmet: Sequence[str] = ()
    problems: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Trial:
    """Where worlds are tried, one after the other."""

    places: Places
    pip: Pip

    def slim(self, world: World) -> Slim:
        """Return the environment, as a front end has it."""
        stacked = (self.places.layers["stacked"],) if any(item.layer == "stacked" for item in world.copies) else ()
        target = Target(
            name="e",
            directory=self.places.env,
            python=self.places.python,
            project=self.places.project,
            exclude=frozenset(canonicalize_name(name) for name in world.exclude),
            layers=stacked,
        )
        return Slim(target, self.places.variables, warn=lambda _: None)

    def request(self, world: World, arguments: Sequence[str]) -> Request:
        """Return what is asked for, as a front end says it."""
        start = [os.fspath(find_uv()), "pip", "install", "--python", os.fspath(self.places.python)]
        return Request(
            arguments=arguments,
            declared=arguments,
            build=lambda words: [*start, *words],
            variables=self.places.variables,
            settings=uv_environment(self.places.variables, self.places.env),
            neutral=world.neutral,
        )

    def own(self) -> dict[str, str]:
        """Name what lies in the environment itself."""
        site = self.places.layers["own"]
        names = [path.name.removesuffix(".dist-info").partition("-") for path in site.glob("*.dist-info")]
        return {canonicalize_name(name): version for name, _, version in names}

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Run what installs."""
        done = subprocess.run(
            command, env=dict(variables), cwd=self.places.project, input=b"", capture_output=True, check=False
        )
        if done.returncode:
            raise UvFailed(done.stderr.decode("utf-8", "replace"))

    def plan(self, slim: Slim, request: Request) -> Answer:
        """Ask for the plan."""
        try:
            plan = slim.plan(request)
        except SitediffError as error:
            return Answer(install=None, message=str(error))
        if not plan.is_good:
            return Answer(install=None, message=plan.message or "; ".join(map(str, plan.unmet)))
        return Answer(install={item.name: item.version or "?" for item in plan.install})

    def install(self, slim: Slim, request: Request) -> Answer:
        """Install, and return what is new in the environment."""
        before = self.own()
        try:
            slim.installation(request).install(self.run)
        except (SitediffError, UvFailed) as error:
            return Answer(install=None, message=f"{type(error).__name__}: {error}")
        return Answer(install=dict(self.own().items() - before.items()))

    def attempt(self, world: World) -> Verdict:
        """Try a world.

        Args:
            world: What to bring to the disk.

        Returns:
            What came of it.
        """
        self.places.furnish(world)
        base = self.places.base_hash()
        arguments = self.places.arguments(world)
        slim = self.slim(world)
        slim.begin()
        slim.prepare()
        seen = self.pip.sees(world.exclude)
        would = self.pip.would(arguments, world.exclude)
        request = self.request(world, arguments)
        own = self.own()
        damaged = {*pretending_in(self.places.layers["own"])}  # by the world itself
        problems = []
        try:
            planned = self.plan(slim, request)
            if self.own() != own:
                problems.append("the plan changed the environment")
            done = self.install(slim, request)
        except Exception:  # noqa: BLE001  # whatever it is, the world that brings it about is what matters
            problems.append(traceback.format_exc())
            planned = done = Answer(install=None, message="a traceback")
        if _without(planned, own) != done:
            problems.append(f"planned {planned}, but did {done}")
        again, unmet = None, []
        if done.install is not None:
            again = self.pip.would(arguments, world.exclude)
            unmet = self.pip.unmet(arguments_to_check(arguments), world.exclude)
            if unmet:
                problems.append(f"not met afterwards: {'; '.join(unmet)}")
            repeated = self.install(self.slim(world), request)
            if repeated.install != {}:
                problems.append(f"a second run did {repeated}")
        elif self.own() != own:
            problems.append(f"failed ({done}), but left {self.own().items() ^ own.items()}")
        if self.places.base_hash() != base:
            problems.append("the base was touched")
        if left := {*pretending_in(self.places.layers["own"])} - damaged:
            problems.append(f"left what pretends to be installed: {sorted(left)}")
        problems += self._at_once(world, request, done)
        return Verdict(pip=would, planned=planned, done=done, before=seen, again=again, unmet=unmet, problems=problems)

    def _at_once(self, world: World, request: Request, done: Answer) -> list[str]:
        """Do it once more from the beginning, in one go wherever that is possible, known to do or not."""
        self.places.furnish(world)
        base, own = self.places.base_hash(), self.own()
        slim = self.slim(world)
        slim.begin()
        slim.prepare()
        with patch.object(plans, "recall", lambda _: plans.Known(newest=True)):
            try:
                anew = self.install(slim, request)
            except Exception:  # noqa: BLE001  # as above
                return [traceback.format_exc()]
        problems = []
        if anew.install != done.install:
            problems.append(f"did {done}, and in one go {anew}")
        if anew.install is None and self.own() != own:
            problems.append(f"failed in one go ({anew}), but left {self.own().items() ^ own.items()}")
        if self.places.base_hash() != base:
            problems.append("the base was touched in one go")
        return problems


def _without(answer: Answer, own: Mapping[str, str]) -> Answer:
    """Leave out what is installed anew in the version that lies there: afterwards, nobody sees that."""
    if answer.install is None:
        return answer
    return Answer(install=dict(answer.install.items() - own.items()))


def arguments_to_check(arguments: Sequence[str]) -> list[str]:
    """Leave out the options."""
    rest = iter(arguments)
    kept = []
    for word in rest:
        if word == "-c":
            next(rest)
        elif not word.startswith("-"):
            kept.append(word)
    return kept
