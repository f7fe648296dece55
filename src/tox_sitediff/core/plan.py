"""What an installation would do (pure): what would be reused and installed, and why."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from ..text import redacted
from ..values import frozen
from .closure import Root, applying, walk
from .declared import added, roots_of
from .model import Distribution, Layer, Role
from .outcome import behind, conflicts, python_of, reused_of, shadowed_by
from .record import Python, Reused, Shadowed, python_json
from .requirements import InvalidRequirement, applies, key, parse, relevant

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from .closure import Closure, Constraint, Unmet
    from .declared import Arguments
    from .outcome import SizeOf
    from .record import Conflict, Json
    from .snapshot import Snapshot


SCHEMA: Final = 1


@frozen
class Planned:
    """A distribution that would be installed.

    Attributes:
        name: Its normalised name.
        version: Its version; None where it has to be built to be known.
        why: The chain of names from a declared requirement.
        is_built: Whether it comes as source, and is built here; not a part of the JSON.
    """

    name: str
    version: str | None
    why: tuple[str, ...]
    is_built: bool = False


@frozen
class Ask:
    """Who asks for a distribution; ``by`` is empty for what was declared."""

    by: str
    requirement: str


@frozen
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
            "shadowed": [item.as_json() for item in self.shadowed],
            "conflicts": [item.as_json() for item in self.conflicts],
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


@frozen
class Change:
    """One change that uv would make: a name that it would install, and the version where it is known."""

    name: NormalizedName
    version: str | None


def make_plan(
    *,
    seen: Snapshot,
    asked: Arguments,
    changes: Sequence[Change],
    required: Mapping[NormalizedName, Mapping[str, tuple[str, ...]]],
    size_of: SizeOf,
    sources: Collection[NormalizedName] = (),
) -> Plan:
    """Tell what an environment would be after some changes.

    Args:
        seen: What it sees now.
        asked: What is asked for.
        changes: What uv would install.
        required: By name and version, what that requires, as far as uv required.
        size_of: Measures a distribution.
        sources: What comes as source, as far as uv told.

    Returns:
        The plan. What requires an installed distribution is part of its chain where uv told; else the chain is empty.
    """
    own = Layer(path=seen.purelib.as_posix(), role=Role.OWN)
    coming = {change.name: _coming(change, required.get(change.name, {}), own) for change in changes}

    def lookup(name: NormalizedName) -> Distribution | None:
        return coming.get(name) or seen.lookup(name)

    # uv resolves what has no name, and no URL can be proven before it is there
    roots = roots_of(added((), asked, seen.inventory))
    named = {item.requirement.name for item in asked.declared if item.requirement is not None}
    if len(named) < len(asked.declared):
        named_by_log = {
            parse(line).name for versions in required.values() for lines in versions.values() for line in lines
        }
        roots += [Root(requirement=parse(name)) for name in coming if name not in named_by_log]
    after = walk(roots, lookup=lookup, environment=seen.interpreter.markers)
    everything = {found.name: found for found in seen.inventory.own()} | coming
    hidden = behind(everything, seen.inventory)
    return Plan(
        python=python_of(seen),
        declared=tuple(sorted({item.text for item in asked.declared})),
        reused=reused_of(after, size_of=size_of, unverified=after.reached if asked.is_hashed else ()),
        install=tuple(
            Planned(
                name=change.name,
                version=change.version,
                why=after.reached[change.name][1] if change.name in after.reached else (),
                is_built=change.name in sources or change.version is None,
            )
            for change in sorted(changes, key=lambda change: change.name)
        ),
        shadowed=shadowed_by((coming[name] for name in sorted(coming)), hidden),
        conflicts=tuple(conflicts(everything, hidden, seen.inventory, seen.interpreter.markers)),
        unmet=after.unmet,
        asks=asks(roots, after, seen.interpreter.markers),
        constraints=applying(asked.constraints, seen.interpreter.markers),
    )


def asks(roots: Sequence[Root], closure: Closure, markers: Mapping[str, str]) -> dict[str, tuple[Ask, ...]]:
    """Name what asks for each distribution of a closure.

    Args:
        roots: What is declared.
        closure: The closure of that.
        markers: The marker environment.

    Returns:
        By normalised name, who asks, declared requirements first.
    """
    found: dict[str, dict[Ask, None]] = {}

    def note(by: str, requirement: Requirement, extras: frozenset[str] = frozenset()) -> None:
        if applies(requirement.marker, markers, extras):
            text = redacted(str(requirement)).removesuffix(f"; {requirement.marker}").strip()
            found.setdefault(key(requirement.name), {})[Ask(by=by, requirement=text)] = None

    for root in roots:
        note("", root.requirement)
    deep = {key(root.requirement.name) for root in roots if root.deep}
    for name, (distribution, chain) in closure.reached.items():
        if len(chain) == 1 and name not in deep:
            continue
        extras = closure.extras.get(name, frozenset())
        for line in relevant(distribution.requires, extras):
            with suppress(InvalidRequirement):  # named among what is not met
                note(f"{name} {distribution.version}", parse(line), extras)
    return {name: tuple(lines) for name, lines in found.items()}


def make_impossible_plan(
    *, seen: Snapshot, asked: Arguments, closure: Closure, message: str, refused: bool, size_of: SizeOf
) -> Plan:
    """Tell that there is no solution.

    Args:
        seen: What the environment sees now.
        asked: What is asked for.
        closure: Its closure as it is.
        message: What uv said.
        refused: Whether it did not get as far as to look for a solution.
        size_of: Measures a distribution.

    Returns:
        A plan that can't be carried out, with what the base does not meet.
    """
    unmet = {item.name for item in closure.unmet}
    return Plan(
        python=python_of(seen),
        declared=tuple(sorted({item.text for item in asked.declared})),
        reused=tuple(item for item in reused_of(closure, size_of=size_of) if item.name not in unmet),
        install=(),
        shadowed=(),
        conflicts=(),
        unmet=closure.unmet,
        message=message,
        refused=refused,
        asks=asks(asked.roots(), closure, seen.interpreter.markers),
        constraints=applying(asked.constraints, seen.interpreter.markers),
    )


def _coming(change: Change, versions: Mapping[str, tuple[str, ...]], own: Layer) -> Distribution:
    text = change.version or (next(iter(versions)) if len(versions) == 1 else "0")
    try:
        version = Version(text)
    except InvalidVersion:  # uv's own notion of a version is the stricter one
        version = Version("0")
    # with an extra, uv says that it requires itself
    requires = tuple(line for line in versions.get(text, ()) if key(parse(line).name) != change.name)
    return Distribution(name=change.name, version=version, path="", layer=own, requires=requires)
