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
from dataclasses import field
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from ..core.colour import coloured
from ..core.fields import flag, mapping, text
from ..core.record import FILE_NAME, from_json
from ..core.render import table, undeclared
from ..core.said import Said
from ..files import put_json, read_json
from ..report import JOBS
from ..terminal import has_colour, width
from ..values import frozen, mutable

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence

    from ..core.record import Record

_VARIABLE: Final = "SITEDIFF_NOX_RECORDS"


@frozen
class _Kept:
    """What is known of one session.

    Attributes:
        record: The record of its environment.
        file: Where that lies.
        failed: Whether an installation failed.
    """

    record: Record
    file: Path
    failed: bool


@mutable
class _Run:
    """What one process knows of a run.

    Attributes:
        shared: Where processes leave their records to the first one.
        is_first: Whether this is that one.
        kept: What this process keeps, by the name of the environment's directory.
        said: Lines that hold for all sessions, and were said.
    """

    shared: Path
    is_first: bool
    kept: dict[str, _Kept] = field(default_factory=dict)
    said: Said = field(default_factory=Said)

    def show(self) -> None:
        """Print the table, if there is anything to show."""
        # what ends a process has no one left to tell of an error
        with suppress(OSError):
            kept = [*self.kept.values(), *(self._of_workers() if self.is_first else ())]
            if kept:
                sys.stdout.flush()
                records = [item.record for item in kept]
                failed = {item.record.env for item in kept if item.failed}
                room = width(sys.stderr, os.environ)
                shown = (table(records, failed=failed, width=room), undeclared(records, width=room))
                written = "\n\n".join(filter(None, shown))
                print(coloured(written) if has_colour(sys.stderr, os.environ) else written, file=sys.stderr, flush=True)
                if self.is_first and JOBS & {*os.environ}:
                    _show_elsewhere(kept)

    def _of_workers(self) -> Iterator[_Kept]:
        for path in sorted(self.shared.glob("*.json"), key=lambda path: path.stat().st_mtime_ns):
            with suppress(ValueError):
                found = mapping(read_json(path), "session")
                yield _Kept(
                    record=from_json(found.get("record")),
                    file=Path(text(found, "file")),
                    failed=flag(found, "failed"),
                )
        shutil.rmtree(self.shared, ignore_errors=True)


def _show_elsewhere(kept: Sequence[_Kept]) -> None:
    """Show records where the system that runs this job does."""
    from ..report.summary import Kept, summarize_run  # few runs are shown anywhere else

    summarize_run(
        [Kept(record=item.record, file=item.file, failed=item.failed) for item in kept],
        directory=kept[0].file.parents[1],
        variables=os.environ,
        show=lambda line: print(line, file=sys.stderr, flush=True),
        say=lambda line: print(f"sitediff: {line}", file=sys.stderr, flush=True),
    )


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


def keep(record: Record, *, directory: Path, cache: Path, is_worker: bool, has_failed: bool) -> None:
    """Keep the record of an environment for the table, and a copy under nox's cache directory.

    Args:
        record: The record.
        directory: The environment's directory.
        cache: nox's cache directory.
        is_worker: Whether another process is there to print the table.
        has_failed: Whether an installation failed.

    Raises:
        OSError: When it can't be written.
    """
    name = directory.name
    kept = _Kept(record=record, file=directory / FILE_NAME, failed=has_failed)
    copies = cache / "sitediff"
    copies.mkdir(exist_ok=True)
    put_json(copies / f"{name}-{FILE_NAME}", record.as_json())
    if is_worker:
        begin().shared.mkdir(mode=0o700, exist_ok=True)
        told = {"record": record.as_json(), "file": os.fspath(kept.file), "failed": has_failed}
        put_json(begin().shared / f"{name}.json", told)
    else:
        begin().kept[name] = kept


def hide_from(variables: MutableMapping[str, str | None]) -> None:
    """Keep a nox that a session starts from taking part in this run's table."""
    variables[_VARIABLE] = None
