"""What is said of an environment in a line, and the table at the end of a run (pure).

Apart from all else that people get to read, because a run with nothing to do needs no more.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from ..text import LONGEST, counted, printable, size
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_NARROWEST: Final = 12
"""Characters that are left of a column, however narrow the terminal is."""
RECORD_NAME: Final = "sitediff.json"
"""The file in an environment that holds its record."""
TOTAL: Final = "total"
HEAD: Final = ("environment", "reused", "installed", "size", "saved")


@frozen
class Summary:
    """What a record says in a line.

    Attributes:
        env: The environment.
        base: The base's interpreter: its path, implementation and version.
        is_declared: Whether anything was declared, or is installed.
        reused: How many distributions of the base serve it.
        installed: How many it has of its own.
        environment: Bytes of its directory; None where unknown.
        saved: Bytes of what is reused, as far as they are known.
        is_lower: Whether a part of these is not known.
    """

    env: str
    base: tuple[str, str, str]
    is_declared: bool
    reused: int
    installed: int
    environment: int | None
    saved: int
    is_lower: bool


def at_least(count: int, *, is_lower: bool) -> str:
    """Write a number of bytes that may be a lower bound."""
    return (">" if is_lower else "") + size(count)


def note(found: Summary, *, offered: int) -> str:
    """Write the line that an environment says of itself.

    Args:
        found: What its record says.
        offered: How many distributions its base offers.

    Returns:
        The base, and what came from it, in one line; the base alone where nothing was declared, because what commands
        install is known only when they are through.
    """
    named = base(found.base, offered=offered)
    if not found.is_declared:
        return named
    saved = at_least(found.saved, is_lower=found.is_lower)
    return f"{named}: {found.reused} reused, {found.installed} installed, {saved} saved"


def base(python: tuple[str, str, str], *, offered: int) -> str:
    """Name a base.

    Args:
        python: Its interpreter: path, implementation and version.
        offered: How many distributions it offers.

    Returns:
        Words without a full stop.
    """
    executable, implementation, version = python
    words = f"base {executable} ({implementation} {version}, {counted(offered, 'distribution')})"
    return printable(words, LONGEST)


def table(found: Sequence[Summary], *, failed: Collection[str] = (), width: int | None = None) -> str:
    """Write the table at the end of a run.

    Args:
        found: What the records say, in the order of the run.
        failed: Names of environments of which an installation failed: what their records say is what was there then.
        width: See `columns`.

    Returns:
        Lines without a final newline: environment, reused, installed, size, saved; and what failed.
    """
    listed = rows(found)
    if failed:
        marks = ["installation failed" if item.env in failed else "" for item in found]
        listed = [(*row, mark) for row, mark in zip(listed, (*marks, ""), strict=False)]
    return columns((*HEAD, *([""] if failed else ())), listed, right=range(1, len(HEAD)), width=width)


def rows(found: Sequence[Summary]) -> list[tuple[str, ...]]:
    """Write the cells of that table: a row for each environment, and where there are several, one for all."""
    listed: list[tuple[str, ...]] = [
        (
            printable(item.env),
            str(item.reused),
            str(item.installed),
            size(item.environment),
            at_least(item.saved, is_lower=item.is_lower),
        )
        for item in found
    ]
    if len(found) > 1:
        known = [item.environment for item in found if item.environment is not None]
        listed.append(
            (
                TOTAL,
                str(sum(item.reused for item in found)),
                str(sum(item.installed for item in found)),
                at_least(sum(known), is_lower=len(known) < len(found)),
                at_least(sum(item.saved for item in found), is_lower=any(item.is_lower for item in found)),
            )
        )
    return listed


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
