"""What a front end asks for, made from arguments of ``uv pip install``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.request import Request
from ..core.requirements import key
from ..uv.arguments import parse_arguments
from ..uv.command import aimed, behind_install, is_uv_install, with_arguments
from ..uv.hidden import holds_secret, without_secrets
from ..uv.options import EXACT, settings_of, without
from ..uv.program import uv_environment
from ..uv.settings import uv_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ..core.advice import Ways
    from ..core.declared import Arguments
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
    # of these there can be more, of our own too, so that no variable would do; see `hidden.in_file`
    is_uv = is_uv_install(build(arguments))
    limits = [word for word in settings.arguments if is_uv and word.startswith("--constraints=") and holds_secret(word)]
    arguments = (*arguments, *limits)
    settings = replace(settings, arguments=tuple(word for word in settings.arguments if word not in limits))

    def whole(words: Sequence[str]) -> list[str]:
        built = build(words)
        return (
            with_arguments(aimed(built, target.python), [*settings.arguments_beside(built), *upgraded])
            if is_uv
            else built
        )

    def shown(words: Sequence[str]) -> list[str]:
        built = whole(words)
        cleared, said = without_secrets(built)
        # what is not in the variables would be lost
        return cleared if said.items() <= hidden.items() else built

    upgraded: list[str] = []
    if settings.upgrades:
        asked = parse_arguments(behind_install(build(arguments)), directory=target.project, environment=variables)
        named = (item.requirement for item in asked.declared)
        names = {key(requirement.name) for requirement in named if requirement is not None and requirement.url is None}
        upgraded += [f"--upgrade-package={name}" for name in sorted(names)]

    complete = whole(arguments)
    hidden = without_secrets(complete)[1] if is_uv else {}
    # what stands in the command itself says what to install too: --upgrade, --no-deps, -c
    declared = behind_install(complete) or arguments
    elsewhere = settings_of(declared)
    given = uv_environment({**variables, **settings.variables, **elsewhere, **hidden}, target.directory)
    if "UV_INDEX_URL" in settings.variables.keys() - hidden.keys():
        # to pip a file's index-url counts more than that of its configuration; to uv a variable more than a file
        asked = parse_arguments(declared, directory=target.project, environment=variables)
        if asked.names_index:
            del given["UV_INDEX_URL"]
    return Request(
        # what else there is goes afterwards, in a step of its own
        arguments=tuple(without(arguments, {EXACT})),
        declared=declared,
        build=shown,
        variables=variables,
        settings=given,
        neutral=not settings.constrains and not elsewhere,
        ignored=uv_files.resolved_otherwise(given, project=target.project),
        renews=renews,
        ways=ways,
    )


def asked_for(request: Request, *, project: Path, markers: Mapping[str, str]) -> Arguments:
    """Work out what a request declares.

    Args:
        request: The request.
        project: What relative paths are relative to.
        markers: The marker environment of the target interpreter (PEP 508).

    Returns:
        What its arguments declare, with what lock files hold, and with the constraints that settings add.
    """
    asked = parse_arguments(request.declared, directory=project, environment=request.variables)
    if asked.locks:
        from ..lock.asked import with_locked  # which few need

        asked = with_locked(asked, markers)
    if not request.neutral:  # where there is such a setting, it is not
        limits = uv_files.constraints(request.settings, project=project)
        hashes = asked.hashes or uv_files.requires_hashes(request.settings, project=project)
        asked = replace(asked, constraints=(*asked.constraints, *limits), hashes=hashes)
    return asked


def takes_lowest(request: Request, asked: Arguments, *, project: Path) -> bool:
    """Tell whether what is asked for directly is to be of the lowest version.

    Args:
        request: The request.
        asked: What it declares.
        project: Where uv is started.
    """
    if asked.resolution is not None:
        return asked.resolution.startswith(uv_files.LOWEST)
    # where it is set elsewhere, the settings are not neutral
    return not request.neutral and uv_files.takes_lowest(request.settings, project=project)
