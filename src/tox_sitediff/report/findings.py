"""What was found in the environments of a report (pure), merged over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..core.record import Record
    from .rows import Row

KINDS: Final = {
    "conflict": "a distribution of the base needs another version than the one that stands before it",
    "undeclared": "imported, and nothing that is declared needs it: it is there only because the base has it",
    "transitive": "imported by the project, and there only because something else needs it",
    "misplaced": "imported by the project's package, and declared for its development alone",
    "unstated": "imported by a distribution whose metadata do not say that it needs it",
    "unused": "declared, and neither imported, nor run, nor loaded",
    "unverified": "a hash was asked for, and the base's files can't be checked",
    "shadowed": "another version in the environment stands before the base's",
}
"""What can be found, what asks for something to be done first; with what it means."""
_OPTIONAL: Final = ", optional: it does without"


@frozen
class Finding:
    """Something that was found in one or more environments.

    Attributes:
        kind: One of `KINDS`.
        name: The distribution.
        detail: What was found, in words.
        rows: The numbers of the rows in which it was.
    """

    kind: str
    name: str
    detail: str
    rows: tuple[int, ...]


def findings(rows: Sequence[Row]) -> list[Finding]:
    """List what was found.

    Args:
        rows: The rows of the report.

    Returns:
        Each finding once, by kind and name. What is declared is unused only if no environment used it.
    """
    used = {name for row in rows for name in row.record.used}
    found: dict[tuple[str, str, str], list[int]] = {}
    for at, row in enumerate(rows):
        for kind, name, detail in _of(row.record):
            if kind == "unused" and name in used:
                continue
            places = found.setdefault((kind, name, detail), [])
            if at not in places[-1:]:
                places.append(at)
    order = list(KINDS)
    return [
        Finding(kind=kind, name=name, detail=detail, rows=tuple(places))
        for (kind, name, detail), places in sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0]))
    ]


def _of(record: Record) -> Iterable[tuple[str, str, str]]:
    for conflict in record.conflicts:
        yield "conflict", conflict.name, f"{conflict.version} needs {conflict.requires}, now sees {conflict.found}"
    for item in record.undeclared:
        kind = "transitive" if str(item.kind) == "transitive" else "undeclared"
        yield kind, item.name, item.how + (_OPTIONAL if item.optional else "")
    for misplaced in record.misplaced:
        yield "misplaced", misplaced.name, f"declared in {misplaced.group}, {misplaced.imported_by} imports it"
    for unstated in record.unstated:
        does = _OPTIONAL if unstated.optional else ""
        yield "unstated", unstated.name, f"imports {unstated.needs} ({unstated.imported_by}){does}"
    for name in record.unused:
        yield "unused", name, "declared, never used"
    for reused in record.reused:
        if not reused.verified:
            yield "unverified", reused.name, f"{reused.version} of the base was not checked against its hash"
    for shadow in record.shadowed:
        yield "shadowed", shadow.name, f"{shadow.version} stands before the base's {shadow.base_version}"


def counts(found: Iterable[Finding]) -> dict[str, int]:
    """Count findings by kind; kinds of which there is none are left out."""
    numbers = dict.fromkeys(KINDS, 0)
    for item in found:
        numbers[item.kind] += 1
    return {kind: number for kind, number in numbers.items() if number}


def where(finding: Finding, rows: Sequence[Row], *, most: int = 3) -> str:
    """Name the environments in which something was found.

    Args:
        finding: The finding.
        rows: The rows of the report.
        most: How many are named.

    Returns:
        Names, each once, and how many more there are; ``all`` where there are several, and it is in each.
    """
    if len(finding.rows) == len(rows) > 1:
        return "all"
    names = list(dict.fromkeys(rows[at].environment for at in finding.rows))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
