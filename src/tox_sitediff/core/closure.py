"""The closure of declared requirements over an inventory, and what in it is not met (pure).

A fixed point over the graph of (distribution, extra) pairs; cycles are normal. The same walk plans (what of the base
is touched) and audits (is everything really met): it reads installed metadata only, never a resolver's opinion.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import field
from typing import TYPE_CHECKING, Final

from ..text import anonymous, redacted
from ..values import frozen, mutable
from .model import Distribution, Role
from .requirements import Conditional, InvalidRequirement, applies, deciding, key, parse, relevant, satisfied_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

_COMMIT: Final = re.compile("[0-9a-f]{40,64}")


@frozen
class Unmet:
    """A requirement that what is installed does not meet.

    Attributes:
        chain: What led here, from a declared requirement: names with their versions, without the requirement itself.
        requirement: The requirement, without its marker.
        name: The normalised name that it asks for.
        found: The copy that is there but not good enough.
        reason: Why, where it is neither missing nor of another version.
    """

    chain: tuple[str, ...]
    requirement: str
    name: NormalizedName
    found: Distribution | None = None
    reason: str = ""

    def __str__(self) -> str:
        """Say it in words: ``demo -> pandas 2.1.4 -> numpy<2: found 2.5.5 in the environment``."""
        chain = " -> ".join((*self.chain, self.requirement))
        if self.found is None:
            return f"{chain}: {self.reason or 'not found'}"
        where = "the environment" if self.found.layer.role is Role.OWN else self.found.layer.path
        return f"{chain}: found {self.found.version} in {where}{self.reason and f' ({self.reason})'}"


@frozen
class Root:
    """A declared requirement.

    Attributes:
        requirement: The requirement.
        deep: Whether its dependencies belong to it (false under ``--no-deps``).
    """

    requirement: Requirement
    deep: bool = True


@frozen
class Constraint:
    """A limit on what may be installed, whoever asks for it.

    Attributes:
        requirement: What is allowed.
        origin: The file, variable or setting that it comes from, as people are told.
    """

    requirement: Requirement
    origin: str

    def __str__(self) -> str:
        """Return the requirement as a string."""
        return str(self.requirement)


@frozen
class Closure:
    """What was reached from the declared requirements.

    Attributes:
        reached: Each distribution that is there, with the chain of names that leads to it from a declared
            requirement (itself the last).
        wanted: Each name that was asked for, there or not.
        extras: The extras that were asked for, name by name.
        unmet: What is not met, in the order of discovery.
    """

    reached: Mapping[NormalizedName, tuple[Distribution, tuple[str, ...]]]
    wanted: frozenset[NormalizedName]
    extras: Mapping[NormalizedName, frozenset[str]]
    unmet: tuple[Unmet, ...]


@mutable
class _Walk:
    lookup: Callable[[NormalizedName], Distribution | None]
    environment: Mapping[str, str]
    constraints: Mapping[NormalizedName, Sequence[Constraint]]
    reached: dict[NormalizedName, tuple[Distribution, tuple[str, ...]]] = field(default_factory=dict)
    wanted: set[NormalizedName] = field(default_factory=set)
    extras: dict[NormalizedName, set[str]] = field(default_factory=dict)
    unmet: dict[tuple[NormalizedName, str], Unmet] = field(default_factory=dict)
    queue: deque[tuple[NormalizedName, frozenset[NormalizedName], tuple[str, ...]]] = field(default_factory=deque)
    expanded: dict[NormalizedName, set[NormalizedName]] = field(default_factory=dict)
    conditional: dict[NormalizedName, Conditional] = field(default_factory=dict)

    def ask(self, requirement: Requirement, names: tuple[str, ...], chain: tuple[str, ...], *, deep: bool) -> None:
        """Check one requirement, and queue what it needs in turn."""
        name = key(requirement.name)
        self.wanted.add(name)
        extras = {key(extra) for extra in requirement.extras}
        self.extras.setdefault(name, set()).update(extras)
        found = self.lookup(name)
        if (problem := self._problem(requirement, name, found)) is not None:
            # without its marker; a URL may hold a semicolon too
            text = redacted(str(requirement)).removesuffix(f"; {requirement.marker}").strip()
            self.unmet.setdefault(
                (name, text), Unmet(chain=chain, requirement=text, name=name, found=found, reason=problem)
            )
        if found is None:
            return
        self.reached.setdefault(name, (found, (*names, name)))
        if deep:
            self.queue.append((name, frozenset(extras), (*chain, f"{name} {found.version}")))

    def _problem(self, requirement: Requirement, name: NormalizedName, found: Distribution | None) -> str | None:
        if found is None:
            return ""
        if requirement.url is not None:
            return None if same_origin(requirement.url, found) else f"not installed from {redacted(requirement.url)}"
        if not satisfied_by(requirement, found.version):
            return ""
        for constraint in self.constraints.get(name, ()):
            if not satisfied_by(constraint.requirement, found.version):
                return f"constrained to {constraint.requirement.specifier} by {constraint.origin}"
        return None

    def expand(self, name: NormalizedName, extras: frozenset[NormalizedName], chain: tuple[str, ...]) -> None:
        """Ask for what a distribution requires, once for each extra and once without."""
        done = self.expanded.get(name)
        new = extras if done is None else extras - done
        if done is not None and not new:
            return
        self.expanded.setdefault(name, set()).update(extras)
        found, names = self.reached[name]
        lines: Iterable[str] = found.requires
        if done:
            if name not in self.conditional:
                self.conditional[name] = Conditional.of(found.requires)
            lines = self.conditional[name].further(new)
        for line in relevant(lines, new):
            try:
                requirement = parse(line)
            except InvalidRequirement:
                self.unmet.setdefault(
                    (name, line),
                    Unmet(chain=chain, requirement=repr(line), name=name, reason="not a valid requirement"),
                )
                continue
            if applies(requirement.marker, self.environment, deciding(line, new)):
                self.ask(requirement, names, chain, deep=True)


def same_origin(url: str, found: Distribution) -> bool:
    """Tell whether ``direct_url.json`` proves that a distribution came from a URL (PEP 610).

    Args:
        url: The URL of the requirement, such as ``git+https://host/repo@main#egg=x``.
        found: The installed distribution.

    Returns:
        True for the same archive or the same VCS location, whoever may fetch it: credentials are no part of a place. A
        local directory never counts as up to date.
    """
    origin = found.origin
    if origin is None or origin.kind == "directory":
        return False
    wanted, known = anonymous(url.partition("#")[0]), anonymous(origin.url)
    if origin.kind == "vcs":
        # which commit a branch names today is for uv to find out
        return bool(_COMMIT.fullmatch(origin.commit or "")) and wanted == f"git+{known}@{origin.commit}"
    return wanted == known


def source(found: Distribution) -> str | None:
    """Return the URL that a distribution was installed from, as a requirement names it; None for one from an index.

    Args:
        found: An installed distribution.
    """
    if (origin := found.origin) is None:
        return None
    return f"git+{origin.url}@{origin.commit}" if origin.kind == "vcs" else origin.url


def applying(
    constraints: Iterable[Constraint], environment: Mapping[str, str]
) -> dict[NormalizedName, tuple[Constraint, ...]]:
    """Select the constraints that count in an environment.

    Args:
        constraints: Constraints.
        environment: The marker environment of the target interpreter (PEP 508).

    Returns:
        Those whose marker applies, by the name that they limit; one that allows all versions is none.
    """
    found: dict[NormalizedName, tuple[Constraint, ...]] = {}
    for constraint in constraints:
        limit = constraint.requirement
        if (limit.specifier or limit.url) and applies(limit.marker, environment):
            name = key(limit.name)
            found[name] = (*found.get(name, ()), constraint)
    return found


def walk(
    roots: Iterable[Root],
    *,
    lookup: Callable[[NormalizedName], Distribution | None],
    environment: Mapping[str, str],
    constraints: Iterable[Constraint] = (),
) -> Closure:
    """Walk the closure of declared requirements.

    Args:
        roots: The declared requirements; those whose marker does not apply are left out.
        lookup: The effective distribution of a name.
        environment: The marker environment of the target interpreter (PEP 508).
        constraints: Constraints on whatever is reached.

    Returns:
        What was reached, and what is not met.
    """
    state = _Walk(lookup=lookup, environment=environment, constraints=applying(constraints, environment))
    for root in roots:
        if applies(root.requirement.marker, environment):
            state.ask(root.requirement, (), (), deep=root.deep)
    while state.queue:
        state.expand(*state.queue.popleft())
    return Closure(
        reached=state.reached,
        wanted=frozenset(state.wanted),
        extras={name: frozenset(extras) for name, extras in state.extras.items()},
        unmet=tuple(state.unmet.values()),
    )
