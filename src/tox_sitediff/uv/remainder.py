"""The remainder (edge): what the base lacks, or has in no version that will do, installed by uv."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from ..core.model import Broken, Role
from ..core.requirements import key, parse
from ..values import frozen
from . import plans
from .asking import Asking
from .hidden import in_file
from .missing import missing_alone
from .order import ArgumentKinds, sort_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from packaging.utils import NormalizedName

    from ..core.closure import Closure
    from ..core.declared import Arguments
    from ..core.model import Distribution
    from ..core.request import Run
    from ..core.snapshot import Snapshot
    from .at_once import AtOnce
    from .dry_run import DryRun

_MOST_LEFT_OUT: Final = 2000
"""Names that uv is told to leave out: with 20,000 that takes 127 M instructions, as much as what it spares."""


@frozen
class Remainder:
    """What has to be installed into one environment, in one step.

    Attributes:
        seen: What the environment sees before.
        asked: What is declared in this step.
        closure: Its closure.
        arguments: The same, as arguments of ``uv pip install``.
        given: Those that were given, where the arguments say it in other words; else none.
        build: Makes the whole command from such arguments.
        neutral: Whether no setting can make an installed distribution not good enough.
        lowest: Whether what is asked for directly is to be of the lowest version.
        variables: The variables for uv.
        directory: Where uv starts.
        python: The environment's interpreter.
        asking: Makes the dry runs.
        kinds: The arguments, sorted.
    """

    seen: Snapshot
    asked: Arguments
    closure: Closure
    arguments: Sequence[str]
    build: Callable[[Sequence[str]], list[str]]
    neutral: bool
    lowest: bool = False
    variables: Mapping[str, str]
    directory: Path
    python: Path
    given: Sequence[str] = ()
    asking: Asking = field(default_factory=Asking)
    kinds: ArgumentKinds = field(init=False)

    def __post_init__(self) -> None:
        """Sort the arguments, because the order in which they are given must not matter."""
        object.__setattr__(self, "kinds", sort_arguments(self.arguments))

    def rehearse(self) -> DryRun:
        """Find out what uv would do, and change nothing.

        Returns:
            The outcome of the same dry runs that an installation begins with.

        Raises:
            Unsatisfied: When something would have to be replaced that can't be shadowed.
        """
        from .planning import Planner

        with self._without_secrets() as work:
            return Planner(work=work).rehearse(work._recalled()[1])  # noqa: SLF001  # our own

    def install(
        self,
        run: Run,
        *,
        look: Callable[[], Snapshot],
        planning: AbstractContextManager[None],
        installing: Callable[[], AbstractContextManager[None]],
        undone: Callable[[], None],
        failing: Callable[[DryRun], AbstractContextManager[None]],
    ) -> Snapshot:
        """Plan with dry runs, then install; both in one go where that did for the last plan of this kind.

        Args:
            run: Runs a command with variables, and raises where it fails.
            look: Looks at the environment anew.
            planning: Entered while the plan is made.
            installing: Makes what is entered while uv installs.
            undone: Called when the environment is as it was, after that was left.
            failing: Makes what is entered while uv says why there is no plan.

        Returns:
            What the environment sees now.

        Raises:
            EnvironmentProblem: When an index or another place does not answer; nothing is installed then.
            Unsatisfied: When something would have to be replaced that can't be shadowed; nothing is installed then.
            NamelessProject: When uv refuses a project because it has no name.
        """
        with self._without_secrets() as work:
            name, known = work._recalled()  # noqa: SLF001  # our own
            if (once := work._at_once(known)) is not None:  # noqa: SLF001
                if not once.install(run, installing()):
                    self.asking.hurry()  # uv may have waited for an index already
                elif (after := once.judge(look)) is not None:
                    return after
                undone()
                known = plans.keep(name, replace(known, newest=False))
            from .planning import Planner  # which takes much of what is not needed above

            step = Planner(work=work).install(run, known, planning=planning, installing=installing, failing=failing)
            found = replace(step.known, newest=False) if once else step.known  # it was, too, before that failed
            if found != known:
                plans.keep(name, found)
        return look()

    @contextmanager
    def _without_secrets(self) -> Iterator[Remainder]:
        """Give the same with no secret in any argument of uv's."""
        with in_file(self.arguments) as arguments:
            yield self if arguments is self.arguments else replace(self, arguments=arguments, given=self.arguments)

    def _recalled(self) -> tuple[str, plans.Known]:
        """Name plans of this kind, and say what is known of them; nothing where arguments differ from time to time."""
        missing = (unmet.requirement for unmet in self.closure.unmet)
        name = "" if self.given else plans.name_of(self.build(())[0], self.seen.interpreter, self.kinds.all, missing)
        return name, plans.recall(name)

    def _at_once(self, known: plans.Known) -> AtOnce | None:
        """Make ready to plan and install in one go, where that is possible, and will do as far as is known."""
        if not known.newest or (missing := self.missing()) is None:
            return None
        from .at_once import AtOnce

        # all of them, since what is new may look for what nothing needed before
        there = {*self.seen.inventory.names()} - self.seen.exclude - {key(parse(text).name) for text in missing}
        if len(there) > _MOST_LEFT_OUT:
            return None
        once = AtOnce(
            seen=self.seen,
            missing=missing,
            options=self.kinds.options,
            constraints=self.asked.constraints,
            kept=there,
            there=self.there,
            build=self.build,
            variables=self.variables,
            directory=self.directory,
            python=self.python,
        )
        return once if once.is_possible() else None

    def is_own_broken(self, name: NormalizedName) -> bool:
        """Tell whether the environment's own copy of a name can't be used."""
        copies = self.seen.inventory.look_at(name)
        return any(isinstance(copy, Broken) and copy.entry.layer.role is Role.OWN for copy in copies)

    def there(self, name: NormalizedName) -> Distribution | None:
        """Return the copy of a name that uv is to count as installed: the inherited one, or the environment's own."""
        return self.seen.inherited(name) or self.seen.inventory.effective(name, inherit=False)

    def reached(self) -> list[Distribution]:
        """Return what is there of the declared closure."""
        return [found for name in sorted(self.closure.reached) if (found := self.there(name)) is not None]

    def missing(self) -> list[str] | None:
        """Name what is missing, where nothing else need be asked for."""
        return missing_alone(self.asked, self.closure) if self.neutral and not self.lowest else None
