"""``sitediff install``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .changing import Installer, finish, prepare
from .options import refuse
from .plan import plan

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .context import Context


def install(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Install what the environment does not inherit."""
    if options.dry_run or options.check:
        return plan(context, options, rest)
    refuse(rest, command="install")
    place = context.environment(options.python)
    with context.alone(place.directory):
        slim = context.slim(
            place,
            exclude=options.exclude,
            layers=context.paths(options.layer),
            visibility=options.visibility,
            also_visible=options.declare,
            unverified=options.unverified,
        )
        prepare(context, place, slim)
        before = slim.history.read_record()
        installation = slim.installation(context.request(slim, rest))
        run = Installer(context=context, slim=slim)
        for repaired in installation.repair(run):
            context.say(f"{repaired} was left without some of its files by an earlier run, and was installed anew")
        installation.install(run)
        finish(context, slim, None if run.has_changed else before, as_json=options.format == "json")
    return 0
