"""Planning with dry runs over a shadow of what is there, and installing what they named (edge).

The shadow is as small as the work needs: the declared closure, then what uv looks for in a dry run, until it looks for
nothing more that is there. So the cost follows the closure, not the base. What the dry run names is installed into the
real environment pinned, without anything of ours in it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core.closure import Root, walk
from ..core.model import Role
from ..core.requirements import key, parse
from ..errors import EnvironmentProblem, NamelessProject, Unsatisfied
from ..text import redacted
from ..values import frozen
from . import certificates
from .behaviour import sees_inherited
from .command import as_dry_run, behind_install
from .dry_run import without_log
from .hidden import in_file, private_file
from .missing import keeps_all
from .order import sort_arguments
from .pinned import Pinned
from .plans import NOTHING, Known
from .proven import stand_ins
from .settings.uv_files import read_uv_config
from .shadow import Shadow
from .unshadowable import refuse_unshadowable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from packaging.utils import NormalizedName

    from ..core.model import Distribution
    from ..core.request import Run
    from .dry_run import DryRun
    from .remainder import Remainder

_NAMELESS: Final = "Metadata field Name not found"
"""How uv says that what was built of a project has no name, or setuptools' word for that, UNKNOWN."""


@frozen
class Step:
    """What is to be installed.

    Attributes:
        outcome: What the dry run came to; None where uv is to decide itself.
        kept: What is inherited and stays, of all that uv was shown.
        known: What may be of use for the next plan of this kind.
    """

    outcome: DryRun | None
    kept: tuple[NormalizedName, ...] = ()
    known: Known = NOTHING


@frozen
class Planner:
    """Plans, and carries out.

    Attributes:
        work: What has to be installed.
        proven: Names of which stand-ins are among the arguments: they are there, whatever uv says.
    """

    work: Remainder
    proven: frozenset[NormalizedName] = frozenset()

    def rehearse(self, known: Known) -> DryRun:
        """Find out what uv would do, and change nothing.

        Args:
            known: What is known of such plans.

        Returns:
            The outcome of the same dry runs that an installation begins with.

        Raises:
            Unsatisfied: When something would have to be replaced that can't be shadowed.
        """
        with Shadow() as shadow:
            return self._plan(shadow, known, only_looks=True).outcome or self._dry_run(self.work.kinds.all, None)

    def install(
        self,
        run: Run,
        known: Known,
        *,
        planning: AbstractContextManager[None],
        installing: Callable[[], AbstractContextManager[None]],
        failing: Callable[[DryRun], AbstractContextManager[None]],
    ) -> Step:
        """Plan, then install.

        Args:
            run: Runs a command with variables, and raises where it fails.
            known: What is known of such plans.
            planning: Entered while the plan is made.
            installing: Makes what is entered while uv installs.
            failing: Makes what is entered while uv says why there is no plan.

        Returns:
            What was installed.

        Raises:
            EnvironmentProblem: When an index or another place does not answer; nothing is installed then.
            Unsatisfied: When something would have to be replaced that can't be shadowed; nothing is installed then.
            NamelessProject: When uv refuses a project because it has no name.
        """
        with Shadow() as shadow:
            with planning:
                step = self._plan(shadow, known)
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
            return step
        with self._command(step) as command, installing():
            if outcome is None or not outcome.cached or not self._run_offline(command, run):
                run(command, self.work.variables)
        return step

    def _say_why(self, outcome: DryRun, shadow: Shadow, run: Run) -> None:
        """Let uv say in its own words why there is no plan; the environment is not touched."""
        if outcome.unreachable:  # it would wait once more
            said = without_log(outcome.message).strip()
            raise EnvironmentProblem(f"nothing was installed: a place that uv has to look at does not answer\n{said}")
        run(as_dry_run(self.work.build(self.work.kinds.all), target=shadow.directory, aloud=True), self.work.variables)
        raise Unsatisfied("uv found no plan at first, and one when it was asked again; try once more")

    def _run_offline(self, command: Sequence[str], run: Run) -> bool:
        """Try with what the dry run has just looked up, rather than look it up again."""
        try:
            # nothing is built then, which might connect to something
            run(command, {**certificates.without(self.work.variables), "UV_OFFLINE": "1"})
        except (Exception, SystemExit):  # noqa: BLE001  # the run with the network tells what is wrong
            return False
        return True

    @contextmanager
    def _command(self, step: Step) -> Iterator[Sequence[str]]:
        """Make the command that installs what was planned; all that is asked for where there is no plan."""
        outcome = step.outcome
        if outcome is None or outcome.changes is None:
            yield self.work.build(self.work.kinds.all)
            return
        pinned = Pinned(
            asked=self.work.asked,
            kinds=self.work.kinds,
            build=self.work.build,
            directory=self.work.directory,
            there=self.work.there,
            extras=self.work.closure.extras,
            markers=self.work.seen.interpreter.markers,
            is_broken=self.work.is_own_broken,
        )
        with pinned.command(outcome.changes, step.kept) as command:
            yield command

    # --- planning

    def _plan(self, shadow: Shadow, known: Known, *, only_looks: bool = False) -> Step:
        inherited = [found for name in sorted(self.work.closure.reached) if (found := self.work.seen.inherited(name))]
        if inherited and self._is_seen(inherited[0], may_try=not only_looks):
            return Step(outcome=None)
        outside = [found for name in known.looked_at if (found := self.work.there(key(name))) is not None]
        outcome = self._plan_missing(shadow, outside)
        is_missing_alone = outcome is not None
        if outcome is None:
            shadow.show(self.work.reached())
            shadow.show(self._with_needs(outside))
            outcome = self._plan_proven(shadow) or self._plan_keeping(self.work.kinds.all, shadow)
        if outcome.changes is None and self.work.asked.deep and not outcome.unreachable:
            # without the network, what uv can't look up may still be there to inherit
            shadow.show(self._all())
            outcome = self._plan_keeping(self.work.kinds.all, shadow)
        changed = {change.name for change in outcome.changes or ()}
        known = Known(
            looked_at=tuple(name for name in shadow.inherited() if name not in self.work.closure.reached),
            newest=is_missing_alone and outcome.is_first_choice(),
        )
        refuse_unshadowable(outcome.changes or (), self.work.seen.inventory, self.work.closure)
        kept = tuple(name for name in shadow.inherited() if name not in changed)
        return Step(outcome=outcome, kept=kept, known=known)

    def _plan_missing(self, shadow: Shadow, outside: Sequence[Distribution]) -> DryRun | None:
        """Plan with nothing asked for but what is missing, where that is enough.

        Returns:
            The outcome; None where it is not, or something that is there would have to give way.
        """
        if (missing := self.work.missing()) is None:
            return None
        shadow.show(self.work.reached(), light=True)
        shadow.show(self._with_needs(outside))
        limits = (str(constraint) for constraint in self.work.asked.constraints)
        with private_file([*limits, *map(_exact, self._met_by_base().values())]) as path:
            outcome = self._rehearse([*self.work.kinds.options, *missing, "--constraints", path], shadow)
        if outcome.unreachable or (outcome.changes is not None and keeps_all(outcome.changes, self.work.there)):
            return outcome
        shadow.restore(found for found in self.work.reached() if found.layer.role is not Role.OWN)
        return None

    def _plan_keeping(self, arguments: Sequence[str], shadow: Shadow) -> DryRun:
        """Plan so that more of the base is kept than uv would keep by itself.

        What is asked for and met by the base stays if there is a solution with it, whatever is named first; then what
        uv would replace for nothing but what it requires itself, if something else can give way: uv decides on what
        is asked for first, on the newest of it, and then replaces the inherited distribution that does not go with it.
        """
        if self.work.lowest and (outcome := self._plan_lowest(arguments, shadow)) is not None:
            return outcome
        met = self._met_by_base()
        if met and self.work.neutral and self.work.asked.plain:
            with self._constrained(arguments, met.values()) as pinned:
                outcome = self._rehearse(pinned, shadow)
            if outcome.changes is not None or outcome.unreachable:
                return outcome
        outcome = self._rehearse(arguments, shadow)
        replaced = self._replaced(outcome)
        if not replaced or not self.work.asked.deep:
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
        asked = self.work.asked.names()
        pins = [f"{item.name}==={item.version}" for item in clean.changes if item.name in asked and item.version]
        with private_file(pins) as path:
            outcome = self._rehearse([*arguments, "--constraints", path], shadow)
        return None if outcome.changes is None else outcome

    def _met_by_base(self) -> dict[NormalizedName, Distribution]:
        """Find what is asked for by name, and met by an inherited distribution."""
        unmet = {item.name for item in self.work.closure.unmet if not item.chain}
        asked = self.work.asked.names()
        return {name: found for name in sorted(asked - unmet) if (found := self.work.seen.inherited(name)) is not None}

    @contextmanager
    def _constrained(self, arguments: Sequence[str], kept: Iterable[Distribution]) -> Iterator[Sequence[str]]:
        """Limit some distributions to the versions that are there."""
        with private_file(map(_exact, kept)) as path:
            yield [*arguments, "--constraints", path]

    def _replaced(self, outcome: DryRun) -> dict[NormalizedName, Distribution]:
        return {
            change.name: found
            for change in outcome.changes or ()
            if (found := self.work.seen.inherited(change.name)) is not None
        }

    def _plan_proven(self, shadow: Shadow) -> DryRun | None:
        """Plan with stand-ins for what is proven to come from the URL that is asked for.

        Returns:
            The outcome; None where there is no such requirement, or no plan with it.
        """
        if self._is_set_to_reinstall():
            return None
        command = behind_install(self.work.build(self.work.arguments))
        proven = stand_ins(self.work.asked, self.work.closure, command, directory=shadow.directory)
        given = [(argument, proven.get(redacted(argument))) for argument in self.work.given or self.work.arguments]
        if not any(found for _, found in given):
            return None
        names = frozenset(found.name for found in proven.values())
        if self.work.asked.plain and not self.work.closure.unmet:
            # where nothing is to be done, uv need not look up anything; and may not: it would the name, too
            exact = sort_arguments([found.exact if found else argument for argument, found in given]).all
            alone = replace(self, work=replace(self.work, variables={**self.work.variables, "UV_OFFLINE": "1"}))
            if (outcome := alone._dry_run(exact, shadow)).changes == ():  # noqa: SLF001  # our own
                return outcome
        with in_file([found.wheel if found else argument for argument, found in given]) as arguments:
            other = replace(self, work=replace(self.work, arguments=arguments), proven=names)
            outcome = other._plan_keeping(other.work.kinds.all, shadow)  # noqa: SLF001  # our own
        return outcome if outcome.changes is not None or outcome.unreachable else None

    def _is_set_to_reinstall(self) -> bool:
        if self.work.neutral:
            return False
        keys = read_uv_config(self.work.variables, project=self.work.directory).keys
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
                found for name in sorted(names) if name not in shadow and (found := self.work.there(name)) is not None
            ]
            if not unseen or outcome.unreachable:
                return outcome
            # what it requires may be nowhere else either
            shadow.show(self._with_needs(unseen))

    def _dry_run(self, arguments: Sequence[str], shadow: Shadow | None) -> DryRun:
        command = as_dry_run(self.work.build(arguments), target=None if shadow is None else shadow.directory)
        found = self.work.asking.dry_run(command, environment=self.work.variables, directory=self.work.directory)
        if not self.proven or found.changes is None:
            return found
        return replace(found, changes=tuple(change for change in found.changes if change.name not in self.proven))

    def _with_needs(self, distributions: Iterable[Distribution]) -> Iterator[Distribution]:
        roots = [Root(requirement=parse(f"{found.name}=={found.version}")) for found in distributions]
        closure = walk(roots, lookup=self.work.there, environment=self.work.seen.interpreter.markers)
        for name in closure.reached:
            if (found := self.work.there(name)) is not None:
                yield found

    def _is_seen(self, distribution: Distribution, *, may_try: bool) -> bool:
        return sees_inherited(
            Path(self.work.build(())[0]),
            distribution,
            python=self.work.python,
            environment=self.work.variables,
            directory=self.work.directory,
            may_try=may_try,
        )

    def _all(self) -> Iterator[Distribution]:
        for name in self.work.seen.inventory.names():
            if (found := self.work.there(name)) is not None:
                yield found


def _exact(found: Distribution) -> str:
    return f"{found.name}==={found.version}"
