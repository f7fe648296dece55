"""``sitediff install`` and ``sitediff uninstall``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tox_sitediff.errors import Unsatisfied
from tox_sitediff.render import saved, table

from .looking import plan
from .options import name, refuse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tox_sitediff.engine import Engine
    from tox_sitediff.environments import Place
    from tox_sitediff.record import Record

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


def uninstall(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:  # noqa: ARG001
    """Remove distributions from the environment, and let the base's copies be seen again."""
    names = tuple(dict.fromkeys(map(name, options.names)))
    place = context.environment(options.python)
    with context.alone(place.directory):
        engine = context.engine(place)
        prepare(context, place, engine)
        own = {found.name for found in engine.look(context.variables).inventory.own()}
        try:
            engine.uninstall(names, context.request(place, (), command="uninstall"), context.run)
        except Unsatisfied as error:
            context.say(str(error))  # done all the same, as asked
        view = engine.look(context.variables)
        for removed in names:
            found = view.inherited(removed)
            if found is None and removed not in own:
                context.say(f"{removed} is not installed, nor is it declared any more")
            elif found is not None and removed not in own:
                context.say(f"{removed} is inherited from {found.layer.path}: not removed, and no longer declared")
            elif found is not None:
                context.say(f"{removed} {found.version} of {found.layer.path} is seen again")
        finished(context, engine, None, as_json=options.format == "json")
    return 0


def prepare(context: Context, place: Place, engine: Engine, *, layers: Sequence[str] = ()) -> None:
    """Stack the layers of an environment that is about to change, and say what is odd about it."""
    new = engine.extend([context.directory / Path(text).expanduser() for text in layers], context.variables)
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
