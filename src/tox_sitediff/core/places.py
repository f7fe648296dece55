"""Whose files are whose, by where they lie (pure): the environment's, its base's, or the project's own."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from .model import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .model import Layer

_LIBRARY: Final = frozenset({"lib", "lib64", "Lib"})
_SITE: Final = frozenset({"site-packages", "dist-packages"})


def environment_and_base(layers: Sequence[Layer], base_prefix: str, projects: Iterable[str] = ()) -> list[PurePath]:
    """Name the directories of an environment and of its base.

    Args:
        layers: What the environment sees.
        base_prefix: Where its base lies, whose standard library imports too.
        projects: Directories of projects that are installed as they are there: what of them is on ``sys.path`` is
            theirs, but for site directories below.
    """
    roots = [PurePath(path) for path in projects]
    # what stands before the environment is on PYTHONPATH, often the project itself
    places = [
        PurePath(layer.path)
        for layer in layers
        if layer.role is not Role.INJECTED
        and not (layer.role is Role.EXTRA and _is_source(PurePath(layer.path), roots))
    ]
    places += [above for layer in layers if layer.role is Role.OWN and (above := _environment_of(layer)) is not None]
    return [*places, *(PurePath(base_prefix, name) for name in sorted(_LIBRARY))]


def _environment_of(layer: Layer) -> PurePath | None:
    """Return the environment that site-packages belong to: the directory above ``lib``."""
    return next((path.parent for path in PurePath(layer.path).parents if path.name in _LIBRARY), None)


def _is_source(path: PurePath, roots: Iterable[PurePath]) -> bool:
    return path.name not in _SITE and any(path.is_relative_to(root) for root in roots)


def is_outside(file: str, places: Iterable[PurePath]) -> bool:
    """Tell whether a file lies outside of some directories."""
    path = PurePath(file)
    return path.is_absolute() and not any(path.is_relative_to(place) for place in places)
