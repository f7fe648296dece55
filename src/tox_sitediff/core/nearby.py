"""Which other interpreters would offer what a base lacks, in a line (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..text import LONGEST, counted, printable
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_NEXT_TO_NOTHING: Final = 0.1
"""Where the base has less than this part of what is needed, it offers next to nothing."""
_FEWEST: Final = 3
"""Fewer distributions than this are no reason for another base: a linter, say."""
_SHOWN: Final = 3


@frozen
class Nearby:
    """An interpreter of this machine.

    Attributes:
        python: The interpreter.
        prefix: Where it lies.
        version: Such as ``3.12``.
        names: The normalised names of what lies in its site directories.
    """

    python: str
    prefix: str
    version: str
    names: frozenset[str]


def is_poor(reused: Collection[str], installed: Collection[str]) -> bool:
    """Tell whether a base offers next to nothing of what is needed.

    Args:
        reused: Names of what it serves.
        installed: Names of what it does not.
    """
    return len(installed) >= _FEWEST and len(reused) < _NEXT_TO_NOTHING * (len(reused) + len(installed))


def hint(
    installed: Collection[str],
    nearby: Iterable[Nearby],
    *,
    beside: str,
    version: str | None,
    line: str,
) -> str | None:
    """Name the interpreters that have most of what a base lacks.

    Args:
        installed: Names of what it lacks.
        nearby: The interpreters of this machine.
        beside: The prefix of the base itself.
        version: The version that another one has to have too, such as ``3.12``; None where any would do.
        line: What to write to have one of them as the base; ``{}`` stands for the interpreter.

    Returns:
        Words without a full stop; None where none of them has at least half of it.
    """
    found = sorted(
        (
            (-len(other.names.intersection(installed)), other.python, other.version)
            for other in nearby
            if other.prefix != beside and version in {None, other.version}
        ),
    )
    better = [item for item in found if -item[0] >= max(_FEWEST, len(installed) / 2)]
    if not better:
        return None
    names = ", ".join(f"{python} ({release}) has {-count}" for count, python, release in better[:_SHOWN])
    return printable(
        f"this base offers next to nothing of what is needed; of the {counted(len(installed), 'distribution')} "
        f"that it lacks, by name, {names}; to stand on that: {line.format(better[0][1])}",
        LONGEST,
    )
