"""The page of a report: one file of HTML with all that it needs, which asks no network for anything.

A strict policy (https://www.w3.org/TR/CSP3/) lets the browser run the one script and apply the one style sheet that it
came with, and nothing else, whatever names the metadata of distributions hold.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from .. import __version__
from ..text import printable, size
from .columns import columns
from .findings import counts, findings
from .rows import added, labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from .compare import Pair
    from .rows import Row

_HERE: Final = "browser"
_WIDTH: Final = 1000
"""Of the plots, in their own units."""


def page(rows: Sequence[Row], *, pairs: Sequence[Pair] | None = None) -> str:
    """Write the page.

    Args:
        rows: The rows, in their order.
        pairs: What came of a comparison; None where nothing was compared.

    Returns:
        HTML in ASCII, without a final newline. What it shows without a script: the sums, and the environments.
    """
    style, script = _text("page.css"), _text("page.js")
    largest = max((_full(row) for row in rows), default=0)
    total = added("total", rows)
    text = _template().render(
        version=__version__,
        style=Markup(style),  # noqa: S704  # ours
        script=Markup(script),  # noqa: S704
        policy="; ".join(
            (
                "default-src 'none'",
                f"script-src {_source(script)}",
                f"style-src {_source(style)}",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
            )
        ),
        data=Markup(_data(columns(rows, pairs))),  # noqa: S704  # nothing in it is markup
        rows=[_shown(row, largest) | {"short": short} for row, short in zip(rows, _short(rows), strict=True)],
        total=total,
        size=size,
        bars=_bars(total.size, total.full, max(total.size, total.full)),
        bases=len({row.base for row in rows}),
        machines=len({row.machine for row in rows}),
        distributions=len(
            {item.name for row in rows for item in row.record.reused}
            | {item.name for row in rows for item in row.record.installed}
        ),
        newest=printable(max((row.record.created for row in rows), default="")),
        found=sum(counts(findings(rows)).values()),
        compared=pairs is not None,
    )
    return text.rstrip().encode("ascii", "xmlcharrefreplace").decode("ascii")


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, loader=FunctionLoader(_text), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.j2")


def _text(name: str) -> str:
    return files(__package__).joinpath(_HERE, name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{b64encode(digest).decode()}'"


def _data(data: object) -> str:
    """Write data for a script element, which nothing in it can end (https://html.spec.whatwg.org/#script-data-state)."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    for char in "<>&\x7f":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _short(rows: Sequence[Row]) -> Sequence[str]:
    """Tell rows apart by where they are from, as shortly as it can be done; not at all where something else does."""
    return [printable(text) for text in labels(rows).columns.get("from", [""] * len(rows))]


def _full(row: Row) -> int:
    return max(row.record.bytes.full or 0, row.record.bytes.environment or 0)


def _bars(own: int | None, full: int | None, largest: int) -> tuple[float, float]:
    """Return how far the bars of an environment and of a full one reach."""
    scale = _WIDTH / largest if largest else 0
    return round((own or 0) * scale, 1), round((full or 0) * scale, 1)


def _shown(row: Row, largest: int) -> dict[str, object]:
    record = row.record
    held = record.bytes.environment
    return {
        "environment": printable(row.environment),
        "base": printable(row.base),
        "python": printable(row.python),
        "machine": printable(row.machine) or "?",
        "failed": row.failed,
        "reused": len(record.reused),
        "installed": len(record.installed),
        "size": size(held),
        "full": size(record.bytes.full),
        "saved": size(record.bytes.saved),
        "files": "?" if record.files.environment is None else f"{record.files.environment:,}",
        "bars": _bars(held, record.bytes.full, largest),
    }
