"""The rows of a report (pure): one for each record, with what tells it from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..core.record import known, total
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..core.record import Json, Record

UNKNOWN: Final = "?"


@frozen
class Row:
    """One record of a report.

    Attributes:
        record: The record.
        source: Where it was read from, for people: a path; of a result JSON of tox, with the environment behind it.
        place: The same below what the user named, by which the record of another time is found again.
        file: The file, as an absolute path.
        failed: Whether an installation failed there: what the record says is what was there then.
    """

    record: Record
    source: str
    place: str = ""
    file: str = ""
    failed: bool = False

    @property
    def environment(self) -> str:
        """Its environment."""
        return self.record.env

    @property
    def base(self) -> str:
        """Its base: the directory that it inherits from."""
        return self.record.python.base_prefix

    @property
    def python(self) -> str:
        """The Python of its base; the implementation is named where it is not the usual one."""
        python = self.record.python
        return python.version if python.implementation == "cpython" else f"{python.implementation} {python.version}"

    @property
    def minor(self) -> tuple[str, ...]:
        """That without the patch release."""
        return (self.record.python.implementation, *self.record.python.version.split(".")[:2])

    @property
    def machine(self) -> str:
        """What it runs on."""
        return str(self.record.machine)


BY: Final[Mapping[str, Callable[[Row], str]]] = {
    "environment": lambda row: row.environment,
    "base": lambda row: row.base,
    "machine": lambda row: row.machine or UNKNOWN,
}
"""What records can be added up by."""


def largest_first(rows: Iterable[Row]) -> list[Row]:
    """Sort rows by the size of the environment, then by what a full one would hold; unknown sizes come last."""

    def order(row: Row) -> tuple[float, float, str, str]:
        held, full = row.record.bytes.environment, row.record.bytes.full
        return (-1 if held is None else held, -1 if full is None else full, row.environment, row.source)

    # names in their own order where sizes are the same
    by_name = sorted(rows, key=lambda row: order(row)[2:])
    return sorted(by_name, key=lambda row: order(row)[:2], reverse=True)


@frozen
class Sum:
    """What some records come to together.

    Attributes:
        name: What they have in common.
        environments: How many there are.
        reused: How many distributions are reused in all of them.
        installed: How many are installed.
        size: Bytes of the environments.
        saved: Bytes that are reused.
        full: Bytes that they would hold without a base.
        files: Files in the environments.
        is_bound: Which of the last four are lower bounds, because a part is unknown.
    """

    name: str
    environments: int
    reused: int
    installed: int
    size: int
    saved: int
    full: int
    files: int
    is_bound: frozenset[str]

    def as_json(self) -> dict[str, Json]:
        """Return it as JSON; what is only known in part is null."""
        return {
            "name": self.name,
            "environments": self.environments,
            "reused": self.reused,
            "installed": self.installed,
            "bytes": {
                name: None if name in self.is_bound else value
                for name, value in (("environment", self.size), ("saved", self.saved), ("full", self.full))
            },
            "files": None if "files" in self.is_bound else self.files,
        }


def added(name: str, rows: Sequence[Row]) -> Sum:
    """Add up rows.

    Args:
        name: What they have in common.
        rows: The rows.

    Returns:
        Their sum; where a part is unknown, what is known of it.
    """
    records = [row.record for row in rows]
    reused = [item.bytes for record in records for item in record.reused]
    installed = [item.bytes for record in records for item in record.installed]
    parts = {
        "environment": [record.bytes.environment for record in records],
        "saved": reused,
        "full": [*reused, *installed],
        "files": [record.files.environment for record in records],
    }
    return Sum(
        name=name,
        environments=len(rows),
        reused=len(reused),
        installed=len(installed),
        size=known(parts["environment"]),
        saved=known(reused),
        full=known(parts["full"]),
        files=known(parts["files"]),
        is_bound=frozenset(name for name, values in parts.items() if total(values) is None),
    )


def grouped(rows: Iterable[Row], by: str) -> list[Sum]:
    """Add up rows that have something in common.

    Args:
        rows: The rows.
        by: One of `BY`.

    Returns:
        The sums, the largest first.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(BY[by](row), []).append(row)
    found = [added(name, members) for name, members in sorted(groups.items())]
    return sorted(found, key=lambda item: (item.size, item.full), reverse=True)


@frozen
class Labels:
    """What tells rows from each other, and what they have in common.

    Attributes:
        columns: By the head of a column, what stands there in each row.
        common: By the same heads, what all rows have in common.
    """

    columns: Mapping[str, Sequence[str]]
    common: Mapping[str, str]


def labels(rows: Sequence[Row]) -> Labels:
    """Tell rows from each other by base, Python, machine, and where they came from.

    Args:
        rows: The rows.

    Returns:
        A column for each of these in which they differ; of paths only the part in which they do.
    """
    told: dict[str, Sequence[str]] = {
        "base": [row.base for row in rows],
        "python": [row.python for row in rows],
        "machine": [row.machine for row in rows],
        "from": [row.source for row in rows],
    }
    columns = {head: values for head, values in told.items() if len({*values}) > 1}
    common = {head: values[0] for head, values in told.items() if values and head not in columns}
    if "from" in columns:
        columns["from"], common["from"] = without_common_parts(columns["from"])
        if list(columns["from"]) == [row.environment for row in rows]:  # as in the directory of tox
            del columns["from"]
    return Labels(columns=columns, common={head: text for head, text in common.items() if text})


def without_common_parts(paths: Sequence[str]) -> tuple[list[str], str]:
    """Leave out the directories that all paths begin with, and the names that all end with.

    Args:
        paths: Paths, not all the same.

    Returns:
        What is left of each, and a pattern of all, in which ``*`` stands for that; empty where nothing was left out.
    """
    split = [path.split("/") for path in paths]
    shortest = min(map(len, split)) - 1  # something of each stays
    start = next((at for at in range(shortest) if len({parts[at] for parts in split}) > 1), shortest)
    end = next((at for at in range(shortest - start) if len({parts[-1 - at] for parts in split}) > 1), shortest - start)
    left = ["/".join(parts[start : len(parts) - end]) for parts in split]
    if not start and not end:
        return left, ""
    return left, "/".join([*split[0][:start], "*", *(split[0][-end:] if end else ())])
