"""``sitediff check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.requirements import key
from ..environment.find import Kind
from ..errors import EnvironmentProblem

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ..core.record import Json
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
        engine = context.engine(place, exclude=options.exclude)
        unmet = engine.audit(context.request(place, rest))
        drifted = engine.drifted(context.variables)
        undeclared = engine.undeclared(engine.look(context.variables))
    record = engine.recorded()
    conflicts = () if record is None else record.conflicts
    is_good = not unmet and drifted is None and not (options.undeclared and undeclared)
    if options.format == "json":
        chains: list[Json] = [
            {
                "name": item.name,
                "requirement": item.requirement,
                "why": list(item.chain),
                "found": None if item.found is None else str(item.found.version),
            }
            for item in unmet
        ]
        broken: list[Json] = [item.as_json() for item in conflicts]
        used: list[Json] = [{"name": item.name, "imported_by": item.imported_by} for item in undeclared]
        context.show_json(
            {
                "schema": 1,
                "good": is_good,
                "unmet": chains,
                "drift": drifted,
                "conflicts": broken,
                "undeclared": used,
            }
        )
        return 0 if is_good else 1
    lines = [f"not met: {item}" for item in unmet]
    lines += [drifted] if drifted is not None else []
    # what is declared, or needed for it, is among what is not met already
    told = {(key(item.chain[-1].partition(" ")[0]), item.requirement) for item in unmet if item.chain}
    lines += [
        f"{item} (nothing that was declared needs it)" for item in conflicts if (item.name, item.requires) not in told
    ]
    lines += [f"{item.name} is used without being declared: {item.imported_by}" for item in undeclared]
    if is_good and not context.quiet:
        lines.append(f"{place.directory}: all that was declared is met, and the base is as it was")
    if lines:
        context.show("\n".join(lines))
    return 0 if is_good else 1
