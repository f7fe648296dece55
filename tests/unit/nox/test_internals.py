"""What the front end needs of nox itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.nox.internals import as_nox_errors, is_reused, make_anew

if TYPE_CHECKING:
    import nox
    from nox.virtualenv import ProcessEnv


class Venv:
    """An environment that nox meant to reuse."""

    def __init__(self) -> None:
        self.reuse_existing = True
        self._reused = True
        self.created: list[bool] = []

    def create(self) -> bool:
        self.created.append(self.reuse_existing)
        return True


class Refused(Exception):
    """What nox's own error is here."""


class Given:
    """A session that ends with an error."""

    def error(self, *words: object) -> None:
        raise Refused(*words)


def test_an_environment_is_made_anew_as_if_nox_had_not_meant_to_reuse_it() -> None:
    venv = Venv()
    assert is_reused(cast("ProcessEnv", venv))
    make_anew(cast("ProcessEnv", venv))
    assert not is_reused(cast("ProcessEnv", venv))
    assert venv.created == [False]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (EnvironmentProblem("two\nlines"), "two\nlines"),
        (OSError(28, "No space left", "a"), "a: No space left; see what is wrong there, and run nox again"),
        (OSError(18, "Another disk", "a", None, "b"), "b: Another disk; see what is wrong there, and run nox again"),
        (OSError("something"), "something; see what is wrong there, and run nox again"),
    ],
)
def test_errors_are_told_by_nox(error: Exception, message: str) -> None:
    """Those of the engine as they are, those of the system with the file that they are about."""
    with pytest.raises(Refused) as caught, as_nox_errors(cast("nox.Session", Given())):
        raise error
    assert str(caught.value) == message


def test_what_is_no_error_of_ours_is_left_alone() -> None:
    with pytest.raises(ValueError, match="a mistake"), as_nox_errors(cast("nox.Session", Given())):
        raise ValueError("a mistake")
