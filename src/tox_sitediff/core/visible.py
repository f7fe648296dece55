"""What may be seen of a base besides the declared closure, as users name it (pure): ``sitediff_declare``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .requirements import key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

    from .findings import Undeclared


def entry(text: str) -> str:
    """Normalise one entry.

    Args:
        text: A name; or a name, a colon, and the names of what it needs beyond what its metadata say.

    Returns:
        The same, with normalised names.
    """
    name, colon, more = text.partition(":")
    names = [key(part) for part in re.split(r"[,\s]+", more) if part]
    return f"{key(name.strip())}: {', '.join(names)}" if colon else key(name)


def mends(found: Iterable[Undeclared]) -> list[str]:
    """Write entries that let distributions see what they import without requiring it.

    Args:
        found: What was imported without being declared.

    Returns:
        As `entry` makes them, one for each of those distributions, sorted.
    """
    needs: dict[str, set[str]] = {}
    for item in found:
        for name in item.needed_by:
            needs.setdefault(name, set()).add(item.name)
    return [f"{name}: {', '.join(sorted(needs[name]))}" for name in sorted(needs)]


def names(entries: Iterable[str], reached: Iterable[NormalizedName]) -> frozenset[NormalizedName]:
    """Name what may be seen by some entries.

    Args:
        entries: What `entry` made.
        reached: The distributions that are seen already.

    Returns:
        The plain names, and what those of the others need whose distribution is among either.
    """
    found = {key(text) for text in entries if ":" not in text}
    there = {*reached, *found}
    mended = {key(name): more.split(", ") for name, colon, more in (text.partition(": ") for text in entries) if colon}
    stack = [name for name in mended if name in there]
    while stack:
        for need in map(key, filter(None, mended.pop(stack.pop(), ()))):
            found.add(need)
            if need in mended:
                stack.append(need)
    return frozenset(found)
