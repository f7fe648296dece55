"""Where a base offers next to nothing of what is needed: which other interpreters of this machine would."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..core.nearby import hint, is_poor
from ..core.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..core.record import Record


def another_base(
    found: Record | Plan,
    variables: Mapping[str, str],
    *,
    line: str,
    any_version: bool,
    more: Sequence[str] = (),
) -> str | None:
    """Name the interpreters that have most of what a base lacks.

    Args:
        found: What an environment holds, or would.
        variables: The user's variables, which say what is active.
        line: What to write to have another interpreter as the base; ``{}`` stands for it.
        any_version: Whether it may be another version of Python.
        more: Further interpreters, or directories of them, to look at.

    Returns:
        A line; None where the base offers enough, or none of the others more.
    """
    came = found.install if isinstance(found, Plan) else found.installed
    installed = [item.name for item in came]
    if not is_poor([item.name for item in found.reused], installed):
        return None
    from ..interpreter.nearby import nearby  # few runs need it

    version = None if any_version else ".".join(found.python.version.split(".")[:2])
    beside = os.path.realpath(found.python.base_prefix)
    return hint(installed, nearby(variables, more=more), beside=beside, version=version, line=line)
