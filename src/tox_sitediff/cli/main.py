"""``sitediff``: the entry point."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..environment.uv_cache import has_cache
from ..errors import EXIT_STATUS, SitediffError, Unsatisfied, problem_of
from ..terminal import Progress, progress
from ..text import lines
from ..uv.options import option_of
from ..uv.program import find_uv
from .commands import COMMANDS
from .context import Context, UvFailed, in_colour
from .options import DIRECTORY, QUIET, Formatter, Parser, UsageError, add, leading, separate
from .pipes import kept

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .commands import Command, Run

_COMMON = (DIRECTORY, QUIET)
_INSTALLING = frozenset({"check", "install", "plan"})
"""Commands that take the arguments of ``uv pip install``."""
_DESCRIPTION = "Install only what the base interpreter lacks, with uv, into environments that inherit from it."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Without the name of the program; those of the process where there are none.

    Returns:
        0 where it is done, 1 where requirements can't be met or an audit failed, 2 for a mistake in the command line
        or an environment that can't be used.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # until the end
    try:
        status = _run(given)
        sys.stdout.flush()
    except SystemExit:  # of --help and --version
        sys.stdout.flush()
        raise
    except BrokenPipeError:
        return _forsaken(141)  # the reader has seen enough
    except UvFailed as error:
        return 2 if error.status == 2 else 1  # noqa: PLR2004  # uv's own for wrong usage
    except SitediffError as error:
        _complain(str(error))
        return 1 if isinstance(error, Unsatisfied) else 2
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        _complain(f"{problem_of(error)}; see what is wrong there, and try again")
        return _forsaken(2)
    return status


def _forsaken(status: int) -> int:
    """Let the interpreter end without another try at what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _complain(text: str) -> None:
    print(in_colour(f"sitediff: error: {lines(text)}", sys.stderr, os.environ), file=sys.stderr)


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    statuses = ", ".join(f"{number} {meaning}" for number, meaning in EXIT_STATUS.items())
    parser = Parser(
        prog="sitediff",
        description=_DESCRIPTION,
        epilog=f"sitediff COMMAND --help has the options of a command, and examples.\n\nExit status: {statuses}.",
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="version", version=f"sitediff {__version__}")
    subparsers = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS.values():
        _describe(
            subparsers.add_parser(
                command.name,
                help=command.summary,
                description=command.description,
                epilog="\n".join(("examples:", *(f"  {line}" for line in command.examples))),
                formatter_class=Formatter,
                allow_abbrev=False,
            ),
            command,
        )
    return parser


def _run(given: Sequence[str]) -> int:
    parser = make_parser()
    given = _command_first(given)
    chosen = COMMANDS.get(given[0]) if given else None
    if chosen is None or not (chosen.for_uv or chosen.for_program):
        rest: list[str] = []
        options, unknown = parser.parse_known_args(given)
    elif chosen.for_program:
        ours, rest = leading(given[1:], chosen.all_options)
        options, unknown = parser.parse_known_args([chosen.name, *ours])
    else:
        ours, rest = separate(given[1:], chosen.all_options)
        options, unknown = parser.parse_known_args([chosen.name, *ours])
    if unknown:
        page = " ".join(filter(None, (parser.prog, options.command)))
        raise UsageError(f"unrecognized arguments: {' '.join(unknown)}; see: {page} --help")
    if options.command is None:
        parser.print_help(sys.stderr)
        return 2
    variables = dict(os.environ)
    start = variables.pop("UV_WORKING_DIR", "")  # uv, which we start there, would go on from there
    directory = Path.cwd() / (options.directory or start)
    if not directory.is_dir():
        name = f"--directory {options.directory}" if options.directory else f"UV_WORKING_DIR={start}"
        raise UsageError(f"{name}: is not a directory; name another one")
    context = Context(
        variables=variables,
        directory=directory,
        quiet=options.quiet,
        progress=Progress() if options.quiet else progress(sys.stderr, variables),
    )
    is_said = any(option_of(word)[0] in {"--cache-dir", "--no-cache", "-n"} for word in rest)
    if chosen is not None and chosen.for_uv and not is_said and not _has_cache(directory):
        context = replace(context, variables={**context.variables, "UV_NO_CACHE": "1"})
        context.say(
            "uv can't write its cache, and goes on without one; set UV_CACHE_DIR to a directory that can be written"
        )
    module, _, function = COMMANDS[options.command].run.partition(":")
    # only the module of the command that runs is loaded
    run: Run = getattr(import_module(f".{module}", __package__), function)
    takes_pipes = rest and options.command in _INSTALLING
    with kept(rest, directory) if takes_pipes else nullcontext(rest) as arguments:
        return run(context, options, arguments)


def _has_cache(directory: Path) -> bool:
    return has_cache(os.environ, uv=find_uv, directory=directory)


def _command_first(given: Sequence[str]) -> list[str]:
    """Put what all commands take behind the command, where uv takes it too."""
    rest = list(given)
    before: list[str] = []
    while rest and rest[0] not in COMMANDS and any(option_of(rest[0])[0] in common.flags for common in _COMMON):
        takes = option_of(rest[0]) == (*DIRECTORY.flags, None)
        before += rest[: 1 + takes]
        del rest[: 1 + takes]
    return [*rest[:1], *before, *rest[1:]]


def _describe(parser: argparse.ArgumentParser, command: Command) -> None:
    add(parser, command.all_options)
    for positional in command.positionals:
        parser.add_argument(
            positional.name, metavar=positional.metavar, nargs=positional.nargs or None, help=positional.help
        )
    if command.for_uv or command.for_program:
        parser.usage = f"{parser.prog} [OPTIONS] {command.for_uv or command.for_program}"
