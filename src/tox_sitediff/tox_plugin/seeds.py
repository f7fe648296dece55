"""pip, which environments of stock tox hold from their creation: who uses it, and where it can be had from."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name
from tox.config.types import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Protocol

    from packaging.utils import NormalizedName
    from tox.config.cli.parser import Parsed
    from tox.config.sets import EnvConfigSet

    from ..core.request import Request
    from ..engine.slim import Slim

    class Filled(Protocol):
        """What is asked of a slim environment here."""

        SEEDS: tuple[str, ...]
        conf: EnvConfigSet
        options: Parsed

        @property
        def slim(self) -> Slim:
            """The environment, as the engine has it."""
            ...

        def uv_program(self) -> Path:
            """Return the uv that fills it."""
            ...

        def say(self, line: str) -> None:
            """Say something of it."""
            ...

        def request(self, arguments: Sequence[str], build: Callable[[Sequence[str]], list[str]]) -> Request:
            """Translate an installation for the engine."""
            ...

        def execute_with(self, command: Sequence[str], variables: Mapping[str, str], *, run_id: str) -> None:
            """Execute an installer with variables of its own."""
            ...


PIP: Final = canonicalize_name("pip")
_BY_HAND: Final = frozenset({"devenv", "d"})
"""Commands of tox that make an environment to work in."""
_WORD: Final = r"(?<![\w.-])pip[\d.]*(?![\w.-])"
_KEPT: Final = frozenset({"UV_CACHE_DIR", "UV_LINK_MODE", "UV_NO_CACHE"})


def uses_pip(commands: Iterable[Command]) -> bool:
    """Tell whether commands name pip: as a program, as a module, or within a line for a shell."""
    return any("pip" in word and re.search(_WORD, word) for command in commands for word in command.args)


def commands_of(conf: EnvConfigSet) -> Iterator[Command]:
    """Collect all that an environment runs, but for what an option replaces."""
    for name in ("commands_pre", "commands", "commands_post"):
        if name in conf:
            yield from conf.get(name, list[Command])


def _bundled(version: str) -> list[str]:
    """Say for ``uv pip install`` where pip is to be had from.

    Args:
        version: The version of the environment's interpreter (``3.12.1``).

    Returns:
        Arguments: for the pip that virtualenv brings along, which it would have taken itself; for a Python that is too
        old for that, for the index's.
    """
    from virtualenv.seed.wheels.embed import get_embed_wheel  # which most environments do not need

    wheel = get_embed_wheel("pip", ".".join(version.split(".")[:2]))
    if wheel is None:
        return ["pip"]
    # nor may a file of the project add places to look at
    return ["--no-config", "--no-index", "--find-links", os.fspath(wheel.path.parent), f"pip=={wheel.version}"]


def _without_index(variables: Mapping[str, str]) -> dict[str, str]:
    """Take from an installer's variables what has to do with an index, and with what may be taken from there."""
    return {name: value for name, value in variables.items() if not name.startswith("UV_") or name in _KEPT}


def names(env: Filled) -> tuple[NormalizedName, ...]:
    """Name what an environment of its kind holds in tox without anybody declaring it."""
    found = tuple(map(canonicalize_name, env.SEEDS))
    if PIP in found or "install_command" not in env.conf:
        return found
    from ..uv.command import is_uv_install  # who has a pip of its own needs it not

    # one of the user's is pip's as a rule
    return found if is_uv_install(env.conf.get("install_command", Command).args) else (*found, PIP)


def lacks_pip(env: Filled) -> bool:
    """Tell whether an environment has no pip where in stock tox it would have one."""
    if PIP not in env.slim.target.seeds:
        return False
    seen = env.slim.environment.look(full=False)
    return PIP not in seen.inventory or (PIP in seen.exclude and seen.lookup(PIP) is None)


def wants_pip(env: Filled) -> bool:
    """Tell whether anything asks for pip: a person at work in an environment, or its commands."""
    return env.options.command in _BY_HAND or uses_pip(commands_of(env.conf))


def seed(env: Filled) -> None:
    """Install pip where commands ask for it, the base has none, and stock tox would have put it.

    Where nothing asks for it, it would be the largest part of a slim environment.
    """
    if not (lacks_pip(env) and wants_pip(env)):
        return
    try:
        install_pip(env, env.request((), lambda words: [*words]).settings)
    except SystemExit:
        env.say("the base has no pip, and none could be installed; add pip to deps for the commands that use it")
    else:
        env.slim.history.renew()


def install_pip(env: Filled, variables: Mapping[str, str]) -> None:
    """Install pip into an environment.

    Args:
        env: The environment.
        variables: What its installer gets.

    Raises:
        SystemExit: When uv fails; what it said was shown.
    """
    wanted = _bundled(env.slim.environment.look().interpreter.version)
    uv = os.fspath(env.uv_program())
    if wanted == [PIP]:  # as the user has it set up: with no index, or one of the user's own
        request = env.request(wanted, lambda words: [uv, "pip", "install", *words])
        env.execute_with(request.build(wanted), request.settings, run_id="seed_pip")
    else:
        from ..uv.command import aimed

        command = aimed([uv, "pip", "install", *wanted], env.slim.target.python)
        env.execute_with(command, _without_index(variables), run_id="seed_pip")
    env.slim.environment.look_again()


def by_pip(env: Filled, arguments: Sequence[str]) -> Request:
    """Ask for an installation that pip carries out, which an environment gets where it has none.

    Args:
        env: The environment.
        arguments: What is declared, as arguments of pip.
    """
    pre = ["--pre"] if env.conf.get("pip_pre", bool) else []
    start = [os.fspath(env.slim.target.python), "-m", "pip", "install", *pre]
    request = env.request(arguments, lambda words: [*start, *words])
    if not env.slim.provide([PIP]):
        install_pip(env, request.settings)
    return request
