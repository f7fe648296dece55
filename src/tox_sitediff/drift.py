"""What an environment relies on, and whether that is still there (pure but for a listing of its own directories).

Kept apart from the ledger because it is all that a run with nothing to do needs.
"""

from __future__ import annotations

import csv
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .inventory import Inventory
from .metadata import list_layers, read, read_text
from .records import Role
from .requirements import key
from .state import Relied

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .closure import Closure
    from .record import Record
    from .records import Distribution
    from .state import State
    from .view import View


def rely(closure: Closure) -> dict[str, Relied]:
    """Note what of the base an environment relies on.

    Args:
        closure: The closure of what is declared.

    Returns:
        By name, what has to stay as it is.
    """
    return {
        name: Relied(path=found.path, version=str(found.version), digest=_digest(found.requires))
        for name, (found, _) in sorted(closure.reached.items())
        if found.layer.role is not Role.OWN
    }


def _is_as_before(found: Distribution | None, relied: Relied) -> bool:
    return found is not None and (found.path, str(found.version), _digest(found.requires)) == (
        relied.path,
        relied.version,
        relied.digest,
    )


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
        if _is_as_before(inventory.foremost(name), relied):
            continue  # and what it requires could be read then; to read it again takes most of the time
        found = inventory.effective(name)
        if found is None:
            why = next(
                (f"unusable: {broken.reason}" for broken in inventory.broken() if broken.entry.name == name), "gone"
            )
            return f"the base changed: {name} {relied.version} is {why}"
        if found.path == relied.path and str(found.version) == relied.version:
            return f"the base changed: {name} {relied.version} has other requirements now"
        if found.layer.role is Role.OWN:
            continue  # installed since, by a command of the user's
        old = f"{relied.version} in {Path(relied.path).parent}"
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


def is_torn(distribution: Distribution) -> bool:
    """Tell whether an installer that was killed left a distribution without some of its files.

    Args:
        distribution: One of the environment's own.

    Returns:
        True where its ``RECORD`` is missing, or names a file that is. One installed by other means has no such file.
    """
    site, info = os.path.split(distribution.path)
    if not info.endswith(".dist-info"):
        return False
    text = read_text(os.path.join(distribution.path, "RECORD"))  # noqa: PTH118
    if text is None:
        return True
    rows = csv.reader(text.splitlines())
    return any(row and row[0] and not os.path.lexists(os.path.join(site, row[0])) for row in rows)  # noqa: PTH118
