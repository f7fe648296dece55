"""uv in the place of the installer that an environment would have had without us: what goes along with its command."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from . import pip_settings, uv_config
from .request import Request
from .uv import find_uv, uv_environment, with_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .pip_settings import PipSettings
    from .remedy import Ways

_CERTIFICATES: Final = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS"})


def of_pip(variables: Mapping[str, str], *, prefix: Path, project: Path) -> PipSettings:
    """Translate pip's configuration, which would have counted for an environment that pip fills.

    Args:
        variables: The variables that the environment's commands get.
        prefix: The environment's directory.
        project: Where the installer is started.

    Returns:
        What uv gets besides.
    """
    found = pip_settings.uv_settings_from_pip(variables, prefix=prefix, project=project)
    given = found.variables
    if not _CERTIFICATES & {*variables, *given}:
        # as pip does since 24.2: behind an intercepting proxy nothing could be fetched otherwise
        given = {**given, "UV_SYSTEM_CERTS": "1"}
    constrains = found.constrains or uv_config.uv_config_may_decide(variables, project=project)
    return replace(found, variables=given, constrains=constrains)


def of_uv(variables: Mapping[str, str], *, project: Path) -> PipSettings:
    """Add nothing for an environment that uv fills: pip's configuration does not count there.

    Args:
        variables: The variables that the environment's commands get.
        project: Where the installer is started.

    Returns:
        What uv gets besides, which is nothing; whether it has to be asked all the same.
    """
    return pip_settings.PipSettings(constrains=uv_config.uv_config_may_decide(variables, project=project))


def request(
    arguments: Sequence[str],
    *,
    variables: Mapping[str, str],
    settings: PipSettings,
    directory: Path,
    python: Path,
    project: Path,
    ways: Ways,
) -> Request:
    """Ask for an installation by the uv that came with this package.

    Args:
        arguments: Arguments of ``uv pip install``.
        variables: The variables that the environment's commands get.
        settings: What uv gets besides.
        directory: The environment's directory.
        python: Its interpreter.
        project: Where uv is started.
        ways: What the user can do about what is not met.

    Returns:
        What the engine takes.
    """
    start = [os.fspath(find_uv()), "pip", "install", "--python", os.fspath(python)]
    given = uv_environment({**variables, **settings.variables}, directory)
    return Request(
        arguments=arguments,
        declared=[*settings.arguments_beside(arguments), *arguments],
        build=lambda words: with_arguments([*start, *words], settings.arguments_beside(words)),
        variables=variables,
        settings=given,
        neutral=not settings.constrains,
        ignored=uv_config.resolved_otherwise(given, project=project),
        ways=ways,
    )
