"""``sitediff uninstall``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Unsatisfied
from .changing import finish, prepare
from .options import name

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .context import Context


def uninstall(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:  # noqa: ARG001
    """Remove distributions from the environment, and let the base's copies be seen again."""
    names = tuple(dict.fromkeys(map(name, options.names)))
    place = context.environment(options.python)
    with context.alone(place.directory):
        slim = context.slim(place)
        prepare(context, place, slim)
        own = {found.name for found in slim.environment.look().inventory.own()}
        try:
            slim.installation(context.request(slim, (), command="uninstall")).uninstall(names, context.run)
        except Unsatisfied as error:
            context.say(str(error))  # done all the same, as asked
        seen = slim.environment.look()
        for removed in names:
            found = seen.inherited(removed)
            if found is None and removed not in own:
                context.say(f"{removed} is not installed, nor is it declared any more")
            elif found is not None and removed not in own:
                context.say(f"{removed} is inherited from {found.layer.path}: not removed, and no longer declared")
            elif found is not None:
                context.say(f"{removed} {found.version} of {found.layer.path} is seen again")
        finish(context, slim, None, as_json=options.format == "json")
    return 0
