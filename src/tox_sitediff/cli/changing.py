"""What the commands that change an environment share: before, and afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.render import saved, table
from ..errors import EnvironmentProblem

if TYPE_CHECKING:
    from ..core.record import Record
    from ..engine.slim import Slim
    from ..environment.find import Place
    from .context import Context


def make_anew(place: Place) -> str:
    """Say how an environment is made anew that was made for another Python."""
    return f"what was installed before is not seen any more; make it anew: sitediff venv --clear {place.directory}"


def prepare(context: Context, place: Place, slim: Slim) -> None:
    """Stack the layers of an environment that is about to change, and say what is odd about it.

    Raises:
        EnvironmentProblem: When it was made for another Python.
    """
    if (reason := slim.history.other_interpreter()) is not None:
        raise EnvironmentProblem(f"{place.directory} can't be used: {reason}; {make_anew(place)}")
    for path in slim.prepare():
        context.say(f"{path} is stacked behind the environment's own site-packages")
    if not place.inherits:
        context.say(
            f"{place.directory} does not inherit from its base (include-system-site-packages in its pyvenv.cfg is not "
            "true), so nothing of the base is reused; an environment that does: sitediff venv"
        )
    if (reason := slim.history.drifted()) is not None:
        context.say(f"{reason}; see: sitediff check")


def finish(context: Context, slim: Slim, before: Record | None, *, as_json: bool) -> None:
    """Show what the environment is now."""
    # the first record was measured before it was written; this counts it too
    record = slim.finish() or slim.history.record()
    if as_json:
        context.show_json(record.as_json())
        return
    if before is not None and before.installed == record.installed and before.reused == record.reused:
        context.say(f"nothing to do: {len(record.reused)} reused, {len(record.installed)} installed before")
    if not context.quiet:
        context.show(table([record]))
        context.say(f"{saved(record)} taken from the base; {slim.target.directory / 'sitediff.json'} tells what")
