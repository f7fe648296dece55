"""What ``-r pylock.toml`` asks for (edge: reads the lock file): all that it holds for this environment, as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.declared import Declared
from ..core.requirements import parse_anew
from ..errors import EnvironmentProblem
from ..files import read_toml
from . import pylock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.declared import Arguments
    from .pylock import Locked


def with_locked(asked: Arguments, markers: Mapping[str, str]) -> Arguments:
    """Add what lock files hold to what is declared.

    Args:
        asked: What is declared, with the lock files in it.
        markers: The marker environment of the target interpreter (PEP 508).

    Returns:
        The same with what the files hold; what these require is not asked for, because uv installs no more than they
        hold. A file that can't be read holds nothing: uv says what is wrong with it.
    """
    found = [package for path in asked.locks for package in _locked(path, asked, markers)]
    if not found:
        return asked
    return replace(asked, declared=(*asked.declared, *map(_declared, found)), deep=False)


def _locked(path: Path, asked: Arguments, markers: Mapping[str, str]) -> tuple[Locked, ...]:
    origin = str(path)
    try:
        lock = pylock.read(read_toml(path), origin=origin)
        return pylock.select(
            lock,
            markers=markers,
            extras=(lock.extras or ()) if asked.extras is None else asked.extras,
            groups=asked.groups or None,
            directory=path.parent,
            origin=origin,
        )
    except (EnvironmentProblem, OSError, ValueError):
        return ()


def _declared(package: Locked) -> Declared:
    place = f" @ {Path(package.place).as_uri()}" if package.is_local else ""
    requirement = parse_anew(f"{package.requirement}{place}")
    return Declared(text=str(requirement), requirement=requirement, hashed=package.hashed)
