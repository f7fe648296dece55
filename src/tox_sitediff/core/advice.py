"""What a user can do where the audit found a gap (pure), in the words of the front end that was used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values import frozen
from .model import Role
from .requirements import key

if TYPE_CHECKING:
    from collections.abc import Collection

    from packaging.utils import NormalizedName

    from .closure import Closure, Unmet


@frozen
class Ways:
    """How users of a front end change what an environment holds; by default those of ``sitediff``.

    Attributes:
        declare: Have a requirement, for which ``{}`` stands, installed too.
        give_up: Declare a name no longer.
        exclude: Take a name from the base no longer.
        again: Try once more to get a requirement that is declared already.
        verify: Take names, for which ``{}`` stands, from the base no longer, where they can't be checked.
    """

    declare: str = "sitediff install '{}'"
    give_up: str = "sitediff uninstall {}"
    exclude: str = "sitediff install --exclude {0} {0}"
    again: str = "sitediff install '{}'"
    verify: str = "--exclude {}"


def way_out(unmet: Unmet, *, closure: Closure, declared: Collection[NormalizedName], ways: Ways) -> str:
    """Tell what can be done about something that is not met.

    Args:
        unmet: What is not met.
        closure: The closure that it is a part of.
        declared: The normalised names that are declared.
        ways: How that is done where the user is.

    Returns:
        One thing to do, or several of which one is enough.
    """
    root = key(unmet.chain[0].partition(" ")[0]) if unmet.chain else unmet.name
    give_up = ways.give_up.format(root)
    if unmet.found is None and unmet.reason:  # what its own metadata say can't be understood
        owner, _ = closure.reached[unmet.name]
        is_own = owner.layer.role is Role.OWN
        first = ways.declare.format(f"{owner.name}!={owner.version}") if is_own else ways.exclude.format(owner.name)
    elif not unmet.chain:
        first = ways.again.format(unmet.requirement)
    elif unmet.found is not None and unmet.found.layer.role is Role.OWN and unmet.name in declared:
        # another wish of the user's put that version there, and a third one would be as good as these two
        first = ways.give_up.format(unmet.name)
    else:
        first = ways.declare.format(unmet.requirement)
    return f"{first}, or {give_up}"
