"""``sitediff check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.findings import CHECKS
from ..environment.find import Kind
from ..errors import EnvironmentProblem
from .changing import make_anew

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .context import Context


def check(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Audit an environment."""
    place = context.find(options.python)
    if place.kind is not Kind.ENVIRONMENT and not rest:
        raise EnvironmentProblem(
            f"{place.directory} ({place.how}) is a {place.kind}, in which nothing was declared; give requirements "
            "(sitediff check -r requirements.txt), or see: sitediff uv pip check"
        )
    with context.alone(place.directory, only_looks=True):
        slim = context.slim(place, exclude=options.exclude)
        found = slim.check(context.request(slim, rest) if rest else None)
    strict = [name for name in CHECKS if getattr(options, name)]
    is_good = found.is_good(strict=strict)
    if options.format == "json":
        context.show_json(found.as_json(strict=strict))
    elif lines := found.lines():
        context.show("\n".join(lines))
        if slim.history.other_interpreter() is not None:
            context.say(make_anew(place))
    if is_good and options.format != "json" and not context.quiet:
        context.show(f"{place.directory}: all that was declared is met, and the base is as it was")
    return 0 if is_good else 1
