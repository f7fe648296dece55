"""What the front end needs of nox itself."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from nox.sessions import SessionRunner

from tox_sitediff.environment.bytecode import no_bytecode
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.nox.internals import (
    SLIM,
    as_nox_errors,
    is_reused,
    keep_bases_from_bytecode,
    make_anew,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import nox
    from nox.virtualenv import ProcessEnv


class Venv:
    """An environment that nox meant to reuse."""

    def __init__(self) -> None:
        self.reuse_existing = True
        self._reused = True
        self.created: list[tuple[bool, str | None]] = []

    def create(self) -> bool:
        self.created.append((self.reuse_existing, os.environ.get("PYTHONDONTWRITEBYTECODE")))
        return True


class Refused(Exception):
    """What nox's own error is here."""


class Given:
    """A session that ends with an error."""

    def error(self, *words: object) -> None:
        raise Refused(*words)


@pytest.fixture
def undecided(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Nobody has said anything of bytecode."""
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        monkeypatch.delenv(name, raising=False)
    yield monkeypatch
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ


@pytest.mark.usefixtures("undecided")
def test_an_environment_is_made_anew_as_if_nox_had_not_meant_to_reuse_it() -> None:
    venv = Venv()
    assert is_reused(cast("ProcessEnv", venv))
    make_anew(cast("ProcessEnv", venv))
    assert not is_reused(cast("ProcessEnv", venv))
    assert venv.created == [(False, "1")]


def test_of_bytecode_the_user_decides(undecided: pytest.MonkeyPatch) -> None:
    with undecided.context() as user:
        user.setenv("PYTHONPYCACHEPREFIX", "/elsewhere")
        with no_bytecode():
            assert "PYTHONDONTWRITEBYTECODE" not in os.environ


def test_environments_of_slim_sessions_are_made_without_bytecode(undecided: pytest.MonkeyPatch) -> None:
    """Those of others as ever; a nox that makes them elsewhere is left alone."""
    seen = []
    undecided.setattr(
        SessionRunner, "_create_venv", lambda runner: seen.append(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    )
    keep_bases_from_bytecode.__wrapped__()
    for marked in ({SLIM: True}, {SLIM: False}, {}):
        SessionRunner._create_venv(cast("SessionRunner", SimpleNamespace(func=SimpleNamespace(**marked))))
    assert seen == ["1", None, None]
    undecided.delattr(SessionRunner, "_create_venv")
    keep_bases_from_bytecode.__wrapped__()
    assert not hasattr(SessionRunner, "_create_venv")


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
