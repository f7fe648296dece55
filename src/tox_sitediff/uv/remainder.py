"""Installing the remainder (edge): uv at work, with the inherited distributions in its sight.

The placeholders are as few as the work needs: those of the declared closure, then those that uv looks for in a dry
run, until it looks for nothing more that could be inherited. So the cost follows the closure, not the base.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from ..core.closure import Root, walk
from ..core.model import Broken, Role
from ..core.requirements import key, parse, parse_anew
from ..errors import Unsatisfied
from .behaviour import sees_inherited
from .command import as_dry_run
from .dry_run import dry_run
from .placeholders import Placeholders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from packaging.utils import NormalizedName

    from ..core.closure import Closure, Unmet
    from ..core.declared import Arguments
    from ..core.model import Distribution
    from ..core.plan import Change
    from ..core.snapshot import Snapshot
    from .dry_run import DryRun


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What is to be run for good.

    Attributes:
        command: uv's command; none where there is nothing to install.
        cached: Whether a run without the network is worth a try.
        outcome: What a dry run of it came to; none where there was none.
    """

    command: Sequence[str] | None
    cached: bool = False
    outcome: DryRun | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Remainder:
    """What has to be installed into one environment, in one step.

    Attributes:
        view: What the environment sees before.
        asked: What is declared in this step.
        closure: Its closure.
        arguments: The same, as arguments of ``uv pip install``.
        build: Makes the whole command from such arguments.
        neutral: Whether no setting can make an installed distribution not good enough.
        variables: The variables for uv.
        directory: Where uv starts.
        python: The environment's interpreter.
    """

    view: Snapshot
    asked: Arguments
    closure: Closure
    arguments: Sequence[str]
    build: Callable[[Sequence[str]], list[str]]
    neutral: bool
    variables: Mapping[str, str]
    directory: Path
    python: Path

    def rehearse(self) -> DryRun:
        """Find out what uv would do, and change nothing.

        Returns:
            The outcome of the same dry runs that an installation begins with.

        Raises:
            Unsatisfied: When something would have to be replaced that can't be shadowed.
        """
        with Placeholders(self.view.purelib) as held:
            return self._plan(held).outcome or self._rehearse(self.arguments, held)

    def install(
        self,
        run: Callable[[Sequence[str], Mapping[str, str]], None],
        *,
        planning: AbstractContextManager[None],
        installing: AbstractContextManager[None],
    ) -> None:
        """Plan with dry runs, then install.

        Args:
            run: Runs a command with variables, and raises where it fails.
            planning: Entered while the plan is made.
            installing: Entered while uv installs.

        Raises:
            Unsatisfied: When something would have to be replaced that can't be shadowed; nothing is installed then.
        """
        with Placeholders(self.view.purelib) as held:
            with planning:
                step = self._plan(held)
            if step.command is None:
                return
            with installing:
                if step.cached and self._run_offline(step.command, run):
                    return
                run(step.command, self.variables)

    def _run_offline(self, command: Sequence[str], run: Callable[[Sequence[str], Mapping[str, str]], None]) -> bool:
        """Try with what the dry run has just looked up, rather than look it up again."""
        try:
            run(command, {**self.variables, "UV_OFFLINE": "1"})
        except (Exception, SystemExit):  # noqa: BLE001  # the run with the network tells what is wrong
            return False
        return True

    def _plan(self, held: Placeholders) -> Step:
        command = self.build(self.arguments)
        inherited = [found for name in sorted(self.closure.reached) if (found := self.view.inherited(name))]
        if inherited and self._is_seen(command, inherited[0]):
            return Step(command=command)
        if (pinned := self._plan_missing(held, inherited)) is not None:
            return pinned
        held.clear()
        held.add(inherited)
        if not self.asked.deep:
            return Step(command=command)
        if (by_version := self._plan_proven(held)) is not None:
            return by_version
        outcome = self._rehearse(self.arguments, held)
        if outcome.changes is None:
            # without the network, what uv can't look up may still be there to inherit
            held.add(self._all())
            outcome = self._rehearse(self.arguments, held)
        if outcome.changes is None:
            return Step(command=command, outcome=outcome)
        return self._decided(self.arguments, outcome, held)

    def _decided(self, arguments: Sequence[str], outcome: DryRun, held: Placeholders) -> Step:
        arguments, outcome = self._keep_more(arguments, outcome, held)
        changes = outcome.changes or ()
        self._refuse_unshadowable(changes)
        command = self.build(arguments) if changes else None
        return Step(command=command, cached=outcome.cached, outcome=outcome)

    def _keep_more(self, arguments: Sequence[str], outcome: DryRun, held: Placeholders) -> tuple[Sequence[str], DryRun]:
        """Keep what uv would replace for nothing but what it requires itself, if something else can give way.

        uv decides on what is asked for first, on the newest of it, and then replaces the inherited distribution that
        does not go with it. pip tries an older one of what is asked for.

        Returns:
            The arguments, with pins for what is kept, and what a dry run of them came to.
        """
        replaced = self._replaced(outcome)
        if not replaced:
            return arguments, outcome
        # without what they require, those stay that nothing requires otherwise
        in_sight = held.distributions()
        held.clear()
        held.add(replaced.values(), light=True)
        held.add(in_sight)
        freed = self._rehearse(arguments, held)
        held.clear()
        held.add(in_sight)
        pushed = replaced.keys() - self._replaced(freed) if freed.changes is not None else ()
        if pushed:
            pinned = [*arguments, *(f"{name}==={replaced[name].version}" for name in sorted(pushed))]
            kept = self._rehearse(pinned, held)
            if kept.changes is not None and self._replaced(kept).keys() < replaced.keys():
                return pinned, kept
        return arguments, outcome

    def _replaced(self, outcome: DryRun) -> dict[NormalizedName, Distribution]:
        return {
            change.name: found
            for change in outcome.changes or ()
            if (found := self.view.inherited(change.name)) is not None
        }

    def _plan_proven(self, held: Placeholders) -> Step | None:
        """Plan with the versions of what is proven to come from the URL that is asked for, in place of the URLs.

        uv would fetch each of them for its metadata, and count no local archive as installed that it did not put
        there itself.

        Returns:
            What to install; none where there is no such requirement, or uv would replace what it asks for.
        """
        unmet = {item.name for item in self.closure.unmet}
        proven: dict[str, str] = {}
        names = set()
        for item in self.asked.declared:
            if item.requirement is None or item.requirement.url is None or key(item.requirement.name) in unmet:
                continue
            if (reached := self.closure.reached.get(key(item.requirement.name))) is None:
                continue
            plain = parse_anew(str(item.requirement))
            plain.url = None
            plain.specifier = SpecifierSet(f"==={reached[0].version}")
            proven[item.text] = str(plain)
            names.add(reached[0].name)
        if proven.keys().isdisjoint(self.arguments):
            return None
        arguments = [proven.get(argument, argument) for argument in self.arguments]
        outcome = self._rehearse(arguments, held)
        if outcome.changes is None or not names.isdisjoint(change.name for change in outcome.changes):
            return None
        return self._decided(arguments, outcome, held)

    def _plan_missing(self, held: Placeholders, inherited: Sequence[Distribution]) -> Step | None:
        """Plan the common case quickly: a list of requirements, some of which the base has not at all.

        Only these are asked for, and uv is told of the inherited ones without what they require. What it would then
        install is right as long as it touches nothing that is inherited: whatever the inherited ones require of each
        other stays met, and what they require of the missing ones would be missing too, which is not this case.

        Returns:
            What to install, pinned; none where this is not the common case.
        """
        missing = {unmet.name for unmet in self.closure.unmet}
        is_common = self.neutral and self.asked.plain and self.asked.deep and bool(missing)
        if (
            not is_common
            or any(unmet.chain or unmet.found for unmet in self.closure.unmet)
            or any(argument.startswith("-") for argument in self.arguments)
            or len(self.arguments) != len(self.asked.declared)  # the command itself asks for more
        ):
            return None
        wanted = {
            item.text: item.requirement
            for item in self.asked.declared
            if item.requirement is not None and key(item.requirement.name) in missing
        }
        if any(requirement.url is not None for requirement in wanted.values()):
            return None  # a pin would lead uv to an index instead
        held.add(inherited, light=True)
        outcome = self._rehearse_lightly([*wanted], held)
        if outcome is None or not (changes := outcome.changes):
            return None
        if any(change.name in self.view.inventory or change.version is None for change in changes):
            return None
        # `==1.0` would match 1.0+local too
        pins = [f"{change.name}==={change.version}" for change in changes]
        held.clear()
        return Step(command=self.build(["--no-deps", *pins]), cached=outcome.cached, outcome=outcome)

    def _rehearse(self, arguments: Sequence[str], held: Placeholders) -> DryRun:
        """Repeat the dry run, with more placeholders each time, until uv looks for nothing inherited unseen.

        That is more than what it then touches: it may pass over the newest of what is asked for, because something
        that this requires is nowhere but in the base.
        """
        while True:
            outcome = self._dry_run(arguments)
            if not (unseen := self._unseen(outcome, held)):
                return outcome
            # what it requires may be nowhere else either
            held.add(self._with_needs(unseen))

    def _rehearse_lightly(self, arguments: Sequence[str], held: Placeholders) -> DryRun | None:
        """Do so with placeholders that require nothing; none where one of them would have to."""
        while True:
            outcome = self._dry_run(arguments)
            if not (unseen := self._unseen(outcome, held)):
                return outcome
            if any(self._closure([found]).unmet for found in unseen):
                return None
            held.add(unseen, light=True)

    def _dry_run(self, arguments: Sequence[str]) -> DryRun:
        command = as_dry_run(self.build(arguments))
        assert command is not None  # noqa: S101  # the engine sends other installers elsewhere
        return dry_run(command, environment=self.variables, directory=self.directory)

    def _unseen(self, outcome: DryRun, held: Placeholders) -> list[Distribution]:
        names = outcome.considered().union(change.name for change in outcome.changes or ())
        return [
            found for name in sorted(names) if name not in held and (found := self.view.inherited(name)) is not None
        ]

    def _with_needs(self, distributions: Iterable[Distribution]) -> Iterator[Distribution]:
        for name in self._closure(distributions).reached:
            if (found := self.view.inherited(name)) is not None:
                yield found

    def _closure(self, distributions: Iterable[Distribution]) -> Closure:
        roots = [Root(requirement=parse(f"{found.name}=={found.version}")) for found in distributions]
        return walk(roots, lookup=self.view.lookup, environment=self.view.interpreter.markers)

    def _is_seen(self, command: Sequence[str], distribution: Distribution) -> bool:
        return sees_inherited(
            Path(command[0]),
            distribution,
            python=self.python,
            environment=self.variables,
            directory=self.directory,
        )

    def _all(self) -> Iterator[Distribution]:
        for name in self.view.inventory.names():
            if (found := self.view.inherited(name)) is not None:
                yield found

    def _refuse_unshadowable(self, changes: Sequence[Change]) -> None:
        for change in changes:
            for copy in self.view.inventory.look_at(change.name):
                if not isinstance(copy, Broken) or copy.is_left_over:
                    continue
                if copy.entry.layer.role is Role.INJECTED:
                    # the interpreter would go on finding it, as broken as it is
                    raise Unsatisfied(
                        f"{copy.entry.path} can't be reused ({copy.reason}), and stands before the environment on "
                        f"sys.path, so installing another {change.name} could not replace it; take "
                        f"{copy.entry.layer.path} out of PYTHONPATH (or of whatever adds it), or repair it"
                    )
            found = self.view.inventory.effective(change.name)
            if found is None or found.layer.role is not Role.INJECTED:
                continue
            raise unshadowable(found, next((unmet for unmet in self.closure.unmet if unmet.name == change.name), None))


def unshadowable(found: Distribution, unmet: Unmet | None) -> Unsatisfied:
    """Make the error for a copy that stands before the environment on ``sys.path`` and is not good enough.

    Args:
        found: The copy.
        unmet: What it does not meet, where that is known.

    Returns:
        The error, to be raised before anything is installed.
    """
    place = found.layer.path
    return Unsatisfied(
        f"{found.name} {found.version} in {place} stands before the environment on sys.path, so installing another "
        f"{found.name} could not replace it{f'; {unmet}' if unmet else ''}; take {place} out of PYTHONPATH (or of "
        "whatever adds it), or relax the requirement"
    )
