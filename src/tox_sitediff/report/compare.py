"""What changed between two reports (pure): what got larger, what the base changed, and what that did."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final, TypeAlias

from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..core.record import Installed, Json, Record, Reused
    from .rows import Row

    Held: TypeAlias = Installed | Reused

_KEYS: Final[tuple[Callable[[Row], tuple[object, ...]], ...]] = (
    lambda row: (row.environment, row.place, row.base, row.machine, row.minor),
    lambda row: (row.environment, row.base, row.machine, row.minor),
    lambda row: (row.environment, row.place, row.machine, row.minor),
    lambda row: (row.environment, row.machine, row.minor),
    lambda row: (row.environment, row.place),
    lambda row: (row.environment, row.base),
    lambda row: (row.environment, row.machine),
    lambda row: (row.environment,),
)
"""What two rows are the same environment by, at two times: the first of these that leaves no choice."""


@frozen
class Change:
    """What happened to one distribution of an environment.

    Attributes:
        name: The distribution.
        before: Its version before; empty where it was not there.
        after: Its version now; empty where it is gone.
        was: ``reused`` or ``installed`` before; empty where it was not there.
        now: The same now.
        environment: By how many bytes the environment grew for it; None where that is not known.
        full: The same of what an environment without the base would hold.
        why: What brought it about.
        chain: The names that lead to it from a declared requirement, as it is now, or was.
    """

    name: str
    before: str
    after: str
    was: str
    now: str
    environment: int | None
    full: int | None
    why: str
    chain: tuple[str, ...]

    def as_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "name": self.name,
            "before": self.before or None,
            "after": self.after or None,
            "was": self.was or None,
            "now": self.now or None,
            "bytes": {"environment": self.environment, "full": self.full},
            "reason": self.why,
            "why": list(self.chain),
        }


@frozen
class Pair:
    """One environment at two times.

    Attributes:
        old: What it was; None where it is new.
        new: What it is; None where it is gone.
        base: What changed of the base itself, in words.
        changes: What changed of its distributions, what made the environment largest first.
    """

    old: Row | None
    new: Row | None
    base: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def row(self) -> Row:
        """The row that names it."""
        row = self.new or self.old
        assert row is not None  # noqa: S101  # one of them is there
        return row

    @property
    def grown(self) -> int | None:
        """By how many bytes the environment grew; None where it is new, gone, or not measured."""
        if self.old is None or self.new is None:
            return None
        return _difference(self.old.record.bytes.environment, self.new.record.bytes.environment)

    @property
    def is_changed(self) -> bool:
        """Whether anything is other than it was."""
        return self.old is None or self.new is None or bool(self.base or self.changes or self.grown)

    def as_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        old, new = self.old, self.new
        return {
            "env": self.row.environment,
            "old": None if old is None else old.source,
            "new": None if new is None else new.source,
            "bytes": {
                name: {
                    "old": None if old is None else measure(old.record),
                    "new": None if new is None else measure(new.record),
                }
                for name, measure in _MEASURES.items()
            },
            "base": list(self.base),
            "changes": [change.as_json() for change in self.changes],
        }


_MEASURES: Final[dict[str, Callable[[Record], int | None]]] = {
    "environment": lambda record: record.bytes.environment,
    "full": lambda record: record.bytes.full,
    "saved": lambda record: record.bytes.saved,
}


def _difference(old: int | None, new: int | None) -> int | None:
    return None if old is None or new is None else new - old


def compare(old: Sequence[Row], new: Sequence[Row]) -> list[Pair]:
    """Compare two reports.

    Args:
        old: The rows of the earlier one.
        new: The rows of the later one.

    Returns:
        Each environment of either, what grew most first; then new ones, then those that are gone.
    """
    pairs = [_pair(before, after) for before, after in _matched(old, new)]

    def order(pair: Pair) -> tuple[int, int, str]:
        kind = 2 if pair.new is None else 1 if pair.old is None else 0
        return kind, -(pair.grown or 0), pair.row.environment

    return sorted(pairs, key=order)


def _matched(old: Sequence[Row], new: Sequence[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    left, right = dict(enumerate(old)), dict(enumerate(new))
    for key in _KEYS:
        before, after = _by(key, left), _by(key, right)
        for found in [found for found in before if found in after]:
            if len(before[found]) == len(after[found]) == 1:
                yield left.pop(before[found][0]), right.pop(after[found][0])
    # rows that nothing tells apart: in their order
    for name in dict.fromkeys(row.environment for row in (*right.values(), *left.values())):
        yield from zip_longest(
            [row for row in left.values() if row.environment == name],
            [row for row in right.values() if row.environment == name],
        )


def _by(key: Callable[[Row], tuple[object, ...]], rows: Mapping[int, Row]) -> dict[tuple[object, ...], list[int]]:
    found: dict[tuple[object, ...], list[int]] = {}
    for at, row in rows.items():
        found.setdefault(key(row), []).append(at)
    return found


def _pair(old: Row | None, new: Row | None) -> Pair:
    if old is None or new is None:
        return Pair(old=old, new=new)
    before, after = old.record, new.record
    base = [
        f"{what}: {was} -> {now}"
        for what, was, now in (
            ("base", old.base, new.base),
            ("Python of the base", old.python, new.python),
            ("machine", old.machine, new.machine),
        )
        if was != now
    ]
    return Pair(old=old, new=new, base=tuple(base), changes=tuple(_changes(before, after)))


def _changes(old: Record, new: Record) -> list[Change]:
    before, after = _held(old), _held(new)
    found = []
    for name in sorted({*before, *after}):
        (was, item), (now, other) = before.get(name, ("", None)), after.get(name, ("", None))
        first, last = "" if item is None else item.version, "" if other is None else other.version
        grown, full = _bytes_in(other, now) - _bytes_in(item, was), _bytes(other) - _bytes(item)
        if (was, first) == (now, last) and not grown and not full:
            continue
        is_known = all(one is None or one.bytes is not None for one in (item, other))
        found.append(
            Change(
                name=name,
                before=first,
                after=last,
                was=was,
                now=now,
                environment=grown if is_known else None,
                full=full if is_known else None,
                why=_reason(name, was, now, old, new, first, last),
                chain=(other or item).why,  # type: ignore[union-attr]  # one of them is there
            )
        )
    return sorted(found, key=lambda change: (-(change.environment or 0), -(change.full or 0)))


def _held(record: Record) -> dict[str, tuple[str, Held]]:
    found: dict[str, tuple[str, Held]] = {item.name: ("reused", item) for item in record.reused}
    return found | {item.name: ("installed", item) for item in record.installed}


def _bytes(item: Held | None) -> int:
    return 0 if item is None else item.bytes or 0


def _bytes_in(item: Held | None, how: str) -> int:
    """Count what lies in the environment: of what is reused, nothing."""
    return _bytes(item) if how == "installed" else 0


def _reason(name: str, was: str, now: str, old: Record, new: Record, first: str, last: str) -> str:  # noqa: PLR0911
    hidden_before = next((item.base_version for item in old.shadowed if item.name == name), "")
    hidden_now = next((item.base_version for item in new.shadowed if item.name == name), "")
    if was == now == "reused":
        return "the base changed it" if first != last else "the base holds it in another size"
    if was == now == "installed":
        return "another version was chosen" if first != last else "the same version has another size"
    if was == "reused" and now == "installed":
        if not hidden_now:
            return "the base no longer has it"
        if hidden_now != first:
            return f"the base changed to {hidden_now}, which does not fit what is declared"
        return f"the base's {hidden_now} no longer fits what is declared"
    if was == "installed" and now == "reused":
        if not hidden_before:
            return "the base has it now"
        if hidden_before != last:
            return f"the base changed from {hidden_before}, and fits now"
        return f"the base's {last} fits now"
    return "needed now" if now else "no longer needed"
