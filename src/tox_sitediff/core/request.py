"""What a front end asks of the engine: one installation, as the installer's arguments and all that goes with them."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ..values import frozen
from .advice import Ways

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from packaging.utils import NormalizedName

    Run: TypeAlias = Callable[[Sequence[str], Mapping[str, str]], None]
    """Runs a command with variables, shows what it says, and raises where it fails."""


@frozen
class Request:
    """One installation.

    Attributes:
        arguments: What is to be installed: arguments of ``uv pip install`` without the command.
        declared: The same with whatever options the command has of its own.
        build: Makes the whole command of the installer, uv or another, from such arguments.
        variables: The variables that the environment's commands get.
        settings: The variables that the installer gets.
        neutral: Whether no setting can make an installed distribution not good enough: then uv need not be started
            where the base satisfies all that is asked for.
        ignored: Names that the installer was told to resolve otherwise than the metadata say.
        renews: Whether what is asked for takes the place of what was declared before of the same distributions, where
            the two contradict each other.
        ways: What the user can do about what is not met.
    """

    arguments: Sequence[str]
    declared: Sequence[str]
    build: Callable[[Sequence[str]], list[str]]
    variables: Mapping[str, str]
    settings: Mapping[str, str]
    neutral: bool
    ignored: frozenset[NormalizedName] = frozenset()
    renews: bool = False
    ways: Ways = field(default_factory=Ways)
