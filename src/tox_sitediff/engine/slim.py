"""One slim environment, as every front end has it: its life, and what is made of it on the way.

Its life is the same for all front ends:

1. `Slim.unusable` says whether what an earlier run left can be used; else the front end makes it anew;
2. `Slim.begin`, once it was made;
3. `Slim.prepare`: it sees its layers, and of its base what it may;
4. `Slim.installation(request)`, as often as something is asked for: study, plan, install (or uninstall), settle;
5. `Slim.finish`: the record is brought up to date with what the run left.

Only `begin`, `prepare`, `finish` and what installs or removes write anything. `plan`, `check` and the queries of
`Slim.environment` and `Slim.history` need no more than that the environment exists, and leave it as it was.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..environment import pyvenv, state_file
from ..errors import InterpreterProblem
from .environment import Environment
from .history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from packaging.utils import NormalizedName

    from ..core.plan import Plan
    from ..core.record import Record
    from ..core.request import Request
    from ..core.target import Target
    from ..terminal import Progress
    from .check import Checked
    from .installation import Installation


class Slim:
    """One slim environment.

    Attributes:
        environment: What it is and sees.
        history: What is known of it from run to run.
    """

    def __init__(
        self,
        target: Target,
        variables: Mapping[str, str],
        *,
        warn: Callable[[str], None],
        progress: Progress | None = None,
    ) -> None:
        """Prepare, without touching anything.

        Args:
            target: The environment.
            variables: The variables that its commands get.
            warn: Takes a line that the user should read.
            progress: Shows what takes long; without, nothing does.
        """
        self.environment = Environment(target, variables, warn=warn, progress=progress)
        self.history = History(self.environment)

    @property
    def target(self) -> Target:
        """What the front end says of the environment."""
        return self.environment.target

    def ask(self) -> None:
        """Start asking the interpreter of an earlier run, if there was one, while the front end does other things."""
        if (self.target.directory / state_file.STATE_NAME).exists():
            self.environment.ask()

    def unusable(self, *, base_answers: Callable[[], bool] = lambda: True) -> str | None:
        """Tell why what an earlier run left can't be used as it is.

        Args:
            base_answers: Tells whether the base's interpreter can be asked; an environment made anew over one that
                can't would be no better.

        Returns:
            The reason; None where it can be used.

        Raises:
            InterpreterProblem: When neither the environment's interpreter nor that of the base can be asked.
        """
        directory = self.target.directory
        if (reason := pyvenv.damage(directory)) is not None:
            return reason
        if not pyvenv.inherits(directory):
            return "it does not inherit from its base"
        try:
            return self.history.stale() or self.history.moved() or self.history.scope.change
        except InterpreterProblem as error:
            if not self.target.python.exists():
                return "its interpreter is gone"
            if not base_answers():
                raise
            return str(error)

    def begin(self) -> None:
        """Start the notes on an environment that was just made."""
        self.history.begin()

    def prepare(self, *, full: bool = True) -> list[Path]:
        """Make the environment see its layers, and of its base what it may; remove what a killed run left.

        Args:
            full: Whether something is about to be installed, so that the interpreter is asked for all at once.

        Returns:
            The site directories that were stacked anew.

        Raises:
            EnvironmentProblem: When a layer does not exist or does not fit, or the interpreter can't be asked.
            OSError: When the environment can't be written.
        """
        state_file.sweep_temporary(self.target.directory, self.target.temporary)
        self.environment.complete(full=full)
        stacked = self.environment.stack()
        self.environment.look(full=full)
        self._expose()
        return stacked

    def _expose(self) -> None:
        """Make the environment see of its base what it may, where it does not, and forget what it imported before."""
        scope = self.history.scope
        if scope.is_plain:
            return
        if scope.is_there(self.environment.look(full=False).purelib):
            scope.forget()
        else:
            from .audit import audit  # what most environments do not need

            seen = self.environment.look()
            packages = self.environment.packages(seen)
            scope.show(audit(self.history.current().declared, seen), seen, packages)
        current = self.history.current()
        found = replace(current, visibility=scope.visibility, also_visible=scope.also_visible)
        if found != current:
            self.history.keep(found)

    def provide(self, names: Iterable[NormalizedName]) -> bool:
        """Make the console scripts of what an environment of its kind holds without declaring it, where inherited.

        Args:
            names: Normalised names.

        Returns:
            Whether all of them are there, inherited or installed.

        Raises:
            EnvironmentProblem: When the interpreter can't be asked.
            OSError: When the environment can't be written.
        """
        from ..environment import scripts

        seen = self.environment.look()
        wanted = {name: seen.lookup(name) for name in names}
        if inherited := [found for name in wanted if (found := seen.inherited(name)) is not None]:
            provided = scripts.provide(
                inherited,
                directory=Path(seen.interpreter.scripts),
                python=self.target.python,
                memo=self.environment.memo,
            )
            for line in provided.warnings:
                self.environment.warn(line)
            current = self.history.current()
            self.history.keep(replace(current, scripts=tuple(sorted({*current.scripts, *provided.files}))))
        return None not in wanted.values()

    # what only an installation needs is loaded when there is one: most runs have nothing to install

    def installation(self, request: Request) -> Installation:
        """Prepare an installation.

        Args:
            request: What is asked for.
        """
        from .installation import Installation

        return Installation(self.environment, self.history, request)

    def plan(self, request: Request) -> Plan:
        """Tell what an installation by uv would do, and change nothing; see `Installation.plan`."""
        return self.installation(request).plan()

    def check(self, request: Request | None = None) -> Checked:
        """Audit the environment, and tell what of its base changed; see `check.check`."""
        from .check import check

        return check(self.environment, self.history, request)

    def finish(self, inputs: str | None = None, *, uv: str = "", is_complete: bool | None = None) -> Record | None:
        """Bring the record up to date with what the run left, however it ended; see `History.finish`."""
        return self.history.finish(inputs, uv=uv, is_complete=is_complete)
