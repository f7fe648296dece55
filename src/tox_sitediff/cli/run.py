"""``sitediff run``."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ..core import inline
from ..core.isolated import with_options
from ..environment import find
from ..environment.activation import activation
from ..environment.bytecode import kept_out
from ..environment.find import Kind
from ..environment.pyvenv import interpreter_of
from ..errors import EnvironmentProblem, Unsatisfied
from ..files import path_of, read_text
from ..programs import show
from ..uv.program import find_uv
from .options import UsageError, demand_directories

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from ..core.model import Interpreter
    from ..environment.find import Place
    from .context import Context

_SIGNALLED = 128


def run(context: Context, options: argparse.Namespace, rest: Sequence[str]) -> int:
    """Run a command in the environment of the project, or in a new one over a base that is gone afterwards."""
    if not rest:
        raise UsageError("the command is missing, such as: sitediff run pytest -q; see: sitediff run --help")
    path = path_of(rest[0], start=context.directory)
    is_script = path.suffix.lower() in {".py", ".pyw"} and path.is_file()
    script = inline.read(read_text(path) or "") if is_script else None
    asked = [word for file in options.with_requirements for word in ("-r", file)]
    asked += [word for project in options.with_editable for word in ("-e", project)]
    asked += vars(options)["with"]  # a keyword
    found = context.find(options.python, fallback=True)
    is_environment = found.kind is Kind.ENVIRONMENT
    alone = options.isolated or script is not None
    more = bool(asked or options.layer or options.exclude)
    with ExitStack() as stack:
        place = found
        layers: list[Path] = []
        if alone or more or not is_environment:
            if script is not None:
                asked += ["-r", os.fspath(path)]
            place, layers = stack.enter_context(_made(context, options, found, asked, alone=alone))
        seen = context.slim(place).environment.look().interpreter
        if script is not None:
            _demand(seen, script.requires_python, path)
        words = [os.fspath(place.python), *rest] if is_script else list(rest)
        variables = _variables(context.variables, place, seen, layers)
        if not options.no_activate:
            activated = activation(Path(seen.base_prefix), variables=context.variables, warn=context.say)
            variables = {**activated, **variables}
        return _run(with_options(words, variables), variables=variables, directory=context.directory)


@contextmanager
def _made(
    context: Context, options: argparse.Namespace, found: Place, asked: Sequence[str], *, alone: bool
) -> Iterator[tuple[Place, list[Path]]]:
    """Make an environment for one command, over a base, or also over the environment that there is."""
    layers: Sequence[Path] = context.paths(options.layer)
    demand_directories(layers)
    python = found.python
    if found.kind is Kind.ENVIRONMENT:
        if not alone:
            layers = [*layers, found.directory]
        base = context.slim(found).environment.look().interpreter
        python = path_of(base.base_executable or base.executable, start=context.directory)
    with find.scratch(
        os.fspath(python), uv=find_uv(), environment=context.variables, directory=context.directory
    ) as made:
        slim = context.slim(made, exclude=options.exclude, layers=layers)
        with context.alone(made.directory):
            slim.begin()
            slim.prepare()
            if asked:
                slim.installation(context.request(slim, asked)).install(context.run)
        yield made, [layer for layer in layers if (layer / "pyvenv.cfg").is_file()]


def _demand(seen: Interpreter, wanted: str, path: Path) -> None:
    """Refuse to run a script under an interpreter that it does not support."""
    try:
        fits = SpecifierSet(wanted).contains(seen.version, prereleases=True)
    except InvalidSpecifier as error:
        raise EnvironmentProblem(f"{path}: requires-python: {error}; mend the script's metadata") from error
    if not fits:
        raise Unsatisfied(
            f"{path} requires Python {wanted}, and {seen.base_executable or seen.executable} is {seen.version}; name "
            "another base with --python"
        )


def _variables(given: Mapping[str, str], place: Place, seen: Interpreter, layers: Sequence[Path]) -> dict[str, str]:
    """Enter an environment, as its activation script would; programs of those below it come behind its own."""
    variables = {name: value for name, value in given.items() if name not in {"PYTHONHOME", "CONDA_PREFIX"}}
    variables["VIRTUAL_ENV"] = os.fspath(place.directory)
    below = [os.fspath(interpreter_of(layer).parent) for layer in layers]
    variables["PATH"] = os.pathsep.join(filter(None, (seen.scripts, *below, given.get("PATH", os.defpath))))
    return kept_out(variables, seen)


def _run(words: Sequence[str], *, variables: Mapping[str, str], directory: Path) -> int:
    program = shutil.which(words[0], path=variables["PATH"])
    if program is None:
        raise EnvironmentProblem(
            f"{words[0]} is neither in the environment nor on PATH; name what has it with --with, or give a path"
        )
    with _left_to_the_command():
        status = show([program, *words[1:]], variables=variables, directory=directory).status
    return status if status >= 0 else _SIGNALLED - status


@contextmanager
def _left_to_the_command() -> Iterator[None]:
    """Let Ctrl-C end the command alone, which gets it too; what ends us takes the command along."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: sys.exit(_SIGNALLED + signal.SIGTERM)),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
