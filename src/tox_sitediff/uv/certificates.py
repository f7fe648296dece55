"""The certificates by which uv trusts a server (edge): read where they are needed, and not before.

uv reads a bundle or a directory that variables name as it starts, and those of the system, one by one, when it makes
ready to connect, whether it then connects to anything or not: it takes more than all else that it does for a remainder.
Nobody who lets pip trust the system asks for that. So uv is tried with the list that it brings along, and gets those of
the system only where that does not do: it does not try again by itself, and says so at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .dry_run import dry_run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from .dry_run import DryRun

LEADING: Final = frozenset({"SSL_CERT_DIR", "SSL_CERT_FILE", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS"})
"""The variables that lead uv to certificates."""


def without(variables: Mapping[str, str], names: Collection[str] = LEADING) -> dict[str, str]:
    """Take variables away that lead to certificates: all of them, unless some are named."""
    return {name: value for name, value in variables.items() if name not in names}


class Trust:
    """Whom uv trusts in the dry runs of one installation."""

    def __init__(self, spared: Collection[str] = ()) -> None:
        """Begin.

        Args:
            spared: Variables that lead to certificates, and that nobody has set.
        """
        self._spared = spared

    def dry_run(self, command: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> DryRun:
        """Ask uv what it would do, see `dry_run.dry_run`; once more where it does not trust a server otherwise.

        Args:
            command: What `as_dry_run` made.
            environment: All variables for uv.
            directory: Where to run it.
        """
        found = dry_run(command, environment=without(environment, self._spared), directory=directory)
        if found.distrusts and self._spared:
            self._spared = ()  # nor would the next dry run do without
            found = dry_run(command, environment=environment, directory=directory)
        return found
