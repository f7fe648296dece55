"""The environment that is filled (pure): what a front end says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.utils import NormalizedName

    from .model import Visibility


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The environment to fill.

    Attributes:
        name: What people call it.
        directory: Its directory.
        python: Its interpreter.
        project: Where relative paths and the installer start.
        exclude: Normalised names that are never taken from the base.
        layers: Environments or site directories to stack between it and the base.
        seeds: Names that an environment of its kind holds without declaring them: their console scripts are made
            where the base has them.
        visibility: What it sees of its base; none for what it saw so far.
        declare: Normalised names of what it may see besides what is declared; none for those so far.
    """

    name: str
    directory: Path
    python: Path
    project: Path
    exclude: frozenset[NormalizedName] = frozenset()
    layers: tuple[Path, ...] = ()
    seeds: tuple[NormalizedName, ...] = ()
    visibility: Visibility | None = None
    declare: tuple[NormalizedName, ...] | None = None
