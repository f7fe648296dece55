"""``sitediff install``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .changing import finished, prepare
from .options import refuse
from .plan import plan

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .context import Context


def install(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Install what the environment does not inherit."""
    if options.dry_run:
        return plan(context, options, rest)
    refuse(rest, command="install")
    place = context.environment(options.python)
    with context.alone(place.directory):
        engine = context.engine(place, exclude=options.exclude, visibility=options.visibility)
        engine.allow(options.declare)
        prepare(context, place, engine, layers=options.layer)
        before = engine.recorded()
        request = context.request(place, rest)
        for repaired in engine.repair(request, context.run):
            context.say(f"{repaired} was left without some of its files by an earlier run, and was installed anew")
        engine.install(request, context.run)
        finished(context, engine, before, as_json=options.format == "json")
    return 0
