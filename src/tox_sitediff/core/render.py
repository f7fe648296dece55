"""What people get to read (pure): sizes, the one-line note of an environment, the table at the end of a run."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from ..text import LONGEST, counted, in_markdown, printable, size
from . import visible
from .record import known

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from .plan import Plan
    from .record import Python, Record


def saved(record: Record) -> str:
    """Write what the base saved; a lower bound where a part could not be measured."""
    return _at_least(item.bytes for item in record.reused)


def _at_least(counts: Iterable[int | None]) -> str:
    parts = list(counts)
    return (">" if None in parts else "") + size(known(parts))


def note(record: Record, *, offered: int) -> str:
    """Write the line that an environment says of itself.

    Args:
        record: The record of the environment.
        offered: How many distributions its base offers.

    Returns:
        The base, and what came from it, in one line; the base alone where nothing was declared, because what commands
        install is known only when they are through.
    """
    named = base(record.python, offered=offered)
    if not record.declared and not record.installed:
        return named
    return f"{named}: {len(record.reused)} reused, {len(record.installed)} installed, {saved(record)} saved"


def base(python: Python, *, offered: int) -> str:
    """Name a base.

    Args:
        python: Its interpreter.
        offered: How many distributions it offers.

    Returns:
        Words without a full stop.
    """
    return printable(
        f"base {python.executable} ({python.implementation} {python.version}, {counted(offered, 'distribution')})",
        LONGEST,
    )


_NARROWEST: Final = 12
"""Characters that are left of a column, however narrow the terminal is."""
_TOTAL: Final = "total"
_HEAD: Final = ("environment", "reused", "installed", "size", "saved")


def table(records: Sequence[Record], *, failed: Collection[str] = (), width: int | None = None) -> str:
    """Write the table at the end of a run.

    Args:
        records: One record for each environment, in the order of the run.
        failed: Names of environments of which an installation failed: what their records say is what was there then.
        width: See `columns`.

    Returns:
        Lines without a final newline: environment, reused, installed, size, saved; and what failed.
    """
    rows = _rows(records)
    if failed:
        marks = ["installation failed" if record.env in failed else "" for record in records]
        rows = [(*row, mark) for row, mark in zip(rows, (*marks, ""), strict=False)]
    return columns((*_HEAD, *([""] if failed else ())), rows, right=range(1, len(_HEAD)), width=width)


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


def markdown(records: Sequence[Record]) -> str:
    """Write the same table in Markdown, such as for the summary of a CI job.

    Args:
        records: One record for each environment.

    Returns:
        Lines without a final newline.
    """
    names = [in_markdown(record.env) for record in records]
    rows = [(name, *row[1:]) for name, row in zip([*names, _TOTAL], _rows(records), strict=False)]
    rule = ["---", *("---:" for _ in _HEAD[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (_HEAD, rule, *rows))


def _rows(records: Sequence[Record]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (
            printable(record.env),
            str(len(record.reused)),
            str(len(record.installed)),
            size(record.bytes.environment),
            saved(record),
        )
        for record in records
    ]
    if len(records) > 1:
        rows.append(
            (
                _TOTAL,
                str(sum(len(record.reused) for record in records)),
                str(sum(len(record.installed) for record in records)),
                _at_least(record.bytes.environment for record in records),
                _at_least(item.bytes for record in records for item in record.reused),
            )
        )
    return rows


def columns(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = (), width: int | None = None
) -> str:
    """Write a table.

    Args:
        head: What the columns are called.
        rows: The cells.
        right: Which columns are aligned to the right.
        width: How many characters a line may have, as of a terminal; None for as many as it takes. Cells that are too
            long for it go on in the next line, and nothing is left out.

    Returns:
        Lines without a final newline.
    """
    rows = [[printable(cell, LONGEST) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    if width is not None:
        widths = _fitted(widths, width, [at for at in range(len(head)) if at not in right])
    lines = [
        "  ".join(
            cell.rjust(room) if at in right else cell.ljust(room)
            for at, (cell, room) in enumerate(zip(line, widths, strict=True))
        )
        for row in (head, *rows)
        for line in zip_longest(*map(_broken, row, widths), fillvalue="")
    ]
    return "\n".join(line.rstrip() for line in lines)


def _fitted(widths: Sequence[int], width: int, flexible: Sequence[int]) -> list[int]:
    """Narrow columns until a line fits, always the widest one of those that can be broken, if any can still be."""
    found = list(widths)
    over = sum(found) + 2 * (len(found) - 1) - width
    while over > 0 and (wide := [at for at in flexible if found[at] > _NARROWEST]):
        found[max(wide, key=lambda at: (found[at], at))] -= 1
        over -= 1
    return found


def _broken(cell: str, width: int) -> list[str]:
    """Break a cell into lines, between words where that can be."""
    if len(cell) <= width:
        return [cell]
    import textwrap  # most tables fit

    return textwrap.wrap(cell, width, break_on_hyphens=False) or [cell]


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
