"""One installation: study what is declared, plan, install the remainder, settle what is there now.

What only a remainder needs is loaded where there is one: mostly all is met.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.closure import applying, source, walk
from ..core.declared import Arguments, added, renewed
from ..core.drift import rely
from ..core.model import Role
from ..core.requirements import key
from ..core.state import Wanted
from ..environment.bytecode import kept_out
from ..errors import Unsatisfied
from ..files import demand_writable, listing
from ..uv.command import is_uv_install
from ..uv.options import RENEWING, option_of
from . import unverified
from .audit import audit, warn_of_doubtful
from .beside import provide_data, provide_scripts
from .request import asked_for, takes_lowest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.utils import NormalizedName

    from ..core.closure import Closure
    from ..core.model import Distribution
    from ..core.plan import Plan
    from ..core.record import Reused
    from ..core.request import Request, Run
    from ..core.snapshot import Snapshot
    from ..uv.remainder import Remainder
    from .environment import Environment
    from .history import History


class Installation:
    """What is done for one request, with the environment and what is known of it."""

    def __init__(self, environment: Environment, history: History, request: Request) -> None:
        """Prepare, without touching anything.

        Args:
            environment: What is filled.
            history: What is known of it.
            request: What is asked for.
        """
        self._environment = environment
        self._history = history
        self._request = request

    # --- the whole way

    def plan(self, seen: Snapshot | None = None) -> Plan:
        """Tell what an installation by uv would do, and change nothing.

        Args:
            seen: What the environment would see, where that is not what it sees now.

        Returns:
            What would be reused and installed, and why.

        Raises:
            EnvironmentProblem: When the environment or uv can't be used.
            Unsatisfied: When something would have to be replaced that can't be shadowed.
        """
        from ..core.plan import make_impossible_plan, make_plan
        from ..uv.dry_run import logged_requirements, logged_sources, without_log

        seen = seen or self._environment.look()
        asked, closure = self.study(seen)
        self._demand_verified(asked, closure, self._request.build(self._request.arguments))
        if self._request.neutral and asked.plain and not closure.unmet:
            plan = make_plan(seen=seen, asked=asked, changes=(), required={}, size_of=self._environment.size_of)
            self.mind_unverified(plan.reused)
            return plan
        outcome = self._remainder(seen, asked, closure).rehearse()
        if outcome.changes is None:
            message = without_log(outcome.message)
            return make_impossible_plan(
                seen=seen,
                asked=asked,
                closure=closure,
                message=message,
                refused=outcome.refused,
                size_of=self._environment.size_of,
            )
        limits = applying(asked.constraints, seen.interpreter.markers)
        known = logged_requirements(outcome.message, limits={name: len(found) for name, found in limits.items()})
        plan = make_plan(
            seen=seen,
            asked=asked,
            changes=outcome.changes,
            required=known,
            size_of=self._environment.size_of,
            sources=logged_sources(outcome.message),
        )
        self.mind_unverified(plan.reused)
        return plan

    def install(self, run: Run) -> None:
        """Install the difference.

        Args:
            run: Runs a command with variables, shows what it says, and raises where it fails.

        Raises:
            EnvironmentProblem: When the environment or uv can't be used.
            Unsatisfied: When the requirements can't be met, or the audit found a gap.
        """
        seen = self._environment.look()
        asked, closure = self.study(seen)
        command = self._request.build(self._request.arguments)
        self._demand_verified(asked, closure, command)
        is_uv = is_uv_install(command)
        if asked.only_looks:
            if is_uv:
                from .options import would_be_installed

                outcome = self._remainder(seen, asked, closure).rehearse()
                self._environment.warn(would_be_installed(outcome.changes, self._request.declared))
            else:
                run(command, self._request.settings)
            return
        if not (is_uv and self._request.neutral and asked.plain and not closure.unmet):
            if not is_uv:
                with self._installing(seen, closure, is_lacking=False):  # an installer of the user's, or its absence
                    run(command, self._variables())
                seen = self._environment.look_again()
            else:
                given = seen
                seen = self._remainder(seen, asked, closure).install(
                    run,
                    look=self._environment.look_again,
                    planning=self._environment.stopwatch("plan"),
                    installing=lambda: self._installing(given, closure),
                    undone=self._history.unmark,
                    failing=lambda outcome: self._failing(given, closure, is_lacking=outcome.out_of_reach),
                )
        if asked.exact and is_uv:
            from .options import remove_others

            remove_others(asked, seen, self._request, run)
            seen = self._environment.look_again()
        self.settle(asked, seen, ignored=asked.ignored, anew=asked.exact and is_uv)

    def repair(self, run: Run) -> list[str]:
        """Install anew what an installer that was killed left without some of its files.

        Args:
            run: As for `install`.

        Returns:
            The names of what was installed anew.
        """
        torn = self._history.torn()
        if torn:
            from ..uv.hidden import in_file

            with in_file([word for found in torn for word in _as_it_came(found)]) as arguments:
                run(self._request.build(["--reinstall", "--no-deps", *arguments]), self._variables())
            self._environment.look_again()
        return [found.name for found in torn]

    def uninstall(self, names: Sequence[NormalizedName], run: Run) -> None:
        """Remove distributions from the environment, and what was declared of them, or may be seen besides.

        A copy of the base that was hidden behind one is declared in its place: it is seen again, with its scripts.

        Args:
            names: Normalised names.
            run: As for `install`; the request's command is ``uv pip uninstall``.

        Raises:
            Unsatisfied: When what is still declared is not met any more; the removal is done all the same.
        """
        seen = self._environment.look()
        current = self._history.current()
        own = {found.name for found in seen.inventory.own()}.intersection(names)
        if own:
            self._history.mark()
            with self._environment.stopwatch("install"):
                run(self._request.build(sorted(own)), self._variables())
            seen = self._environment.look_again()
        kept = tuple(item for item in current.declared if item.name is None or key(item.name) not in names)
        again = tuple(Wanted(text=name, audit=name) for name in sorted(own) if seen.inherited(name))
        visible = tuple(name for name in current.also_visible if name not in names)
        self._history.keep(replace(current, installing=bool(own), declared=(*kept, *again), also_visible=visible))
        self.settle(Arguments(declared=(), constraints=(), deep=True, plain=True), seen)

    # --- step by step, for those who decide themselves what is run (see `lock.sync`)

    def look(self) -> Snapshot:
        """Return what the environment sees."""
        return self._environment.look()

    def torn(self) -> frozenset[NormalizedName]:
        """Name what of the environment's own lacks files, because an earlier run was killed."""
        return frozenset(found.name for found in self._history.torn())

    def build(self, arguments: Sequence[str]) -> list[str]:
        """Make the whole command of the installer."""
        return self._request.build(arguments)

    def carry_out(self, command: Sequence[str], closure: Closure, run: Run) -> Snapshot:
        """Run one command that changes the environment.

        Args:
            command: An installer, with its arguments.
            closure: The closure of what it is for, as it is before.
            run: As for `install`.

        Returns:
            What the environment sees afterwards.
        """
        with self._installing(self._environment.look(), closure):
            run(command, self._variables())
        return self._environment.look_again()

    def adopt(self, asked: Arguments, *, ignored: frozenset[NormalizedName]) -> None:
        """Take some requirements for all that is declared, whatever was before; audit, and write it down.

        Args:
            asked: The requirements.
            ignored: Names that are not as the metadata say on purpose.

        Raises:
            Unsatisfied: When the audit found a gap.
        """
        self.settle(asked, self._environment.look(), ignored=ignored, anew=True)

    def demand_verified(self, asked: Arguments, closure: Closure) -> None:
        """Refuse what would be taken from the base unchecked, where hashes are asked for and that is to be an error.

        Args:
            asked: The requirements.
            closure: Their closure, as it is before anything is done.

        Raises:
            Unsatisfied: When there is something like that.
        """
        if self._environment.target.refuses_unverified and asked.is_hashed:
            self.mind_unverified(unverified.kept_of(closure))

    def mind_unverified(self, reused: Sequence[Reused]) -> None:
        """Say what is not checked though a hash is asked for, or refuse it; see `unverified.mind`."""
        unverified.mind(self._environment, reused, self._request.ways)

    # --- the steps

    def study(self, seen: Snapshot) -> tuple[Arguments, Closure]:
        """Work out what is declared, and what of it is there.

        Args:
            seen: What the environment sees.

        Returns:
            What the arguments declare, and the closure of that.

        Raises:
            Unsatisfied: When something that is declared would have to be replaced, and can't be shadowed.
        """
        request, project = self._request, self._environment.target.project
        with self._environment.stopwatch("plan"):
            asked = asked_for(request, project=project, markers=seen.interpreter.markers)
            closure = walk(
                asked.roots(),
                lookup=seen.lookup,
                environment=seen.interpreter.markers,
                constraints=asked.constraints,
            )
        warn_of_doubtful(self._environment, closure, seen)
        for name in asked.unknown:
            self._environment.warn(f"what {name} asks for only uv knows: it is neither audited nor on record")
        for place in asked.unread:
            self._environment.warn(f"{place} is left to uv to read: what it asks for is not audited")
        for unmet in closure.unmet:
            # of what is reached indirectly, something else could still be chosen
            is_fixed = not unmet.chain and unmet.name not in request.ignored | asked.ignored
            if is_fixed and unmet.found is not None and unmet.found.layer.role is Role.INJECTED:
                from ..uv.unshadowable import unshadowable

                raise unshadowable(unmet.found, unmet)
        return asked, closure

    def _remainder(self, seen: Snapshot, asked: Arguments, closure: Closure) -> Remainder:
        from ..uv.remainder import Remainder

        request, target = self._request, self._environment.target
        return Remainder(
            seen=seen,
            asked=asked,
            closure=closure,
            arguments=request.arguments,
            build=request.build,
            neutral=request.neutral,
            lowest=takes_lowest(request, asked, project=target.project),
            variables=self._variables(),
            directory=target.project,
            python=target.python,
        )

    def _variables(self) -> dict[str, str]:
        """Return the variables of the installer, which may build something: no build writes into the base either."""
        return kept_out(self._request.settings, self._environment.look(full=False).interpreter)

    @contextmanager
    def _installing(self, seen: Snapshot, closure: Closure, *, is_lacking: bool = True) -> Iterator[None]:
        """Mark the environment while an installer works on it, so that a later run knows if this one was killed."""
        demand_writable(seen.purelib)
        before = listing(seen.purelib)
        self._history.mark()
        try:
            with self._failing(seen, closure, is_lacking=is_lacking), self._environment.stopwatch("install"):
                yield
        except (Exception, SystemExit):
            # a refusal leaves the environment as it was; only what was begun has to be made anew
            if listing(seen.purelib) == before:
                self._history.unmark()
            raise

    @contextmanager
    def _failing(self, seen: Snapshot, closure: Closure, *, is_lacking: bool) -> Iterator[None]:
        """Name, where an installer fails, what is doubtful in the base, and what it does not have.

        Args:
            seen: What the environment sees.
            closure: The closure of what is to be installed.
            is_lacking: Whether what the base does not have is the reason: it is not where a request contradicts itself
                or names a file that is not there.
        """
        try:
            yield
        except (Exception, SystemExit):
            warn_of_doubtful(self._environment, closure, seen)
            missing = sorted({unmet.name for unmet in closure.unmet}) if is_lacking else ()
            if missing:
                self._environment.warn(
                    f"the base does not satisfy {', '.join(missing)}, and the installer failed: see its message"
                )
            raise

    def settle(
        self,
        asked: Arguments,
        seen: Snapshot,
        *,
        ignored: frozenset[NormalizedName] = frozenset(),
        anew: bool = False,
    ) -> None:
        """Make console scripts, audit, and write down what is there now.

        Args:
            asked: What was asked for now.
            seen: What the environment sees.
            ignored: Names that are not as the metadata say on purpose.
            anew: Whether what was declared before does not count any more.

        Raises:
            Unsatisfied: When the audit found a gap.
        """
        environment, history, request = self._environment, self._history, self._request
        current = history.current()
        before = () if anew else current.declared
        if request.renews:
            before = renewed(before, asked, seen.inventory)
        declared = added(before, asked, seen.inventory)
        with environment.stopwatch("audit"):
            closure = audit(declared, seen)
        with environment.stopwatch("install"):
            files = provide_scripts(environment, closure, seen, ours=current.scripts)
            beside = provide_data(environment, closure, seen, ours=current.data)
        warn_of_doubtful(environment, closure, seen)
        scope = history.scope
        scope.show(closure, seen, environment.packages(seen))
        history.keep(
            replace(
                current,
                installing=False,
                declared=declared,
                relied=rely(closure),
                scripts=files,
                data=beside,
                visibility=scope.visibility,
                also_visible=scope.also_visible,
            )
        )
        record = history.write_record(closure, seen)
        environment.remember()
        self.mind_unverified(record.reused)
        self._judge(closure, declared, ignored=ignored | request.ignored)

    def _demand_verified(self, asked: Arguments, closure: Closure, command: Sequence[str]) -> None:
        if RENEWING.isdisjoint(option_of(word)[0] for word in command):  # else that decides what is reused
            self.demand_verified(asked, closure)

    def _judge(self, closure: Closure, declared: Sequence[Wanted], *, ignored: frozenset[NormalizedName]) -> None:
        for unmet in closure.unmet:
            if unmet.name in ignored:
                self._environment.warn(f"{unmet}, as overridden")
        if gaps := [unmet for unmet in closure.unmet if unmet.name not in ignored]:
            from ..core.advice import way_out

            names = {key(item.name) for item in declared if item.name is not None}
            lines = [
                f"\n  {unmet}\n    way out: {way_out(unmet, closure=closure, declared=names, ways=self._request.ways)}"
                for unmet in gaps
            ]
            raise Unsatisfied(f"the environment does not meet what was declared:{''.join(lines)}")


def _as_it_came(found: Distribution) -> tuple[str, ...]:
    """Ask for a distribution from where it came: no index is to learn the name of what came from elsewhere."""
    if found.origin is None or (url := source(found)) is None:
        return (f"{found.name}==={found.version}",)
    return ("-e", url) if found.origin.editable else (f"{found.name} @ {url}",)
