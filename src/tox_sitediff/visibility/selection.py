"""What an environment may see of what it inherits (edge: reads metadata and lists directories)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core import closure as closures
from ..core import visible
from ..core.model import Role
from ..core.requirements import parse
from ..files import read_text
from ..interpreter.system_packages import packages_of
from . import farm, ownership
from .rules import has_module

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from packaging.utils import NormalizedName

    from ..core.model import Distribution
    from ..core.snapshot import Snapshot
    from ..interpreter.system_packages import SystemPackages
    from .farm import Farm
    from .rules import Claim

INHERITED: Final = (Role.BASE, Role.USER)
_PATH_FILE_LIMIT: Final = 64 * 1024


def seen_names(
    snapshot: Snapshot,
    declared: Iterable[NormalizedName],
    declare: Iterable[str] = (),
    *,
    packages: SystemPackages | None = None,
) -> frozenset[NormalizedName]:
    """Work out which names an environment may see.

    Args:
        snapshot: What the environment would see with access to all of its base, with its marker environment.
        declared: The names of the declared closure, as an audit reached them.
        declare: What of the base may be seen besides (``sitediff_declare``, see `visible.entry`): with all that it
            needs, and so with what the layers need that the user put behind the environment. What the base's own
            package manager says is needed counts as if the metadata said it.
        packages: What the package managers of the base know, where they were asked before.

    Returns:
        Normalised names.
    """
    inventory = snapshot.inventory
    layered = {
        name
        for name in inventory.names()
        if (found := inventory.effective(name)) is not None and found.layer.role is Role.EXTRA
    }
    entries = [*declare]
    seen = frozenset(declared)
    asked: frozenset[NormalizedName] = frozenset()
    needs = _needs(snapshot, packages or packages_of(snapshot.interpreter))
    # what is seen may have its metadata mended, so that more is
    while (wanted := visible.names(entries, seen) | layered | needs(seen)) - asked:
        asked = wanted
        roots = [closures.Root(requirement=parse(name)) for name in sorted(asked)]
        more = closures.walk(roots, lookup=snapshot.lookup, environment=snapshot.interpreter.markers)
        seen |= frozenset(more.reached)
    return seen


def _needs(
    snapshot: Snapshot, packages: SystemPackages
) -> Callable[[frozenset[NormalizedName]], frozenset[NormalizedName]]:
    """Return a function that tells, by the base's own package manager, what inherited distributions need."""
    there = directories(snapshot)
    names = {
        os.path.normcase(entry.path): name
        for name in snapshot.inventory.names()
        for entry in snapshot.inventory.entries(name)
        if entry.layer.path in there
    }

    def needs(seen: frozenset[NormalizedName]) -> frozenset[NormalizedName]:
        found = packages.needs(found.path for found in _inherited(snapshot, seen))
        return frozenset(names[path] for path in map(os.path.normcase, found.metadata) if path in names)

    return needs


def directories(snapshot: Snapshot) -> list[str]:
    """Name the directories that an environment inherits, in the order of ``sys.path``."""
    return [
        layer.path
        for layer in snapshot.interpreter.layers
        if layer.role in INHERITED and Path(layer.path).is_absolute() and Path(layer.path).exists()
    ]


def claims(
    snapshot: Snapshot,
    names: Collection[NormalizedName],
    there: Sequence[str],
    listing: farm.Listing,
    packages: SystemPackages | None = None,
) -> list[Claim]:
    """Find out what each distribution has in the inherited directories.

    Args:
        snapshot: What the environment would see with access to all of its base.
        names: What it may see. Of these, a copy in an inherited directory is seen where it is the one that counts: what
            the environment has itself hides the base's copy as a whole.
        there: These directories.
        listing: Names what lies in a directory.
        packages: What the package managers of the base know, where they were asked before.
    """
    packages = packages or packages_of(snapshot.interpreter)
    entries = [
        entry
        for name in snapshot.inventory.names()
        for entry in snapshot.inventory.entries(name)
        if entry.layer.role in INHERITED and entry.layer.path in there
    ]
    visible = frozenset(found.path for found in _inherited(snapshot, names))
    bare = packages.needs(visible).bare
    return [
        *ownership.claims(entries, there, visible, listing, packages.files),
        *ownership.bare_claims(bare, there),
    ]


def _inherited(snapshot: Snapshot, names: Collection[NormalizedName]) -> list[Distribution]:
    found = [snapshot.lookup(name) for name in sorted(set(names))]
    return [one for one in found if one is not None and one.layer.role in INHERITED]


def farm_of(snapshot: Snapshot, names: Collection[NormalizedName], packages: SystemPackages | None = None) -> Farm:
    """Work out what a view for an environment holds.

    Args:
        snapshot: What the environment would see with access to all of its base.
        names: What it may see, see `seen_names` and `claims`.
        packages: As for these.
    """
    there = directories(snapshot)
    listing = ownership.lister()
    return farm.plan(
        there,
        claims(snapshot, names, there, listing, packages),
        {found.path: found.name for found in _inherited(snapshot, names)},
        listing=listing,
        read=lambda path: read_text(path, _PATH_FILE_LIMIT) or "",
    )


def owners(snapshot: Snapshot, module: str) -> list[Distribution]:
    """Find the inherited distributions that have a module.

    Args:
        snapshot: What an environment would see with access to all of its base.
        module: The module's name.

    Returns:
        The copies that count of each, sorted by name.
    """
    there = directories(snapshot)
    listing = ownership.lister()
    names = {claim.name for claim in claims(snapshot, (), there, listing) if has(claim, module, listing)}
    found = [snapshot.inventory.inherited(name) for name in snapshot.inventory.names() if name in names]
    return [one for one in found if one is not None]


def has(claim: Claim, module: str, listing: farm.Listing) -> bool:
    """Tell whether a distribution has a module, or the finder of its editable install does; see `has_module`."""
    return has_module(claim, module, listing) or module in ownership.mapped(claim.directory, claim.paths)
