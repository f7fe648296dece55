"""What uv is asked before an environment is filled from a lock file (edge): what is locked, and whether options fit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import EnvironmentProblem, Unsatisfied
from ..programs import ask
from ..uv.hidden import without_secrets

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
        command, hidden = without_secrets([os.fspath(uv), "export", "--python", os.fspath(python), *arguments])
        # the lock file says which project it is
        dropped = {"VIRTUAL_ENV", "UV_PROJECT", "UV_PYTHON"}
        kept = {name: value for name, value in variables.items() if name not in dropped}
        answer = ask(command, variables={**kept, **hidden}, directory=directory)
        if answer.status:
            kind = Unsatisfied if answer.status == 1 else EnvironmentProblem
            raise kind(f"uv can't use the lock file of {directory}: {_reason(answer.said)}")
        for line in answer.said.splitlines():
            if line.startswith("warning: "):
                tell(line.removeprefix("warning: "))
        return answer.out

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
        command = request.build(["--dry-run", *options, "-r", "-"])
        answer = ask(command, variables=request.settings, directory=directory)
        if answer.status:
            raise EnvironmentProblem(f"uv does not take {' '.join(options)}: {_reason(answer.said)}")


def _reason(said: str) -> str:
    return " ".join(said.rpartition("error: ")[2].partition("For more information, try ")[0].split())
