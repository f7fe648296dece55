"""What is taken from the base where hashes are asked for: nobody can tell which archive it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.outcome import reused_of
from ..errors import Unsatisfied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.advice import Ways
    from ..core.closure import Closure
    from ..core.record import Reused
    from .environment import Environment


def kept_of(closure: Closure) -> list[Reused]:
    """Name what of a closure would be taken from the base, as it is before anything is done, nothing of it verified.

    Args:
        closure: The closure of what is declared.
    """
    unmet = {item.name for item in closure.unmet}
    found = reused_of(closure, size_of=lambda _: None, unverified=closure.reached)
    return [item for item in found if item.name not in unmet]


def mind(environment: Environment, reused: Sequence[Reused], ways: Ways) -> None:
    """Say what is not checked though a hash is asked for, or refuse it.

    Args:
        environment: Takes the line, and says whether it is an error.
        reused: What is taken from the base.
        ways: What the user can do about it.

    Raises:
        Unsatisfied: When there is something like that, and that is to be an error.
    """
    if not (unverified := [item for item in reused if not item.verified]):
        return
    listed = ", ".join(f"{item.name} {item.version}" for item in unverified)
    if not environment.target.refuses_unverified:
        environment.warn(f"taken from the base as it is, not checked against its hash: {listed}")
        return
    way = ways.verify.format(", ".join(item.name for item in unverified))
    raise Unsatisfied(
        f"hashes are asked for, and what the base has can't be checked against one: {listed}; have it installed "
        f"({way}), or let it be (sitediff_unverified = warn, --unverified warn)"
    )
