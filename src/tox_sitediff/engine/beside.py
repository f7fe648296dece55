"""What an environment gets of reused distributions beside their modules: console scripts, and data files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..core.model import Role
from ..environment import scripts
from ..environment.pyvenv import is_relocatable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.closure import Closure
    from ..core.snapshot import Snapshot
    from .environment import Environment


def provide_scripts(
    environment: Environment, closure: Closure, seen: Snapshot, *, ours: Sequence[str]
) -> tuple[str, ...]:
    """Make the console scripts of what is reused, and of what an environment of its kind holds anyway.

    Args:
        environment: The environment.
        closure: The closure of what is declared.
        seen: What the environment sees.
        ours: The names of those that were made before.

    Returns:
        The names of those that are there now.

    Raises:
        OSError: When the environment can't be written.
    """
    target = environment.target
    reused = {name: found for name, (found, _) in closure.reached.items() if found.layer.role is not Role.OWN}
    seeds = {name: found for name in target.seeds if (found := seen.inherited(name)) is not None}
    provided = scripts.provide(
        [found for _, found in sorted({**seeds, **reused}.items())],
        directory=Path(seen.interpreter.scripts),
        python=target.python,
        ours=ours,
        relocatable=is_relocatable(target.directory),
        memo=environment.memo,
    )
    for line in provided.warnings:
        environment.warn(line)
    return provided.files


def provide_data(environment: Environment, closure: Closure, seen: Snapshot, *, ours: Sequence[str]) -> tuple[str, ...]:
    """Put the data files of what is reused below the environment's prefix; as `provide_scripts`, by their paths."""
    from ..environment import data  # only an installation has a use for it

    target = environment.target
    with environment.progress.during(f"{target.name}: putting data files in place"):
        provided = data.provide(
            [found for _, (found, _) in sorted(closure.reached.items()) if found.layer.role is not Role.OWN],
            own=seen.inventory.own(),
            directory=target.directory,
            python=target.python,
            packages=environment.packages(seen),
            ours=ours,
            memo=environment.memo,
        )
    for line in provided.warnings:
        environment.warn(line)
    return provided.files
