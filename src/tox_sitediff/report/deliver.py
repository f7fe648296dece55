"""A report from beginning to end (edge): written where it is wanted, shown in the summary of a CI job, and judged."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.colour import coloured as in_colour
from ..errors import EnvironmentProblem, problem_of
from ..terminal import has_colour, width
from ..values import frozen
from .collect import collect
from .compare import compare as compared
from .forms import document
from .limits import increased, over, parse_size
from .rows import largest_first
from .summary import place, summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .rows import Row


@frozen
class Wanted:
    """What is wanted of a report.

    Attributes:
        form: One of `report.FORMS`.
        by: What sums are shown by.
        old: What it is compared with; None for nothing.
        over: Bytes that an environment may have at most.
        increase: Bytes that one may have grown by.
        output: The file that it is written to; None for the standard output.
    """

    form: str = "table"
    by: Sequence[str] = ()
    old: Sequence[Row] | None = None
    over: int | None = None
    increase: int | None = None
    output: Path | None = None


def wanted_of(
    *,
    form: str,
    by: Sequence[str],
    compare: Sequence[Path],
    fail_over: str | None,
    fail_increase: str | None,
    output: Path | None,
    start: Path,
) -> Wanted:
    """Take what a command line says of a report.

    Args:
        form: One of `report.FORMS`.
        by: What sums are shown by.
        compare: Records of another time, and directories of them.
        fail_over: The size that an environment may have at most, as people write it.
        fail_increase: By how much one may have grown, as people write it.
        output: The file that it is written to.
        start: What shown paths are relative to.

    Raises:
        EnvironmentProblem: When a size is none, or the records can't be read.
    """
    if fail_increase is not None and not compare:
        raise EnvironmentProblem("--fail-increase needs something to compare with; add --compare OLD")
    return Wanted(
        form=form,
        by=by,
        over=_size(fail_over, "--fail-over"),
        increase=_size(fail_increase, "--fail-increase"),
        old=collect(compare, start=start) if compare else None,
        output=output,
    )


def _size(text: str | None, option: str) -> int | None:
    try:
        return None if text is None else parse_size(text)
    except ValueError as error:
        raise EnvironmentProblem(f"{option}: {error}") from error


def deliver(
    rows: Sequence[Row],
    wanted: Wanted,
    *,
    variables: Mapping[str, str],
    say: Callable[[str], None],
    complain: Callable[[str], None] | None = None,
    coloured: bool | None = None,
) -> int:
    """Write a report.

    Args:
        rows: Its rows.
        wanted: What is wanted.
        variables: The variables of the job.
        say: Tells people something.
        complain: Tells them why it fails; None to do it in the same way.
        coloured: Whether a table on the standard output has colour; None to decide by the variables.

    Returns:
        0; 1 where an environment is larger than it may be, or grew more.

    Raises:
        EnvironmentProblem: When it can't be written.
    """
    rows = largest_first(rows)
    pairs = None if wanted.old is None else compared(wanted.old, rows)
    is_shown = wanted.form == "table" and wanted.output is None
    room = width(sys.stdout, variables) if is_shown else None
    text = document(wanted.form, rows, by=wanted.by, pairs=pairs, say=say, width=room)
    # who writes it there by hand, as the documentation of GitHub says, does not want it twice
    is_summary = _is_summary(wanted.output, variables)
    if wanted.output is None:
        has = has_colour(sys.stdout, variables) if coloured is None else coloured
        sys.stdout.write(in_colour(text) if is_shown and has else text)
        sys.stdout.flush()
    else:
        _write(wanted.output, text)
    if not is_summary:

        def show(command: str) -> None:
            print(command, file=sys.stderr if wanted.output is None else sys.stdout, flush=True)

        summarize([Path(row.file) for row in rows if row.file], variables=variables, old=wanted.old, show=show, say=say)
    broken = [] if wanted.over is None else over(rows, wanted.over)
    if wanted.increase is not None and pairs is not None:
        broken += increased(pairs, wanted.increase)
    for line in broken:
        (complain or say)(line)
    return 1 if broken else 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise EnvironmentProblem(f"{problem_of(error, about=path)}; name another file with --output") from error


def _is_summary(output: Path | None, variables: Mapping[str, str]) -> bool:
    found = place(variables)
    if found is None:
        return False
    try:
        summary = os.stat(found.file)
        written = os.fstat(sys.stdout.fileno()) if output is None else os.stat(output)
    except (OSError, ValueError):
        return False
    return os.path.samestat(summary, written)
