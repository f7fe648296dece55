"""What is known of an environment from run to run: what was declared, what it relies on, and its record."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core.drift import drift, other_interpreter
from ..core.inventory import Inventory
from ..core.model import Role
from ..core.state import State
from ..environment import state_file
from ..environment.pyvenv import made_for
from ..interpreter.contents import is_torn
from ..interpreter.metadata import list_layers, read
from ..interpreter.trees import directory_bytes
from ..visibility.scope import scope_of

if TYPE_CHECKING:
    from ..core.closure import Closure
    from ..core.findings import Findings
    from ..core.model import Distribution
    from ..core.record import Record
    from ..core.snapshot import Snapshot
    from ..visibility.scope import Scope
    from .environment import Environment


_MOST_NAMED: Final = 3


class History:
    """What earlier runs and this one know of an environment."""

    def __init__(self, environment: Environment) -> None:
        """Prepare, without reading anything.

        Args:
            environment: The environment.
        """
        self._environment = environment
        self._directory: Path = environment.target.directory
        self._state: State | None = None
        self._record: Record | None = None

    # --- queries

    def known(self) -> State | None:
        """Return what is known of earlier installations; None where there is nothing, or it is damaged."""
        return self._state or state_file.load_state(self._directory)

    @property
    def scope(self) -> Scope:
        """What the environment is to see of its base."""
        return scope_of(self._environment.target, self.known())

    def stale(self) -> str | None:
        """Tell why an environment of an earlier run can't be used any more.

        Returns:
            The reason; None where all that the environment relies on is as it was.

        Raises:
            EnvironmentProblem: When its interpreter can't be asked.
        """
        found = state_file.load_state(self._directory)
        if found is None:
            return f"{self._directory / state_file.STATE_NAME} is missing or damaged"
        if found.installing:
            return "an earlier run was stopped while it installed"
        self._state = found
        if (reason := self.other_interpreter()) is not None:
            return reason
        return self._drift(found)

    def drifted(self) -> str | None:
        """Tell what of the base changed since an environment was filled.

        Returns:
            The first change that touches it; None where there is none, or nothing is known of earlier installations.
        """
        if (reason := self.other_interpreter()) is not None:
            return reason
        found = self.known()
        return None if found is None else self._drift(found)

    def _drift(self, found: State) -> str | None:
        return drift(found, self._environment.look(full=False).inventory, is_there=self._is_beside_base)

    def _is_beside_base(self, path: str) -> bool:
        """Tell whether something is there that the environment saw by a variable or a module, not in its base."""
        record = self.read_record()
        beside = {Role.INJECTED, Role.USER, Role.EXTRA}
        places = {layer.path for layer in record.layers if layer.role in beside} if record is not None else set()
        return str(Path(path).parent) in places and os.path.lexists(path)

    def other_interpreter(self) -> str | None:
        """Tell whether the environment's interpreter is another one than that which it was made for.

        Returns:
            The reason why it can't be used; None where it is the same but for a patch.
        """
        return other_interpreter(made_for(self._directory), self._environment.look(full=False).interpreter)

    def moved(self) -> str | None:
        """Tell whether the environment was moved, or is a copy, and can't be used as it is for that.

        Returns:
            The reason; None where it is where it was made, or works in any place.
        """
        known = self.known()
        if known is None or not known.directory or _is_same(known.directory, self._directory):
            return None
        from ..environment.moved import left_behind  # few are

        scripts = self._environment.target.python.parent
        if not (names := left_behind(scripts, known.directory)):
            return None
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        return (
            f"it was made in {known.directory}, and moved or copied to where it is: its scripts "
            f"{', '.join(names[:_MOST_NAMED])}{more} still run the interpreter there"
        )

    def torn(self) -> list[Distribution]:
        """Find what of the environment's own an installer that was killed left without some of its files.

        Returns:
            These distributions; none where no earlier run was killed.
        """
        found = self.known()
        if found is None or not found.installing:
            return []
        return [item for item in self._environment.look().inventory.own() if is_torn(item)]

    def findings(self, seen: Snapshot, *, is_complete: bool | None = None) -> Findings | None:
        """Tell what the environment's commands imported, held against what is declared; None where nothing is noted.

        Args:
            seen: What the environment sees.
            is_complete: Whether all was run that there is; None where nobody knows.

        Returns:
            What was found since the last installation, in tox and nox since the last run.
        """
        known = self.known()
        return self.scope.found(seen, () if known is None else known.declared, is_complete=is_complete)

    def out_of_sight(self) -> str | None:
        """Say, where a command failed, how much of the base it did not see; None where it saw all."""
        last = self._environment.last
        return None if last is None else self.scope.out_of_sight(last)

    def read_record(self) -> Record | None:
        """Return the record that lies in the environment; None where there is none, or it is damaged."""
        return state_file.load_record(self._directory)

    # --- changes

    def begin(self) -> None:
        """Start the notes on an environment that was just made."""
        self._record = None
        created = datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.keep(State(created=created, directory=os.path.abspath(self._directory)))

    def current(self) -> State:
        """Return what is known, and start the notes where there are none."""
        if self._state is None:
            self._state = self.known()
        if self._state is None:
            self.begin()
        assert self._state is not None  # noqa: S101  # begin() made it
        return self._state

    def keep(self, state: State) -> None:
        """Take over what is known now, and write it down.

        Args:
            state: What the next run needs to know.

        Raises:
            OSError: When it can't be written.
        """
        self._state = state
        state_file.save_state(self._directory, state)

    def mark(self) -> None:
        """Note in the environment that an installer is at work, for a later run that finds this one killed."""
        state_file.save_state(self._directory, replace(self.current(), installing=True))

    def unmark(self) -> None:
        """Take that note back, where the installer changed nothing."""
        state_file.save_state(self._directory, self.current())

    # --- the record

    def record(self) -> Record:
        """Return the record as of the last installation, made anew where the file is missing or damaged."""
        self._record = self._record or state_file.load_record(self._directory)
        if self._record is None:
            return self._made_anew(self._environment.look())
        return self._record

    def renew(self) -> Record:
        """Make the record anew, after something was installed that nobody declares."""
        return self._made_anew(self._environment.look())

    def _made_anew(self, seen: Snapshot, *, is_complete: bool | None = None) -> Record:
        from .audit import audit  # most runs have nothing to audit

        return self.write_record(audit(self.current().declared, seen), seen, is_complete=is_complete)

    def finish(self, inputs: str | None = None, *, uv: str = "", is_complete: bool | None = None) -> Record | None:
        """Bring the record up to date with what the run left, however it ended.

        Args:
            inputs: What decided about what was seen, and is no file (`core.fingerprint.digest`): given, all that was
                seen is noted for a later run, which looks no further where it finds nothing changed.
            uv: The uv that fills the environment, to be noted too.
            is_complete: Whether all was run that there is; None where nobody knows.

        Returns:
            The record; None where there is no environment.
        """
        found = state_file.load_state(self._directory)
        if found is None or not self._environment.target.python.exists():
            return None
        if self._state is not None and found != self._state:
            # one of the commands was `sitediff install` or the like, and knows better what is declared
            self._state, self._record = found, None
        last = self._environment.last
        known = self.record()
        if holds_others(known, last):
            return self._made_anew(self._environment.look_again(), is_complete=is_complete)
        record = known
        if last is not None and self.scope.notes:  # without a look nothing was run
            if (line := self.scope.unnoted()) is not None:
                self._environment.warn(line)
                is_complete = False
            findings = self.findings(self._environment.look(), is_complete=is_complete)
            record = record if findings is None else record.found(findings)
        if inputs is not None and last is not None:
            return self._noted(record, last, known=known, inputs=inputs, uv=uv)
        held = directory_bytes(self._directory)
        return self._kept(record.measured(held.apparent, held.unshared, held.files), known)

    def _kept(self, record: Record, known: Record) -> Record:
        """Write a record where it is another one than that which is there."""
        if record != known:
            self._record = record
            state_file.save_record(self._directory, record)
        return record

    def _noted(self, record: Record, last: Snapshot, *, known: Record, inputs: str, uv: str) -> Record:
        """Write the record, and what was seen; neither where nothing but tox's own log is another one."""
        from . import seen as notes  # a run that finds nothing changed does not come here

        before = notes.load(self._directory)
        environment = self._environment
        now = notes.note(
            environment.target,
            last,
            self.current(),
            asked=environment.asked if self.scope.is_plain else 0,
            variables=environment.variables,
            inputs=inputs,
            uv=uv,
            record=record,
            path_files=environment.path_files,
        )
        environment.remember()
        if before is None or record != known or [*before.held] != [*now.held]:
            held = directory_bytes(self._directory)
            apparent, unshared, files = held.apparent, held.unshared, held.files
            # with what is about to be written
            more = notes.length(now, apparent) - notes.length_of(self._directory)
            record = record.measured(apparent + more, unshared + more, files + (before is None))
            record = self._kept(record, known)
        notes.keep(self._directory, now, record)
        return record

    def write_record(self, closure: Closure, seen: Snapshot, *, is_complete: bool | None = None) -> Record:
        """Make the record, and write it into the environment.

        Args:
            closure: The closure of what is declared.
            seen: What the environment sees.
            is_complete: As for `findings`.

        Returns:
            The record.
        """
        from ..core.outcome import make_record  # most runs write none

        current = self.current()
        held = directory_bytes(self._directory)
        self._record = make_record(
            name=self._environment.target.name,
            created=current.created,
            seen=seen,
            declared=current.declared,
            closure=closure,
            seconds=self._environment.stopwatch.seconds(),
            size_of=self._environment.size_of,
        ).measured(held.apparent, held.unshared, held.files)
        if (found := self.findings(seen, is_complete=is_complete)) is not None:
            self._record = self._record.found(found)
        if current.data:
            from ..core.record import DataFiles  # most environments have none
            from ..environment.data import measured

            files, size = measured(self._directory, current.data)
            self._record = replace(self._record, data=DataFiles(files=files, bytes=size))
        state_file.save_record(self._directory, self._record)
        for conflict in self._record.conflicts:
            self._environment.warn(str(conflict))
        return self._record


def _is_same(before: str, now: Path) -> bool:
    here = os.path.abspath(now)
    return before == here or os.path.realpath(before) == os.path.realpath(here)


def holds_others(record: Record, last: Snapshot | None) -> bool:
    """Tell whether a record no longer names what is installed in the environment.

    Args:
        record: The record.
        last: What was seen last; None where nothing was looked at.

    Returns:
        True where distributions were installed, upgraded or removed since, by whatever command.
    """
    if last is None:
        return False
    own = [layer for layer in last.interpreter.layers if layer.role is Role.OWN]
    now = Inventory(list_layers(own), read).own()
    return {(item.name, item.version) for item in record.installed} != {
        (distribution.name, str(distribution.version)) for distribution in now
    }
