"""What a front end asks for, made from arguments of ``uv pip install``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..core.request import Request
from ..uv.command import with_arguments
from ..uv.program import find_uv, uv_environment
from ..uv.settings import uv_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..core.advice import Ways
    from ..uv.settings.pip import PipSettings


def uv_request(
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
        ignored=uv_files.resolved_otherwise(given, project=project),
        ways=ways,
    )
