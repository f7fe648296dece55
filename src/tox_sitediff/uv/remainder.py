"""Installing the remainder (edge): uv plans over a shadow of what is there, and installs what it named.

The shadow is as small as the work needs: the declared closure, then what uv looks for in a dry run, until it looks for
nothing more that is there. So the cost follows the closure, not the base. What the dry run names is installed into the
real environment pinned, without anything of ours in it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core.closure import Root, walk
from ..core.model import Broken, Role
from ..core.requirements import parse
from ..errors import EnvironmentProblem, NamelessProject, Unsatisfied
from ..text import redacted
from ..values import frozen
from . import certificates
from .behaviour import sees_inherited
from .certificates import Trust
from .command import as_dry_run, behind_install
from .dry_run import without_log
from .hidden import in_file, private_file
from .missing import keeps_all, missing_alone
from .order import ArgumentKinds, sort_arguments
from .pinned import Pinned
from .proven import stand_ins
from .settings.uv_files import read_uv_config
from .shadow import Shadow
from .unshadowable import refuse_unshadowable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from packaging.utils import NormalizedName

    from ..core.closure import Closure
    from ..core.declared import Arguments
    from ..core.model import Distribution
    from ..core.request import Run
    from ..core.snapshot import Snapshot
    from .dry_run import DryRun

_NAMELESS: Final = "Metadata field Name not found"
"""How uv says that what was built of a project has no name, or setuptools' word for that, UNKNOWN."""


@frozen
class Step:
    """What is to be installed.

    Attributes:
        outcome: What the dry run came to; None where uv is to decide itself.
        kept: What is inherited and stays, of all that uv was shown.
    """

    outcome: DryRun | None
    kept: tuple[NormalizedName, ...] = ()


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
        proven: Names of which stand-ins are among the arguments: they are there, whatever uv says.
        trust: Makes the dry runs.
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
    proven: frozenset[NormalizedName] = frozenset()
    trust: Trust = field(default_factory=Trust)
    _kinds: ArgumentKinds = field(init=False)

    def __post_init__(self) -> None:
        """Sort the arguments, because the order in which they are given must not matter."""
        object.__setattr__(self, "_kinds", sort_arguments(self.arguments))

    def rehearse(self) -> DryRun:
        """Find out what uv would do, and change nothing.

        Returns:
            The outcome of the same dry runs that an installation begins with.

        Raises:
            Unsatisfied: When something would have to be replaced that can't be shadowed.
        """
        with self._without_secrets() as work, Shadow() as shadow:
            return work._plan(shadow, only_looks=True).outcome or work._dry_run(work._kinds.all, None)  # noqa: SLF001

    def install(
        self,
        run: Run,
        *,
        planning: AbstractContextManager[None],
        installing: AbstractContextManager[None],
        failing: Callable[[DryRun], AbstractContextManager[None]],
    ) -> None:
        """Plan with dry runs, then install.

        Args:
            run: Runs a command with variables, and raises where it fails.
            planning: Entered while the plan is made.
            installing: Entered while uv installs.
            failing: Makes what is entered while uv says why there is no plan.

        Raises:
            EnvironmentProblem: When an index or another place does not answer; nothing is installed then.
            Unsatisfied: When something would have to be replaced that can't be shadowed; nothing is installed then.
            NamelessProject: When uv refuses a project because it has no name.
        """
        with self._without_secrets() as work:
            work._install(run, planning=planning, installing=installing, failing=failing)  # noqa: SLF001  # our own

    @contextmanager
    def _without_secrets(self) -> Iterator[Remainder]:
        """Give the same with no secret in any argument of uv's."""
        with in_file(self.arguments) as arguments:
            yield self if arguments is self.arguments else replace(self, arguments=arguments, given=self.arguments)

    def _install(
        self,
        run: Run,
        *,
        planning: AbstractContextManager[None],
        installing: AbstractContextManager[None],
        failing: Callable[[DryRun], AbstractContextManager[None]],
    ) -> None:
        with Shadow() as shadow:
            with planning:
                step = self._plan(shadow)
            outcome = step.outcome
            if outcome is not None and outcome.changes is None:
                if _NAMELESS in outcome.message:
                    raise NamelessProject(
                        "uv installs no project whose metadata have no name; give it one ([project] name in "
                        "pyproject.toml, name= in setup.py), or let pip install it (python -m pip install)"
                    )
                with failing(outcome):
                    self._say_why(outcome, shadow, run)
        if outcome is not None and outcome.changes == ():
            return
        with self._command(step) as command, installing:
            if outcome is not None and outcome.cached and self._run_offline(command, run):
                return
            run(command, self.variables)

    def _say_why(self, outcome: DryRun, shadow: Shadow, run: Run) -> None:
        """Let uv say in its own words why there is no plan; the environment is not touched."""
        if outcome.unreachable:  # it would wait once more
            said = without_log(outcome.message).strip()
            raise EnvironmentProblem(f"nothing was installed: a place that uv has to look at does not answer\n{said}")
        run(as_dry_run(self.build(self._kinds.all), target=shadow.directory, aloud=True), self.variables)
        raise Unsatisfied("uv found no plan at first, and one when it was asked again; try once more")

    def _run_offline(self, command: Sequence[str], run: Run) -> bool:
        """Try with what the dry run has just looked up, rather than look it up again."""
        try:
            # nothing is built then, which might connect to something
            run(command, {**certificates.without(self.variables), "UV_OFFLINE": "1"})
        except (Exception, SystemExit):  # noqa: BLE001  # the run with the network tells what is wrong
            return False
        return True

    @contextmanager
    def _command(self, step: Step) -> Iterator[Sequence[str]]:
        """Make the command that installs what was planned; all that is asked for where there is no plan."""
        outcome = step.outcome
        if outcome is None or outcome.changes is None:
            yield self.build(self._kinds.all)
            return
        pinned = Pinned(
            asked=self.asked,
            kinds=self._kinds,
            build=self.build,
            directory=self.directory,
            there=self._there,
            extras=self.closure.extras,
            is_broken=self._is_own_broken,
        )
        with pinned.command(outcome.changes, step.kept) as command:
            yield command

    # --- planning

    def _plan(self, shadow: Shadow, *, only_looks: bool = False) -> Step:
        inherited = [found for name in sorted(self.closure.reached) if (found := self.seen.inherited(name))]
        if inherited and self._is_seen(inherited[0], may_try=not only_looks):
            return Step(outcome=None)
        outcome = self._plan_missing(shadow)
        if outcome is None:
            shadow.show(self._reached())
            outcome = self._plan_proven(shadow) or self._plan_keeping(self._kinds.all, shadow)
        if outcome.changes is None and self.asked.deep and not outcome.unreachable:
            # without the network, what uv can't look up may still be there to inherit
            shadow.show(self._all())
            outcome = self._plan_keeping(self._kinds.all, shadow)
        changed = {change.name for change in outcome.changes or ()}
        refuse_unshadowable(outcome.changes or (), self.seen.inventory, self.closure)
        return Step(outcome=outcome, kept=tuple(name for name in shadow.inherited() if name not in changed))

    def _is_own_broken(self, name: NormalizedName) -> bool:
        """Tell whether the environment's own copy of a name can't be used."""
        copies = self.seen.inventory.look_at(name)
        return any(isinstance(copy, Broken) and copy.entry.layer.role is Role.OWN for copy in copies)

    def _there(self, name: NormalizedName) -> Distribution | None:
        """Return the copy of a name that uv is to count as installed: the inherited one, or the environment's own."""
        return self.seen.inherited(name) or self.seen.inventory.effective(name, inherit=False)

    def _reached(self) -> list[Distribution]:
        return [found for name in sorted(self.closure.reached) if (found := self._there(name)) is not None]

    def _plan_missing(self, shadow: Shadow) -> DryRun | None:
        """Plan with nothing asked for but what is missing, where that is enough.

        Returns:
            The outcome; None where it is not, or something that is there would have to give way.
        """
        alone = missing_alone(self.asked, self._kinds, self.closure) if self.neutral and not self.lowest else None
        if alone is None:
            return None
        shadow.show(self._reached(), light=True)
        limits = (str(constraint) for constraint in self.asked.constraints)
        with private_file([*limits, *map(_exact, self._met_by_base().values())]) as path:
            outcome = self._rehearse([*alone, "--constraints", path], shadow)
        if outcome.unreachable or (outcome.changes is not None and keeps_all(outcome.changes, self._there)):
            return outcome
        shadow.restore(found for found in self._reached() if found.layer.role is not Role.OWN)
        return None

    def _plan_keeping(self, arguments: Sequence[str], shadow: Shadow) -> DryRun:
        """Plan so that more of the base is kept than uv would keep by itself.

        What is asked for and met by the base stays if there is a solution with it, whatever is named first; then what
        uv would replace for nothing but what it requires itself, if something else can give way: uv decides on what
        is asked for first, on the newest of it, and then replaces the inherited distribution that does not go with it.
        """
        if self.lowest and (outcome := self._plan_lowest(arguments, shadow)) is not None:
            return outcome
        met = self._met_by_base()
        if met and self.neutral and self.asked.plain:
            with self._constrained(arguments, met.values()) as pinned:
                outcome = self._rehearse(pinned, shadow)
            if outcome.changes is not None or outcome.unreachable:
                return outcome
        outcome = self._rehearse(arguments, shadow)
        replaced = self._replaced(outcome)
        if not replaced or not self.asked.deep:
            return outcome
        # without what they require, those stay that nothing requires otherwise
        shadow.lighten(replaced.values())
        freed = self._rehearse(arguments, shadow)
        shadow.restore(replaced.values())
        pushed = replaced.keys() - self._replaced(freed) if freed.changes is not None else ()
        if pushed:
            with self._constrained(arguments, [replaced[name] for name in sorted(pushed)]) as pinned:
                kept = self._rehearse(pinned, shadow)
            if kept.changes is not None and self._replaced(kept).keys() < replaced.keys():
                return kept
        return outcome

    def _plan_lowest(self, arguments: Sequence[str], shadow: Shadow) -> DryRun | None:
        """Plan with the versions that a clean resolution chooses for what is asked for directly.

        uv would take an inherited version for good enough, and the oldest versions would not be tested. The base
        serves where it has exactly that version, and with what follows from it.
        """
        with Shadow() as empty:
            clean = self._dry_run(arguments, empty)
        if clean.changes is None:
            return None
        asked = self.asked.names()
        pins = [f"{item.name}==={item.version}" for item in clean.changes if item.name in asked and item.version]
        with private_file(pins) as path:
            outcome = self._rehearse([*arguments, "--constraints", path], shadow)
        return None if outcome.changes is None else outcome

    def _met_by_base(self) -> dict[NormalizedName, Distribution]:
        """Find what is asked for by name, and met by an inherited distribution."""
        unmet = {item.name for item in self.closure.unmet if not item.chain}
        asked = self.asked.names()
        return {name: found for name in sorted(asked - unmet) if (found := self.seen.inherited(name)) is not None}

    @contextmanager
    def _constrained(self, arguments: Sequence[str], kept: Iterable[Distribution]) -> Iterator[Sequence[str]]:
        """Limit some distributions to the versions that are there."""
        with private_file(map(_exact, kept)) as path:
            yield [*arguments, "--constraints", path]

    def _replaced(self, outcome: DryRun) -> dict[NormalizedName, Distribution]:
        return {
            change.name: found
            for change in outcome.changes or ()
            if (found := self.seen.inherited(change.name)) is not None
        }

    def _plan_proven(self, shadow: Shadow) -> DryRun | None:
        """Plan with stand-ins for what is proven to come from the URL that is asked for.

        Returns:
            The outcome; None where there is no such requirement, or no plan with it.
        """
        if self._is_set_to_reinstall():
            return None
        command = behind_install(self.build(self.arguments))
        proven = stand_ins(self.asked, self.closure, command, directory=shadow.directory)
        given = [(argument, proven.get(redacted(argument))) for argument in self.given or self.arguments]
        if not any(found for _, found in given):
            return None
        names = frozenset(found.name for found in proven.values())
        if self.asked.plain and not self.closure.unmet:
            # where nothing is to be done, uv need not look up anything; and may not: it would the name, too
            exact = sort_arguments([found.exact if found else argument for argument, found in given]).all
            alone = replace(self, variables={**self.variables, "UV_OFFLINE": "1"})
            if (outcome := alone._dry_run(exact, shadow)).changes == ():  # noqa: SLF001  # our own
                return outcome
        with in_file([found.wheel if found else argument for argument, found in given]) as arguments:
            other = replace(self, arguments=arguments, proven=names)
            outcome = other._plan_keeping(other._kinds.all, shadow)  # noqa: SLF001  # our own
        return outcome if outcome.changes is not None or outcome.unreachable else None

    def _is_set_to_reinstall(self) -> bool:
        if self.neutral:
            return False
        keys = read_uv_config(self.variables, project=self.directory).keys
        return not keys.isdisjoint({"reinstall", "reinstall-package", "pip.reinstall", "pip.reinstall-package"})

    def _rehearse(self, arguments: Sequence[str], shadow: Shadow) -> DryRun:
        """Repeat the dry run, with a larger shadow each time, until uv looks for nothing that is there and unseen.

        That is more than what it then touches: it may pass over the newest of what is asked for, because something
        that this requires is nowhere but in the base.
        """
        while True:
            outcome = self._dry_run(arguments, shadow)
            names = outcome.considered().union(change.name for change in outcome.changes or ())
            unseen = [
                found for name in sorted(names) if name not in shadow and (found := self._there(name)) is not None
            ]
            if not unseen or outcome.unreachable:
                return outcome
            # what it requires may be nowhere else either
            shadow.show(self._with_needs(unseen))

    def _dry_run(self, arguments: Sequence[str], shadow: Shadow | None) -> DryRun:
        command = as_dry_run(self.build(arguments), target=None if shadow is None else shadow.directory)
        found = self.trust.dry_run(command, environment=self.variables, directory=self.directory)
        if not self.proven or found.changes is None:
            return found
        return replace(found, changes=tuple(change for change in found.changes if change.name not in self.proven))

    def _with_needs(self, distributions: Iterable[Distribution]) -> Iterator[Distribution]:
        roots = [Root(requirement=parse(f"{found.name}=={found.version}")) for found in distributions]
        closure = walk(roots, lookup=self._there, environment=self.seen.interpreter.markers)
        for name in closure.reached:
            if (found := self._there(name)) is not None:
                yield found

    def _is_seen(self, distribution: Distribution, *, may_try: bool) -> bool:
        return sees_inherited(
            Path(self.build(())[0]),
            distribution,
            python=self.python,
            environment=self.variables,
            directory=self.directory,
            may_try=may_try,
        )

    def _all(self) -> Iterator[Distribution]:
        for name in self.seen.inventory.names():
            if (found := self._there(name)) is not None:
                yield found


def _exact(found: Distribution) -> str:
    return f"{found.name}==={found.version}"
