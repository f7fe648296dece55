"""A report as text (pure): a table for a terminal, and the same in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..core.render import undeclared
from ..core.summary import columns
from ..text import LONGEST, counted, in_markdown, printable, size
from .findings import KINDS, counts, findings, where
from .rows import UNKNOWN, Labels, added, grouped, labels

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .compare import Change, Pair
    from .rows import Row, Sum

_NUMBERS: Final = ("reused", "installed", "size", "saved", "files")
_HEAD: Final = ("environment", *_NUMBERS)
_MOST: Final = 10
"""Changes of an environment that are named; the others are counted."""
_MOST_FINDINGS: Final = 50
_GONE: Final = ("gone", "new")
_MINUS: Final = "-"
_TOTAL: Final = "total"
_FAILED: Final = "installation failed"
_OURS: Final = frozenset({"", _TOTAL, _FAILED})
"""What is no foreign text."""


def table(
    rows: Sequence[Row],
    *,
    by: Collection[str] = (),
    pairs: Sequence[Pair] | None = None,
    width: int | None = None,
) -> str:
    """Write a report for a terminal.

    Args:
        rows: The rows, in their order.
        by: What they are added up by, besides.
        pairs: What came of a comparison; None where nothing was compared.
        width: How many characters a line of a table may have; None for as many as it takes.

    Returns:
        Lines without a final newline: the rows and their total, what all rows have in common, sums, what changed, and
        what was found.
    """
    told = labels(rows)
    cells = _cells(rows, told)
    parts = [columns(_head(rows, told), cells, right=range(1, len(_HEAD)), width=width)]
    if told.common:
        parts.append("\n".join(printable(f"{head}: {text}", LONGEST) for head, text in told.common.items()))
    for name in by:
        sums = [_sum(item) for item in grouped(rows, name)]
        parts.append(columns((name, "environments", *_NUMBERS), sums, right=range(1, len(_NUMBERS) + 2), width=width))
    if pairs is not None:
        parts.append(_compared(pairs))
    parts.append(undeclared([row.record for row in rows], width=width))
    return "\n\n".join(filter(None, parts))


def markdown(rows: Sequence[Row], *, by: Collection[str] = (), pairs: Sequence[Pair] | None = None) -> str:
    """Write the same in Markdown, as the summaries of CI show it; see `table`."""
    told = labels(rows)
    cells = _cells(rows, told)
    parts = [_grid(_head(rows, told), cells, right=range(1, len(_HEAD)), code=(0, *range(len(_HEAD), 99)))]
    if told.common:
        parts.append(", ".join(f"{head} {in_markdown(text)}" for head, text in told.common.items()))
    for name in by:
        sums = [_sum(item) for item in grouped(rows, name)]
        parts.append(_grid((name, "environments", *_NUMBERS), sums, right=range(1, len(_NUMBERS) + 2), code=(0,)))
    if pairs is not None:
        lines = [
            _grid(
                ("environment", "size", "change", "saved"),
                [_pair_cells(pair) for pair in pairs],
                right=(1, 2, 3),
                code=(0,),
            )
        ]
        noted = [(pair.row.environment, text) for pair in pairs for text in (*pair.base, *_named(pair.changes))]
        if noted:
            lines.append("\n".join(f"- {in_markdown(name)}: {in_markdown(text)}" for name, text in noted))
        parts.append("\n\n".join(["**Compared with before**", *lines]) if pairs else "")
    if found := findings(rows):
        said = ", ".join(f"{number} {kind}" for kind, number in counts(found).items())
        grid = _grid(
            ("finding", "distribution", "what", "in"),
            [(item.kind, item.name, item.detail, where(item, rows)) for item in found[:_MOST_FINDINGS]],
            code=(1, 2, 3),
        )
        more = [f"and {len(found) - _MOST_FINDINGS} more"] if len(found) > _MOST_FINDINGS else []
        legend = "\n".join(f"- {kind}: {KINDS[kind]}" for kind in counts(found))
        parts.append("\n\n".join([f"<details><summary>Findings: {said}</summary>", grid, *more, legend, "</details>"]))
    return "\n\n".join(filter(None, parts))


def _grid(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = (), code: Collection[int] = ()
) -> str:
    """Write a table of Markdown (https://github.github.com/gfm/#tables-extension-), foreign text as code."""
    rule = ["---:" if at in right else "---" for at in range(len(head))]
    cells = [
        [in_markdown(cell) if at in code and cell not in _OURS else cell for at, cell in enumerate(row)] for row in rows
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *cells))


def _cells(rows: Sequence[Row], told: Labels) -> list[tuple[str, ...]]:
    cells = []
    has_failed = any(row.failed for row in rows)
    for at, row in enumerate(rows):
        mark = [_FAILED if row.failed else ""] if has_failed else []
        measures = _measures(added(row.environment, [row]))
        cells.append((row.environment, *measures, *(values[at] for values in told.columns.values()), *mark))
    if len(rows) > 1:
        cells.append(
            (_TOTAL, *_measures(added(_TOTAL, rows)), *("" for _ in told.columns), *([""] if has_failed else []))
        )
    return cells


def _head(rows: Sequence[Row], told: Labels) -> tuple[str, ...]:
    return (*_HEAD, *told.columns, *([""] if any(row.failed for row in rows) else []))


def _sum(item: Sum) -> tuple[str, ...]:
    return (item.name, str(item.environments), *_measures(item))


def _measures(item: Sum) -> tuple[str, ...]:
    held = _bound(item, "environment", size(item.size) if item.size else "")
    files = _bound(item, "files", str(item.files) if item.files else "")
    return str(item.reused), str(item.installed), held, _bound(item, "saved", size(item.saved)), files


def _bound(item: Sum, name: str, text: str) -> str:
    """Mark what is a lower bound; nothing known of it is no bound."""
    if name in item.is_bound:
        return f">{text}" if text else UNKNOWN
    return text or "0"


def signed(count: int | None) -> str:
    """Write by how many bytes something grew, such as ``+1.2 MB``, ``-3.0 kB`` or ``0 B``."""
    if count is None:
        return "?"
    return f"{'+' if count > 0 else _MINUS if count < 0 else ''}{size(abs(count))}"


def _pair_cells(pair: Pair) -> tuple[str, str, str, str]:
    change = signed(pair.grown) if pair.old and pair.new else _GONE[pair.old is None]
    record = pair.row.record
    return pair.row.environment, size(record.bytes.environment), change, size(record.bytes.saved)


def _compared(pairs: Sequence[Pair]) -> str:
    if not pairs:
        return ""
    grid = columns(
        ("compared with before", "size", "change", "saved"), [_pair_cells(pair) for pair in pairs], right=(1, 2, 3)
    )
    lines = [f"{pair.row.environment}: {text}" for pair in pairs for text in (*pair.base, *_named(pair.changes))]
    return "\n\n".join(filter(None, [grid, "\n".join(printable(line, LONGEST) for line in lines)]))


def _named(changes: Sequence[Change]) -> list[str]:
    lines = [described(change) for change in changes[:_MOST]]
    if len(changes) > _MOST:
        lines.append(f"and {counted(len(changes) - _MOST, 'other change')} of distributions")
    return lines


def described(change: Change) -> str:
    """Say what happened to a distribution, what that did, and why.

    Args:
        change: What happened.

    Returns:
        One line: ``numpy 1.26.0 reused -> 2.0.0 installed, environment +31.0 MB: the base no longer has it (for a ->
        numpy)``.
    """
    told = f"{change.before} {change.was} -> {change.after} {change.now}"
    if not change.was or not change.now:
        told = f"{change.after} {change.now}, new" if change.now else f"{change.before} {change.was}, gone"
    did = f"environment {signed(change.environment)}"
    if change.full != change.environment:
        did += f", full {signed(change.full)}"
    chain = f" (for {' -> '.join(change.chain)})" if len(change.chain) > 1 else ""
    return f"{change.name} {told}, {did}: {change.why}{chain}"
