"""Lines about the base of a new environment: that it offers next to nothing, that we do not belong into it."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Final

from . import session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tox.config.cli.parser import Parsed

    from ..core.plan import Plan
    from ..core.record import Record
    from ..engine.environment import Environment

_FACTOR: Final = re.compile(r"(?:^|-)(?:py|pypy|cpython)?\d")
"""A name that says which version of Python is meant."""


def another(name: str, found: Record | Plan, *, named: Sequence[str], options: Parsed) -> str | None:
    """Tell once in a run, of a base that nobody named by its path, which other one would offer more.

    Args:
        name: The environment.
        found: What it holds, or would.
        named: What its configuration says of ``base_python``.
        options: Those of the run.

    Returns:
        A line; None where there is nothing to say, or it was said.
    """
    current = session.of(options)
    prefix = found.python.base_prefix
    if current is None or prefix in current.poor or any({os.sep, "/"} & {*text} for text in named):
        return None
    from ..engine.elsewhere import another_base  # few runs need it

    any_version = not named and _FACTOR.search(name) is None
    words = another_base(
        found,
        os.environ,
        line="base_python = {} in [testenv]",
        any_version=any_version,
        more=options.discover,
    )
    if words is not None:
        current.poor.add(prefix)
    return words


def spoilt(environment: Environment, *, options: Parsed) -> str | None:
    """Tell once in a run what our own dependencies broke in the base, where we run inside of it.

    Args:
        environment: One over the base.
        options: Those of the run.

    Returns:
        A line; None where there is nothing to say, or it was said.
    """
    current = session.of(options)
    if current is None or current.is_inside_said or sys.prefix != sys.base_prefix:
        return None
    current.is_inside_said = True
    from ..engine import inside  # few run there

    return inside.spoilt(environment.look())
