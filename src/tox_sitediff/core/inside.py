"""What an installation of ours into a base does to others there (pure)."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from .record import Conflict
from .requirements import InvalidRequirement, applies, key, parse, relevant, satisfied_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.utils import NormalizedName

    from .inventory import Inventory
    from .model import Distribution


def unsuited(
    came: Mapping[NormalizedName, Distribution], inventory: Inventory, environment: Mapping[str, str]
) -> Iterator[Conflict]:
    """Find what does not suit others in a base.

    Args:
        came: What came into it together, by name.
        inventory: All that is there.
        environment: The marker environment.

    Yields:
        Requirements of others that it does not meet, by name.
    """
    for name in inventory.names():
        if name in came or (found := next(inventory.copies(name), None)) is None:
            continue
        for line in relevant(found.requires, frozenset()):
            with suppress(InvalidRequirement):
                requirement = parse(line)
                other = came.get(key(requirement.name))
                if (
                    other is not None
                    and applies(requirement.marker, environment)
                    and not satisfied_by(requirement, other.version)
                ):
                    yield Conflict(
                        name=name,
                        version=str(found.version),
                        requires=f"{other.name}{requirement.specifier}",
                        found=str(other.version),
                    )
