"""What stands in for the plugin where it can't be loaded, says so in a line, and lets the run go on without it."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from pluggy import HookimplMarker

if TYPE_CHECKING:
    from argparse import ArgumentParser

_DISTRIBUTION: Final = "tox-sitediff"
_impl: Final = HookimplMarker("tox")


class StandIn:
    """The hooks that are left where the plugin can't be loaded."""

    __file__ = __file__  # which tox shows with its version

    def __init__(self, reason: str) -> None:
        """Take the reason, which becomes the line."""
        self._line = left_out(reason)

    @_impl
    def tox_add_option(self, parser: ArgumentParser) -> None:
        """Accept the option that switches the plugin off, which it is."""
        parser.add_argument("--no-sitediff", action="store_true", help="nothing here: tox-sitediff can't be loaded")

    @_impl
    def tox_add_core_config(self) -> None:
        """Say why; once in a run, and where tox's own messages go."""
        logging.warning("%s", self._line)

    def tox_append_version_info(self) -> str:
        """Say it in ``tox --version`` too."""
        return f"({self._line})"


def stand_in(reason: str) -> StandIn | None:
    """Make what takes the plugin's place; for tox 3, which has other hooks, there is nothing.

    Args:
        reason: How its import failed.
    """
    found = StandIn(reason)
    if find_spec("tox.plugin") is not None:
        return found
    print(found.tox_append_version_info(), file=sys.stderr)
    return None


def left_out(reason: str) -> str:
    """Say that a run has to do without the plugin.

    Args:
        reason: How its import failed.
    """
    return f"sitediff: left out of this run: it {explained(reason)}; environments are made as without it"


def explained(reason: str) -> str:
    """Say what the plugin needs and does not find here; without a gap in its requirements, how its import failed."""
    from packaging.requirements import Requirement  # which tox has anyway

    gaps = []
    try:
        needed = [Requirement(line) for line in requires(_DISTRIBUTION) or ()]
    except PackageNotFoundError:
        needed = []
    for requirement in needed:
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            gaps.append(f"{requirement.name}{requirement.specifier}, which is missing")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            gaps.append(f"{requirement.name}{requirement.specifier} and finds {found}")
    if gaps:
        return f"needs {', '.join(gaps)} (python -m pip install -U {_DISTRIBUTION})"
    return f"does not work with tox {version('tox')} ({reason}); another release of {_DISTRIBUTION} may"
