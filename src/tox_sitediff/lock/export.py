"""What uv is asked before an environment is filled from a lock file (edge): what is locked, and whether options fit."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from ..errors import EnvironmentProblem, Unsatisfied

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ..core.request import Request


def export(
    uv: Path, python: Path, variables: Mapping[str, str], *, tell: Callable[[str], None]
) -> Callable[[Sequence[str], Path], bytes]:
    """Make what runs ``uv export``.

    Args:
        uv: The program.
        python: The environment's interpreter.
        variables: The variables that uv gets.
        tell: Takes a warning of uv's.

    Returns:
        Takes arguments and a directory, and returns what uv printed; where uv fails it raises `Unsatisfied`, or
        `EnvironmentProblem` where uv has been used in a wrong way or the lock file is not as it should be.
    """

    def run(arguments: Sequence[str], directory: Path) -> bytes:
        command = [os.fspath(uv), "export", "--python", os.fspath(python), *arguments]
        kept = {name: value for name, value in variables.items() if name not in {"VIRTUAL_ENV", "UV_PYTHON"}}
        done, said = _ask(command, kept, directory)
        if done.returncode:
            kind = Unsatisfied if done.returncode == 1 else EnvironmentProblem
            raise kind(f"uv can't use the lock file of {directory}: {_reason(said)}")
        for line in said.splitlines():
            if line.startswith("warning: "):
                tell(line.removeprefix("warning: "))
        return done.stdout

    return run


def refuse_wrong(options: Sequence[str], request: Request, directory: Path) -> None:
    """Have uv look at the options of an installation before anything is done; afterwards nobody could tell.

    Args:
        options: Options of ``uv pip install``.
        request: How that is run.
        directory: Where it is started.

    Raises:
        EnvironmentProblem: When uv does not take one of them.
    """
    if options:
        done, said = _ask(request.build(["--dry-run", *options, "-r", "-"]), request.settings, directory)
        if done.returncode:
            raise EnvironmentProblem(f"uv does not take {' '.join(options)}: {_reason(said)}")


def _ask(
    command: Sequence[str], variables: Mapping[str, str], directory: Path
) -> tuple[subprocess.CompletedProcess[bytes], str]:
    try:
        done = subprocess.run(command, env=dict(variables), cwd=directory, input=b"", capture_output=True, check=False)
    except OSError as error:
        raise EnvironmentProblem(f"{command[0]} can't be run: {error.strerror or error}") from error
    return done, done.stderr.decode("utf-8", "replace").strip()


def _reason(said: str) -> str:
    return " ".join(said.rpartition("error: ")[2].partition("For more information, try ")[0].split())
