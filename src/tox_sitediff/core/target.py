"""The environment that is filled (pure): what a front end says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values import frozen

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.utils import NormalizedName

    from .model import Visibility


@frozen
class Target:
    """The environment to fill.

    Attributes:
        name: What people call it.
        directory: Its directory.
        python: Its interpreter.
        project: Where relative paths and the installer start.
        exclude: Normalised names that are never taken from the base.
        layers: Environments or site directories to stack between it and the base.
        keeps_layers: Whether those that are stacked already stay, before these.
        temporary: Files in its directory that the front end writes, and of which a killed run may leave parts.
        seeds: Names that an environment of its kind holds without declaring them: their console scripts are made
            where the base has them.
        visibility: What it sees of its base; None for what it saw so far.
        also_visible: What it may see besides what is declared, see `visible.entry`; None for what it might so far.
        adds_visible: Whether those names are added to those so far.
        refuses_unverified: Whether it is an error to take something from the base where hashes are asked for.
    """

    name: str
    directory: Path
    python: Path
    project: Path
    exclude: frozenset[NormalizedName] = frozenset()
    layers: tuple[Path, ...] = ()
    keeps_layers: bool = False
    temporary: tuple[str, ...] = ()
    seeds: tuple[NormalizedName, ...] = ()
    visibility: Visibility | None = None
    also_visible: tuple[str, ...] | None = None
    adds_visible: bool = False
    refuses_unverified: bool = False
