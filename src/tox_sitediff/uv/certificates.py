"""The certificates by which uv trusts a server (edge): read where they are needed, and not before.

uv reads a bundle or a directory that variables name as it starts, and those of the system, one by one, when it makes
ready to connect, whether it then connects to anything or not: it takes more than all else that it does for a remainder.
Nobody who lets pip trust the system asks for that. So uv is tried with the list that it brings along, and gets those of
the system only where that does not do: it does not try again by itself, and says so at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
        self._distrusts = False
        self._more: dict[str, str] = {}

    @property
    def distrusts(self) -> bool:
        """Whether uv is known not to do without certificates that are spared otherwise."""
        return self._distrusts

    def distrust(self) -> None:
        """Give uv all certificates from now on."""
        self._distrusts, self._spared = True, ()

    def variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Leave out of the variables for uv what is spared."""
        return {**self._more, **without(environment, self._spared)}

    def hurry(self) -> None:
        """Have uv try no place again that does not answer, unless variables say how often."""
        self._more = {"UV_HTTP_RETRIES": "0"}

    def dry_run(self, command: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> DryRun:
        """Ask uv what it would do, see `dry_run.dry_run`; once more where it does not trust a server otherwise.

        Args:
            command: What `as_dry_run` made.
            environment: All variables for uv.
            directory: Where to run it.
        """
        from .dry_run import dry_run  # not needed where it is known what will do

        found = dry_run(command, environment=self.variables(environment), directory=directory)
        if found.distrusts and self._spared:
            self.distrust()
            found = dry_run(command, environment=self.variables(environment), directory=directory)
        return found
