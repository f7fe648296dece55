"""Turning what was found into what is written down: declared requirements, the record, conflicts, a listing.

Pure but for two things that it asks the file system: the sizes of distributions, and the base's own requirements
where something of it was shadowed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .closure import Closure, Root
from .record import Bytes, Conflict, Installed, Python, Record, Reused, Shadowed, Undeclared, total
from .records import Role
from .requirements import InvalidRequirement, applies, key, parse, parse_anew, satisfied_by
from .sizes import distribution_bytes
from .state import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from .arguments import Arguments, Declared
    from .inventory import Inventory
    from .record import Seconds
    from .records import Distribution, Interpreter
    from .visibility import Undeclared as Import

_NAME: Final = re.compile("[A-Za-z0-9._-]+")


def declare(before: Sequence[Wanted], asked: Arguments, inventory: Inventory) -> tuple[Wanted, ...]:
    """Add what was just installed to what was declared before.

    Args:
        before: Declared by earlier steps.
        asked: What this step declared.
        inventory: What the environment sees now.

    Returns:
        All that is declared, each once; a newer origin of the same distribution replaces an older one.
    """
    result = {item.text: item for item in before}
    for item in asked.declared:
        requirement = item.requirement or _identify(item, inventory)
        if requirement is None:
            result[item.text] = Wanted(text=item.text, audit="", deep=asked.deep, hashed=item.hashed)
            continue
        text, audit = str(requirement), str(requirement)
        if requirement.url is not None:
            audit = _without_url(requirement)
            name = key(requirement.name)
            result = {
                old: wanted
                for old, wanted in result.items()
                if " @ " not in old or key(old.partition("[")[0].partition(" @ ")[0]) != name
            }
        result[text] = Wanted(text=text, audit=audit, deep=asked.deep, hashed=item.hashed)
    return tuple(result.values())


def renewed(before: Sequence[Wanted], asked: Arguments, inventory: Inventory) -> tuple[Wanted, ...]:
    """Leave out of what was declared before what contradicts a newer wish for the same distribution.

    Args:
        before: Declared by earlier steps.
        asked: What this step declared.
        inventory: What the environment sees now, with that wish met.

    Returns:
        What still counts. A wish for any version contradicts nothing.
    """
    named = [item.requirement for item in asked.declared if item.requirement is not None]
    names = {key(requirement.name) for requirement in named if requirement.specifier or requirement.url}

    def still(item: Wanted) -> bool:
        if item.name is None or key(item.name) not in names:
            return True
        found = inventory.effective(key(item.name))
        return found is None or all(satisfied_by(root.requirement, found.version) for root in roots([item]))

    return tuple(filter(still, before))


def _without_url(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{marker}"


def _identify(item: Declared, inventory: Inventory) -> Requirement | None:
    """Find the name of what was installed from a path or URL without one."""
    for distribution in inventory.own():
        if distribution.origin is not None and distribution.origin.url.rstrip("/") in item.sources:
            try:
                return parse_anew(f"{distribution.name}{item.extras} @ {distribution.origin.url}")
            except InvalidRequirement:
                return None
    return None


def roots(declared: Iterable[Wanted]) -> list[Root]:
    """Return what is to be audited."""
    found = []
    for item in declared:
        try:
            if item.audit:
                found.append(Root(requirement=parse(item.audit), deep=item.deep))
        except InvalidRequirement:
            continue
    return found


def record(
    *,
    name: str,
    created: str,
    interpreter: Interpreter,
    inventory: Inventory,
    declared: Sequence[Wanted],
    closure: Closure,
    seconds: Seconds,
    undeclared: tuple[Undeclared, ...] = (),
) -> Record:
    """Make the record of an environment.

    Args:
        name: The environment.
        created: When it was made.
        interpreter: Its interpreter.
        inventory: What it sees.
        declared: All that is declared.
        closure: The closure of that.
        seconds: How long things took.
        undeclared: What was imported without being declared.

    Returns:
        The record, without the size of the environment's directory.
    """
    unverified = {key(root.requirement.name) for root in roots(item for item in declared if item.hashed)}
    reused = tuple(
        Reused(
            name=found.name,
            version=str(found.version),
            location=found.layer.path,
            bytes=distribution_bytes(found),
            why=chain,
            verified=found.name not in unverified,
        )
        for _, (found, chain) in sorted(closure.reached.items())
        if found.layer.role is not Role.OWN
    )
    own = inventory.own()
    installed = tuple(
        Installed(
            name=found.name,
            version=str(found.version),
            bytes=distribution_bytes(found),
            why=closure.reached[found.name][1] if found.name in closure.reached else (),
        )
        for found in own
    )
    behind = {found.name: copy for found in own if (copy := inventory.inherited(found.name)) is not None}
    shadowed = tuple(
        Shadowed(name=found.name, base_version=str(behind[found.name].version), version=str(found.version))
        for found in own
        if found.name in behind
    )
    return Record(
        env=name,
        created=created,
        python=Python(
            executable=interpreter.base_executable or interpreter.executable,
            version=interpreter.version,
            implementation=interpreter.implementation,
            base_prefix=interpreter.base_prefix,
        ),
        layers=interpreter.layers,
        declared=tuple(sorted(item.text for item in declared)),
        reused=reused,
        installed=installed,
        shadowed=shadowed,
        conflicts=tuple(conflicts({found.name: found for found in own}, behind, inventory, interpreter.markers)),
        bytes=Bytes(
            reused=total(item.bytes for item in reused),
            installed=total(item.bytes for item in installed),
            environment=None,
            unshared=None,
        ),
        seconds=seconds,
        undeclared=undeclared,
    )


def undeclared(notes: Iterable[Import]) -> tuple[Undeclared, ...]:
    """Write down what was imported without being declared.

    Args:
        notes: What processes noted.

    Returns:
        In the same order: the distribution, or the module where it belongs to none, and where it was imported.
    """
    return tuple(
        Undeclared(
            name=key(note.name or note.module.lstrip("_")),
            imported_by=f"{note.imported_by or 'unknown'}: "
            + (f"entry point {note.entry_point}" if note.entry_point else f"import {note.module}")
            + ("" if note.name else ", which is in no distribution"),
        )
        for note in notes
    )


def conflicts(
    own: Mapping[NormalizedName, Distribution],
    behind: Mapping[NormalizedName, Distribution],
    inventory: Inventory,
    environment: Mapping[str, str],
) -> list[Conflict]:
    """Find what of the base breaks because something that it needs is shadowed.

    Args:
        own: The environment's own distributions.
        behind: Those copies of the base that they stand before.
        inventory: What the environment sees.
        environment: The marker environment.

    Returns:
        Requirements of inherited distributions that the base met and the environment does not, sorted.
    """
    if not behind:
        return []
    found: dict[Conflict, None] = {}
    for name in inventory.names():
        # not `effective`, which parses all that it requires
        distribution = next(inventory.copies(name), None)
        if distribution is None or distribution.layer.role is Role.OWN:
            continue
        for line in distribution.requires:
            # most lines name something else, and parsing is what costs
            if (start := _NAME.match(line)) is None or key(start[0]) not in behind:
                continue
            try:
                requirement = parse(line)
            except InvalidRequirement:
                continue
            needed = key(requirement.name)
            if (
                applies(requirement.marker, environment)
                and satisfied_by(requirement, behind[needed].version)
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
