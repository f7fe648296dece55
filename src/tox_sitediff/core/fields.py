"""Reading JSON of which nothing is sure (pure): typed values, and a message that names the key of a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LARGEST: Final = (1 << 63) - 1
"""The largest number of bytes or files that is taken."""
_STRINGS: Final = frozenset({str})


class Malformed(ValueError):
    """What was read is not what was expected; the message names the key."""


def mapping(data: object, what: str) -> Mapping[str, object]:
    """Take a value for an object."""
    if not isinstance(data, dict):
        raise Malformed(f"{what} is not an object")
    return data


def mappings(data: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    """Return a list of objects."""
    value = data.get(name)
    if not isinstance(value, list):
        raise Malformed(f"{name} is not a list")
    return [mapping(item, name) for item in value]


def text(data: Mapping[str, object], name: str) -> str:
    """Return a string."""
    value = data.get(name)
    if isinstance(value, str):
        return value
    raise Malformed(f"{name} is not a string")


def texts(data: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Return a list of strings."""
    value = data.get(name)
    if not isinstance(value, list) or not {*map(type, value)} <= _STRINGS:
        raise Malformed(f"{name} is not a list of strings")
    return tuple(value)


def flag(data: Mapping[str, object], name: str) -> bool:
    """Return true or false."""
    value = data.get(name)
    if not isinstance(value, bool):
        raise Malformed(f"{name} is neither true nor false")
    return value


def size(data: Mapping[str, object], name: str) -> int | None:
    """Return a number of bytes; None where it is unknown."""
    value = data.get(name, "")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST):
        return value
    raise Malformed(f"{name} is not a number of bytes")


def number(data: Mapping[str, object], name: str) -> float:
    """Return a number of seconds."""
    value = data.get(name)
    # JSON knows no infinity, but Python reads one
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LARGEST:
        return float(value)
    raise Malformed(f"{name} is not a number of seconds")
