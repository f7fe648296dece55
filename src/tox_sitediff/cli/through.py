"""``sitediff uv``: uv with the base in its view."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.placeholders import Placeholders
from tox_sitediff.uv import find_uv, uv_environment

from .options import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .context import Context

_OURS: Final = {"install": "sitediff install", "uninstall": "sitediff uninstall", "sync": "sitediff sync"}


def uv(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Run a command of ``uv pip``, which sees all that the environment inherits as if it were installed there."""
    words = [word for word in rest if not word.startswith("-")]
    if words[:1] != ["pip"]:
        raise UsageError("only commands of `uv pip` have a use for what is inherited, such as: sitediff uv pip list")
    if len(words) > 1 and words[1] in _OURS:
        raise UsageError(f"it would change the environment behind sitediff's back; use: {_OURS[words[1]]}")
    place = context.find(options.python, fallback=True)
    with context.over(place) as environment:
        view = context.engine(environment).look(context.variables)
        inherited = [found for name in view.inventory.names() if (found := view.inherited(name)) is not None]
        at = rest.index("pip") + 2
        command = [os.fspath(find_uv()), *rest[:at], "--python", os.fspath(environment.python), *rest[at:]]
        with Placeholders(view.purelib) as held:
            held.add(inherited, wheel=True)
            try:
                done = subprocess.run(
                    command,
                    env=uv_environment(context.variables, environment.directory),
                    cwd=context.directory,
                    check=False,
                )
            except OSError as error:
                raise EnvironmentProblem(f"{command[0]} can't be run: {error.strerror or error}") from error
    return done.returncode
