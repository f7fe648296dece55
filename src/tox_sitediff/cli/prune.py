"""``sitediff prune``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..environment.bytecode import clear_bytecode
from ..text import counted, size
from ..user_cache import user_cache
from ..visibility.views import BESIDE
from ..visibility.views import prune as prune_views

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .context import Context

_AGE: Final = 60


def prune(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:  # noqa: ARG001
    """Remove what no environment uses any more, and say what that freed."""
    cache = user_cache()
    roots = [context.directory / above / BESIDE for above in (".tox", ".nox", ".")]
    if cache is not None:
        roots.insert(0, cache / "views")
    for root in roots:
        if root.is_dir():
            count, freed = prune_views(root, age=_AGE)
            context.show(f"{root}: {counted(count, 'view')} removed, {size(freed)} freed")
    if cache is not None:
        context.show(f"{cache / 'bytecode'}: {size(clear_bytecode())} freed")
    return 0
