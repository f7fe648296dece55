"""``sitediff prune``."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Final

from ..environment.bytecode import PART as BYTECODE
from ..environment.bytecode import clear_bytecode
from ..interpreter.memo import PART as BASES
from ..interpreter.memo import clear
from ..text import counted, size
from ..user_cache import part, sweep_temporary
from ..uv.plans import PART as PLANS
from ..uv.shadow import prune as prune_shadows
from ..visibility.views import BESIDE, PART
from ..visibility.views import prune as prune_views

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .context import Context

_AGE: Final = 60
_DAY: Final = 24 * 60 * 60
_AGE_OF_SHADOWS: Final = 3600
"""Seconds: a resolution that waits for a slow index still needs its own."""


def prune(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:  # noqa: ARG001
    """Remove what no environment uses any more, and say what that freed."""
    context.say_of_cache()
    roots = [context.directory / above / BESIDE for above in (".tox", ".nox", ".")]
    if (views := part(PART)) is not None:
        roots.insert(0, views)
    for root in roots:
        if root.is_dir():
            with context.progress.during("removing views that nobody uses"):
                count, freed = prune_views(root, age=_AGE)
            context.show(f"{root}: {counted(count, 'view')} removed, {size(freed)} freed")
    sweep_temporary(age=_DAY)
    if (bytecode := part(BYTECODE)) is not None:
        context.show(f"{bytecode}: {size(clear_bytecode())} freed")
    if (bases := part(BASES)) is not None:
        context.show(f"{bases}: {size(clear(bases))} freed")
    if (plans := part(PLANS)) is not None:
        context.show(f"{plans}: {size(clear(plans))} freed")
    temporary = tempfile.gettempdir()
    count, freed = prune_shadows(temporary, age=_AGE_OF_SHADOWS)
    context.show(f"{temporary}: {counted(count, 'shadow')} removed, {size(freed)} freed")
    return 0
