"""What people get to read (pure): sizes, the one-line note of an environment, the table at the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..text import LONGEST, printable
from . import visible
from .record import known
from .summary import Summary, at_least, columns
from .summary import base as of_base
from .summary import note as of_environment
from .summary import table as of_run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from .plan import Plan
    from .record import Python, Record


def saved(record: Record) -> str:
    """Write what the base saved; a lower bound where a part could not be measured."""
    return _at_least(item.bytes for item in record.reused)


def _at_least(counts: Iterable[int | None]) -> str:
    parts = list(counts)
    return at_least(known(parts), is_lower=None in parts)


def summary(record: Record) -> Summary:
    """Take of a record what is said of it in a line."""
    parts = [item.bytes for item in record.reused]
    return Summary(
        env=record.env,
        base=(record.python.executable, record.python.implementation, record.python.version),
        is_declared=bool(record.declared or record.installed),
        reused=len(record.reused),
        installed=len(record.installed),
        environment=record.bytes.environment,
        saved=known(parts),
        is_lower=None in parts,
    )


def note(record: Record, *, offered: int) -> str:
    """Write the line that an environment says of itself, see `summary.note`."""
    return of_environment(summary(record), offered=offered)


def base(python: Python, *, offered: int) -> str:
    """Name a base, see `summary.base`."""
    return of_base((python.executable, python.implementation, python.version), offered=offered)


def table(records: Sequence[Record], *, failed: Collection[str] = (), width: int | None = None) -> str:
    """Write the table at the end of a run, see `summary.table`."""
    return of_run([summary(record) for record in records], failed=failed, width=width)


def undeclared(records: Sequence[Record], *, width: int | None = None) -> str:
    """Name what was imported without being declared, the project's own imports first, and what else was found of them.

    Args:
        records: One record for each environment.
        width: See `columns`.

    Returns:
        Lines without a final newline: a table, below it what is declared and not used by any of the environments, what
        is declared in the wrong place, and, to be pasted, what distributions import without requiring it. Nothing where
        there is no such thing.
    """
    if not any(record.undeclared or record.unused or record.misplaced or record.unstated for record in records):
        return ""
    from .used import arrange, misplaced_line, never_used, unstated_line  # most records have nothing of it

    rows = [(record.env, *row) for record in records for row in arrange(record.undeclared).rows()]
    lines = [columns(("environment", "not declared", "first imported by"), rows, width=width)] if rows else []
    more = []
    if unused := never_used((record.unused, record.used) for record in records):
        more.append(f"declared, and used by none of the commands: {', '.join(unused)}")
    more += dict.fromkeys(misplaced_line(item) for record in records for item in record.misplaced)
    if (line := unstated_line([item for record in records for item in record.unstated])) is not None:
        more.append(line)
    if more:
        lines += [*([""] if lines else []), *(printable(text, LONGEST) for text in more)]
    if mends := visible.mends(item for record in records for item in record.undeclared):
        lines += ["", "what declared distributions import without requiring it, to be seen by them under declared:"]
        lines += ["sitediff_declare =", *(f"    {printable(mend, len(mend))}" for mend in mends)]
    return "\n".join(lines)


def plan_table(plan: Plan, *, width: int | None = None) -> str:
    """Write what would be reused and installed, and why.

    Args:
        plan: The plan.
        width: See `columns`.

    Returns:
        Lines without a final newline: distribution, version, what would happen, for what; below them, from where.
    """
    shadowed = {item.name: item.base_version for item in plan.shadowed}
    places = sorted({item.location for item in plan.reused})
    marks = {place: f" [{at}]" if len(places) > 1 else "" for at, place in enumerate(places, 1)}
    rows = [
        *((item.name, item.version, f"reused{marks[item.location]}", " -> ".join(item.why)) for item in plan.reused),
        *(
            (
                item.name,
                item.version or "?",
                ("built" if item.is_built else "installed")
                + (f" (base: {shadowed[item.name]})" if item.name in shadowed else ""),
                " -> ".join(item.why),
            )
            for item in plan.install
        ),
    ]
    held = _at_least(item.bytes for item in plan.reused)
    below = [
        f"would be: {len(plan.reused)} reused ({held}), {len(plan.install)} installed",
        *(printable(f"reused{mark}: from {place}", LONGEST) for place, mark in marks.items()),
    ]
    if built := [f"{item.name} {item.version or ''}".rstrip() for item in plan.install if item.is_built]:
        below.append(printable(f"built here, from source, which can fail: {', '.join(built)}", LONGEST))
    return "\n".join(
        (columns(("distribution", "version", "would be", "for"), sorted(rows), width=width), "", *below)
        if rows
        else below
    )
