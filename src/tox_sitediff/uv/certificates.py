"""The certificates by which uv trusts a server, for what connects to none.

uv reads a bundle or a directory that variables name as it starts, and those of the system, one by one, when it makes
ready to connect, whether it then connects to anything or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LEADING: Final = frozenset({"SSL_CERT_DIR", "SSL_CERT_FILE", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS"})
"""The variables that lead uv to certificates."""


def without(variables: Mapping[str, str]) -> dict[str, str]:
    """Take variables away that lead to certificates."""
    return {name: value for name, value in variables.items() if name not in LEADING}
