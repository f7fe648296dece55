"""A ``pylock.toml`` made smaller, for uv to install the rest (PEP 751); what it means is read in `lock.pylock`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..core.requirements import key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName


def absolute(value: object, directory: Path) -> object:
    """Make the paths in a table absolute: what is written elsewhere can't use relative ones.

    Args:
        value: A table of a lock file, or a part of one.
        directory: What its paths are relative to.

    Returns:
        The same, with absolute paths.
    """
    if isinstance(value, dict):
        return {
            name: os.path.normpath(directory / item)
            if name == "path" and isinstance(item, str)
            else absolute(item, directory)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [absolute(item, directory) for item in value]
    return value


def without(data: Mapping[str, object], names: Collection[NormalizedName], directory: Path) -> dict[str, object]:
    """Leave packages out of a lock file, for an installer that takes all that it holds.

    Args:
        data: The file, parsed.
        names: The packages, by normalised name.
        directory: Where it lies.

    Returns:
        A lock file that can lie anywhere; one that is not as it should be stays as it is, for the installer to say so.
    """
    packages = data.get("packages")
    if not isinstance(packages, list):
        return dict(data)
    kept = [item for item in packages if not (isinstance(item, dict) and key(str(item.get("name", ""))) in names)]
    return {**data, "packages": absolute(kept, directory)}
