"""``sitediff plan``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..core.explain import explain
from ..core.render import plan_table
from ..environment.find import Kind
from ..text import lines as printed
from .changing import make_anew, say_another_base
from .options import refuse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ..core.plan import Plan
    from .context import Context


def plan(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Tell what an installation would do."""
    refuse(rest, command=options.command)
    place = context.find(options.python, fallback=True)
    with context.over(place) as environment:
        if place.kind is not Kind.ENVIRONMENT:
            context.say(f"for a new environment over {place.python} ({place.how})")
        elif not place.inherits:
            context.say(f"{place.directory} does not inherit from its base, so nothing of the base is reused")
        slim = context.slim(environment, exclude=options.exclude, unverified=options.unverified)
        if (reason := slim.history.other_interpreter()) is not None:
            context.say(f"{place.directory}: {reason}; {make_anew(place)}")
        seen = slim.environment.look_with(tuple(context.paths(options.layer)))
        found = slim.installation(context.request(slim, rest)).plan(seen)
        lines = [line for name in getattr(options, "explain", ()) for line in explain(name, plan=found, seen=seen)]
    _show(context, options, found, lines)
    return found.status or int(bool(options.check and found.install))


def _show(context: Context, options: argparse.Namespace, found: Plan, lines: Sequence[str]) -> None:
    if found.refused:
        pass  # without an answer of uv's there is no plan
    elif options.format == "json":
        context.show_json(found.as_json())
    elif lines:
        context.show("\n".join(lines))
    else:
        context.show(plan_table(found, width=context.width))
    for conflict in found.conflicts:
        context.say(str(conflict))
    if options.python is None:
        say_another_base(context, found, line="sitediff plan --python {} ...")
    for unmet in found.unmet:
        context.say(f"not met: {unmet}")
    if found.message:
        print(printed(found.message.strip()), file=sys.stderr)
