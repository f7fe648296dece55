"""What the commands that change an environment share: before, and afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.render import saved, table
from ..files import path_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.record import Record
    from ..engine.engine import Engine
    from ..environment.find import Place
    from .context import Context


def prepare(context: Context, place: Place, engine: Engine, *, layers: Sequence[str] = ()) -> None:
    """Stack the layers of an environment that is about to change, and say what is odd about it."""
    new = engine.extend([path_of(text, start=context.directory) for text in layers], context.variables)
    for path in new:
        context.say(f"{path} is stacked behind the environment's own site-packages")
    if not place.inherits:
        context.say(
            f"{place.directory} does not inherit from its base (include-system-site-packages in its pyvenv.cfg is not "
            "true), so nothing of the base is reused; an environment that does: sitediff venv"
        )
    if (reason := engine.drifted(context.variables)) is not None:
        context.say(f"{reason}; see: sitediff check")


def finished(context: Context, engine: Engine, before: Record | None, *, as_json: bool) -> None:
    """Show what the environment is now."""
    # the first record was measured before it was written; this counts it too
    record = engine.finish(context.variables) or engine.current(context.variables)
    if as_json:
        context.show_json(record.as_json())
        return
    if before is not None and before.installed == record.installed and before.reused == record.reused:
        context.say(f"nothing to do: {len(record.reused)} reused, {len(record.installed)} installed before")
    if not context.quiet:
        context.show(table([record]))
        context.say(f"{saved(record)} taken from the base; {engine.target.directory / 'sitediff.json'} tells what")
