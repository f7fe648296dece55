"""Commands of uv, taken apart and put together (pure)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .options import LOOKING, without

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_uv(command: Sequence[str]) -> bool:
    """Tell whether a command is uv's, by the name of the program, with or without a path."""
    return bool(command) and Path(command[0]).name.lower() in {"uv", "uv.exe"}


def is_uv_install(command: Sequence[str]) -> bool:
    """Tell whether a command is ``uv pip install``, with or without a path before ``uv``, options between the words."""
    return is_uv(command) and _install_at(command) is not None


def as_dry_run(command: Sequence[str], *, target: Path | None, aloud: bool = False) -> list[str]:
    """Turn a ``uv pip install`` command into its dry run.

    Args:
        command: The whole command, see `is_uv_install`.
        target: The directory whose distributions count as installed; None for those of the environment.
        aloud: Whether people are to see what it says, rather than we.

    Returns:
        The command that tells what it would do; unless it is aloud as JSON, and in its log how it came to that.
    """
    at = _install_at(command)
    assert at is not None  # noqa: S101  # see above
    options = ["--dry-run"] if target is None else ["--dry-run", "--target", os.fspath(target)]
    rest = without(command[at:], {*LOOKING, "--output-format"})  # uv takes each of them once, and not all together
    if aloud:
        return [*command[:at], *options, *rest]
    head, rest = (without(words, {"-q", "-qq", "--quiet", "--color"}) for words in (command[:at], rest))
    return [*head, *options, "--output-format", "json", "--color", "never", "-v", *rest]


def _install_at(command: Sequence[str]) -> int | None:
    """Tell where the arguments of ``pip install`` begin; None where a command is another one."""
    try:
        return command.index("install", command.index("pip") + 1) + 1
    except ValueError:
        return None


def behind_install(command: Sequence[str]) -> Sequence[str]:
    """Return what stands behind ``pip install`` in a command; nothing where that does not occur."""
    at = _install_at(command)
    return () if at is None else command[at:]


def with_arguments(command: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """Put further arguments right behind ``pip install``, or at the end where that does not occur."""
    at = _install_at(command)
    at = len(command) if at is None else at
    return [*command[:at], *arguments, *command[at:]]


def aimed(command: Sequence[str], python: Path) -> list[str]:
    """Point ``uv pip install`` at an environment, so that no setting of a user's can make it fill another one.

    Args:
        command: The command; one that names a place itself stays as it is.
        python: The environment's interpreter.

    Returns:
        The command that fills that environment.
    """
    if {"-p", "--python", "--target", "--prefix", "--system"} & {word.partition("=")[0] for word in command}:
        return list(command)
    return with_arguments(command, ("--python", os.fspath(python)))
