"""What a front end asks for, made from arguments of ``uv pip install``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.request import Request
from ..core.requirements import key
from ..uv.arguments import parse_arguments
from ..uv.command import aimed, behind_install, is_uv_install, with_arguments
from ..uv.options import settings_of
from ..uv.program import uv_environment
from ..uv.settings.uv_files import resolved_otherwise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..core.advice import Ways
    from ..core.target import Target
    from ..uv.settings.pip import PipSettings


def make_request(
    arguments: Sequence[str],
    *,
    build: Callable[[Sequence[str]], list[str]],
    target: Target,
    variables: Mapping[str, str],
    settings: PipSettings,
    ways: Ways,
    renews: bool = False,
) -> Request:
    """Ask for an installation.

    Args:
        arguments: Arguments of ``uv pip install``.
        build: Makes the whole command of the installer from such arguments; one that is not uv's stays as it is.
        target: The environment.
        variables: The variables that the environment's commands get.
        settings: What uv gets besides.
        ways: What the user can do about what is not met.
        renews: Whether what is asked for takes the place of what was declared before of the same distributions.

    Returns:
        What the engine takes.
    """
    upgraded: list[str] = []

    def command(words: Sequence[str]) -> list[str]:
        built = build(words)
        if not is_uv_install(built):
            return built
        return with_arguments(aimed(built, target.python), [*settings.arguments_beside(built), *upgraded])

    if settings.upgrades:
        asked = parse_arguments(behind_install(build(arguments)), directory=target.project, environment=variables)
        named = (item.requirement for item in asked.declared)
        names = {key(requirement.name) for requirement in named if requirement is not None and requirement.url is None}
        upgraded += [f"--upgrade-package={name}" for name in sorted(names)]

    # what stands in the command itself says what to install too: --upgrade, --no-deps, -c
    declared = behind_install(command(arguments)) or arguments
    elsewhere = settings_of(declared)
    given = uv_environment({**variables, **settings.variables, **elsewhere}, target.directory)
    return Request(
        arguments=arguments,
        declared=declared,
        build=command,
        variables=variables,
        settings=given,
        neutral=not settings.constrains and not elsewhere,
        ignored=resolved_otherwise(given, project=target.project),
        renews=renews,
        ways=ways,
    )
