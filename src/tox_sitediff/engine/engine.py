"""The engine: probe, inventory, placeholders, uv, console scripts, audit, record.

One `Engine` stands for one environment. Front ends translate to it, and hold no logic of their own.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import drift
from ..core.model import Role
from ..core.requirements import key
from ..core.state import Wanted
from ..environment import state_file
from ..errors import Unsatisfied
from ..files import listing
from ..interpreter import contents
from ..interpreter.sizes import distribution_bytes
from .keeper import Keeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from ..core.closure import Closure, Unmet
    from ..core.declared import Arguments
    from ..core.model import Distribution
    from ..core.plan import Plan
    from ..core.request import Request
    from ..core.snapshot import Snapshot
    from ..uv.remainder import Remainder


class Engine(Keeper):
    """One slim environment, and what can be done with it."""

    def install(self, request: Request, run: Callable[[Sequence[str], Mapping[str, str]], None]) -> None:
        """Install the difference.

        Args:
            request: What is asked for.
            run: Runs a command with variables, shows what it says, and raises where it fails.

        Raises:
            EnvironmentProblem: When the environment or uv can't be used.
            Unsatisfied: When the requirements can't be met, or the audit found a gap.
        """
        # here and below, what only an installation needs is loaded when it is: most runs have nothing to install
        from ..uv.command import as_dry_run

        view, asked, closure = self._study(request)
        command = request.build(request.arguments)
        is_uv = as_dry_run(command) is not None
        if not (is_uv and request.neutral and asked.plain and not closure.unmet):
            if not is_uv:
                with self._installing(view, closure):
                    run(command, request.settings)
            else:
                self._remainder(request, view, asked, closure).install(
                    run, planning=self._clock("plan"), installing=self._installing(view, closure)
                )
            view = self.look_again(request.variables)
        self._settle(asked, view, request, ignored=asked.ignored)

    def repair(self, request: Request, run: Callable[[Sequence[str], Mapping[str, str]], None]) -> list[str]:
        """Install anew what an installer that was killed left without some of its files.

        Args:
            request: What is asked for; its command is uv's.
            run: As for `install`.

        Returns:
            The names of what was installed anew.
        """
        torn = self.torn(request.variables)
        if torn:
            pins = [f"{found.name}==={found.version}" for found in torn]
            run(request.build(["--reinstall", "--no-deps", *pins]), request.settings)
            self.look_again(request.variables)
        return [found.name for found in torn]

    def torn(self, variables: Mapping[str, str]) -> list[Distribution]:
        """Find what of the environment's own an installer that was killed left without some of its files.

        Args:
            variables: The variables that the environment's commands get.

        Returns:
            These distributions; none where no earlier run was killed.
        """
        if not self._current().installing:
            return []
        return [found for found in self.look(variables).inventory.own() if contents.is_torn(found)]

    def carry_out(
        self,
        command: Sequence[str],
        closure: Closure,
        request: Request,
        run: Callable[[Sequence[str], Mapping[str, str]], None],
    ) -> Snapshot:
        """Run one command that changes the environment.

        Args:
            command: An installer, with its arguments.
            closure: The closure of what it is for, as it is before.
            request: The variables that it gets.
            run: As for `install`.

        Returns:
            What the environment sees afterwards.
        """
        with self._installing(self.look(request.variables), closure):
            run(command, request.settings)
        return self.look_again(request.variables)

    def declare(self, asked: Arguments, request: Request, ignored: frozenset[NormalizedName]) -> None:
        """Take some requirements for all that is declared, whatever was before; audit, and write it down.

        Args:
            asked: The requirements.
            request: The variables.
            ignored: Names that are not as the metadata say on purpose.

        Raises:
            Unsatisfied: When the audit found a gap.
        """
        self._state = replace(self._current(), declared=())
        self._settle(asked, self.look(request.variables), request, ignored=ignored)

    def allow(self, names: Iterable[NormalizedName]) -> None:
        """Let the environment see further distributions of its base without their being declared.

        Args:
            names: Normalised names; those of earlier runs stay.
        """
        known = self._known()
        before = () if known is None else known.declare
        self.target = replace(self.target, declare=tuple(sorted({*map(key, before), *names})))

    def uninstall(
        self,
        names: Sequence[NormalizedName],
        request: Request,
        run: Callable[[Sequence[str], Mapping[str, str]], None],
    ) -> None:
        """Remove distributions from the environment, and what was declared or allowed of them.

        A copy of the base that was hidden behind one is declared in its place: it is seen again, with its scripts.

        Args:
            names: Normalised names.
            request: How uv is run: its command is ``uv pip uninstall``.
            run: As for `install`.

        Raises:
            Unsatisfied: When what is still declared is not met any more; the removal is done all the same.
        """
        from ..core.declared import Arguments

        view = self.look(request.variables)
        current = self._current()
        own = {found.name for found in view.inventory.own()}.intersection(names)
        if own:
            state_file.save_state(self.target.directory, replace(current, installing=True))
            with self._clock("install"):
                run(request.build(sorted(own)), request.settings)
            view = self.look_again(request.variables)
        kept = tuple(item for item in current.declared if item.name is None or key(item.name) not in names)
        again = tuple(Wanted(text=name, audit=name) for name in sorted(own) if view.inherited(name))
        allowed = tuple(name for name in current.declare if name not in names)
        self._state = replace(current, declared=(*kept, *again), declare=allowed)
        self._settle(Arguments(declared=(), constraints=(), deep=True, plain=True), view, request)

    def plan(self, request: Request) -> Plan:
        """Tell what an installation by uv would do, and change nothing.

        Args:
            request: What is asked for.

        Returns:
            What would be reused and installed, and why.

        Raises:
            EnvironmentProblem: When the environment or uv can't be used.
            Unsatisfied: When something would have to be replaced that can't be shadowed.
        """
        from ..core.closure import applying
        from ..core.plan import make_impossible_plan, make_plan
        from ..uv.dry_run import logged_requirements, without_log

        view, asked, closure = self._study(request)
        if request.neutral and asked.plain and not closure.unmet:
            return make_plan(view=view, asked=asked, changes=(), told={}, bytes_of=distribution_bytes)
        outcome = self._remainder(request, view, asked, closure).rehearse()
        if outcome.changes is None:
            message = without_log(outcome.message)
            return make_impossible_plan(
                view=view,
                asked=asked,
                closure=closure,
                message=message,
                refused=outcome.refused,
                bytes_of=distribution_bytes,
            )
        limits = applying(asked.constraints, view.interpreter.markers)
        told = logged_requirements(outcome.message, limits={name: len(found) for name, found in limits.items()})
        return make_plan(view=view, asked=asked, changes=outcome.changes, told=told, bytes_of=distribution_bytes)

    def _study(self, request: Request) -> tuple[Snapshot, Arguments, Closure]:
        """Work out what is declared, and what of it is there."""
        from ..core.closure import walk
        from ..uv.arguments import parse_arguments
        from ..uv.remainder import unshadowable
        from ..uv.settings import uv_files

        view = self.look(request.variables)
        with self._clock("plan"):
            asked = parse_arguments(request.declared, directory=self.target.project, environment=request.variables)
            if not request.neutral:  # where there is such a setting, it is not
                limits = uv_files.constraints(request.settings, project=self.target.project)
                asked = replace(asked, constraints=(*asked.constraints, *limits))
            closure = walk(
                asked.roots(),
                lookup=view.lookup,
                environment=view.interpreter.markers,
                constraints=asked.constraints,
            )
        self._tell_doubtful(closure, view)
        for unmet in closure.unmet:
            # of what is reached indirectly, something else could still be chosen
            is_fixed = not unmet.chain and unmet.name not in request.ignored | asked.ignored
            if is_fixed and unmet.found is not None and unmet.found.layer.role is Role.INJECTED:
                raise unshadowable(unmet.found, unmet)
        return view, asked, closure

    def _remainder(self, request: Request, view: Snapshot, asked: Arguments, closure: Closure) -> Remainder:
        from ..uv.remainder import Remainder

        return Remainder(
            view=view,
            asked=asked,
            closure=closure,
            arguments=request.arguments,
            build=request.build,
            neutral=request.neutral,
            variables=request.settings,
            directory=self.target.project,
            python=self.target.python,
        )

    @contextmanager
    def _installing(self, view: Snapshot, closure: Closure) -> Iterator[None]:
        """Mark the environment while an installer works on it, so that a later run knows if this one was killed."""
        current = self._current()
        before = listing(view.purelib)
        state_file.save_state(self.target.directory, replace(current, installing=True))
        try:
            with self._clock("install"):
                yield
        except (Exception, SystemExit):
            # a refusal leaves the environment as it was; only what was begun has to be made anew
            if listing(view.purelib) == before:
                state_file.save_state(self.target.directory, current)
            self._tell_doubtful(closure, view)
            if missing := sorted({unmet.name for unmet in closure.unmet}):
                self.warn(f"the base does not satisfy {', '.join(missing)}, and the installer failed: see its message")
            raise

    def _settle(
        self, asked: Arguments, view: Snapshot, request: Request, *, ignored: frozenset[NormalizedName] = frozenset()
    ) -> None:
        """Make console scripts, audit, and write down what is there now."""
        from ..core.declared import added, renewed

        current = self._current()
        before = renewed(current.declared, asked, view.inventory) if request.renews else current.declared
        declared = added(before, asked, view.inventory)
        with self._clock("audit"):
            closure = self._audit(declared, view)
        with self._clock("install"):
            files = self._provide_scripts(closure, view, ours=current.scripts)
        self._tell_doubtful(closure, view)
        exposed = self._exposure()
        exposed.show(closure, view)
        self._state = replace(
            current,
            installing=False,
            declared=declared,
            relied=drift.rely(closure),
            scripts=files,
            visibility=exposed.visibility,
            declare=exposed.declare,
        )
        state_file.save_state(self.target.directory, self._state)
        record = self._write_record(closure, view)
        if unverified := [f"{item.name} {item.version}" for item in record.reused if not item.verified]:
            self.warn(f"taken from the base as it is, not checked against its hash: {', '.join(unverified)}")
        ignored |= request.ignored
        for unmet in closure.unmet:
            if unmet.name in ignored:
                self.warn(f"{unmet}, as overridden")
        if gaps := [unmet for unmet in closure.unmet if unmet.name not in ignored]:
            from ..core.advice import way_out

            names = {key(item.name) for item in declared if item.name is not None}
            lines = [
                f"\n  {unmet}\n    way out: {way_out(unmet, closure=closure, declared=names, ways=request.ways)}"
                for unmet in gaps
            ]
            raise Unsatisfied(f"the environment does not meet what was declared:{''.join(lines)}")

    def _provide_scripts(self, closure: Closure, view: Snapshot, *, ours: Sequence[str]) -> tuple[str, ...]:
        from ..environment import scripts

        reused = {name: found for name, (found, _) in closure.reached.items() if found.layer.role is not Role.OWN}
        seeds = {name: found for name in self.target.seeds if (found := view.inherited(name)) is not None}
        provided = scripts.provide(
            [found for _, found in sorted({**seeds, **reused}.items())],
            directory=Path(view.interpreter.scripts),
            python=self.target.python,
            ours=ours,
        )
        for line in provided.warnings:
            self.warn(line)
        return provided.files

    def audit(self, request: Request) -> tuple[Unmet, ...]:
        """Tell what of some requirements, or of what was declared before, is not met.

        Args:
            request: What is asked for; without arguments, what earlier installations declared counts, and where
                nothing is known of these, all that is installed in the environment.

        Returns:
            What is not met, with the chains that lead to it.

        Raises:
            EnvironmentProblem: When the environment can't be used.
        """
        view = self.look(request.variables)
        if request.arguments:
            return self._study(request)[2].unmet
        known = self._known()
        if known is not None and known.declared:
            closure = self._audit(known.declared, view)
        else:
            closure = self._audit([Wanted(text=found.name, audit=found.name) for found in view.inventory.own()], view)
        self._tell_doubtful(closure, view)
        return closure.unmet
