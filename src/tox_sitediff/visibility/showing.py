"""Making an environment see of its base what it may (edge: its files in the environment, and views outside of it)."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .. import files
from ..core.model import Visibility
from ..environment import pyvenv
from ..files import read_bytes
from ..interpreter import start_up
from . import noting, views
from .selection import INHERITED, farm_of
from .views import PTH_NAME

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from packaging.utils import NormalizedName

    from ..core.snapshot import Snapshot
    from ..interpreter.system_packages import SystemPackages

_PTH_LIMIT: Final = 1024 * 1024


def write(
    snapshot: Snapshot,
    visibility: Visibility,
    *,
    directory: Path,
    names: Collection[NormalizedName],
    packages: SystemPackages | None = None,
) -> bool:
    """Make an environment see what it may.

    Args:
        snapshot: What the environment would see with access to all of its base.
        visibility: How much; ``base`` removes what the others wrote.
        directory: The environment's directory.
        names: What it may see, see `selection.seen_names`.
        packages: What the package managers of the base know, where they were asked before.

    Returns:
        Whether anything changed in the environment.

    Raises:
        EnvironmentProblem: When no view can be made.
        OSError: When the environment can't be written.
    """
    purelib = snapshot.purelib
    if visibility is not Visibility.DECLARED:
        changed = _stop(directory, purelib)
        if visibility is Visibility.REPORT:
            return noting.write(snapshot, directory=directory, names=names, packages=packages) or changed
        return noting.remove(purelib, directory) or changed
    changed = noting.remove(purelib, directory)
    interpreter = snapshot.interpreter
    farm = replace(farm_of(snapshot, names, packages), python=interpreter.version)
    of = {"implementation": interpreter.implementation}
    before = views.named(read_bytes(purelib / PTH_NAME, _PTH_LIMIT) or b"")
    files.sweep(purelib)
    view = views.make(farm, directory, of=of)
    changed = start_up.put(purelib, views.STEM, views.path_files(view, farm)) or changed
    # at last: until then it sees all, and never nothing
    if not pyvenv.has_view(directory):
        pyvenv.let_view(directory)
        changed = True
    if before is not None and before != view.name and (old := views.find(before, directory)) is not None:
        views.leave(old, directory)
    return changed


def _stop(directory: Path, purelib: Path) -> bool:
    """Let an environment see all of its base again, and leave its view."""
    name = views.named(read_bytes(purelib / PTH_NAME, _PTH_LIMIT) or b"")
    had = pyvenv.has_view(directory)
    if had:
        pyvenv.let_inherit(directory)
    is_there = start_up.put(purelib, views.STEM, {})
    if name is not None and (view := views.find(name, directory)) is not None:
        views.leave(view, directory)
    return is_there or had


def remove(purelib: Path, directory: Path) -> bool:
    """Let an environment see all of its base again, with nothing noted.

    Args:
        purelib: Where the environment's own packages lie.
        directory: The environment's directory.

    Returns:
        Whether there was something to remove.

    Raises:
        OSError: When it can't be removed.
    """
    stopped = _stop(directory, purelib)
    return noting.remove(purelib, directory) or stopped


def is_intact(purelib: Path, directory: Path, visibility: Visibility) -> bool:
    """Tell, without working anything out, whether an environment has what makes it see what it should.

    Args:
        purelib: Where the environment's own packages lie.
        directory: The environment's directory.
        visibility: What is configured.

    Returns:
        False where it is missing, damaged, of another version or of another mode: then `write` is needed.
    """
    if visibility is not Visibility.DECLARED:
        has_view = pyvenv.has_view(directory) or os.path.lexists(purelib / PTH_NAME)
        return not has_view and noting.is_intact(purelib, wanted=visibility is Visibility.REPORT)
    content = read_bytes(purelib / PTH_NAME, _PTH_LIMIT) or b""
    name = views.named(content)
    view = None if name is None else views.find(name, directory)
    farm = None if view is None else views.load(view)
    return (
        view is not None
        and farm is not None
        and start_up.are_there(purelib, views.STEM, views.path_files(view, farm))
        and pyvenv.has_view(directory)
        and views.is_whole(view, farm, directory)
        and noting.is_intact(purelib, wanted=False)
    )


def shown(purelib: Path, directory: Path) -> tuple[str, ...]:
    """Name the distributions of the base that an environment with a view sees."""
    name = views.named(read_bytes(purelib / PTH_NAME, _PTH_LIMIT) or b"")
    view = None if name is None else views.find(name, directory)
    farm = None if view is None else views.load(view)
    return () if farm is None else farm.names


def out_of_sight(snapshot: Snapshot, directory: Path) -> int:
    """Count the distributions that an environment with a view would inherit, and does not see.

    Args:
        snapshot: What it would see with access to all of its base.
        directory: The environment's directory.
    """
    seen = {*shown(snapshot.purelib, directory)}
    names = snapshot.inventory.names()
    return sum(
        name not in seen and any(entry.layer.role in INHERITED for entry in snapshot.inventory.entries(name))
        for name in names
    )
