"""The options of the commands, and how they are told from those that are uv's."""

from __future__ import annotations

import argparse
import re
import textwrap
from typing import TYPE_CHECKING, Final, NoReturn

from packaging.utils import InvalidName, canonicalize_name

from ..core.model import Visibility
from ..core.visible import entry
from ..errors import EnvironmentProblem
from ..uv.options import option_of, takes_value
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName


_IN_OTHER_WORDS: Final = {"--output-format": "use --format"}
"""Options of uv's that are called otherwise here, and what to do."""
_ELSEWHERE: Final = frozenset({"--prefix", "--system", "--target", "--user", "-t"})
"""Options of uv's that fill something else than an environment."""


class UsageError(EnvironmentProblem):
    """The command line can't be understood."""


@frozen
class Option:
    """One option of ours.

    Attributes:
        flags: Its spellings, the long one last.
        metavar: What its value is called; empty for a switch.
        help: What it does, in one line.
        choices: The values that it takes, where these are few.
        repeated: Whether it may come more than once.
        is_name: Whether its value is the name of a distribution.
        may_mend: Whether it may also be one with what that needs beyond what its metadata say.
    """

    flags: tuple[str, ...]
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    repeated: bool = False
    is_name: bool = False
    may_mend: bool = False

    @property
    def takes_value(self) -> bool:
        """Whether a value belongs to it."""
        return bool(self.metavar or self.choices)


PYTHON: Final = Option(
    flags=("-p", "--python"),
    metavar="PYTHON",
    help="an interpreter, the directory of an environment, or a version as uv takes it "
    "(default: the active environment, or the .venv here or above)",
)
ANY: Final = Option(
    flags=PYTHON.flags,
    metavar=PYTHON.metavar,
    help=f"{PYTHON.help.removesuffix(')')}, or else the first interpreter that uv finds)",
)
BASE: Final = Option(
    flags=PYTHON.flags,
    metavar=PYTHON.metavar,
    help="the base: an interpreter, the directory of an environment, or a version as uv takes it (default: the active "
    "conda environment, or what uv venv takes)",
)
EXCLUDE: Final = Option(
    flags=("--exclude",),
    metavar="NAME",
    repeated=True,
    is_name=True,
    help="never take this distribution from the base",
)
LAYER: Final = Option(
    flags=("--layer",),
    metavar="PATH",
    repeated=True,
    help="an environment or a directory to stack between this environment and the base",
)
VISIBILITY: Final = Option(
    flags=("--visibility",),
    choices=tuple(map(str, Visibility)),
    help="what is seen of the base: all of it (base), all of it with a report of what is imported without being "
    "declared (report), or only what is declared (declared); default: as it was, at first base",
)
DECLARE: Final = Option(
    flags=("--declare",),
    metavar="NAME",
    repeated=True,
    is_name=True,
    may_mend=True,
    help="a distribution of the base that may be seen without being a dependency, besides those of earlier runs; or "
    "'NAME: NAMES', what one needs beyond what its metadata say",
)
UNVERIFIED: Final = Option(
    flags=("--unverified",),
    choices=("warn", "error"),
    help="where hashes are asked for, what is taken from the base can't be checked: say so (warn, the default), or "
    "fail (error)",
)
DIRECTORY: Final = Option(flags=("--directory",), metavar="DIR", help="start in this directory")
QUIET: Final = Option(flags=("-q", "--quiet"), help="print errors only")
DRY_RUN: Final = Option(flags=("--dry-run",), help="tell what would be done, and change nothing")
CHECK: Final = Option(
    flags=("--check",), help="tell it, change nothing, and end with status 1 where something would be installed"
)
TABLE: Final = Option(flags=("--format",), choices=("table", "json"), help="the form of the output (default: table)")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are ours."""

    def error(self, message: str) -> NoReturn:
        """Refuse a command line."""
        raise UsageError(f"{message}; see: {self.prog} --help")


class Formatter(argparse.HelpFormatter):
    """Fills the paragraphs of a help to the width of the terminal, and leaves those with indented lines as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(
            # options keep their hyphens together, so that they can be copied and searched
            paragraph
            if "\n  " in paragraph
            else textwrap.fill(
                paragraph, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
            )
            for paragraph in text.split("\n\n")
        )


def add(parser: argparse.ArgumentParser, options: Sequence[Option]) -> None:
    """Add options to a parser."""
    for option in options:
        if not option.takes_value:
            parser.add_argument(*option.flags, action="store_true", help=option.help)
            continue
        parser.add_argument(
            *option.flags,
            action="append" if option.repeated else "store",
            default=[] if option.repeated else None,
            choices=option.choices or None,
            type=mended if option.may_mend else name if option.is_name else str,
            metavar=option.metavar or None,
            help=f"{option.help} (may be repeated)" if option.repeated else option.help,
        )


def mended(text: str) -> str:
    """Normalise the name of a distribution, or one with what it needs; see `visible.entry`.

    Args:
        text: What a user gave.

    Raises:
        UsageError: When something in it is no name.
    """
    first, colon, more = text.partition(":")
    for one in (first.strip() if colon else text, *filter(None, re.split(r"[,\s]+", more))):
        name(one)
    return entry(text)


def name(text: str) -> NormalizedName:
    """Normalise the name of a distribution that a user gave.

    Args:
        text: The name.

    Raises:
        UsageError: When it is none.
    """
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise UsageError(f"{text} is not the name of a distribution; give names without versions and paths") from None


def separate(arguments: Sequence[str], options: Sequence[Option]) -> tuple[list[str], list[str]]:
    """Tell our options from what is meant for uv.

    Args:
        arguments: The arguments of a command.
        options: Ours.

    Returns:
        Ours, and all others in their order.
    """
    by_flag = {flag: option for option in options for flag in option.flags}
    ours: list[str] = []
    others: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            others += [argument, *rest]
            break
        flag, value = option_of(argument)
        option = by_flag.get(flag) or by_flag.get(argument[:2] if not argument.startswith("--") else "")
        if option is not None or argument in {"-h", "--help"}:
            ours += _with_value(argument, rest, needs=option is not None and option.takes_value and flag == argument)
        else:
            others += _with_value(argument, rest, needs=value is None and takes_value(flag))
    return ours, others


def leading(arguments: Sequence[str], options: Sequence[Option]) -> tuple[list[str], list[str]]:
    """Tell our options from the command that stands behind them, with all that belongs to it.

    Args:
        arguments: The arguments of a command.
        options: Ours.

    Returns:
        Ours, and the command with its arguments.
    """
    valued = {flag for option in options if option.takes_value for flag in option.flags}
    ours: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return ours, list(rest)
        if not argument.startswith("-") or argument == "-":
            return ours, [argument, *rest]
        ours += _with_value(argument, rest, needs=argument in valued)
    return ours, []


def _with_value(argument: str, rest: Iterator[str], *, needs: bool) -> list[str]:
    following = next(rest, None) if needs else None
    return [argument] if following is None else [argument, following]


def operands(arguments: Sequence[str], with_value: frozenset[str]) -> tuple[list[str], list[str]]:
    """Tell operands from options.

    Args:
        arguments: Arguments of a command of uv's.
        with_value: Its options that have a value.

    Returns:
        The operands, and all else in its order.
    """
    found: list[str] = []
    others: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            found += rest
        elif not argument.startswith("-"):
            found.append(argument)
        else:
            others += _with_value(argument, rest, needs=argument in with_value)
    return found, others


def demand_directories(layers: Iterable[Path]) -> None:
    """Refuse a layer that is no directory."""
    for layer in layers:
        if not layer.is_dir():
            raise UsageError(f"the layer {layer} is no directory; give an environment or a directory of distributions")


def refuse(rest: Sequence[str], *, command: str) -> None:
    """Refuse what asks for nothing, and what would fill something else than an environment."""
    if not rest:
        raise UsageError(
            f"nothing was asked for; give requirements, or -r, -e, --group; see: sitediff {command} --help"
        )
    for argument in rest[: rest.index("--")] if "--" in rest else rest:
        if (option := option_of(argument)[0]) in _IN_OTHER_WORDS:
            raise UsageError(f"{option} is not for sitediff {command}: {_IN_OTHER_WORDS[option]}")
        if option in _ELSEWHERE:
            raise UsageError(
                f"{option} fills no environment, so nothing could be inherited; use uv pip install {option} for that, "
                "or name an environment with --python"
            )
