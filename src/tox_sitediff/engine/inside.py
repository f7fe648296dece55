"""Whether we run inside a base, and what it does to others there that what we need was installed into it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from ..core.closure import Root, walk
from ..core.inside import unsuited
from ..core.requirements import key, parse
from ..text import LONGEST, printable

if TYPE_CHECKING:
    from ..core.model import Distribution
    from ..core.snapshot import Snapshot

_OURS: Final = key("tox-sitediff")
_TOGETHER: Final = 600
"""Seconds between the first and the last that an installer puts there in one go."""
_SHOWN: Final = 3


def spoilt(seen: Snapshot) -> str | None:
    """Say what our own dependencies broke in a base that we run inside, as far as that can be known.

    What was there before nobody knows. What came together with us, and does not suit others there, tells.

    Args:
        seen: What an environment over the base sees.

    Returns:
        A line; None where we do not run inside of it, or nothing is known to be broken.
    """
    if sys.prefix != sys.base_prefix or not _is_same(sys.prefix, seen.interpreter.base_prefix):
        return None
    us = seen.inventory.inherited(_OURS)
    if us is None:
        return None
    environment = seen.interpreter.markers
    needed = walk([Root(requirement=parse(_OURS))], lookup=seen.inventory.inherited, environment=environment)
    came = {
        name: found
        for name, (found, _) in needed.reached.items()
        if name != _OURS and abs(_time(found) - _time(us)) <= _TOGETHER
    }
    found = list(unsuited(came, seen.inventory, environment))
    if not found:
        return None
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return printable(
        "tox-sitediff is installed in this base itself, and what came with it does not suit others there: "
        f"{'; '.join(map(str, found[:_SHOWN]))}{more}; have it beside the base (see Install in the README)",
        LONGEST,
    )


def _time(found: Distribution) -> float:
    try:
        return os.stat(found.path).st_mtime
    except OSError:
        return 0.0


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
