"""Sizes that a report must keep to (pure)."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from ..text import counted, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .compare import Pair
    from .rows import Row

_SIZE: Final = re.compile(r"\s*([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([kmgtp]?)(i?)(b|bytes)?\s*", re.IGNORECASE)
_UNITS: Final = " kmgtp"


def parse_size(text: str) -> int:
    """Read a size as people write it.

    Args:
        text: A number and a unit: ``50MB``, ``1.5 GB``, ``300k`` (decimal, as sizes are shown), ``64MiB`` (binary);
            without a unit, bytes.

    Returns:
        Bytes.

    Raises:
        ValueError: When it is none; the message says what is taken.
    """
    match = _SIZE.fullmatch(text)
    if match is None or (match[3] and not match[2]):
        raise ValueError(f"{text!r} is not a size; write it as 50MB, 1.5GB, 64MiB or a number of bytes")
    scale = math.pow(1024 if match[3] else 1000, _UNITS.index(match[2].lower() or " "))
    return round(float(match[1]) * scale)


def over(rows: Iterable[Row], limit: int) -> list[str]:
    """Say which environments are larger than they may be.

    Args:
        rows: The rows.
        limit: Bytes that each may have.

    Returns:
        A line for each that is larger, or of which nobody knows.
    """
    found = []
    for row in rows:
        held = row.record.bytes.environment
        if held is None:
            found.append(f"{row.environment} ({row.source}): its size is not known, so it may be over {size(limit)}")
        elif held > limit:
            found.append(f"{row.environment} ({row.source}) has {size(held)}, {size(held - limit)} over {size(limit)}")
    return found


def increased(pairs: Sequence[Pair], limit: int) -> list[str]:
    """Say which environments grew by more than they may.

    Args:
        pairs: What was compared.
        limit: Bytes that each may have grown by. One that is new has not grown.

    Returns:
        A line for each that grew more, or of which nobody knows, with what made it grow most.
    """
    found = []
    for pair in pairs:
        if pair.old is None or pair.new is None:
            continue
        if pair.grown is None:
            found.append(f"{pair.row.environment} ({pair.row.source}): it is not known by how much it grew")
        elif pair.grown > limit:
            blamed = [change for change in pair.changes if (change.environment or 0) > 0]
            most = [f"{change.name} {size(change.environment)}" for change in blamed[:3]]
            more = f" and {counted(len(blamed) - len(most), 'other')}" if len(blamed) > len(most) else ""
            found.append(
                f"{pair.row.environment} ({pair.row.source}) grew by {size(pair.grown)}, more than {size(limit)}"
                + (f": {', '.join(most)}{more}" if most else "")
            )
    return found
