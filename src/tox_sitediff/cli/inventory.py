"""``sitediff inventory``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.model import Role
from ..core.outcome import python_of
from ..core.record import python_json
from ..core.summary import columns
from ..interpreter.sizes import distribution_bytes
from ..text import counted
from ..visibility.selection import owners

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ..core.model import Distribution
    from ..core.record import Json
    from ..core.snapshot import Snapshot
    from ..terminal import Step
    from .context import Context


def _offered(seen: Snapshot) -> list[Distribution]:
    return [
        found
        for name in seen.inventory.names()
        if (found := seen.inventory.effective(name)) is not None and found.layer.role is not Role.OWN
    ]


def _measured(found: Distribution, step: Step) -> int | None:
    step.done += 1
    return distribution_bytes(found)


def inventory(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:  # noqa: ARG001
    """List what is offered."""
    place = context.find(options.python, fallback=True)
    with context.over(place) as environment:
        seen = context.slim(environment).environment.look()
        with context.progress.during("reading distributions"):
            offered = _offered(seen) if options.module is None else owners(seen, options.module)
        python = python_of(seen)
        broken = seen.inventory.broken()
        if options.format == "json":
            with context.progress.during("measuring distributions", len(offered)) as step:
                sizes = [_measured(found, step) for found in offered]
            layers: list[Json] = [
                {"path": layer.path, "role": layer.role}
                for layer in seen.interpreter.layers
                if layer.role is not Role.OWN
            ]
            distributions: list[Json] = [
                {
                    "name": found.name,
                    "version": str(found.version),
                    "location": found.layer.path,
                    "role": found.layer.role,
                    "bytes": size,
                }
                for found, size in zip(offered, sizes, strict=True)
            ]
            faults: list[Json] = [{"path": item.entry.path, "reason": item.reason} for item in broken]
            context.show_json(
                {
                    "schema": 1,
                    "python": python_json(python),
                    "layers": layers,
                    "distributions": distributions,
                    "broken": faults,
                }
            )
        else:
            context.show(
                columns(
                    ("distribution", "version", "from", "location"),
                    [(found.name, str(found.version), found.layer.role, found.layer.path) for found in offered],
                    width=context.width,
                )
            )
    for item in broken:
        context.say(f"not usable: {item.entry.path}: {item.reason}")
    what = counted(len(offered), "distribution") + (f" with a module {options.module}" if options.module else "")
    context.say(f"{what} offered by {python.executable} ({python.implementation} {python.version})")
    return 0
