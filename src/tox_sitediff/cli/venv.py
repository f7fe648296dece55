"""``sitediff venv``."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from ..environment.find import made
from ..environment.over import over
from ..environment.pyvenv import layers_for
from ..text import counted
from .options import UsageError, demand_directories, operands

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from .context import Context

_WITH_VALUE: Final = frozenset({
    "-f", "-i", "--allow-insecure-host", "--cache-dir", "--color", "--config-file", "--default-index",
    "--exclude-newer", "--exclude-newer-package", "--extra-index-url", "--find-links", "--index", "--index-strategy",
    "--index-url", "--keyring-provider", "--link-mode", "--project", "--prompt", "--refresh-package",
})  # fmt: skip


def venv(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Make an environment over a base, and over further layers."""
    places, others = operands(rest, _WITH_VALUE)
    if len(places) > 1:
        raise UsageError(
            f"one directory can be made at a time, not {len(places)}: {' '.join(places)}; see: sitediff venv --help"
        )
    directory = context.directory / (places[0] if places else ".venv")
    layers: Sequence[Path] = context.paths(options.layer)
    # what is active is not what an environment is made from, unless it is conda's: so does uv venv
    named = options.python or (None if context.variables.get("UV_PYTHON") else context.variables.get("CONDA_PREFIX"))
    # an environment over another one needs the same interpreter
    named = named or next((str(layer) for layer in layers if (layer / "pyvenv.cfg").is_file()), None)
    below = context.find(named) if named else None
    if below is None:
        context.say_of_cache()
    else:
        layers = layers_for(layers, below.python, words="{} is a virtual environment", warn=context.say)
    demand_directories(layers)
    is_new = not os.path.lexists(directory)
    slim = context.slim(
        made(directory, how="made"),
        layers=layers,
        visibility=options.visibility,
        also_visible=options.declare,
    )

    def make(interpreter: Path | None) -> None:
        is_there = slim.environment.last is not None and {"--clear", "--allow-existing"}.isdisjoint(others)
        again = ["--allow-existing"] if is_there else []
        context.make(directory, interpreter, ["--no-python-downloads", *others, *again])
        slim.environment.forget()

    try:
        over(
            None if below is None else below.python,
            make=make,
            look=lambda: slim.environment.look().interpreter,
            variables=context.variables,
        )
        with context.alone(directory):
            slim.begin()
            slim.prepare()
    except BaseException:
        if is_new:
            shutil.rmtree(directory, ignore_errors=True)
        raise
    seen = slim.environment.look().interpreter
    base = seen.base_executable or seen.base_prefix
    context.say(
        f"{directory} inherits {counted(slim.environment.offered(), 'distribution')} of {base} "
        f"({seen.implementation} {seen.version}){', those of the layers among them' if layers else ''}"
    )
    return 0
