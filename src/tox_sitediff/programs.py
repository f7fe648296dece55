"""Starting other programs, waiting for their answer, and how long that may take (leaf, edge)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .errors import EnvironmentProblem, problem_of
from .text import printable
from .values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TIMEOUT: Final = 60.0
"""Seconds after which an interpreter that does not answer counts as hung."""
TIMEOUT_VARIABLE: Final = "TOX_SITEDIFF_PROBE_TIMEOUT"
"""The variable of the calling process that sets another number of seconds."""
_SHOWN: Final = 100


def patience() -> float:
    """Return how many seconds a program that answers at once otherwise may take.

    Returns:
        What ``TOX_SITEDIFF_PROBE_TIMEOUT`` says, or 60.

    Raises:
        EnvironmentProblem: When it is not a number above 0.
    """
    text = os.environ.get(TIMEOUT_VARIABLE, "")
    try:
        seconds = float(text) if text else TIMEOUT
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < threading.TIMEOUT_MAX:
        raise EnvironmentProblem(f"{TIMEOUT_VARIABLE}={printable(text)} is not a number of seconds above 0")
    return seconds


# as Ctrl-C and a polite kill end a program: on POSIX, as a shell says it, on Windows
_INTERRUPTED: Final = frozenset({-2, -15, 130, 143, 0xC000013A})


@frozen
class Answer:
    """What came of a program.

    Attributes:
        status: Its exit status; below 0, the signal that ended it.
        out: What it wrote on its standard output, as far as that was kept.
        err: The same of its standard error.
    """

    status: int
    out: bytes = b""
    err: bytes = b""

    @property
    def was_interrupted(self) -> bool:
        """Whether somebody ended it, by Ctrl-C or a signal that asks for it."""
        return self.status in _INTERRUPTED

    @property
    def said(self) -> str:
        """Its standard error as text; what is not UTF-8 in it is replaced."""
        return self.err.decode("utf-8", "replace")


def ask(
    command: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
    directory: Path | None = None,
    limit: float | None = None,
    on_slow: Callable[[float], None] | None = None,
) -> Answer:
    """Run a program for its answer: nothing of what it writes is shown, and there is nothing for it to read.

    Args:
        command: The program and its arguments.
        variables: The variables that it gets; None for ours.
        directory: Where it is started; None for where we are.
        limit: Seconds that it may take, see `patience`; None for as many as it needs.
        on_slow: Called with that number when they are over, after which the program may take as long as it needs. It
            can raise to give it up. Without, the program is given up.

    Returns:
        What came of it, whatever its exit status.

    Raises:
        EnvironmentProblem: When it can't be started, or does not answer in time. The message names the program, the
            reason and what to do.
    """
    with _started(command, variables, directory, subprocess.PIPE, subprocess.PIPE, subprocess.PIPE) as process:
        try:
            try:
                out, err = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired as error:
                seconds = limit or 0.0
                if on_slow is None:
                    question = printable(" ".join(command[1:]), _SHOWN)
                    raise useless(command[0], f"no answer to {question} within {seconds:g} seconds") from error
                on_slow(seconds)
                out, err = process.communicate()
        except BaseException:  # Ctrl-C too: nothing goes on behind the user's back
            process.kill()
            raise
    return Answer(status=process.returncode, out=out, err=err)


def show(
    command: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
    directory: Path | None = None,
    out: int | None = None,
    err: int | None = None,
) -> Answer:
    """Run a program that the user sees: it has our standard input, output and error, and all the time that it needs.

    Args:
        command: The program and its arguments.
        variables: The variables that it gets; None for ours.
        directory: Where it is started; None for where we are.
        out: Another place for its output: a file descriptor, or `subprocess.PIPE` to have it in the answer.
        err: The same for its standard error.

    Returns:
        Its exit status, and of its output what was asked for.

    Raises:
        EnvironmentProblem: When it can't be started. The message names the program, the reason and what to do.
    """
    given = subprocess.PIPE if sys.stdin is None else None
    with _started(command, variables, directory, given, out, err) as process:
        try:
            written, said = process.communicate()
        except BaseException:
            process.kill()
            raise
    return Answer(status=process.returncode, out=written or b"", err=said or b"")


def _started(
    command: Sequence[str],
    variables: Mapping[str, str] | None,
    directory: Path | None,
    stdin: int | None,
    stdout: int | None,
    stderr: int | None,
) -> subprocess.Popen[bytes]:
    """Start a program; an empty pipe is never the null device: under some runners a program without streams dies."""
    try:
        return subprocess.Popen(
            command,
            env=None if variables is None else dict(variables),
            cwd=directory,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )
    except OSError as error:
        if directory is not None and not directory.is_dir():
            raise EnvironmentProblem(
                f"{problem_of(error, about=directory)}; start in a directory that exists"
            ) from error
        raise useless(command[0], error.strerror or str(error)) from error
    except ValueError as error:  # a NUL among its arguments
        raise useless(command[0], str(error)) from error


def useless(program: str | Path, why: str) -> EnvironmentProblem:
    """Say that a program does not work, and what to do.

    Args:
        program: The program.
        why: What it did instead.

    Returns:
        The error, to be raised.
    """
    how = ": python -m pip install --force-reinstall uv" if Path(program).stem.lower() == "uv" else ""
    return EnvironmentProblem(f"{program} does not work ({why}); reinstall it{how}")
