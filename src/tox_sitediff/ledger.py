"""Turning what was found into what is written down: declared requirements, reliance, drift, the record.

Pure but for two things that it asks the file system: the sizes of distributions, and the base's own requirements
where something of it was shadowed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from .closure import Closure, Root
from .inventory import Inventory
from .metadata import list_layers, read
from .record import Bytes, Conflict, Installed, Python, Record, Reused, Shadowed, total
from .records import Role
from .requirements import applies, key, parse, satisfied_by
from .sizes import distribution_bytes
from .state import Relied, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.utils import NormalizedName

    from .arguments import Arguments
    from .engine import View
    from .record import Seconds
    from .records import Distribution, Interpreter
    from .state import State


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
        requirement = item.requirement or _identify(item.text, inventory)
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


def _without_url(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{marker}"


def _identify(text: str, inventory: Inventory) -> Requirement | None:
    """Find the name of what was installed from a path or URL without one."""
    path, bracket, extras = text.partition("[")
    if "://" in path:
        urls = {path.partition("#")[0].removeprefix("git+").rpartition("@")[0], path.partition("#")[0]}
    else:
        urls = {Path(path).resolve().as_uri(), Path(path).absolute().as_uri()}
    for distribution in inventory.own():
        if distribution.origin is not None and distribution.origin.url.rstrip("/") in {url.rstrip("/") for url in urls}:
            return Requirement(f"{distribution.name}{bracket}{extras} @ {distribution.origin.url}")
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


def rely(closure: Closure, inventory: Inventory) -> dict[str, Relied]:
    """Note what of the base an environment relies on.

    Args:
        closure: The closure of what is declared.
        inventory: What the environment sees.

    Returns:
        By name, what has to stay as it is.
    """
    return {
        name: Relied(
            paths=_paths(name, inventory, found.path), version=str(found.version), digest=_digest(found.requires)
        )
        for name, (found, _) in sorted(closure.reached.items())
        if found.layer.role is not Role.OWN
    }


def _paths(name: NormalizedName, inventory: Inventory, last: str) -> tuple[str, ...]:
    paths = [entry.path for entry in inventory.entries(name)]
    return tuple(paths[: paths.index(last) + 1])


def _digest(requires: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(requires).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def drift(state: State, inventory: Inventory) -> str | None:
    """Tell what of the base changed since an environment was filled.

    Args:
        state: What the environment relies on.
        inventory: What it sees now.

    Returns:
        The first change that touches it, in words; none where there is none.
    """
    for text, relied in state.relied.items():
        name = key(text)
        found = inventory.effective(name)
        if found is None:
            why = next(
                (f"unusable: {broken.reason}" for broken in inventory.broken() if broken.entry.name == name), "gone"
            )
            return f"the base changed: {name} {relied.version} is {why}"
        if found.path == relied.paths[-1] and str(found.version) == relied.version:
            if _digest(found.requires) != relied.digest:
                return f"the base changed: {name} {relied.version} has other requirements now"
            continue
        if found.layer.role is Role.OWN:
            continue  # installed since, by a command of the user's
        old = f"{relied.version} in {Path(relied.paths[-1]).parent}"
        return f"the base changed: {name} was {old}, is {found.version} in {found.layer.path} now"
    for distribution in inventory.own():
        first = inventory.effective(distribution.name)
        if first is not None and first.layer.role is Role.INJECTED:
            return f"{first.path} now stands before {distribution.name} {distribution.version} of the environment"
    return None


def changed(record: Record, view: View | None) -> bool:
    """Tell whether a record no longer names what is installed in the environment.

    Args:
        record: The record.
        view: What was last seen.

    Returns:
        True where distributions were installed, upgraded or removed since, by whatever command.
    """
    if view is None:
        return False
    own = [layer for layer in view.interpreter.layers if layer.role is Role.OWN]
    now = Inventory(list_layers(own), read).own()
    return {(item.name, item.version) for item in record.installed} != {
        (distribution.name, str(distribution.version)) for distribution in now
    }


def record(
    *,
    name: str,
    created: str,
    interpreter: Interpreter,
    inventory: Inventory,
    declared: Sequence[Wanted],
    closure: Closure,
    seconds: Seconds,
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
    found = []
    for name in inventory.names():
        # not `effective`, which parses all that it requires
        distribution = next(inventory.copies(name), None)
        if distribution is None or distribution.layer.role is Role.OWN:
            continue
        for line in distribution.requires:
            # most lines name something else, and parsing is what costs
            if not any(key(line[: len(shadowed)]) == shadowed for shadowed in behind):
                continue
            try:
                requirement = parse(line)
            except InvalidRequirement:
                continue
            needed = key(requirement.name)
            if (
                needed in behind
                and applies(requirement.marker, environment)
                and satisfied_by(requirement, behind[needed].version)
                and not satisfied_by(requirement, own[needed].version)
            ):
                found.append(
                    Conflict(
                        name=name,
                        version=str(distribution.version),
                        requires=f"{needed}{requirement.specifier}",
                        found=str(own[needed].version),
                    )
                )
    return found
