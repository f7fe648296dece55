"""The form of what `count.py`, `scale.py` and `beside.py` write."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NotRequired, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Counts(TypedDict):
    """What one run cost.

    Attributes:
        instructions: Of all its processes.
        programs: What was started, by name, itself first.
        files: How many files, directories and links were written, by path.
        bytes: How many bytes were written into files.
        peak: Peak of resident memory of its largest process, in bytes; not measured in the short form.
        cpu: Seconds of processors, as busy as they were; not measured in the short form.
    """

    instructions: int
    programs: list[str]
    files: int
    bytes: int
    peak: int | None
    cpu: float | None


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


class Point(TypedDict):
    """So many instructions or seconds for so many of something, or why there are none."""

    x: int
    y: NotRequired[float]
    failed: NotRequired[str]


class Line(TypedDict):
    """How a kind of run grows.

    Attributes:
        name: Of the kind of run.
        bar: How much more than what it is set beside it may take, in per cent of that.
        ours: Of ours.
        beside: Of what it is set beside.
    """

    name: str
    bar: float | None
    ours: list[Point]
    beside: list[Point]


class Series(TypedDict):
    """What grows, of what there are so many (``unit``), and what is told of it: ``instructions`` or ``seconds``."""

    name: str
    unit: str
    measure: str
    lines: list[Line]


class Measured(TypedDict):
    """When, where and with what something was measured.

    Attributes:
        made: UTC time, ISO 8601.
        load: Processes that wanted a processor, on average of five minutes: before, and after.
        processors: How many there are.
        versions: Of this Python, and of what the programs are made of.
    """

    made: str
    load: list[float]
    processors: int
    versions: dict[str, str]


class Growth(Measured):
    """The form of what `scale.py` writes.

    Attributes:
        schema: 2.
        series: What was found.
    """

    schema: int
    series: list[Series]


class Took(TypedDict):
    """What one run took: seconds by the clock and of processors, and bytes of memory at the peak."""

    wall: float
    cpu: float
    peak: int


class Environment(TypedDict):
    """What an environment holds: bytes, files, and distributions of its own."""

    apparent: int
    unshared: int
    files: int
    distributions: int


class Case(TypedDict):
    """One way to run.

    Attributes:
        name: Its name.
        new: The environment made anew, in each round.
        again: A second run, in each round.
        cold: The first time, with empty caches.
        downloaded: Bytes, then.
        environment: What came of it.
        failed: Why there is nothing of this.
        failures: Rounds in which it failed, and why; none where that key is missing.
        wrote: Whether it changed anything in the base the first time.
    """

    name: str
    new: list[Took]
    again: list[Took]
    cold: NotRequired[Took]
    downloaded: NotRequired[int]
    environment: NotRequired[Environment]
    failed: NotRequired[str]
    failures: NotRequired[list[str]]
    wrote: NotRequired[bool]


class BaseOf(TypedDict):
    """A base: its name, how many distributions it has, and whether anything in it changed in the rounds."""

    name: str
    distributions: int
    changed: bool


class Beside(Measured):
    """The form of what `beside.py` writes.

    Attributes:
        schema: 1.
        base: The base.
        requirements: What was declared.
        rounds: How many.
        cases: What was found.
        full: Bytes: `full` of the record, and an isolated environment of the same versions.
    """

    schema: int
    base: BaseOf
    requirements: list[str]
    rounds: int
    cases: list[Case]
    full: Mapping[str, int] | None


def keep(found: Mapping[str, object], path: Path | None) -> None:
    """Write what was found where a user wants to have it, if anywhere."""
    if path is not None:
        path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
