"""What a front end asks for, made from arguments of ``uv pip install``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.request import Request
from ..uv.arguments import parse_arguments
from ..uv.command import aimed, behind_install, is_uv_install, with_arguments
from ..uv.hidden import holds_secret, without_secrets
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
    # of these there can be more, of our own too, so that no variable would do; see `hidden.in_file`
    is_uv = is_uv_install(build(arguments))
    limits = [word for word in settings.arguments if is_uv and word.startswith("--constraints=") and holds_secret(word)]
    arguments = (*arguments, *limits)
    settings = replace(settings, arguments=tuple(word for word in settings.arguments if word not in limits))

    def whole(words: Sequence[str]) -> list[str]:
        built = build(words)
        return with_arguments(aimed(built, target.python), settings.arguments_beside(built)) if is_uv else built

    def shown(words: Sequence[str]) -> list[str]:
        built = whole(words)
        without, said = without_secrets(built)
        # what is not in the variables would be lost
        return without if said.items() <= hidden.items() else built

    complete = whole(arguments)
    hidden = without_secrets(complete)[1] if is_uv else {}
    given = uv_environment({**variables, **settings.variables, **hidden}, target.directory)
    # what stands in the command itself says what to install too: --upgrade, --no-deps, -c
    declared = behind_install(complete) or arguments
    if "UV_INDEX_URL" in settings.variables.keys() - hidden.keys():
        # to pip a file's index-url counts more than that of its configuration; to uv a variable more than a file
        asked = parse_arguments(declared, directory=target.project, environment=variables)
        if asked.names_index:
            del given["UV_INDEX_URL"]
    return Request(
        arguments=arguments,
        declared=declared,
        build=shown,
        variables=variables,
        settings=given,
        neutral=not settings.constrains,
        ignored=resolved_otherwise(given, project=target.project),
        renews=renews,
        ways=ways,
    )
