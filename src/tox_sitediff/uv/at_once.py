"""What is missing, planned and installed by uv in one go (edge), where the last plan says that it will do.

uv is told to leave out all that is there (``--excludes``), and takes the newest of what is missing, and of what that
requires besides. If all requirements of it are met, no other plan would have come to anything else. If not, another
version of it may fit what is there; or something that is there has to give way. Then it is taken back, for others to
plan. As that costs, and may have downloaded much for nothing, it is done only where it will do as far as is known.
"""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from ..core.closure import Root, walk
from ..core.model import Role
from ..core.requirements import parse
from ..errors import EnvironmentProblem
from ..files import listing
from ..programs import ask
from ..text import printable
from ..values import frozen
from .command import behind_install
from .hidden import private_file
from .order import sort_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from packaging.utils import NormalizedName

    from ..core.closure import Constraint
    from ..core.model import Distribution
    from ..core.request import Run
    from ..core.snapshot import Snapshot

_LOGGER: Final = logging.getLogger(__name__)


@frozen
class AtOnce:
    """One go.

    Attributes:
        seen: What the environment sees before.
        missing: What is missing, as requirements.
        options: The options that uv gets.
        constraints: What limits that.
        kept: Names of all that is there, for uv to leave out.
        there: Finds the copy of a name that counts as installed.
        build: Makes the whole command from arguments.
        variables: The variables for uv.
        directory: Where uv starts.
        python: The environment's interpreter.
    """

    seen: Snapshot
    missing: Sequence[str]
    options: Sequence[str]
    constraints: Sequence[Constraint]
    kept: Collection[NormalizedName]
    there: Callable[[NormalizedName], Distribution | None]
    build: Callable[[Sequence[str]], list[str]]
    variables: Mapping[str, str]
    directory: Path
    python: Path

    def is_possible(self) -> bool:
        """Tell whether nothing stands before the environment, and the command asks for nothing by itself."""
        is_before = self.seen.inventory.has(Role.INJECTED)
        return not is_before and not sort_arguments(behind_install(self.build(()))).asks

    def install(self, run: Run, installing: AbstractContextManager[None]) -> bool:
        """Install what is missing.

        Args:
            run: Runs a command with variables, and raises where it fails.
            installing: Entered while uv installs.

        Returns:
            Whether uv did; if not, the environment is as it was.

        Raises:
            Exception: When uv failed after it had begun to install; that of the run.
        """
        before = listing(self.seen.purelib)
        own = {found.name for found in self.seen.inventory.own()}
        limits = [str(constraint) for constraint in self.constraints]
        with ExitStack() as files:
            there = files.enter_context(private_file(sorted({*self.kept, *own})))
            arguments = [*self.options, *self.missing, "--excludes", there]
            if limits:
                arguments += ["--constraints", files.enter_context(private_file(limits))]
            try:
                with installing:
                    run(self.build(arguments), self.variables)
            except (Exception, SystemExit):
                if listing(self.seen.purelib) != before:
                    raise
                return False  # why there is no plan either is said where one is made
        return True

    def judge(self, look: Callable[[], Snapshot]) -> Snapshot | None:
        """Take back what was installed, unless it will do.

        Args:
            look: Looks at the environment anew.

        Returns:
            What the environment sees now; None where it is as it was.

        Raises:
            EnvironmentProblem: When what was installed can't be taken back.
        """
        after = look()
        own = {found.name for found in self.seen.inventory.own()}
        new = [found.name for found in after.inventory.own() if found.name not in own]
        if self._will_do(after, new):
            return after
        self._take_back(new)
        look()  # nobody is to see what is gone
        return None

    def _will_do(self, after: Snapshot, new: Sequence[NormalizedName]) -> bool:
        if any(self.there(name) is not None for name in new):
            return False  # it would have been kept
        wanted = [Root(requirement=parse(text)) for text in self.missing]
        environment = after.interpreter.markers
        return not walk(wanted, lookup=after.lookup, environment=environment, constraints=self.constraints).unmet

    def _take_back(self, names: Sequence[NormalizedName]) -> None:
        if not names:
            return
        _LOGGER.warning("sitediff: the newest %s needs more than is there, and is taken back", ", ".join(names))
        command = [self.build(())[0], "pip", "uninstall", "--python", os.fspath(self.python), *names]
        answer = ask(command, variables=self.variables, directory=self.directory)
        if answer.status:
            raise EnvironmentProblem(f"uv can't take back {', '.join(names)}: {printable(answer.said.strip())}")
