"""What an installation would come to: the environment as it would be, walked and audited as if it were there.

Pure but for the sizes of what would be reused.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from . import ledger
from .closure import Root, applying, walk
from .plan import Ask, Plan, Planned
from .record import Python, Reused, Shadowed
from .records import Distribution, Layer, Role
from .requirements import InvalidRequirement, applies, key, parse, relevant
from .sizes import distribution_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from .arguments import Arguments
    from .closure import Closure
    from .uv import Change
    from .view import View


def forecast(
    *,
    view: View,
    asked: Arguments,
    changes: Sequence[Change],
    told: Mapping[NormalizedName, Mapping[str, tuple[str, ...]]],
) -> Plan:
    """Tell what an environment would be after some changes.

    Args:
        view: What it sees now.
        asked: What is asked for.
        changes: What uv would install.
        told: By name and version, what that requires, as far as uv told.

    Returns:
        The plan. What requires an installed distribution is part of its chain where uv told; else the chain is empty.
    """
    own = Layer(path=view.purelib.as_posix(), role=Role.OWN)
    coming = {change.name: _coming(change, told.get(change.name, {}), own) for change in changes}

    def lookup(name: NormalizedName) -> Distribution | None:
        return coming.get(name) or view.lookup(name)

    # uv resolves what has no name, and no URL can be proven before it is there
    roots = ledger.roots(ledger.declare((), asked, view.inventory))
    named = {item.requirement.name for item in asked.declared if item.requirement is not None}
    if len(named) < len(asked.declared):
        required = {parse(line).name for versions in told.values() for lines in versions.values() for line in lines}
        roots += [Root(requirement=parse(name)) for name in coming if name not in required]
    after = walk(roots, lookup=lookup, environment=view.interpreter.markers)
    everything = {found.name: found for found in view.inventory.own()} | coming
    behind = {name: copy for name in everything if (copy := view.inventory.inherited(name)) is not None}
    return Plan(
        python=python_of(view),
        declared=tuple(sorted({item.text for item in asked.declared})),
        reused=_reused(after),
        install=tuple(
            Planned(
                name=change.name,
                version=change.version,
                why=after.reached[change.name][1] if change.name in after.reached else (),
            )
            for change in sorted(changes, key=lambda change: change.name)
        ),
        shadowed=tuple(
            Shadowed(name=name, base_version=str(behind[name].version), version=str(coming[name].version))
            for name in sorted(coming)
            if name in behind
        ),
        conflicts=tuple(ledger.conflicts(everything, behind, view.inventory, view.interpreter.markers)),
        unmet=after.unmet,
        asks=asks(roots, after, view.interpreter.markers),
        constraints=applying(asked.constraints, view.interpreter.markers),
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
            text = str(requirement).removesuffix(f"; {requirement.marker}").strip()
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


def impossible(*, view: View, asked: Arguments, closure: Closure, message: str, refused: bool) -> Plan:
    """Tell that there is no solution.

    Args:
        view: What the environment sees now.
        asked: What is asked for.
        closure: Its closure as it is.
        message: What uv said.
        refused: Whether it did not get as far as to look for a solution.

    Returns:
        A plan that can't be carried out, with what the base does not meet.
    """
    return Plan(
        python=python_of(view),
        declared=tuple(sorted({item.text for item in asked.declared})),
        reused=tuple(item for item in _reused(closure) if item.name not in {unmet.name for unmet in closure.unmet}),
        install=(),
        shadowed=(),
        conflicts=(),
        unmet=closure.unmet,
        message=message,
        refused=refused,
        asks=asks(asked.roots(), closure, view.interpreter.markers),
        constraints=applying(asked.constraints, view.interpreter.markers),
    )


def python_of(view: View) -> Python:
    """Return the base interpreter of a view."""
    seen = view.interpreter
    return Python(
        executable=seen.base_executable or seen.executable,
        version=seen.version,
        implementation=seen.implementation,
        base_prefix=seen.base_prefix,
    )


def _coming(change: Change, told: Mapping[str, tuple[str, ...]], own: Layer) -> Distribution:
    text = change.version or (next(iter(told)) if len(told) == 1 else "0")
    try:
        version = Version(text)
    except InvalidVersion:  # uv's own notion of a version is the stricter one
        version = Version("0")
    # with an extra, uv says that it requires itself
    requires = tuple(line for line in told.get(text, ()) if key(parse(line).name) != change.name)
    return Distribution(name=change.name, version=version, path="", layer=own, requires=requires)


def _reused(closure: Closure) -> tuple[Reused, ...]:
    return tuple(
        Reused(
            name=found.name,
            version=str(found.version),
            location=found.layer.path,
            bytes=distribution_bytes(found),
            why=chain,
        )
        for _, (found, chain) in sorted(closure.reached.items())
        if found.layer.role is not Role.OWN
    )
