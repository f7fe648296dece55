"""Text that is safe to show, and sizes for people to read: what the base says of itself may be hostile (leaf)."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP: Final = 1000
_LONGEST: Final = 2000


def printable(text: str, limit: int = 300) -> str:
    """Make foreign text safe to show: control characters and terminal escapes become visible, length is bounded."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[:limit]}..."


def lines(text: str) -> str:
    """Make each line of a text safe to show, and keep the line ends."""
    return "\n".join(printable(line, _LONGEST) for line in text.split("\n"))


def size(count: int | None) -> str:
    """Write a number of bytes.

    Args:
        count: Bytes; none where unknown.

    Returns:
        Such as ``312.4 MB`` (decimal units), or ``?``.
    """
    if count is None:
        return "?"
    value, unit = float(count), 0
    # as rounded for display, so that 999 999 bytes are 1.0 MB rather than 1000.0 kB
    while abs(round(value, 1 if unit else 0)) >= _STEP and unit < len(_UNITS) - 1:
        value /= _STEP
        unit += 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{count} B"
