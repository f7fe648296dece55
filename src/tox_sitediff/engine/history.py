"""Whether the record of an environment still names what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.inventory import Inventory
from ..core.model import Role
from ..interpreter.metadata import list_layers, read

if TYPE_CHECKING:
    from ..core.record import Record
    from ..core.snapshot import Snapshot


def changed(record: Record, view: Snapshot | None) -> bool:
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
