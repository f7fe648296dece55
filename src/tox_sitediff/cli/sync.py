"""``sitediff sync``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..core.advice import Ways
from ..core.render import plan_table
from ..environment.bytecode import kept_out
from ..lock.export import export, refuse_wrong
from ..lock.options import WITH_VALUE, parse
from ..lock.sync import Sync, Wish, find, load, requirements
from ..uv.program import find_uv, uv_environment
from .changing import Installer, finish, prepare
from .context import UvFailed
from .options import UsageError, operands

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from ..core.record import Json
    from ..core.snapshot import Snapshot
    from ..engine.slim import Slim
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
    # where a project is named, its lock file is the one that is looked for
    source = find(named[0], context.directory) if named else find(None, context.project)
    place = context.environment(options.python)
    layers = context.paths(options.layer)
    slim = context.slim(place, exclude=options.exclude, layers=layers, unverified=options.unverified)
    refuse_wrong(wanted.install, context.request(slim, wanted.install), context.directory)
    with context.alone(place.directory, only_looks=options.dry_run):
        if options.dry_run:
            seen = slim.environment.look_with(tuple(layers))
            return _rehearse(context, options, _sync(context, options, slim, source, wanted), seen)
        prepare(context, place, slim)
        return _carry_out(context, options, slim, _sync(context, options, slim, source, wanted))


def _sync(context: Context, options: argparse.Namespace, slim: Slim, source: Source, wanted: SyncOptions) -> Sync:
    interpreter = slim.environment.look().interpreter
    variables = kept_out(uv_environment(context.variables, slim.target.directory), interpreter)
    packages = load(
        source,
        wanted,
        markers=interpreter.markers,
        export=export(find_uv(), slim.target.python, variables, tell=context.say),
        tell=context.say,
    )
    decides = "the lock decides" if not options.prefer_base else "what the project requires decides, then the lock"
    context.say(f"{source.path}: {len(packages)} locked for this environment; {_mode(options)}: {decides}")
    wish = Wish(
        packages=packages,
        requires=tuple(requirements(source, wanted)) if options.prefer_base else None,
        options=wanted,
    )
    return Sync(
        wish,
        install=slim.installation(context.request(slim, wanted.install, ways=_WAYS)),
        remove=slim.installation(context.request(slim, (), command="uninstall")),
    )


def _mode(options: argparse.Namespace) -> str:
    return "prefer-base" if options.prefer_base else "exact"


def _carry_out(context: Context, options: argparse.Namespace, slim: Slim, work: Sync) -> int:
    before = slim.history.read_record()
    installer = Installer(context=context, slim=slim)

    def run(command: Sequence[str], variables: Mapping[str, str]) -> None:
        try:
            installer(command, variables)
        except UvFailed as error:
            raise UvFailed(1) from error  # the command was ours: what uv calls wrong usage is a lock that can't be met

    differences = work.carry_out(run)
    if options.format == "json":
        record = slim.history.record()
        context.show_json({**_head(options, differences), "record": record.as_json()})
    else:
        finish(context, slim, None if installer.has_changed else before, as_json=False)
    _tell(context, differences)
    filled = slim.history.read_record()
    if filled is not None:
        _advise(context, options, [item.name for item in filled.reused], [item.name for item in filled.shadowed])
    return 0


def _advise(context: Context, options: argparse.Namespace, reused: Sequence[str], shadowed: Sequence[str]) -> None:
    """Say what to do where more of the base is hidden behind locked versions than is reused."""
    if not options.prefer_base and len(shadowed) > len(reused):
        context.say(
            f"the base has {len(shadowed)} of these in another version than is locked, and {len(reused)} as locked: "
            "sitediff sync --prefer-base takes what meets the project's requirements, and a lock can be made against a "
            "base (docs/users/uv.md)"
        )


def _rehearse(context: Context, options: argparse.Namespace, work: Sync, seen: Snapshot) -> int:
    plan, surplus = work.plan(seen)
    differences = work.differences(seen)
    if options.format == "json":
        removed: list[Json] = [*surplus]
        context.show_json({**_head(options, differences), "remove": removed, "plan": plan.as_json()})
    else:
        context.show(plan_table(plan, width=context.width))
    _tell(context, differences)
    if surplus:
        context.say(f"would be removed: {', '.join(surplus)}")
    if options.prefer_base and plan.install:
        context.say("what the locked packages require is known once they are there: more may be installed than that")
    _advise(context, options, [item.name for item in plan.reused], [item.name for item in plan.shadowed])
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
