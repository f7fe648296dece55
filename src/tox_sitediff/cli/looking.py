"""``sitediff inventory``, ``plan`` and ``check``: what changes nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tox_sitediff.environments import Kind
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.explain import explain
from tox_sitediff.forecast import python_of
from tox_sitediff.record import python_json
from tox_sitediff.records import Role
from tox_sitediff.render import columns, plan_table
from tox_sitediff.requirements import key
from tox_sitediff.sizes import distribution_bytes

from .options import refuse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tox_sitediff.record import Json

    from .context import Context


def inventory(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:  # noqa: ARG001
    """List what is offered."""
    place = context.find(options.python, fallback=True)
    with context.over(place) as environment:
        view = context.engine(environment).look(context.variables)
        offered = [
            found
            for name in view.inventory.names()
            if (found := view.inventory.effective(name)) is not None and found.layer.role is not Role.OWN
        ]
        python = python_of(view)
        broken = view.inventory.broken()
        if options.format == "json":
            layers: list[Json] = [
                {"path": layer.path, "role": layer.role}
                for layer in view.interpreter.layers
                if layer.role is not Role.OWN
            ]
            distributions: list[Json] = [
                {
                    "name": found.name,
                    "version": str(found.version),
                    "location": found.layer.path,
                    "role": found.layer.role,
                    "bytes": distribution_bytes(found),
                }
                for found in offered
            ]
            faults: list[Json] = [{"path": item.entry.path, "reason": item.reason} for item in broken]
            context.show_json(
                {
                    "schema": 1,
                    "python": python_json(python),
                    "layers": layers,
                    "distributions": distributions,
                    "broken": faults,
                }
            )
        else:
            context.show(
                columns(
                    ("distribution", "version", "from", "location"),
                    [(found.name, str(found.version), found.layer.role, found.layer.path) for found in offered],
                )
            )
    for item in broken:
        context.say(f"not usable: {item.entry.path}: {item.reason}")
    context.say(
        f"{len(offered)} distributions offered by {python.executable} ({python.implementation} {python.version})"
    )
    return 0


def plan(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Tell what an installation would do."""
    refuse(rest, command=options.command)
    place = context.find(options.python, fallback=True)
    with context.over(place) as environment:
        if place.kind is not Kind.ENVIRONMENT:
            context.say(f"for a new environment over {place.python} ({place.how})")
        elif not place.inherits:
            context.say(f"{place.directory} does not inherit from its base, so nothing of the base is reused")
        engine = context.engine(environment, exclude=options.exclude)
        with engine.stacked([context.directory / Path(text).expanduser() for text in options.layer], context.variables):
            request = context.request(environment, rest)
            found = engine.plan(request)
            lines = [
                line
                for name in getattr(options, "explain", ())
                for line in explain(name, plan=found, view=engine.look(context.variables))
            ]
    if found.refused:
        pass  # without an answer of uv's there is no plan
    elif options.format == "json":
        context.show_json(found.as_json())
    elif lines:
        context.show("\n".join(lines))
    else:
        context.show(plan_table(found))
    for conflict in found.conflicts:
        context.say(str(conflict))
    for unmet in found.unmet:
        context.say(f"not met: {unmet}")
    if found.message:
        print(found.message.strip(), file=sys.stderr)
    return found.status


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
        broken: list[Json] = [
            {"name": item.name, "version": item.version, "requires": item.requires, "found": item.found}
            for item in conflicts
        ]
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
