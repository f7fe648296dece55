"""What the closure of an environment comes to over its base, and the record of that (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from .closure import walk
from .declared import roots_of
from .model import Distribution, Role
from .record import Bytes, Conflict, Files, Installed, Machine, Python, Record, Reused, Shadowed, total
from .requirements import InvalidRequirement, applies, key, parse, satisfied_by

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from packaging.utils import NormalizedName

    from ..times import Seconds
    from .closure import Closure
    from .inventory import Inventory
    from .model import Size
    from .snapshot import Snapshot
    from .state import Wanted

SizeOf: TypeAlias = "Callable[[Distribution], Size | None]"
"""Measures an installed distribution; None where nobody knows."""


def python_of(seen: Snapshot) -> Python:
    """Return the base interpreter of an environment."""
    interpreter = seen.interpreter
    return Python(
        executable=interpreter.base_executable or interpreter.executable,
        version=interpreter.version,
        implementation=interpreter.implementation,
        base_prefix=interpreter.base_prefix,
    )


def machine_of(markers: Mapping[str, str]) -> Machine:
    """Return what an environment runs on.

    Args:
        markers: Its marker environment; without one, nothing is known.
    """
    return Machine(
        system=markers.get("platform_system", "") or markers.get("sys_platform", ""),
        architecture=markers.get("platform_machine", ""),
    )


def reused_of(closure: Closure, *, size_of: SizeOf, unverified: Collection[NormalizedName] = ()) -> tuple[Reused, ...]:
    """Tell what of a closure the base serves.

    Args:
        closure: The closure of what is declared.
        size_of: Measures a distribution.
        unverified: Names of which a hash was asked for, which nobody can check any more.

    Returns:
        The distributions, sorted by name.
    """
    reused = []
    for _, (found, chain) in sorted(closure.reached.items()):
        if found.layer.role is not Role.OWN:
            size = size_of(found)
            reused.append(
                Reused(
                    name=found.name,
                    version=str(found.version),
                    location=found.layer.path,
                    bytes=None if size is None else size.bytes,
                    files=None if size is None else size.files,
                    why=chain,
                    verified=found.name not in unverified,
                )
            )
    return tuple(reused)


def behind(own: Iterable[NormalizedName], inventory: Inventory) -> dict[NormalizedName, Distribution]:
    """Return, by name, the copies of the base that an environment's own distributions stand before."""
    return {name: copy for name in own if (copy := inventory.inherited(name)) is not None}


def shadowed_by(own: Iterable[Distribution], hidden: Mapping[NormalizedName, Distribution]) -> tuple[Shadowed, ...]:
    """Tell what of the base is shadowed.

    Args:
        own: Distributions of the environment's own, or that are to be.
        hidden: What `behind` found behind these, and maybe others.

    Returns:
        Both versions of each, in the order of those in the environment.
    """
    return tuple(
        Shadowed(name=found.name, base_version=str(hidden[found.name].version), version=str(found.version))
        for found in own
        if found.name in hidden
    )


_NAME: Final = re.compile("[A-Za-z0-9._-]+")


def make_record(
    *,
    name: str,
    created: str,
    seen: Snapshot,
    declared: Sequence[Wanted],
    closure: Closure,
    seconds: Seconds,
    size_of: SizeOf,
) -> Record:
    """Make the record of an environment.

    Args:
        name: The environment.
        created: When it was made.
        seen: What it sees.
        declared: All that is declared.
        closure: The closure of that.
        seconds: How long things took.
        size_of: Measures a distribution; None where nobody knows.

    Returns:
        The record, without the size of the environment's directory.
    """
    # where hashes are asked for, they are for what is only needed by something else too
    hashed = roots_of(item for item in declared if item.hashed)
    unverified = walk(hashed, lookup=seen.lookup, environment=seen.interpreter.markers).reached
    reused = reused_of(closure, size_of=size_of, unverified=unverified)
    own = {found.name: found for found in seen.inventory.own()}
    installed = tuple(_installed(found, closure, size_of(found)) for found in own.values())
    hidden = behind(own, seen.inventory)
    return Record(
        env=name,
        created=created,
        python=python_of(seen),
        machine=machine_of(seen.interpreter.markers),
        layers=seen.interpreter.layers,
        declared=tuple(sorted(item.text for item in declared)),
        reused=reused,
        installed=installed,
        shadowed=shadowed_by(own.values(), hidden),
        conflicts=tuple(conflicts(own, hidden, seen.inventory, seen.interpreter.markers)),
        bytes=Bytes(
            reused=total(item.bytes for item in reused),
            installed=total(item.bytes for item in installed),
            environment=None,
            unshared=None,
        ),
        files=Files(
            reused=total(item.files for item in reused),
            installed=total(item.files for item in installed),
        ),
        seconds=seconds,
    )


def _installed(found: Distribution, closure: Closure, size: Size | None) -> Installed:
    return Installed(
        name=found.name,
        version=str(found.version),
        bytes=None if size is None else size.bytes,
        files=None if size is None else size.files,
        why=closure.reached[found.name][1] if found.name in closure.reached else (),
    )


def conflicts(
    own: Mapping[NormalizedName, Distribution],
    hidden: Mapping[NormalizedName, Distribution],
    inventory: Inventory,
    environment: Mapping[str, str],
) -> list[Conflict]:
    """Find what of the base breaks because something that it needs is shadowed.

    Args:
        own: The environment's own distributions, those too that are still to come.
        hidden: Those copies of the base that they stand before.
        inventory: What the environment sees.
        environment: The marker environment.

    Returns:
        Requirements of inherited distributions that the base met and the environment does not, sorted.
    """
    if not hidden:
        return []
    found: dict[Conflict, None] = {}
    for name in inventory.names():
        # not `effective`, which parses all that it requires
        distribution = next(inventory.copies(name), None)
        if distribution is None or distribution.layer.role is Role.OWN:
            continue
        if name in own and distribution.layer.role is not Role.INJECTED:  # one that is still to come stands before it
            continue
        for line in distribution.requires:
            # most lines name something else, and parsing is what costs
            if (start := _NAME.match(line)) is None or key(start[0]) not in hidden:
                continue
            try:
                requirement = parse(line)
            except InvalidRequirement:
                continue
            needed = key(requirement.name)
            if (
                applies(requirement.marker, environment)
                and satisfied_by(requirement, hidden[needed].version)
                and not satisfied_by(requirement, own[needed].version)
            ):
                conflict = Conflict(
                    name=name,
                    version=str(distribution.version),
                    requires=f"{needed}{requirement.specifier}",
                    found=str(own[needed].version),
                )
                found[conflict] = None
    return list(found)
