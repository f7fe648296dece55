"""The table at the end of a run of nox, which has no hook for it (edge): printed when Python ends.

Under ``nox --parallel`` each session runs in a process of its own. These leave their records to the first process: a
variable names the directory.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from ..core.record import FILE_NAME, from_json
from ..core.render import table, undeclared
from ..core.said import Said
from ..files import put_json, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from ..core.record import Record

_VARIABLE: Final = "SITEDIFF_NOX_RECORDS"
_FAILED: Final = ".failed.json"
"""How the name of a file ends that a process leaves of a session in which an installation failed."""


@dataclass(kw_only=True)
class _Run:
    """What one process knows of a run.

    Attributes:
        shared: Where processes leave their records to the first one.
        is_first: Whether this is that one.
        records: Those of this process, by the name of the environment's directory.
        failed: Names of sessions in which an installation failed.
        said: Lines that hold for all sessions, and were said.
    """

    shared: Path
    is_first: bool
    records: dict[str, Record] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    said: Said = field(default_factory=Said)

    def show(self) -> None:
        """Print the table, if there is anything to show."""
        # what ends a process has no one left to tell of an error
        with suppress(OSError):
            records = [*self.records.values(), *(self._of_workers() if self.is_first else ())]
            if records:
                sys.stdout.flush()
                shown = filter(None, (table(records, failed=self.failed), undeclared(records)))
                print("\n\n".join(shown), file=sys.stderr, flush=True)

    def _of_workers(self) -> Iterator[Record]:
        for path in sorted(self.shared.glob("*.json"), key=lambda path: path.stat().st_mtime_ns):
            with suppress(ValueError):
                record = from_json(read_json(path))
                if path.name.endswith(_FAILED):
                    self.failed.add(record.env)
                yield record
        shutil.rmtree(self.shared, ignore_errors=True)


@cache
def begin() -> _Run:
    """Take part in a run of nox; once a noxfile has a session of ours, because only then there is a table."""
    if (given := os.environ.get(_VARIABLE)) is not None:
        run = _Run(shared=Path(given), is_first=False)
    else:
        run = _Run(is_first=True, shared=Path(tempfile.gettempdir(), f"sitediff-{token_hex(8)}"))
        os.environ[_VARIABLE] = str(run.shared)
    atexit.register(run.show)
    return run


def keep(record: Record, *, cache: Path, name: str, is_worker: bool, has_failed: bool) -> None:
    """Keep the record of an environment for the table, and a copy under nox's cache directory.

    Args:
        record: The record.
        cache: nox's cache directory.
        name: The name of the environment's directory.
        is_worker: Whether another process is there to print the table.
        has_failed: Whether an installation failed.

    Raises:
        OSError: When it can't be written.
    """
    copies = cache / "sitediff"
    copies.mkdir(exist_ok=True)
    put_json(copies / f"{name}-{FILE_NAME}", record.as_json())
    if is_worker:
        begin().shared.mkdir(mode=0o700, exist_ok=True)
        put_json(begin().shared / f"{name}{_FAILED if has_failed else '.json'}", record.as_json())
    else:
        if has_failed:
            begin().failed.add(record.env)
        begin().records[name] = record


def hide_from(variables: MutableMapping[str, str | None]) -> None:
    """Keep a nox that a session starts from taking part in this run's table."""
    variables[_VARIABLE] = None
