"""The engine: probe, inventory, placeholders, uv, console scripts, audit, record.

One `Engine` stands for one environment. Front ends translate to it, and hold no logic of their own.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import layers, ledger, metadata, placeholders, scripts, state
from .arguments import Arguments, parse_arguments
from .closure import Closure, Unmet, walk
from .errors import EnvironmentProblem, Unsatisfied
from .inventory import Inventory
from .placeholders import Placeholders
from .probe import Probe, printable
from .record import Seconds
from .records import Role
from .sizes import directory_bytes
from .uv import as_dry_run, dry_run, uv_environment
from .uv_behaviour import sees_inherited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from .record import Record
    from .records import Distribution, Interpreter
    from .uv import Change


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The environment to fill.

    Attributes:
        name: What people call it.
        directory: Its directory.
        python: Its interpreter.
        project: Where relative paths and the installer start.
        exclude: Normalised names that are never taken from the base.
        layers: Environments or site directories to stack between it and the base.
        seeds: Names that an environment of its kind holds without declaring them: their console scripts are made
            where the base has them.
    """

    name: str
    directory: Path
    python: Path
    project: Path
    exclude: frozenset[NormalizedName] = frozenset()
    layers: tuple[Path, ...] = ()
    seeds: tuple[NormalizedName, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What the environment's interpreter sees at one moment."""

    interpreter: Interpreter
    inventory: Inventory


@dataclass(kw_only=True)
class _Clock:
    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.spent[step] = self.spent.get(step, 0.0) + time.perf_counter() - start

    def seconds(self) -> Seconds:
        """Return the steps and their sum."""
        return Seconds(
            probe=self.spent.get("probe", 0.0),
            plan=self.spent.get("plan", 0.0),
            install=self.spent.get("install", 0.0),
            audit=self.spent.get("audit", 0.0),
            total=sum(self.spent.values()),
        )


class Engine:
    """One slim environment."""

    def __init__(self, target: Target, *, warn: Callable[[str], None]) -> None:
        """Prepare, without touching anything.

        Args:
            target: The environment.
            warn: Takes a line that the user should read.
        """
        self.target = target
        self.record: Record | None = None
        self._say = warn
        self._said: set[str] = set()
        self._clock = _Clock()
        self._view: View | None = None
        self._pending: Probe | None = None
        self._state: state.State | None = None
        self._is_swept = False
        self._path_files: dict[str, int] = {}

    # --- looking

    def ask(self, variables: Mapping[str, str], *, full: bool) -> None:
        """Start asking the interpreter in the background; `look` waits for the answer."""
        self._pending = Probe(self.target.python, variables, full=full)

    def look(self, variables: Mapping[str, str], *, full: bool = True) -> View:
        """Ask the interpreter what it sees, and list its layers.

        Args:
            variables: The variables that the environment's commands get.
            full: Whether the marker environment is needed.

        Returns:
            The view; of an earlier call where that was at least as full and nothing was installed since.
        """
        if self._view is not None and (self._view.interpreter.markers or not full):
            return self._view
        with self._clock("probe"):
            pending, self._pending = self._pending, None
            if pending is not None and full and not pending.full:
                pending.cancel()
                pending = None
            interpreter = (pending or Probe(self.target.python, variables, full=full)).answer()
            if not self._is_swept:
                for layer in interpreter.layers:
                    if layer.role is Role.OWN:
                        placeholders.sweep(Path(layer.path))
                self._is_swept = True
            self._view = _view(interpreter)
            self._path_files = _path_files(interpreter)
        if interpreter.foreign_finders:
            self.warn(
                f"{interpreter.executable} finds distributions by an import hook of its own; those are not looked at"
            )
        return self._view

    def warn(self, line: str) -> None:
        """Show a line once."""
        if line not in self._said:
            self._said.add(line)
            self._say(printable(line, limit=2000))

    def lookup(self, inventory: Inventory) -> Callable[[NormalizedName], Distribution | None]:
        """Return how a name is looked up: the effective copy, or only the environment's own of an excluded name."""
        return lambda name: inventory.effective(name, inherit=name not in self.target.exclude)

    # --- before anything is installed

    def prepare(self, variables: Mapping[str, str]) -> None:
        """Make the environment see its layers, and remove what a killed run left.

        Args:
            variables: The variables that the environment's commands get.

        Raises:
            EnvironmentProblem: When a layer does not exist or does not fit.
        """
        state.sweep_temporary(self.target.directory)
        view = self.look(variables, full=False)
        purelib = next(Path(layer.path) for layer in reversed(view.interpreter.layers) if layer.role is Role.OWN)
        found: list[Path] = []
        for layer in self.target.layers:
            found += layers.site_directories(layer, version=view.interpreter.version)
        if layers.stack(purelib, found):
            self._view = None

    def begin(self) -> None:
        """Start the records of an environment that was just made."""
        self._state = state.State(created=datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        state.save_state(self.target.directory, self._state)

    def stale(self, variables: Mapping[str, str]) -> str | None:
        """Tell why an environment of an earlier run can't be used any more.

        Args:
            variables: The variables that the environment's commands get.

        Returns:
            The reason; none where all that the environment relies on is as it was.
        """
        found = state.load_state(self.target.directory)
        if found is None:
            return f"{self.target.directory / state.STATE_NAME} is missing or damaged"
        if found.installing:
            return "an earlier run was stopped while it installed"
        self._state = found
        return ledger.drift(found, self.look(variables, full=False).inventory)

    def look_again(self) -> None:
        """Take in what an installer changed; the interpreter is asked again only where its path may have changed."""
        if self._view is None:
            return
        interpreter = self._view.interpreter
        if _path_files(interpreter) == self._path_files:
            with self._clock("probe"):
                self._view = _view(interpreter)
        else:
            self._view = None

    # --- installing

    def install(
        self,
        arguments: Sequence[str],
        *,
        command: Sequence[str],
        run: Callable[[], None],
        variables: Mapping[str, str],
        settings: Mapping[str, str],
        may_skip: bool,
        ignored: frozenset[NormalizedName] = frozenset(),
    ) -> None:
        """Install the difference.

        Args:
            arguments: What is declared: arguments of ``uv pip install`` without the command.
            command: The whole command of the installer, uv or another.
            run: Runs that command, shows what it says, and raises where it fails.
            variables: The variables that the environment's commands get.
            settings: The variables that the installer gets.
            may_skip: Whether uv need not be started where the base satisfies all that is asked for.
            ignored: Names that the installer was told to resolve otherwise than the metadata say.

        Raises:
            EnvironmentProblem: When the environment or uv can't be used.
            Unsatisfied: When the requirements can't be met, or the audit found a gap.
        """
        view = self.look(variables)
        with self._clock("plan"):
            asked = parse_arguments(arguments, directory=self.target.project, environment=variables)
            closure = walk(
                asked.roots(),
                lookup=self.lookup(view.inventory),
                environment=view.interpreter.markers,
                constraints=asked.constraints,
            )
        self._warn_of_doubtful(closure, view.inventory)
        for unmet in closure.unmet:
            is_free = unmet.chain or unmet.name in ignored | asked.ignored  # something else could still be chosen
            if not is_free and unmet.found is not None and unmet.found.layer.role is Role.INJECTED:
                raise _unshadowable(unmet.found, unmet)
        rehearsal = as_dry_run(command)
        if not (rehearsal and may_skip and asked.plain and not closure.unmet):
            if rehearsal is None:
                with self._installing(view):
                    run()
            else:
                self._fill(rehearsal, asked, closure, view=view, run=run, settings=settings)
            self.look_again()
            view = self.look(variables)
        self._settle(asked, view, ignored | asked.ignored)

    def _fill(
        self,
        rehearsal: Sequence[str],
        asked: Arguments,
        closure: Closure,
        *,
        view: View,
        run: Callable[[], None],
        settings: Mapping[str, str],
    ) -> None:
        """Install with uv, in whose sight the inherited distributions are installed."""
        inventory = view.inventory
        inherited = [found for name in sorted(closure.reached) if (found := self._inherited(name, inventory))]
        environment = uv_environment(settings, self.target.directory)
        with Placeholders(Path(view.interpreter.purelib)) as held:
            with self._clock("plan"):
                blind = not (
                    inherited
                    and sees_inherited(
                        Path(rehearsal[0]),
                        inherited[0],
                        environment=environment,
                        directory=self.target.project,
                        python=self.target.python,
                    )
                )
                if blind:
                    held.add(inherited)
                changes = self._rehearse(rehearsal, held, inventory, environment=environment, deep=asked.deep and blind)
                if changes is not None:
                    self._refuse_unshadowable(changes, closure, inventory)
            if changes != ():
                with self._installing(view):
                    try:
                        run()
                    except (Exception, SystemExit):
                        self._explain(closure)
                        raise

    def _rehearse(
        self,
        rehearsal: Sequence[str],
        held: Placeholders,
        inventory: Inventory,
        *,
        environment: Mapping[str, str],
        deep: bool,
    ) -> tuple[Change, ...] | None:
        """Find out what uv would install, adding placeholders until it touches nothing that is inherited unseen."""
        if not deep:
            return None
        everything = False
        while True:
            changes = dry_run(rehearsal, environment=environment, directory=self.target.project).changes
            if changes is None:
                if everything:
                    return None
                # without the network, what uv can't look up may still be there to inherit
                everything = True
                new = [found for name in inventory.names() if (found := self._inherited(name, inventory))]
            else:
                new = [found for change in changes if (found := self._inherited(change.name, inventory))]
            new = [found for found in new if found.name not in held]
            if not new:
                return changes
            held.add(new)

    def _inherited(self, name: NormalizedName, inventory: Inventory) -> Distribution | None:
        """Return the inherited copy that the environment sees, where uv may be told of it."""
        if name in self.target.exclude or any(entry.layer.role is Role.OWN for entry in inventory.entries(name)):
            return None
        return inventory.effective(name)

    def _refuse_unshadowable(self, changes: Sequence[Change], closure: Closure, inventory: Inventory) -> None:
        for change in changes:
            found = inventory.effective(change.name)
            if found is None or found.layer.role is not Role.INJECTED:
                continue
            raise _unshadowable(found, next((unmet for unmet in closure.unmet if unmet.name == change.name), None))

    def _explain(self, closure: Closure) -> None:
        missing = sorted({unmet.name for unmet in closure.unmet})
        if missing:
            self.warn(
                f"not satisfied by the base: {', '.join(missing)}; the installer's message above says why it failed"
            )

    def _warn_of_doubtful(self, closure: Closure, inventory: Inventory) -> None:
        """Name what of the base could not be used, or not be told apart, as far as it matters here."""
        for broken in inventory.broken():
            self.warn(f"not reused: {broken.entry.path}: {broken.reason}; repair or remove it in the base")
        for found, _ in closure.reached.values():
            if found.layer.role is not Role.OWN and (rivals := inventory.rivals(found)):
                others = ", ".join(str(rival.version) for rival in rivals)
                self.warn(
                    f"{found.name} is there more than once in {found.layer.path}: {found.version} counts, as Python "
                    f"sees it, not {others}; remove what is left over"
                )

    @contextmanager
    def _installing(self, view: View) -> Iterator[None]:
        """Mark the environment while an installer works on it, so that a later run knows if this one was killed."""
        current = self._current()
        purelib = view.interpreter.purelib
        before = _listing(purelib)
        state.save_state(self.target.directory, replace(current, installing=True))
        with self._clock("install"):
            try:
                yield
            except (Exception, SystemExit):
                # a refusal leaves the environment as it was; only what was begun has to be made anew
                if _listing(purelib) == before:
                    state.save_state(self.target.directory, current)
                raise

    def _current(self) -> state.State:
        if self._state is None:
            self._state = state.load_state(self.target.directory)
        if self._state is None:
            self.begin()
        if self._state is None:
            raise EnvironmentProblem(f"{self.target.directory} can't be written")
        return self._state

    def _settle(self, asked: Arguments, view: View, ignored: frozenset[NormalizedName]) -> None:
        """Make console scripts, audit, and write down what is there now."""
        current = self._current()
        declared = ledger.declare(current.declared, asked, view.inventory)
        with self._clock("audit"):
            closure = self._audit(declared, view)
        reused = [found for found, _ in closure.reached.values() if found.layer.role is not Role.OWN]
        seeds = [
            found
            for name in self.target.seeds
            if name not in closure.reached and (found := self._inherited(name, view.inventory))
        ]
        with self._clock("install"):
            provided = scripts.provide(
                sorted((*reused, *seeds), key=lambda found: found.name),
                directory=Path(view.interpreter.scripts),
                python=self.target.python,
                ours=current.scripts,
            )
        for line in provided.warnings:
            self.warn(line)
        self._warn_of_doubtful(closure, view.inventory)
        self._state = replace(
            current,
            installing=False,
            declared=declared,
            relied=ledger.rely(closure, view.inventory),
            scripts=provided.files,
        )
        state.save_state(self.target.directory, self._state)
        record = self._write_record(closure, view)
        if unverified := [f"{item.name} {item.version}" for item in record.reused if not item.verified]:
            self.warn(f"taken from the base as it is, not checked against its hash: {', '.join(unverified)}")
        for unmet in closure.unmet:
            if unmet.name in ignored:
                self.warn(f"{unmet}, as overridden")
        if lines := "\n".join(f"  {unmet}" for unmet in closure.unmet if unmet.name not in ignored):
            raise Unsatisfied(f"the environment does not meet what was declared:\n{lines}")

    def _audit(self, declared: Sequence[state.Wanted], view: View) -> Closure:
        return walk(ledger.roots(declared), lookup=self.lookup(view.inventory), environment=view.interpreter.markers)

    # --- writing down

    def _write_record(self, closure: Closure, view: View) -> Record:
        current = self._current()
        held = directory_bytes(self.target.directory)
        self.record = ledger.record(
            name=self.target.name,
            created=current.created,
            interpreter=view.interpreter,
            inventory=view.inventory,
            declared=current.declared,
            closure=closure,
            seconds=self._clock.seconds(),
        ).measured(held.apparent, held.unshared)
        state.save_record(self.target.directory, self.record)
        for conflict in self.record.conflicts:
            self.warn(str(conflict))
        return self.record

    def current(self, variables: Mapping[str, str]) -> Record:
        """Return the record as of the last installation, made anew where the file is missing or damaged.

        Args:
            variables: The variables that the environment's commands get.

        Returns:
            The record.
        """
        self.record = self.record or state.load_record(self.target.directory)
        if self.record is None:
            view = self.look(variables)
            return self._write_record(self._audit(self._current().declared, view), view)
        return self.record

    def freeze(self, variables: Mapping[str, str]) -> list[str]:
        """List what the environment sees, inherited or its own, as ``pip freeze`` writes it.

        Args:
            variables: The variables that the environment's commands get.

        Returns:
            ``name==version``, or ``name @ url`` for what was installed from a URL, sorted by name.
        """
        inventory = self.look(variables, full=False).inventory
        lines = []
        for name in inventory.names():
            found = inventory.effective(name)
            if found is None:
                continue
            if found.origin is not None and found.layer.role is Role.OWN:
                lines.append(f"{name} @ {found.origin.url}")
            else:
                lines.append(f"{name}=={found.version}")
        return lines

    def finish(self, variables: Mapping[str, str]) -> Record | None:
        """Bring the record up to date with what the run left, however it ended.

        Args:
            variables: The variables that the environment's commands got.

        Returns:
            The record; none where there is no environment.
        """
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        if (
            not self.target.python.exists()
            or (current := self._state or state.load_state(self.target.directory)) is None
        ):
            return None
        self._state = current
        known = self.record or state.load_record(self.target.directory)
        if known is None or ledger.changed(known, self._view):
            self._view = None
            view = self.look(variables)
            return self._write_record(self._audit(current.declared, view), view)
        held = directory_bytes(self.target.directory)
        self.record = known
        if (known.bytes.environment, known.bytes.unshared) != (held.apparent, held.unshared):
            self.record = known.measured(held.apparent, held.unshared)
            state.save_record(self.target.directory, self.record)
        return self.record

    def offered(self) -> int:
        """Count the distributions that the base offers; 0 before the first look."""
        return 0 if self._view is None else self._view.inventory.offered()


def _unshadowable(found: Distribution, unmet: Unmet | None) -> Unsatisfied:
    place = found.layer.path
    return Unsatisfied(
        f"{found.name} {found.version} in {place} stands before the environment on sys.path, so installing another "
        f"{found.name} could not replace it{f'; {unmet}' if unmet else ''}; take {place} out of PYTHONPATH (or of "
        "whatever adds it), or relax the requirement"
    )


def _view(interpreter: Interpreter) -> View:
    return View(interpreter=interpreter, inventory=Inventory(metadata.list_layers(interpreter.layers), metadata.read))


def _path_files(interpreter: Interpreter) -> dict[str, int]:
    """Note the ``.pth`` files of the environment, which decide about its ``sys.path``."""
    found = {}
    for layer in interpreter.layers:
        if layer.role is Role.OWN:
            for name in _listing(layer.path):
                if name.endswith(".pth"):
                    path = os.path.join(layer.path, name)  # noqa: PTH118
                    found[path] = os.stat(path).st_mtime_ns if os.path.exists(path) else 0  # noqa: PTH110, PTH116
    return found


def _listing(directory: str) -> set[str]:
    try:
        return set(os.listdir(directory))  # noqa: PTH208
    except OSError:
        return set()
