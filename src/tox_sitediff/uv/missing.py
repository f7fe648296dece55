"""A plan that asks for nothing but what is missing (pure): the index is asked for little else.

uv looks up in an index every name that it is asked for, and all that these require, whatever is installed: of a large
closure that takes most of the time. Where the base lacks something and all else of the closure is met, only what is
lacking need be asked for. What is there is shown without what it requires, which is known to be met as it is; so a plan
of that kind is good only as long as nothing of what is there changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.requirements import InvalidRequirement, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from packaging.utils import NormalizedName

    from ..core.closure import Closure
    from ..core.declared import Arguments
    from ..core.model import Distribution
    from ..core.plan import Change


def missing_alone(asked: Arguments, closure: Closure) -> list[str] | None:
    """Write the requirements that ask for what is missing, and for nothing else.

    Args:
        asked: What is declared.
        closure: Its closure over what is there.

    Returns:
        Requirements, in the order in which uv is to decide; None where more has to be asked for: where what is there
        may have to be replaced, where names and versions do not say all, or where it counts who asks.
    """
    if not (asked.plain and asked.pinnable and asked.deep and closure.unmet) or asked.is_hashed:
        return None
    wanted: dict[str, bool] = {}
    for unmet in closure.unmet:
        try:
            requirement = parse(unmet.requirement)
        except InvalidRequirement:
            return None
        # uv takes a pre-release that is named by who asks directly, and not one that metadata name
        may_name_pre_release = unmet.chain and any(map(str.isalpha, str(requirement.specifier)))
        is_deep = len(unmet.chain) > 1
        if unmet.found is not None or requirement.url is not None or may_name_pre_release or is_deep:
            return None
        wanted.setdefault(unmet.requirement, bool(unmet.chain))
    # uv decides in this order: what is asked for directly comes before what that requires
    return sorted(wanted, key=lambda text: (wanted[text], text))


def keeps_all(changes: Sequence[Change], there: Callable[[NormalizedName], Distribution | None]) -> bool:
    """Tell whether a plan leaves all that is there as it is.

    Args:
        changes: What it installs.
        there: Finds what is there, inherited or the environment's own.
    """
    return all(change.version is not None and there(change.name) is None for change in changes)
