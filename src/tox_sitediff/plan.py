"""What an installation would do (pure): what would be reused and installed, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from .record import python_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.utils import NormalizedName

    from .closure import Constraint, Unmet
    from .record import Conflict, Json, Python, Reused, Shadowed

SCHEMA: Final = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A distribution that would be installed; the version is none where it has to be built to be known."""

    name: str
    version: str | None
    why: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """Who asks for a distribution; ``by`` is empty for what was declared."""

    by: str
    requirement: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What an installation would do, names normalised, sorted by name.

    Attributes:
        python: The base interpreter.
        declared: What was asked for.
        reused: What would be taken from the base.
        install: What would be installed.
        shadowed: What of the base something installed would stand before.
        conflicts: What of the base would break by that.
        unmet: What can't be met; empty where the plan is good.
        message: What uv said, where it found no solution.
        refused: Whether uv could not even look for one: a mistake in what was asked for, an index that does not answer.
        asks: By name, all that asks for it; not a part of the JSON.
        constraints: By name, what limits it; not a part of the JSON.
    """

    python: Python
    declared: tuple[str, ...]
    reused: tuple[Reused, ...]
    install: tuple[Planned, ...]
    shadowed: tuple[Shadowed, ...]
    conflicts: tuple[Conflict, ...]
    unmet: tuple[Unmet, ...]
    message: str = ""
    refused: bool = False
    asks: Mapping[str, tuple[Ask, ...]] = field(default_factory=dict)
    constraints: Mapping[NormalizedName, tuple[Constraint, ...]] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The exit status that goes with it: that of the installation."""
        return 2 if self.refused else int(not self.is_good)

    @property
    def is_good(self) -> bool:
        """Whether it can be carried out."""
        return not self.unmet and not self.message

    def as_json(self) -> dict[str, Json]:
        """Return the plan as JSON, keys in their fixed order."""
        return {
            "schema": SCHEMA,
            "python": python_json(self.python),
            "declared": list(self.declared),
            "reused": [
                {
                    "name": item.name,
                    "version": item.version,
                    "location": item.location,
                    "bytes": item.bytes,
                    "why": list(item.why),
                }
                for item in self.reused
            ],
            "install": [{"name": item.name, "version": item.version, "why": list(item.why)} for item in self.install],
            "shadowed": [
                {"name": item.name, "base_version": item.base_version, "version": item.version}
                for item in self.shadowed
            ],
            "conflicts": [
                {"name": item.name, "version": item.version, "requires": item.requires, "found": item.found}
                for item in self.conflicts
            ],
            "unmet": [
                {
                    "name": item.name,
                    "requirement": item.requirement,
                    "why": list(item.chain),
                    "found": None if item.found is None else str(item.found.version),
                    "location": None if item.found is None else item.found.layer.path,
                }
                for item in self.unmet
            ],
        }
