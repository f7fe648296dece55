"""What was imported without being declared, arranged for people (pure): first what the project itself imports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from .model import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .model import Layer
    from .record import Undeclared

_ENTRY_POINT: Final = ": entry point "
_LIBRARY: Final = frozenset({"lib", "lib64", "Lib"})
_MOST: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """What was imported without being declared: one item for each distribution.

    Attributes:
        project: What files outside of the environment and its base import: the project's own.
        plugins: What is loaded by an entry point.
        others: What other distributions import.
    """

    project: tuple[Undeclared, ...]
    plugins: tuple[Undeclared, ...]
    others: tuple[Undeclared, ...]

    def rows(self) -> list[tuple[str, str]]:
        """Name what was imported, and by whom; what the project does not import is folded where there is much of it."""
        found = [(item.name, item.imported_by) for item in self.project]
        for items, noun, how in (
            (self.plugins, "plugins", "loaded by their entry points"),
            (self.others, "others", "imported by other distributions"),
        ):
            if len(items) > _MOST:
                found.append((f"{len(items)} {noun}", f"{how}: {', '.join(item.name for item in items)}"))
            else:
                found += [(item.name, item.imported_by) for item in items]
        return found


def arrange(items: Iterable[Undeclared], *, layers: Sequence[Layer], base_prefix: str) -> Used:
    """Arrange what was imported without being declared.

    Args:
        items: What was imported, maybe several modules of a distribution.
        layers: What the environment sees.
        base_prefix: Where its base lies, whose standard library imports too.

    Returns:
        The first item of each distribution, by who imports it; of several, the project's own counts.
    """
    # what stands before the environment is on PYTHONPATH, often the project itself
    places = [PurePath(layer.path) for layer in layers if layer.role is not Role.INJECTED]
    places += [above for layer in layers if layer.role is Role.OWN and (above := _environment_of(layer)) is not None]
    places += [PurePath(base_prefix, name) for name in sorted(_LIBRARY)]
    groups: tuple[dict[str, Undeclared], ...] = ({}, {}, {})
    for item in items:
        by_project = 0 if _is_outside(item.imported_by, places) else 2
        groups[1 if _ENTRY_POINT in item.imported_by else by_project].setdefault(item.name, item)
    project, plugins, others = groups
    return Used(
        project=tuple(project.values()),
        plugins=tuple(item for name, item in plugins.items() if name not in project),
        others=tuple(item for name, item in others.items() if name not in project.keys() | plugins.keys()),
    )


def _environment_of(layer: Layer) -> PurePath | None:
    """Return the environment that site-packages belong to: the directory above ``lib``."""
    return next((path.parent for path in PurePath(layer.path).parents if path.name in _LIBRARY), None)


def _is_outside(imported_by: str, places: Iterable[PurePath]) -> bool:
    """Tell whether a file, with what it imports behind it, lies outside of some directories."""
    path = PurePath(imported_by.rpartition(": import ")[0].rpartition(":")[0])
    return path.is_absolute() and not any(path.is_relative_to(place) for place in places)
