"""What options of ``uv pip install`` ask for besides: to tell and not to do, and to leave nothing else behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core.closure import walk
from ..core.declared import added, roots_of
from ..core.model import Role
from ..errors import Unsatisfied
from ..user_cache import temporary_root
from ..uv.options import EXACT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.declared import Arguments
    from ..core.plan import Change
    from ..core.request import Request, Run
    from ..core.snapshot import Snapshot

_CHECK: Final = "--check"


def would_be_installed(changes: Sequence[Change] | None, declared: Sequence[str]) -> str:
    """Say what would be installed, where uv was told to change nothing (``--dry-run``, ``--check``).

    Args:
        changes: What uv would install; None where it found no plan.
        declared: What was asked for, as arguments of ``uv pip install``.

    Returns:
        One line.

    Raises:
        Unsatisfied: When there is no plan, or something is missing and ``--check`` was asked for.
    """
    names = ", ".join(f"{item.name} {item.version or ''}".rstrip() for item in changes or ())
    if changes is None or (changes and _CHECK in declared):
        raise Unsatisfied(f"the environment does not meet what is asked for{names and f': missing are {names}'}")
    return f"would be installed: {names or 'nothing'}; nothing was changed"


def remove_others(asked: Arguments, seen: Snapshot, request: Request, run: Run) -> None:
    """Let uv remove (``--exact``) what an environment has of its own, and nothing that is asked for needs.

    Args:
        asked: What is asked for, and there.
        seen: What the environment sees.
        request: Makes the command.
        run: Runs it.

    Raises:
        Unsatisfied: When nobody knows what is asked for; nothing is removed then.
    """
    declared = added((), asked, seen.inventory)
    if asked.unknown or not all(item.audit for item in declared):
        raise Unsatisfied(
            f"{EXACT} removes all that was not asked for, and what {', '.join(asked.unknown) or 'one of the paths'} "
            "asks for only uv knows; give it by name, or leave that option away"
        )
    closure = walk(roots_of(declared), lookup=seen.lookup, environment=seen.interpreter.markers)
    needed = {name: found for name, (found, _) in closure.reached.items() if found.layer.role is Role.OWN}
    if not (surplus := sorted(found.name for found in seen.inventory.own() if found.name not in needed)):
        return
    kept = [f"{found.name}==={found.version}" for _, found in sorted(needed.items())]
    with tempfile.TemporaryDirectory(prefix="sitediff-", dir=temporary_root()) as scratch:
        excludes = Path(scratch, "excludes.txt")
        excludes.write_text(f"{surplus[0]}\n", encoding="utf-8")
        # uv wants something to be asked for
        nothing = ["--excludes", os.fspath(excludes), surplus[0]]
        run(request.build([EXACT, "--no-deps", *(kept or nothing)]), request.settings)
