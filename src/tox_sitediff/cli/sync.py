"""``sitediff sync``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..core.advice import Ways
from ..core.render import plan_table
from ..files import path_of
from ..lock.export import export, refuse_wrong
from ..lock.options import WITH_VALUE, parse
from ..lock.sync import Sync, Wish, find, load, requirements
from ..uv.program import find_uv, uv_environment
from .changing import finished, prepare
from .context import UvFailed
from .options import UsageError, operands

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from ..core.record import Json
    from ..engine.engine import Engine
    from ..environment.find import Place
    from ..lock.choice import Difference
    from ..lock.options import SyncOptions
    from ..lock.sync import Source
    from .context import Context

_WAYS: Final = Ways(
    declare="uv add '{}'", give_up="uv remove {}", exclude="sitediff sync --exclude {}", again="uv lock --upgrade"
)


def sync(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Make the environment what a lock file says, less what the base has."""
    named, others = operands(rest, WITH_VALUE)
    if len(named) > 1:
        raise UsageError(f"one lock file at a time, not {' and '.join(named)}")
    wanted = parse(others, variables=context.variables)
    if options.prefer_base and not wanted.one_project:
        raise UsageError("--prefer-base is about one project's requirements: not with --package or --all-packages")
    if options.prefer_base and wanted.leave_local:
        raise UsageError(
            "--prefer-base audits what the project requires: not with --no-install-local or --no-install-workspace"
        )
    source = find(named[0] if named else None, context.directory)
    place = context.environment(options.python)
    engine = context.engine(place, exclude=options.exclude)
    refuse_wrong(wanted.install, context.request(place, ()), context.directory)
    with context.alone(place.directory, only_looks=options.dry_run):
        if not options.dry_run:
            prepare(context, place, engine, layers=options.layer)
            return _carry_out(context, options, engine, _sync(context, options, engine, place, source, wanted))
        with engine.stacked([path_of(text, start=context.directory) for text in options.layer], context.variables):
            return _rehearse(context, options, _sync(context, options, engine, place, source, wanted))


def _sync(
    context: Context, options: argparse.Namespace, engine: Engine, place: Place, source: Source, wanted: SyncOptions
) -> Sync:
    variables = uv_environment(context.variables, place.directory)
    packages = load(
        source,
        wanted,
        markers=engine.look(context.variables).interpreter.markers,
        export=export(find_uv(), place.python, variables, tell=context.say),
        tell=context.say,
    )
    decides = "the lock decides" if not options.prefer_base else "what the project requires decides, then the lock"
    context.say(f"{source.path}: {len(packages)} locked for this environment; {_mode(options)}: {decides}")
    wish = Wish(
        packages=packages,
        requires=tuple(requirements(source, wanted)) if options.prefer_base else None,
        options=wanted,
    )
    install = context.request(place, (), ways=_WAYS)

    def run(command: Sequence[str], variables: Mapping[str, str]) -> None:
        try:
            context.run(command, variables)
        except UvFailed as error:
            raise UvFailed(1) from error  # the command was ours: what uv calls wrong usage is a lock that can't be met

    return Sync(engine, wish, install=install, remove=context.request(place, (), command="uninstall"), run=run)


def _mode(options: argparse.Namespace) -> str:
    return "prefer-base" if options.prefer_base else "exact"


def _carry_out(context: Context, options: argparse.Namespace, engine: Engine, work: Sync) -> int:
    before = engine.recorded()
    differences = work.carry_out()
    if options.format == "json":
        record = engine.current(context.variables)
        context.show_json({**_head(options, differences), "record": record.as_json()})
    else:
        finished(context, engine, before, as_json=False)
    _tell(context, differences)
    return 0


def _rehearse(context: Context, options: argparse.Namespace, work: Sync) -> int:
    plan, surplus = work.plan()
    differences = work.differences()
    if options.format == "json":
        removed: list[Json] = [*surplus]
        context.show_json({**_head(options, differences), "remove": removed, "plan": plan.as_json()})
    else:
        context.show(plan_table(plan))
    _tell(context, differences)
    if surplus:
        context.say(f"would be removed: {', '.join(surplus)}")
    if options.prefer_base and plan.install:
        context.say("what the locked packages require is known once they are there: more may be installed than that")
    for conflict in plan.conflicts:
        context.say(str(conflict))
    return 0


def _head(options: argparse.Namespace, differences: Sequence[Difference]) -> dict[str, Json]:
    listed: list[Json] = [
        {"name": item.name, "locked": item.locked, "found": item.found, "location": item.location}
        for item in differences
    ]
    return {"schema": 1, "mode": _mode(options), "differences": listed}


def _tell(context: Context, differences: Sequence[Difference]) -> None:
    for item in differences:
        context.say(f"not as locked: {item}")
    if not differences:
        context.say("nothing differs from the lock")
