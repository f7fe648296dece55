"""The program: where it is, whether it is new enough, and the variables that it gets (edge)."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from ..errors import EnvironmentProblem
from ..programs import ask, patience, useless
from ..text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping


OLDEST: Final = Version("0.12.18")
"""The first uv whose ``pip install`` tells a dry run's outcome as JSON."""

# each of them would lead uv away from the environment that it is to fill, some of them to the base, or from where we
# start it
_MISLEADING: Final = (
    "UV_WORKING_DIR",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_TARGET",
    "UV_PREFIX",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
)


@cache
def find_uv() -> Path:
    """Find the uv that came with this package, or the one on ``PATH``.

    Returns:
        The program.

    Raises:
        EnvironmentProblem: When there is none.
    """
    try:
        from uv import find_uv_bin  # a distribution may ship the program without the module

        return Path(find_uv_bin())
    except (ImportError, FileNotFoundError):
        pass
    if (found := shutil.which("uv")) is not None:
        return Path(found)
    raise EnvironmentProblem(
        "uv was not found, neither beside Python nor on PATH; install it: python -m pip install uv"
    )


@cache
def check_version(uv: Path) -> Version:
    """Make sure that a uv is new enough.

    Args:
        uv: The program.

    Returns:
        Its version.

    Raises:
        EnvironmentProblem: When it can't be run, or is too old.
    """
    answer = ask([os.fspath(uv), "--version"], limit=patience())
    out = answer.out.decode("utf-8", "replace")
    try:
        version = Version(out.split()[1])
    except (IndexError, InvalidVersion) as error:
        said = (out or answer.said).strip().partition("\n")[0]
        why = f"--version ended with status {answer.status} and said {printable(said) or 'nothing'}"
        raise useless(uv, why) from error
    if version < OLDEST:
        raise EnvironmentProblem(
            f"{uv} is uv {version}, but {OLDEST} or newer is needed; upgrade it: python -m pip install --upgrade uv"
        )
    return version


def uv_environment(environment: Mapping[str, str], prefix: Path) -> dict[str, str]:
    """Make the variables with which uv fills one environment and nothing else.

    Args:
        environment: The variables that the user and the front end set.
        prefix: The environment's directory.

    Returns:
        The same, pointed at the environment.
    """
    result = {name: value for name, value in environment.items() if name not in _MISLEADING}
    result["VIRTUAL_ENV"] = os.fspath(prefix)
    return result
