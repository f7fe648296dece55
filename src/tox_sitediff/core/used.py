"""What was found of an environment's imports, arranged for people (pure): first what the project itself imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..values import frozen
from . import visible
from .findings import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .findings import Findings, Misplaced, Undeclared, Unstated

_MOST: Final = 2


@frozen
class Used:
    """What was imported without being declared: one item for each distribution.

    Attributes:
        project: What the project's own code imports.
        plugins: What is loaded by an entry point.
        others: What other distributions import.
    """

    project: tuple[Undeclared, ...]
    plugins: tuple[Undeclared, ...]
    others: tuple[Undeclared, ...]

    def rows(self) -> list[tuple[str, str]]:
        """Name what was imported, and by whom; what the project does not import is folded where there is much of it."""
        found = [(_named(item), item.how) for item in self.project]
        for items, noun, how in (
            (self.plugins, "plugins", "loaded by their entry points"),
            (self.others, "others", "imported by other distributions"),
        ):
            if len(items) > _MOST:
                found.append((f"{len(items)} {noun}", f"{how}: {', '.join(item.name for item in items)}"))
            else:
                found += [(_named(item), item.how) for item in items]
        return found


def _named(item: Undeclared) -> str:
    words = ["transitive"] if item.kind is Kind.TRANSITIVE else []
    words += ["optional"] if item.optional else []
    return f"{item.name} ({', '.join(words)})" if words else item.name


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


def never_used(found: Iterable[tuple[Iterable[str], Iterable[str]]]) -> list[str]:
    """Merge what is declared and was not used over several environments.

    Args:
        found: What was unused in each, and what was used.

    Returns:
        The names that none of them used, sorted.
    """
    unused: set[str] = set()
    used: set[str] = set()
    for its_unused, its_used in found:
        unused.update(its_unused)
        used.update(its_used)
    return sorted(unused - used)


def misplaced_line(item: Misplaced) -> str:
    """Say what the package imports, and is declared for its development alone."""
    return (
        f"{item.name} is declared for development alone ({item.group}), and imported by the package: "
        f"{item.imported_by}: import {item.module}"
    )


def unstated_line(items: Sequence[Unstated]) -> str | None:
    """Name what distributions import without requiring it, where they do not do without it; None where nothing is."""
    found: dict[str, list[str]] = {}
    for item in items:
        if item.kind is Kind.BASE and not item.optional:
            found.setdefault(item.name, []).append(item.needs)
    if not found:
        return None
    said = "; ".join(f"{name}: {', '.join(sorted({*needs}))}" for name, needs in sorted(found.items()))
    return f"imported without being required, by {said}"


def lines(findings: Findings) -> list[str]:
    """Say what was found in one environment, a line each.

    Args:
        findings: What was found.
    """
    used = arrange(item for item in findings.undeclared if item.kind is Kind.BASE)
    found = [f"{name} used without being declared: {how}" for name, how in used.rows()]
    transitive = arrange(item for item in findings.undeclared if item.kind is Kind.TRANSITIVE)
    found += [f"{name} used without being declared itself: {how}" for name, how in transitive.rows()]
    found += [f"{name} is declared, and nothing used it" for name in findings.unused]
    found += [misplaced_line(item) for item in findings.misplaced]
    found += [line] if (line := unstated_line(findings.unstated)) is not None else []
    mends = [f"--declare '{mend}'" for mend in visible.mends(findings.undeclared)]
    return [*found, f"to be seen by what imports it without requiring it: {' '.join(mends)}"] if mends else found
