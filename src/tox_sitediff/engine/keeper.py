"""What is known of one environment: what it sees, what was declared, what it relies on, and its record.

The engine adds what can be done with it.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core import drift
from ..core.model import Role
from ..core.state import State, Wanted
from ..environment import state_file
from ..environment.bytecode import forget_bytecode
from ..errors import InterpreterProblem
from ..interpreter import layers
from ..interpreter.observer import Observer
from ..interpreter.sizes import directory_bytes, distribution_bytes
from ..text import printable
from ..times import Stopwatch
from ..visibility import scope
from . import history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..core.closure import Closure
    from ..core.record import Record, Undeclared
    from ..core.snapshot import Snapshot
    from ..core.target import Target


_MOST_BROKEN: Final = 20


def _is_same(one: str, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


class Keeper:
    """Keeps what is known of one environment."""

    def __init__(self, target: Target, *, warn: Callable[[str], None]) -> None:
        """Prepare, without touching anything.

        Args:
            target: The environment.
            warn: Takes a line that the user should read.
        """
        self.target = target
        self._say = warn
        self._said: set[str] = set()
        self._clock = Stopwatch()
        self._observer = Observer(target.python, target.exclude)
        self._state: State | None = None
        self._record: Record | None = None

    def warn(self, line: str) -> None:
        """Show a line once."""
        if line not in self._said:
            self._said.add(line)
            self._say(printable(line, limit=2000))

    def ask(self, variables: Mapping[str, str]) -> None:
        """Start asking the interpreter of an earlier run, so that it answers while the front end does other things.

        Args:
            variables: The variables that the environment's commands get.
        """
        if (self.target.directory / state_file.STATE_NAME).exists() and self.target.python.exists():
            self._observer.ask(variables)

    def look(self, variables: Mapping[str, str], *, full: bool = True) -> Snapshot:
        """Return what the environment sees.

        Args:
            variables: The variables that the environment's commands get.
            full: Whether the marker environment is needed.

        Returns:
            The view; the interpreter is asked only where it was not asked since the last installation.

        Raises:
            EnvironmentProblem: When the interpreter can't be asked.
        """
        with self._clock("probe"):
            view = self._observer.look(variables, full=full)
        if not _is_same(view.interpreter.prefix, self.target.directory):
            # its layers are not the environment's own, and all that is installed would go elsewhere, into the base
            self._observer.forget()
            raise InterpreterProblem(
                f"the interpreter {self.target.python} takes {view.interpreter.prefix} for its environment, not "
                f"{self.target.directory}; see what is wrong with its pyvenv.cfg, or recreate the environment"
            )
        if view.interpreter.foreign_finders:
            self.warn(
                f"{view.interpreter.executable} finds distributions by an import hook of its own; "
                "what only that hook finds is installed anew"
            )
        return view

    def look_again(self, variables: Mapping[str, str]) -> Snapshot:
        """Take in what an installer changed, and return what the environment sees now."""
        with self._clock("probe"):
            view = self._observer.look_again(variables)
        for layer in view.interpreter.layers:
            if layer.role is Role.OWN:
                forget_bytecode(Path(layer.path))
        return view

    # --- before anything is installed

    def begin(self) -> None:
        """Start the records of an environment that was just made."""
        self._state = State(created=datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        self._record = None
        state_file.save_state(self.target.directory, self._state)

    def prepare(self, variables: Mapping[str, str], *, full: bool) -> Snapshot:
        """Make the environment see its layers, and remove what a killed run left.

        Args:
            variables: The variables that the environment's commands get.
            full: Whether something is about to be installed, so that the interpreter is asked for all at once.

        Returns:
            What the environment sees.

        Raises:
            EnvironmentProblem: When a layer does not exist or does not fit.
        """
        state_file.sweep_temporary(self.target.directory)
        view = self.look(variables, full=full)
        version = view.interpreter.version
        found = [path for layer in self.target.layers for path in layers.site_directories(layer, version=version)]
        if layers.stack(view.purelib, found):
            self._observer.forget()
        self.expose(variables)
        return self.look(variables, full=full)

    def expose(self, variables: Mapping[str, str]) -> None:
        """Make the environment see of its base what it may, where it does not, and forget what it imported before.

        Args:
            variables: The variables that the environment's commands get.

        Raises:
            EnvironmentProblem: When its interpreter can't be asked.
            OSError: When it can't be written.
        """
        exposed = self._exposure()
        if exposed.is_plain:
            return
        current = self._current()
        if exposed.is_there(self.look(variables, full=False).purelib):
            exposed.forget()
        else:
            view = self.look(variables)
            exposed.show(self._audit(current.declared, view), view)
        found = replace(current, visibility=exposed.visibility, declare=exposed.declare)
        if found != current:
            self._state = found
            state_file.save_state(self.target.directory, found)

    def reexposed(self) -> str | None:
        """Tell what of what the environment is to see of its base is not as it was; none where nothing is."""
        return self._exposure().change

    def undeclared(self, view: Snapshot) -> tuple[Undeclared, ...]:
        """Tell what the environment's commands imported, or tried to, without its being declared.

        Args:
            view: What the environment sees.

        Returns:
            Modules of the base by their distributions, since the last installation, in tox and nox since the last run.
        """
        return self._exposure().undeclared(view)

    def _exposure(self) -> scope.Scope:
        return scope.scope_of(self.target, self._known())

    def _known(self) -> State | None:
        """Return what is known of earlier installations; none where there is nothing."""
        return self._state or state_file.load_state(self.target.directory)

    def extend(self, more: Sequence[Path], variables: Mapping[str, str]) -> list[Path]:
        """Stack further layers behind those that the environment has, and remove what a killed run left.

        Args:
            more: Environments or site directories.
            variables: The variables that the environment's commands get.

        Returns:
            The site directories that are new.

        Raises:
            EnvironmentProblem: When a layer does not exist or does not fit.
        """
        state_file.sweep_temporary(self.target.directory)
        view = self.look(variables)
        there = layers.stacked(view.purelib)
        version = view.interpreter.version
        named = [path for layer in more for path in layers.site_directories(layer, version=version)]
        new = [path for path in dict.fromkeys(named) if path not in there]
        if new and layers.stack(view.purelib, [*there, *new]):
            self._observer.forget()
        return new

    @contextmanager
    def stacked(self, more: Sequence[Path], variables: Mapping[str, str]) -> Iterator[None]:
        """Stack further layers for as long as the block lasts; see `extend`."""
        before = layers.stacked(self.look(variables).purelib)
        try:
            self.extend(more, variables)
            yield
        finally:
            if layers.stack(self.look(variables, full=False).purelib, before):
                self._observer.forget()

    def stale(self, variables: Mapping[str, str]) -> str | None:
        """Tell why an environment of an earlier run can't be used any more.

        Args:
            variables: The variables that the environment's commands get.

        Returns:
            The reason; none where all that the environment relies on is as it was.
        """
        found = state_file.load_state(self.target.directory)
        if found is None:
            return f"{self.target.directory / state_file.STATE_NAME} is missing or damaged"
        if found.installing:
            return "an earlier run was stopped while it installed"
        self._state = found
        return drift.drift(found, self.look(variables, full=False).inventory)

    def drifted(self, variables: Mapping[str, str]) -> str | None:
        """Tell what of the base changed since an environment was filled.

        Args:
            variables: The variables that the environment's commands get.

        Returns:
            The first change that touches it; none where there is none, or nothing is known of earlier installations.
        """
        found = self._known()
        return None if found is None else drift.drift(found, self.look(variables, full=False).inventory)

    # --- what was declared

    def _current(self) -> State:
        if self._state is None:
            self._state = state_file.load_state(self.target.directory)
        if self._state is None:
            self.begin()
        assert self._state is not None  # noqa: S101  # begin() made it
        return self._state

    def _audit(self, declared: Sequence[Wanted], view: Snapshot) -> Closure:
        from ..core.closure import walk
        from ..core.declared import roots_of

        return walk(roots_of(declared), lookup=view.lookup, environment=view.interpreter.markers)

    def _tell_doubtful(self, closure: Closure, view: Snapshot) -> None:
        """Name what of the base could not be used, or not be told apart, as far as it matters here."""
        # where uv failed all of the base was read, so that what is asked for comes first and the rest may be cut
        met = sorted(view.inventory.broken(), key=lambda broken: broken.entry.name not in closure.wanted)
        for broken in met[:_MOST_BROKEN]:
            self.warn(f"not reused: {broken.entry.path}: {broken.reason}; repair or remove it in the base")
        if len(met) > _MOST_BROKEN:
            self.warn(f"not reused either: {len(met) - _MOST_BROKEN} further distributions with broken metadata")
        for found, _ in closure.reached.values():
            if found.layer.role is not Role.OWN and (rivals := view.inventory.rivals(found)):
                others = ", ".join(str(rival.version) for rival in rivals)
                self.warn(
                    f"{found.name} is there more than once in {found.layer.path}: {found.version} counts, as Python "
                    f"sees it, not {others}; remove what is left over"
                )

    # --- writing down

    def recorded(self) -> Record | None:
        """Return the record that lies in the environment; none where there is none, or it is damaged."""
        return state_file.load_record(self.target.directory)

    def current(self, variables: Mapping[str, str]) -> Record:
        """Return the record as of the last installation, made anew where the file is missing or damaged.

        Args:
            variables: The variables that the environment's commands get.

        Returns:
            The record.
        """
        self._record = self._record or state_file.load_record(self.target.directory)
        if self._record is None:
            view = self.look(variables)
            return self._write_record(self._audit(self._current().declared, view), view)
        return self._record

    def finish(self, variables: Mapping[str, str]) -> Record | None:
        """Bring the record up to date with what the run left, however it ended.

        Args:
            variables: The variables that the environment's commands got.

        Returns:
            The record; none where there is no environment.
        """
        if not self.target.python.exists() or (found := state_file.load_state(self.target.directory)) is None:
            return None
        if self._state is not None and found != self._state:
            # one of the commands was `sitediff install` or the like, and knows better what is declared
            self._state, self._record = found, None
        known = self.current(variables)
        if history.changed(known, self._observer.last):
            view = self.look_again(variables)
            return self._write_record(self._audit(self._current().declared, view), view)
        held = directory_bytes(self.target.directory)
        record = known.measured(held.apparent, held.unshared)
        if self._observer.last is not None:  # otherwise nothing was run
            record = replace(record, undeclared=self.undeclared(self._observer.last))
        if record != known:
            self._record = record
            state_file.save_record(self.target.directory, record)
        return self._record

    def _write_record(self, closure: Closure, view: Snapshot) -> Record:
        from ..core import outcome

        current = self._current()
        held = directory_bytes(self.target.directory)
        self._record = outcome.make_record(
            name=self.target.name,
            created=current.created,
            view=view,
            declared=current.declared,
            closure=closure,
            seconds=self._clock.seconds(),
            bytes_of=distribution_bytes,
            undeclared=self.undeclared(view),
        ).measured(held.apparent, held.unshared)
        state_file.save_record(self.target.directory, self._record)
        for conflict in self._record.conflicts:
            self.warn(str(conflict))
        return self._record

    def offered(self) -> int:
        """Count the distributions that the base offers; 0 before the first look."""
        return 0 if (view := self._observer.last) is None else view.inventory.offered()

    def freeze(self, variables: Mapping[str, str]) -> list[str]:
        """List what the environment sees, inherited or its own, as ``pip freeze`` writes it.

        Args:
            variables: The variables that the environment's commands get.

        Returns:
            ``name==version``, or ``name @ url`` for what was installed from a URL, sorted by name.
        """
        return self.look(variables, full=False).inventory.freeze()
