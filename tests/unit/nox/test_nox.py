"""The nox front end, as a typed noxfile sees it: mypy judges these lines, as all others, and they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

import nox
import nox.registry
import pytest
from nox._decorators import Func

from tox_sitediff.nox import Session, session

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _registry() -> Iterator[None]:
    """Leave the sessions of this process as they were."""
    before = dict(nox.registry._REGISTRY)
    yield
    nox.registry._REGISTRY.clear()
    nox.registry._REGISTRY.update(before)


def test_a_session_is_declared_as_with_nox() -> None:
    """In both forms, with the keywords of nox and ours; what comes of it is what nox makes."""

    @session
    def plain(given: nox.Session) -> None:
        given.install("pytest")

    @session(python=["3.12", "3.13"], reuse_venv=True, sitediff_exclude=["numpy"], sitediff_layers=["../team"])
    def full(given: nox.Session) -> None:
        given.run("pytest", *given.posargs)

    @session(sitediff=False, name="lint")
    @nox.parametrize("number", [1, 2])
    def parametrized(given: nox.Session, number: int) -> None:
        given.log("%s", number)

    assert_type(plain, Func)
    assert_type(full, Func)
    assert_type(parametrized, Func)
    assert {"plain", "full", "lint"} <= nox.registry._REGISTRY.keys()
    assert full.python == ["3.12", "3.13"]


def test_ours_is_a_session_of_nox() -> None:
    def install(given: Session) -> None:
        assert_type(given.install("-e", ".", silent=True), None)
        given.notify("lint")

    def posargs(given: Session) -> list[str]:
        assert_type(given.posargs, list[str])
        return given.posargs

    def as_nox(given: Session) -> nox.Session:
        return given

    assert issubclass(Session, nox.Session)
    assert [one.__name__ for one in (install, posargs, as_nox)] == ["install", "posargs", "as_nox"]
