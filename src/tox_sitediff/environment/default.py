"""Which environment is a project's default one (edge): its ``.venv``, or what a file in its place names.

- ``.venv``, an environment or a link to one; or a file with the path of one, which uv follows and tox writes
  (``venv_redirect``): that path, relative to the file, and at most one line end;
- ``.python-envs``, of PEP 832: an environment a line, relative to the file; the last one is the default, unless there
  is a ``.venv`` beside it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ..errors import EnvironmentProblem
from ..files import read_bytes

NAME: Final = ".venv"
LIST: Final = ".python-envs"

_LIMIT: Final = 64 * 1024


def default_environment(directory: Path) -> tuple[Path, str] | None:
    """Find the default environment of a directory, not of those above it.

    Args:
        directory: The directory, absolute.

    Returns:
        The environment's directory, which need not exist, and in words how it is known; None where there is none.

    Raises:
        EnvironmentProblem: When a file that is to name it does not.
    """
    path = directory / NAME
    if path.is_file():
        return redirected(path), f"the file .venv in {directory}"
    if os.path.lexists(path):
        return path, f"the .venv in {directory}"
    lines = [line for line in _text(directory / LIST).splitlines() if line] if (directory / LIST).is_file() else []
    return (directory / lines[-1], f"the last line of {directory / LIST}") if lines else None


def redirected(path: Path) -> Path:
    """Follow a file that stands in the place of an environment.

    Args:
        path: The file.

    Returns:
        The directory that it names, which need not exist.

    Raises:
        EnvironmentProblem: When it names none.
    """
    line = _text(path).removesuffix("\n").removesuffix("\r")
    if not line:
        raise EnvironmentProblem(
            f"{path} is a file, and does not hold the path of an environment; write that into it, or remove it"
        )
    return Path(os.path.abspath(path.parent / line))


def _text(path: Path) -> str:
    try:
        return (read_bytes(path, _LIMIT) or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise EnvironmentProblem(
            f"{path} is a file that should hold the path of an environment, and is not UTF-8; repair or remove it"
        ) from error
