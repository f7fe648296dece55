"""Whether what is declared is really met, as the environment's own interpreter sees it; nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..core.closure import walk
from ..core.declared import roots_of
from ..core.model import Role
from ..text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.closure import Closure
    from ..core.snapshot import Snapshot
    from ..core.state import Wanted
    from .environment import Environment

_MOST_BROKEN: Final = 20


def audit(wanted: Sequence[Wanted], seen: Snapshot) -> Closure:
    """Walk the closure of what is declared.

    Args:
        wanted: All that is declared.
        seen: What the environment sees.

    Returns:
        What was reached, and what is not met.
    """
    return walk(roots_of(wanted), lookup=seen.lookup, environment=seen.interpreter.markers)


def warn_of_doubtful(environment: Environment, closure: Closure, seen: Snapshot) -> None:
    """Name what of the base could not be used, or not be told apart, as far as it matters here.

    Args:
        environment: Takes the warnings.
        closure: The closure of what is declared.
        seen: What the environment sees.
    """
    # where uv failed all of the base was read, so that what is asked for comes first and the rest may be cut
    met = sorted(seen.inventory.broken(), key=lambda broken: broken.entry.name not in closure.wanted)
    for broken in met[:_MOST_BROKEN]:
        environment.warn(f"not reused: {broken.entry.path}: {broken.reason}; repair or remove it in the base")
    if len(met) > _MOST_BROKEN:
        environment.warn(
            f"not reused either: {counted(len(met) - _MOST_BROKEN, 'further distribution')} with broken metadata"
        )
    for found, _ in closure.reached.values():
        if found.layer.role is not Role.OWN and (rivals := seen.inventory.rivals(found)):
            others = ", ".join(str(rival.version) for rival in rivals)
            environment.warn(
                f"{found.name} is there more than once in {found.layer.path}: {found.version} counts, as Python "
                f"sees it, not {others}; remove what is left over"
            )
