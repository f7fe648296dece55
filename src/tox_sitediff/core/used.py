"""What was imported without being declared, arranged for people (pure): first what the project itself imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .findings import Undeclared

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
        found = [(item.name, item.how) for item in self.project]
        for items, noun, how in (
            (self.plugins, "plugins", "loaded by their entry points"),
            (self.others, "others", "imported by other distributions"),
        ):
            if len(items) > _MOST:
                found.append((f"{len(items)} {noun}", f"{how}: {', '.join(item.name for item in items)}"))
            else:
                found += [(item.name, item.how) for item in items]
        return found


def arrange(items: Iterable[Undeclared]) -> Used:
    """Arrange what was imported without being declared.

    Args:
        items: What was imported, maybe several modules of a distribution.

    Returns:
        The first item of each distribution, by who imports it; of several, the project's own counts.
    """
    groups: tuple[dict[str, Undeclared], ...] = ({}, {}, {})
    for item in items:
        groups[1 if item.entry_point else 0 if item.by_project else 2].setdefault(item.name, item)
    project, plugins, others = groups
    return Used(
        project=tuple(project.values()),
        plugins=tuple(item for name, item in plugins.items() if name not in project),
        others=tuple(item for name, item in others.items() if name not in project.keys() | plugins.keys()),
    )
