"""A report as JSON (pure): the records, where they came from, and their sums."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..text import redacted
from .findings import findings
from .rows import BY, added, grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.record import Json
    from .compare import Pair
    from .rows import Row


def merged(rows: Sequence[Row], *, pairs: Sequence[Pair] | None = None) -> str:
    """Write a report for programs, each record in a line.

    Args:
        rows: The rows.
        pairs: What came of a comparison; None where nothing was compared.

    Returns:
        JSON: ``records``; in the same order ``sources``; ``totals`` of all, and by environment, base and machine;
        ``findings``; ``compared``, if something was. Without a final newline, and safe to show.
    """
    totals: dict[str, Json] = {"all": added("total", rows).as_json()}
    for name in BY:
        totals[name] = [item.as_json() for item in grouped(rows, name)]
    found: list[Json] = [
        {"kind": item.kind, "name": item.name, "detail": item.detail, "records": list(item.rows)}
        for item in findings(rows)
    ]
    parts = {
        "schema": "1",
        "records": _lines([row.record.as_json() for row in rows]),
        "sources": _lines([_source(row) for row in rows]),
        "totals": _json(totals),
        "findings": _lines(found),
    }
    if pairs is not None:
        parts["compared"] = _lines([pair.as_json() for pair in pairs])
    text = ",\n".join(f"  {json.dumps(name)}: {part}" for name, part in parts.items())
    return f"{{\n{text}\n}}"


def _source(row: Row) -> Json:
    return {
        "env": row.environment,
        "base": row.base,
        "python": row.python,
        "machine": row.machine,
        "from": row.source,
    }


def _json(data: Json) -> str:
    # what is not ASCII is escaped, but for the last character that is, which is none to show
    text = json.dumps(data, ensure_ascii=True).replace("\x7f", "\\u007f")
    return redacted(text) if "@" in text else text


def _lines(items: Sequence[Json]) -> str:
    if not items:
        return "[]"
    return "[\n" + ",\n".join(f"    {_json(item)}" for item in items) + "\n  ]"
