"""``sitediff uv``: uv with the base in its view."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from ..core.requirements import key
from ..environment.bytecode import kept_out
from ..interpreter.contents import listed_files
from ..programs import show
from ..text import printable
from ..uv.hidden import without_secrets
from ..uv.program import find_uv, uv_environment
from ..uv.shadow import Shadow
from .options import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ..core.model import Distribution
    from .context import Context

_QUICK: Final = frozenset({"check", "freeze", "list", "show", "tree"})
"""What says all that it says at once."""
_OURS: Final = {"install": "sitediff install", "uninstall": "sitediff uninstall", "sync": "sitediff sync"}


def uv(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Run a command of ``uv pip``, which sees all that the environment inherits as if it were installed there."""
    words = [word for word in rest if not word.startswith("-")]
    if words[:1] != ["pip"]:
        raise UsageError("only commands of `uv pip` have a use for what is inherited, such as: sitediff uv pip list")
    if len(words) < 2:  # noqa: PLR2004
        raise UsageError("a command of `uv pip` is missing, such as: sitediff uv pip list")
    if words[1] in _OURS:
        raise UsageError(f"it would change the environment behind sitediff's back; use: {_OURS[words[1]]}")
    place = context.find(options.python, fallback=True)
    with context.over(place) as environment, context.beside(environment) as stand_in:
        seen = context.slim(environment).environment.look()
        there = [found for name in seen.inventory.names() if (found := seen.inventory.effective(name)) is not None]
        site = context.slim(stand_in).environment.look().purelib
        Shadow(site).show(there, whole=True)
        # not as an option, which `compile` would write into its output, and `debug` does not know
        variables = {
            **kept_out(uv_environment(context.variables, stand_in.directory), seen.interpreter),
            "UV_PYTHON": os.fspath(stand_in.python),
        }
        command, hidden = without_secrets([os.fspath(find_uv()), *rest])
        answer = show(
            command,
            variables={**variables, **hidden},
            directory=context.directory,
            out=subprocess.PIPE if words[1] == "show" else None,
            err=subprocess.PIPE if words[1] in _QUICK else None,
        )
    # what it calls the environment is gone by now
    sys.stderr.write(answer.said.replace(str(stand_in.directory), str(place.directory)))
    if answer.out:
        context.show(_located(os.fsdecode(answer.out).rstrip("\n"), there))
    return answer.status


def _located(text: str, there: Sequence[Distribution]) -> str:
    """Put the place and the files of what is there into what ``uv pip show`` says, which are those of the shadow."""
    by_name = {found.name: found for found in there}
    current = None
    lines = []
    for line in text.split("\n"):
        field, _, value = line.partition(": ")
        if field == "Name":
            current = by_name.get(key(value))
        if current is None:
            lines.append(line)
        elif field == "Location":
            lines.append(f"Location: {current.layer.path}")
        elif line == "Files:":
            lines += [line, *(f"  {printable(name)}" for name in listed_files(current))]
        elif not line.startswith("  "):  # one of the shadow's own files
            lines.append(line)
    return "\n".join(lines)
