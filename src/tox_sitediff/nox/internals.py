"""What nox's session front end needs of nox itself: its errors, and its environments made anew."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import SitediffError, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import nox
    from nox.virtualenv import ProcessEnv


def is_reused(venv: ProcessEnv) -> bool:
    """Tell whether nox goes on with an environment of an earlier run."""
    return venv._reused  # noqa: SLF001  # nox's own install() goes by it, and nothing public says it


def make_anew(venv: ProcessEnv) -> None:
    """Have nox make an environment that it meant to reuse."""
    venv.reuse_existing = False  # type: ignore[attr-defined]  # of the backends that we know
    venv.create()
    venv._reused = False  # noqa: SLF001  # so that --no-install does not leave it empty


@contextmanager
def as_nox_errors(given: nox.Session) -> Iterator[None]:
    """Turn the engine's errors into nox's, which are shown without a traceback."""
    try:
        yield
    except SitediffError as error:
        given.error(str(error))
    except OSError as error:
        given.error(f"{problem_of(error)}; see what is wrong there, and run nox again")
