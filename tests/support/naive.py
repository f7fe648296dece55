"""The closure by a naive fixed point, to judge the real one by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.strategies import MARKERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.utils import NormalizedName

    from tox_sitediff.core.closure import Closure, Root
    from tox_sitediff.core.model import Distribution


def asked_for(requirement: Requirement, extra: str = "") -> bool:
    """Tell whether a requirement applies, with an extra or without."""
    return requirement.marker is None or requirement.marker.evaluate({**MARKERS, "extra": extra})


def naive(
    declared: Sequence[Root], graph: Mapping[NormalizedName, Distribution]
) -> tuple[set[str], set[str], set[tuple[str, str]]]:
    """Ask for everything again and again, until nothing changes: (wanted, reached, unmet)."""
    asks = [item.requirement for item in declared if asked_for(item.requirement)]
    pairs = {
        (canonicalize_name(item.requirement.name), extra)
        for item in declared
        if item.deep and asked_for(item.requirement)
        for extra in ("", *item.requirement.extras)
    }
    while True:
        found = [
            requirement
            for name, extra in pairs
            if name in graph
            for requirement in map(Requirement, graph[name].requires)
            if asked_for(requirement, extra)
        ]
        new = {(canonicalize_name(item.name), extra) for item in found for extra in ("", *item.extras)}
        if new <= pairs:
            break
        pairs |= new
    asks += found
    wanted = {canonicalize_name(item.name) for item in asks}
    missing: set[tuple[str, str]] = {
        (canonicalize_name(item.name), f"{item.name}{bracket(item)}{item.specifier}")
        for item in asks
        if item.name not in graph
        or not item.specifier.contains(graph[canonicalize_name(item.name)].version, prereleases=True)
    }
    return set(wanted), {name for name in wanted if name in graph}, missing


def bracket(requirement: Requirement) -> str:
    """Write the extras that are asked for."""
    return f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""


def unmet(closure: Closure) -> set[tuple[str, str]]:
    """Name what a closure lacks: what is required, and in which words."""
    return {(item.name, item.requirement) for item in closure.unmet}
