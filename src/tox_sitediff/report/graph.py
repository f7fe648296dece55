"""A report as a graph of Mermaid (pure): what leads to each distribution, and where that is from.

The language of flowcharts: https://mermaid.js.org/syntax/flowchart.html.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ..text import printable, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.record import Installed, Record, Reused
    from .rows import Row

MOST_EDGES: Final = 500
"""What Mermaid draws unless a page raises it, which GitHub does not."""
_STYLES: Final = (
    "classDef environment fill:#1f4e5f,color:#ffffff,stroke:#1f4e5f",
    "classDef reused fill:#e3eef2,color:#16313b,stroke:#6f98a6",
    "classDef installed fill:#f6d9a8,color:#4a3208,stroke:#b9852c",
    "classDef undeclared fill:#ffffff,color:#8a1c1c,stroke:#8a1c1c,stroke-dasharray:4 3",
)


def mermaid(rows: Sequence[Row]) -> tuple[str, int]:
    """Draw the environments of a report, each in a frame where there are several.

    Args:
        rows: The rows.

    Returns:
        The text of a flowchart, without a final newline: environments, what they declare, and what that brings, with
        version and size; and how many edges it has.
    """
    lines, edges = ["flowchart LR"], 0
    for at, row in enumerate(rows):
        body = _environment(row.record, f"e{at}")
        if len(rows) > 1:
            lines += [f'  subgraph g{at}["{_label(f"{row.environment} {row.base} {row.machine}")}"]', *body, "  end"]
        else:
            lines += body
        edges += sum("-->" in line or ".->" in line for line in body)
    return "\n".join([*lines, *(f"  {style}" for style in _STYLES)]), edges


def _environment(record: Record, key: str) -> list[str]:
    lines = [f'  {key}(["{_label(record.env)}<br/>{size(record.bytes.environment)}"]):::environment']
    nodes: dict[str, str] = {}
    held: list[Reused | Installed] = [*record.reused, *record.installed]
    for at, item in enumerate(held):
        nodes[item.name] = f"{key}_{len(nodes)}"
        text = f"{_label(f'{item.name} {item.version}')}<br/>{size(item.bytes)}"
        lines.append(f'  {nodes[item.name]}["{text}"]:::{"reused" if at < len(record.reused) else "installed"}')
    edges: dict[tuple[str, str], None] = {}
    for item in held:
        chain = [key, *(nodes[name] for name in item.why if name in nodes)]
        edges |= dict.fromkeys(pairwise(chain))
    lines += [f"  {one} --> {other}" for one, other in edges]
    for name in dict.fromkeys(item.name for item in record.undeclared):
        if name not in nodes:
            nodes[name] = f"{key}_{len(nodes)}"
            lines.append(f'  {nodes[name]}["{_label(name)}"]:::undeclared')
            lines.append(f'  {key} -. "imported" .-> {nodes[name]}')
    return lines


def _label(text: str) -> str:
    """Write foreign text so that it ends no label, and is no markup (entities are written with a number sign there)."""
    return "".join(char if char.isalnum() or char in " .+_-/:" else f"#{ord(char)};" for char in printable(text))
