"""Which environment, or which base, a command is about (edge): found as uv finds it.

The order is that of uv's documentation, page "Using Python environments": what was named, then ``VIRTUAL_ENV``, then
``CONDA_PREFIX``, then ``.venv`` in the current directory or above, or what stands in its place (see `default`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import EnvironmentProblem
from ..files import path_of
from ..interpreter.probe import probe
from ..programs import ask, patience
from ..text import printable
from ..user_cache import temporary_root
from ..values import frozen
from .default import NAME, default_environment, redirected
from .over import leads_elsewhere, over
from .pyvenv import damage, environment_of, existing_interpreter, inherits, interpreter_of
from .state_file import STATE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Kind(StrEnum):
    """What an interpreter belongs to."""

    ENVIRONMENT = "environment"
    """A virtual environment (PEP 405)."""
    CONDA = "conda environment"
    """A prefix of conda's: it inherits nothing, and others can inherit from it."""
    BASE = "base interpreter"
    """Any other interpreter."""


@frozen
class Place:
    """An interpreter, and what it belongs to.

    Attributes:
        python: The interpreter.
        directory: The environment's directory; of a base interpreter, the one above its ``bin``.
        kind: What it belongs to.
        how: How it was found, in words.
    """

    python: Path
    directory: Path
    kind: Kind
    how: str

    @property
    def inherits(self) -> bool:
        """Whether it is a virtual environment with system site packages."""
        return self.kind is Kind.ENVIRONMENT and inherits(self.directory)


@contextmanager
def scratch(
    python: str, *, uv: Path, environment: Mapping[str, str], directory: Path, options: Sequence[str] = ()
) -> Iterator[Place]:
    """Make an environment over a base to look from; it is gone afterwards.

    Args:
        python: The base: an interpreter, or a request in uv's language.
        uv: The program.
        environment: The variables that uv gets.
        directory: Where uv is started.
        options: Further options of ``uv venv``.

    Returns:
        The environment.

    Raises:
        EnvironmentProblem: When there is no such interpreter, or no environment can be made over it.
    """
    parent = Path(tempfile.mkdtemp(prefix="sitediff-", dir=temporary_root()))
    try:
        place = made(parent / "environment", how=python)
        path = path_of(python, start=directory)

        def make(interpreter: Path | None) -> None:
            command = [os.fspath(uv), "--quiet", "--color", "never", "venv", "--no-project", "--system-site-packages"]
            command += ["--clear", "--python", python if interpreter is None else os.fspath(interpreter), *options]
            _run(
                [*command, os.fspath(place.directory)],
                environment=environment,
                directory=directory,
                failure=f"no environment can be made over {python}",
            )

        # a link may lead to a Python that an environment would not inherit from
        if leads_elsewhere(path):
            look = partial(probe, place.python, environment, full=False)
            over(path, make=make, look=look, variables=environment)
        else:
            make(None)
        yield place
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def is_on_machine(
    request: str, *, uv: Path, environment: Mapping[str, str], directory: Path, options: Sequence[str] = ()
) -> bool:
    """Tell whether uv finds an interpreter to make environments over, without fetching one.

    Args:
        request: What is asked for, in uv's language.
        uv: The program.
        environment: The variables that uv gets.
        directory: Where uv is started.
        options: Further options of ``uv python find``.
    """
    try:
        _ask(uv, ("--system", *options, request), environment=environment, directory=directory, what=request)
    except EnvironmentProblem:
        return False
    return True


def made(directory: Path, *, how: str) -> Place:
    """Describe an environment that ``uv venv`` has made.

    Args:
        directory: Where.
        how: How it is known, in words.

    Returns:
        The environment.
    """
    return Place(python=interpreter_of(directory), directory=directory, kind=Kind.ENVIRONMENT, how=how)


def find(
    python: str | None, *, environment: Mapping[str, str], directory: Path, uv: Path, fallback: bool = False
) -> Place:
    """Find what a command is about.

    Args:
        python: What the user named: an interpreter, an environment's directory, or a request in uv's language
            (``3.12``, ``pypy``); None to look as uv does.
        environment: The user's variables.
        directory: The current directory.
        uv: The program, which is asked where a request has to be understood.
        fallback: Whether the first interpreter that uv finds will do where there is no environment.

    Returns:
        What was found.

    Raises:
        EnvironmentProblem: When there is nothing; the message says where it was looked for, and what to do.
    """
    named = python or environment.get("UV_PYTHON")
    if named:
        how = "--python" if python else "UV_PYTHON"
        return _named(named, how=how, directory=directory, uv=uv, variables=environment)
    if active := environment.get("VIRTUAL_ENV"):
        return _active(directory / active, "VIRTUAL_ENV")
    if conda := environment.get("CONDA_PREFIX"):
        return _active(directory / conda, "CONDA_PREFIX")
    for parent in (directory, *directory.parents):
        if (default := default_environment(parent)) is not None:
            return _active(*default)
    if fallback:
        return _place(_ask(uv, (), environment=environment, directory=directory, what="any interpreter"), "PATH")
    raise EnvironmentProblem(
        f"no environment was found: neither VIRTUAL_ENV nor CONDA_PREFIX is set, and there is no .venv in {directory} "
        "or above; make one with: sitediff venv .venv"
    )


def _named(named: str, *, how: str, directory: Path, uv: Path, variables: Mapping[str, str]) -> Place:
    path = path_of(named, start=directory)
    if path.is_dir() or (path.name == NAME and path.is_file()):
        return _active(path, f"{how} {named}")
    if path.is_file() and not os.access(path, os.X_OK):
        raise EnvironmentProblem(f"{how} {named} is a file that can't be run; name an interpreter, or an environment")
    if path.is_file():
        return _place(path, f"{how} {named}")
    if {os.sep, "/"} & {*named}:
        raise EnvironmentProblem(f"{how} {named}: there is no such interpreter or environment")
    found = _ask(uv, (named,), environment=variables, directory=directory, what=f"{how} {named}")
    return _place(found, f"{how} {named}")


def _active(directory: Path, how: str) -> Place:
    if directory.is_file():
        directory = redirected(directory)
    directory = Path(os.path.abspath(directory))  # not resolved: an environment may be a link
    if (python := existing_interpreter(directory)) is not None:
        return _place(python, how)
    there = "is not a directory" if directory.exists() else "is not there"
    what = "has no interpreter" if directory.is_dir() else there
    raise EnvironmentProblem(
        f"{how} names {directory}, which {what}; make it anew (sitediff venv {directory}), or name another one with "
        "--python"
    )


def _place(python: Path, how: str) -> Place:
    found = environment_of(python)
    directory = found or (python.parent.parent if python.parent.name in {"bin", "Scripts"} else python.parent)
    if found is None and (directory / "conda-meta").is_dir():
        return Place(python=python, directory=directory, kind=Kind.CONDA, how=how)
    # its interpreter would take the base for its own place, and so would everybody who asks it
    if (found or _was_environment(directory, python.parent)) and (reason := damage(directory)) is not None:
        raise EnvironmentProblem(
            f"{reason}, so that this virtual environment ({how}) does not work any more; remove the directory, and "
            f"make it anew: sitediff venv {directory}"
        )
    return Place(python=python, directory=directory, kind=Kind.ENVIRONMENT if found else Kind.BASE, how=how)


def _was_environment(directory: Path, programs: Path) -> bool:
    """Tell whether something that is no environment has what only environments have: our notes, or ways to enter it."""
    ways = ("activate.csh", "activate.ps1", "Activate.ps1")
    return (directory / STATE_NAME).is_file() or any((programs / name).is_file() for name in ways)


def _ask(uv: Path, request: tuple[str, ...], *, environment: Mapping[str, str], directory: Path, what: str) -> Path:
    """Let uv find an interpreter on this machine."""
    command = [os.fspath(uv), "python", "find", "--no-python-downloads", "--no-project", "--color", "never", *request]
    found = _run(command, environment=environment, directory=directory, failure=f"{what} was not found")
    if not found:
        raise EnvironmentProblem(f"{what} was not found: uv says nothing; name it by its path")
    return Path(found)


def _run(command: Sequence[str], *, environment: Mapping[str, str], directory: Path, failure: str) -> str:
    """Run uv, and return what it prints."""
    kept = {name: value for name, value in environment.items() if name != "UV_PYTHON"}
    try:
        answer = ask(command, variables=kept, directory=directory, limit=patience())
    except EnvironmentProblem as error:
        raise EnvironmentProblem(f"{failure}: {error}") from error
    if answer.status:
        said = " ".join(answer.said.split()).removeprefix("error: ")
        raise EnvironmentProblem(f"{failure}: {printable(said) or 'uv says nothing'}; name another one by its path")
    return os.fsdecode(answer.out).strip()
