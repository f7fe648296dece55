"""What is declared: by one command, and by all earlier ones together (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..text import anonymous, redacted
from ..values import frozen
from .closure import Constraint, Root
from .requirements import InvalidRequirement, applies, key, parse, parse_anew, satisfied_by
from .state import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from .inventory import Inventory


@frozen
class Declared:
    """One declared requirement.

    Attributes:
        text: The requirement as a string; for a path, the path.
        requirement: Parsed, where it has a name.
        hashed: Whether hashes were asked for.
        sources: Without a name, the URLs that ``direct_url.json`` may give for what gets installed.
        extras: Without a name, the extras that were asked for, in brackets.
    """

    text: str
    requirement: Requirement | None
    hashed: bool = False
    sources: frozenset[str] = frozenset()
    extras: str = ""


@frozen
class Arguments:
    """What the arguments of an installer declare.

    Attributes:
        declared: The requirements.
        constraints: Constraints, with the file that each stands in.
        deep: False under ``--no-deps``.
        plain: Whether all that is asked for is that the requirements be met: no upgrade, no reinstallation, nothing
            unknown. Only then may the installer not be started at all.
        pinnable: Whether a name and a version say all of what is to be installed and where from: no URLs, hashes,
            projects or files with options of their own.
        resolution: Which of several versions are to be chosen; None where the arguments say nothing of it.
        ignored: Names that uv was told to resolve otherwise than the metadata say (overrides, excludes).
        locks: Lock files (``pylock.toml``): what they hold is asked for, and nothing that it requires.
        extras: Extras of these that are asked for; None for all.
        groups: Dependency groups of these that are asked for.
        unknown: Files of which only uv knows what they ask for.
        only_looks: Whether nothing is to be installed, but told what would be (``--dry-run``, ``--check``).
        exact: Whether all that is not asked for is to go.
        hashes: Whether everything has to have a hash, also what is only needed by something else.
        names_index: Whether a requirements file names the main index.
        unread: Files that only uv can read, URLs among them, as people are told: what they ask for is not known here.
    """

    declared: tuple[Declared, ...]
    constraints: tuple[Constraint, ...]
    deep: bool
    plain: bool
    pinnable: bool = False
    resolution: str | None = None
    ignored: frozenset[NormalizedName] = frozenset()
    locks: tuple[Path, ...] = ()
    extras: tuple[str, ...] | None = ()
    groups: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    only_looks: bool = False
    exact: bool = False
    hashes: bool = False
    names_index: bool = False
    unread: tuple[str, ...] = ()

    @property
    def is_hashed(self) -> bool:
        """Whether hashes are asked for: as in pip, one hash is enough for all to need one."""
        return self.hashes or any(item.hashed for item in self.declared)

    def names(self, environment: Mapping[str, str] | None = None) -> set[NormalizedName]:
        """Name what is asked for by name.

        Args:
            environment: The marker environment, to leave out what does not apply in it.
        """
        named = [item.requirement for item in self.declared if item.requirement is not None]
        return {key(one.name) for one in named if environment is None or applies(one.marker, environment)}

    def roots(self) -> list[Root]:
        """Return the named requirements as roots of a closure."""
        return [
            Root(requirement=item.requirement, deep=self.deep) for item in self.declared if item.requirement is not None
        ]


def added(before: Sequence[Wanted], asked: Arguments, inventory: Inventory) -> tuple[Wanted, ...]:
    """Add what was just installed to what was declared before.

    Args:
        before: Declared by earlier steps.
        asked: What this step declared.
        inventory: What the environment sees now.

    Returns:
        All that is declared, each once; a newer origin of the same distribution replaces an older one.
    """
    result = {item.text: item for item in before}
    hashed = asked.is_hashed
    for item in asked.declared:
        requirement = item.requirement or _identify(item, inventory)
        if requirement is None:
            result[item.text] = Wanted(text=item.text, audit="", deep=asked.deep, hashed=hashed)
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
        result[text] = Wanted(text=text, audit=audit, deep=asked.deep, hashed=hashed)
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
        return found is None or all(satisfied_by(root.requirement, found.version) for root in roots_of([item]))

    return tuple(filter(still, before))


def _without_url(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{marker}"


def _identify(item: Declared, inventory: Inventory) -> Requirement | None:
    """Find the name of what was installed from a path or URL without one."""
    for distribution in inventory.own():
        if distribution.origin is not None and anonymous(distribution.origin.url).rstrip("/") in item.sources:
            try:
                return parse_anew(f"{distribution.name}{item.extras} @ {redacted(distribution.origin.url)}")
            except InvalidRequirement:
                return None
    return None


def roots_of(declared: Iterable[Wanted]) -> list[Root]:
    """Return what is to be audited."""
    found = []
    for item in declared:
        try:
            if item.audit:
                found.append(Root(requirement=parse(item.audit), deep=item.deep))
        except InvalidRequirement:
            continue
    return found
