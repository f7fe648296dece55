"""uv in the place of the installer that an environment would have had without us: what goes along with its command."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from . import uv_files
from .pip import PipSettings, uv_settings_from_pip

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SYSTEM: Final = "UV_SYSTEM_CERTS"
_CERTIFICATES: Final = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR", "UV_NATIVE_TLS", _SYSTEM})


def from_pip(variables: Mapping[str, str], *, prefix: Path, project: Path) -> PipSettings:
    """Translate pip's configuration, which would have counted for an environment that pip fills.

    Args:
        variables: The variables that the environment's commands get.
        prefix: The environment's directory.
        project: Where the installer is started.

    Returns:
        What uv gets besides.
    """
    found = uv_settings_from_pip(variables, prefix=prefix, project=project)
    given = found.variables
    if not _CERTIFICATES & {*variables, *given}:
        # as pip does since 24.2: behind an intercepting proxy nothing could be fetched otherwise
        given = {**given, _SYSTEM: "1"}
    constrains = found.constrains or uv_files.uv_config_may_decide(variables, project=project)
    return replace(found, variables=given, constrains=constrains)


def from_uv(variables: Mapping[str, str], *, project: Path) -> PipSettings:
    """Add nothing for an environment that uv fills: pip's configuration does not count there.

    Args:
        variables: The variables that the environment's commands get.
        project: Where the installer is started.

    Returns:
        What uv gets besides, which is nothing; whether it has to be asked all the same.
    """
    return PipSettings(constrains=uv_files.uv_config_may_decide(variables, project=project))
