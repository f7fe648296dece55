"""What tox loads: the plugin, or where it can't be loaded, what says so in a line and lets the run go on without it.

tox loads its plugins in each run of a machine, also in projects that don't use this one. A tox that is older or newer
than what was tried, or a library that somebody moved back, must not end these runs; so nothing is imported here that
may be missing.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from pluggy import HookimplMarker

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable
    from types import ModuleType

_DISTRIBUTION: Final = "tox-sitediff"
_impl: Final = HookimplMarker("tox")
OLDEST: Final = "4.59.0"
"""The first tox that has all that is used; with an older one, what is missing is noticed only in the midst of a run."""
_AT_ONCE: Final = ("subcommand", "stock", "plugin")
"""Modules of the plugin that every run imports; what they import in turn is there or not."""
_LATER: Final = ("filelock", "packaging.dependency_groups", "packaging.direct_url", "packaging.pylock", "tomli_w")
"""What is imported only where something is installed, when it would be too late."""


class StandIn:
    """The hooks that are left where the plugin can't be loaded."""

    __file__ = __file__  # which tox shows with its version

    def __init__(self, reason: str) -> None:
        """Take the reason, which becomes the line."""
        self._line = f"sitediff: left out of this run: {reason}"

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


def load(
    modules: Iterable[str] = _AT_ONCE, later: Iterable[str] = _LATER, *, oldest: str = OLDEST
) -> ModuleType | StandIn | None:
    """Load the plugin.

    Args:
        modules: What to import of it; the last one has the hooks.
        later: Modules of other distributions that have to be there.
        oldest: The oldest tox that will do.

    Returns:
        The module with the hooks; what stands in for it; for tox 3, which has other hooks, nothing.
    """
    try:
        from packaging.version import Version  # which tox has anyway
        from tox.version import version as tox_version

        if Version(tox_version) < Version(oldest):
            raise ImportError(f"older than {oldest}")  # noqa: TRY301  # as if it lacked something, which it does
        hooks = [import_module(f".{name}", __package__) for name in modules][-1]
        missing = [name for name in later if find_spec(name) is None]
    except (ImportError, AttributeError) as error:  # as modules and names that are not there make themselves felt
        reason = f"{error}"
    else:
        if not missing:
            return hooks
        reason = f"{', '.join(missing)} not found"
    stand_in = StandIn(f"it {explained(reason)}; environments are made as without it")
    if find_spec("tox.plugin") is not None:
        return stand_in
    print(stand_in.tox_append_version_info(), file=sys.stderr)
    return None


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


loaded: Final = load()
"""The entry point."""
