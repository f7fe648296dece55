"""``sitediff report``: records of environments, machines and CI matrices, merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.record import FILE_NAME
from ..environment.default import default_environment
from ..errors import EnvironmentProblem
from ..report.collect import collect
from ..report.deliver import deliver, wanted_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .context import Context


def report(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:  # noqa: ARG001
    """Show records."""
    wanted = wanted_of(
        form=options.format or "table",
        by=options.by,
        compare=context.paths(options.compare),
        fail_over=options.fail_over,
        fail_increase=options.fail_increase,
        output=context.paths([options.output])[0] if options.output else None,
        start=context.directory,
    )
    paths = context.paths(options.paths) or list(dict.fromkeys(_usual(context)))
    if not paths:
        raise EnvironmentProblem(
            f"there is no {FILE_NAME} in the active environment, nor in .venv, .tox or .nox of "
            f"{context.directory}; name files or directories"
        )
    with context.progress.during("reading records"):
        rows = collect(paths, start=context.directory)
    return deliver(rows, wanted, variables=context.variables, say=context.say, complain=context.complain)


def _usual(context: Context) -> Iterator[Path]:
    active = context.variables.get("VIRTUAL_ENV")
    default = default_environment(context.directory)
    for directory in (*((context.directory / active,) if active else ()), *((default[0],) if default else ())):
        if (directory / FILE_NAME).is_file():
            yield directory / FILE_NAME
    for name in (".tox", ".nox"):
        yield from sorted((context.directory / name).glob(f"*/{FILE_NAME}"))
