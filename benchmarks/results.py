"""The form of what `count.py` writes."""

from __future__ import annotations

from typing import TypedDict


class Counts(TypedDict):
    """What one run cost.

    Attributes:
        instructions: Of all its processes.
        programs: What was started, by name, itself first.
        files: How many files, directories and links were written, by path.
        bytes: How many bytes were written into files.
        peak: Peak of resident memory of its largest process, in bytes; not measured in the short form.
    """

    instructions: int
    programs: list[str]
    files: int
    bytes: int
    peak: int | None


class KindOf(TypedDict):
    """A kind of run: see `kinds.Kind`."""

    name: str
    run: str
    beside: list[str]
    bar: float | None


class Size(TypedDict):
    """The counts over a base of so many distributions, by the name of the run."""

    distributions: int
    runs: dict[str, Counts]


class Results(TypedDict):
    """All of it.

    Attributes:
        schema: 1.
        made: UTC time, ISO 8601.
        tool: Of valgrind.
        versions: Of this Python, and of what the programs are made of.
        kinds: What was asked for.
        sizes: What was counted.
    """

    schema: int
    made: str
    tool: str
    versions: dict[str, str]
    kinds: list[KindOf]
    sizes: list[Size]
