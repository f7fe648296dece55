"""What nox's session front end needs of nox itself: its errors, and how it makes environments."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from nox.sessions import SessionRunner

from ..environment.bytecode import no_bytecode
from ..errors import SitediffError, problem_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import nox
    from nox.virtualenv import ProcessEnv


def is_reused(venv: ProcessEnv) -> bool:
    """Tell whether nox goes on with an environment of an earlier run."""
    return venv._reused  # noqa: SLF001  # nox's own install() goes by it, and nothing public says it


def make_anew(venv: ProcessEnv) -> None:
    """Have nox make an environment that it meant to reuse."""
    venv.reuse_existing = False  # type: ignore[attr-defined]  # of the backends that we know
    with no_bytecode():
        venv.create()
    venv._reused = False  # noqa: SLF001  # so that --no-install does not leave it empty


SLIM: Final = "_sitediff"
"""What functions of slim sessions are marked with; nox hands it on to all that it makes of a function."""


@functools.cache
def keep_bases_from_bytecode() -> None:
    """Have nox make the environments of slim sessions without leaving bytecode in their base.

    nox asks interpreters what they are, and so do virtualenv and venv, before a session begins; and it takes variables
    for that from nowhere but its own process.
    """
    name = "_create_venv"
    original: Callable[[SessionRunner], None] | None = getattr(SessionRunner, name, None)
    if original is None:  # a nox that does it elsewhere
        return

    @functools.wraps(original)
    def create(runner: SessionRunner) -> None:
        if not getattr(runner.func, SLIM, False):
            original(runner)
            return
        with no_bytecode():
            original(runner)

    setattr(SessionRunner, name, create)


@contextmanager
def as_nox_errors(given: nox.Session) -> Iterator[None]:
    """Turn the engine's errors into nox's, which are shown without a traceback."""
    try:
        yield
    except SitediffError as error:
        given.error(str(error))
    except OSError as error:
        given.error(f"{problem_of(error)}; see what is wrong there, and run nox again")
