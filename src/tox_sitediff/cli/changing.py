"""What the commands that change an environment share: before, and afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.render import saved, table
from ..engine.elsewhere import another_base
from ..errors import EnvironmentProblem
from ..files import listing
from ..values import mutable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..core.plan import Plan
    from ..core.record import Record
    from ..engine.slim import Slim
    from ..environment.find import Place
    from .context import Context


def make_anew(place: Place) -> str:
    """Say how an environment is made anew that was made for another Python."""
    return f"what was installed before is not seen any more; make it anew: sitediff venv --clear {place.directory}"


@mutable
class Installer:
    """Runs what changes an environment, and knows whether it did: a version may be replaced by the same one.

    Attributes:
        context: Where it runs.
        slim: The environment.
        has_changed: Whether a command has installed, replaced or removed something.
    """

    context: Context
    slim: Slim
    has_changed: bool = False

    def __call__(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Run a command, see `Context.run`."""
        before = self._stamps()
        try:
            self.context.run(command, variables)
        finally:
            self.has_changed = self.has_changed or self._stamps() != before

    def _stamps(self) -> list[tuple[str, int, int]]:
        """Tell of the metadata of each distribution when it was written."""
        site = self.slim.environment.look(full=False).purelib
        found = [(name, (site / name).lstat()) for name in listing(site) if name.endswith("-info")]
        return sorted((name, status.st_ino, status.st_mtime_ns) for name, status in found)


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
    if (reason := slim.history.moved()) is not None:
        context.say(f"{reason}; make the environment anew: sitediff venv {place.directory}")


def finish(context: Context, slim: Slim, before: Record | None, *, as_json: bool) -> None:
    """Show what the environment is now.

    Args:
        context: Where the command runs.
        slim: The environment.
        before: The record before, where nothing was run that could have changed anything.
        as_json: Whether programs are to read it.
    """
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
        say_another_base(context, record, line="sitediff venv --python {} DIR")


def say_another_base(context: Context, found: Record | Plan, *, line: str) -> None:
    """Say, where a base offers next to nothing, which other one would offer more; see `another_base`."""
    if (words := another_base(found, context.variables, line=line, any_version=True)) is not None:
        context.say(words)
