"""Copies that stand before the environment on ``sys.path``, so that no installation can replace them (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.model import Broken, Role
from ..errors import Unsatisfied

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.closure import Closure, Unmet
    from ..core.inventory import Inventory
    from ..core.model import Distribution
    from ..core.plan import Change


def refuse_unshadowable(changes: Iterable[Change], inventory: Inventory, closure: Closure) -> None:
    """Refuse a plan that would replace what can't be replaced.

    Args:
        changes: What would be installed.
        inventory: What the environment sees.
        closure: The closure of what is declared.

    Raises:
        Unsatisfied: When one of the changes would not be seen; the message says what stands before it, and what to do.
    """
    for change in changes:
        for copy in inventory.look_at(change.name):
            if not isinstance(copy, Broken) or copy.is_left_over:
                continue
            if copy.entry.layer.role is Role.INJECTED:
                # the interpreter would go on finding it, as broken as it is
                raise Unsatisfied(
                    f"{copy.entry.path} can't be reused ({copy.reason}), and stands before the environment on "
                    f"sys.path, so installing another {change.name} could not replace it; take "
                    f"{copy.entry.layer.path} out of PYTHONPATH (or of whatever adds it), or repair it"
                )
        found = inventory.effective(change.name)
        if found is None or found.layer.role is not Role.INJECTED:
            continue
        raise unshadowable(found, next((unmet for unmet in closure.unmet if unmet.name == change.name), None))


def unshadowable(found: Distribution, unmet: Unmet | None) -> Unsatisfied:
    """Make the error for a copy that stands before the environment on ``sys.path`` and is not good enough.

    Args:
        found: The copy.
        unmet: What it does not meet, where that is known.

    Returns:
        The error, to be raised before anything is installed.
    """
    place = found.layer.path
    return Unsatisfied(
        f"{found.name} {found.version} in {place} stands before the environment on sys.path, so installing another "
        f"{found.name} could not replace it{f'; {unmet}' if unmet else ''}; take {place} out of PYTHONPATH (or of "
        "whatever adds it), or relax the requirement"
    )
