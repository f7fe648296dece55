"""Hashes of what is installed (edge: reads the metadata of distributions, where they are on this machine)."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from ..core.model import Layer, Role
from ..core.requirements import key
from ..files import read_bytes
from ..interpreter.metadata import list_layer

if TYPE_CHECKING:
    from ..core.record import Record


def record_hashes(record: Record) -> dict[str, tuple[str, str]]:
    """Hash the ``RECORD`` of each distribution of an environment, which holds the hashes of all of its files.

    Args:
        record: The record of the environment.

    Returns:
        By name, the path of that file below its site directory, and its SHA-256 in hexadecimal digits. What has no such
        file, or one without hashes, is left out; so is all of an environment that is on another machine.
    """
    own = [layer.path for layer in record.layers if layer.role is Role.OWN]
    wanted: dict[str, set[tuple[str, str]]] = {}
    for item in record.reused:
        wanted.setdefault(item.location, set()).add((item.name, item.version))
    for path in own:
        wanted[path] = {(item.name, item.version) for item in record.installed}
    found: dict[str, tuple[str, str]] = {}
    for location, names in wanted.items():
        if not os.path.isabs(location):
            continue
        for entry in list_layer(Layer(path=location, role=Role.BASE)):
            folder = os.path.basename(entry.path)
            version = folder.removesuffix(".dist-info").partition("-")[2]
            if folder.endswith(".dist-info") and (key(entry.name), version) in names:
                content = read_bytes(os.path.join(entry.path, "RECORD"))
                if content and b",sha" in content:
                    found.setdefault(entry.name, (f"{folder}/RECORD", hashlib.sha256(content).hexdigest()))
    return found
