"""Each way to reach what is not declared comes to what the documentation says, on every Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.visibility.ground import VERSIONS, Ground, Outcome
from support.visibility.ways import DOCUMENT, WAYS
from tox_sitediff.core.model import Visibility

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture(scope="module", params=VERSIONS)
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("ground"), request.param)


def outcomes(ground: Ground, mode: Visibility) -> Mapping[str, Outcome]:
    environment = ground.environment(mode)
    return {name: environment.take(name, way) for name, way in WAYS.items() if way.since <= ground.minor <= way.until}


@pytest.mark.slow
def test_base(ground: Ground) -> None:
    """Under ``base`` all can be reached, and nothing is noted."""
    found = outcomes(ground, Visibility.BASE)
    assert {name: (one.said, one.noise, one.noted) for name, one in found.items()} == {
        name: (WAYS[name].reached, "", ()) for name in found
    }


@pytest.mark.slow
def test_report(ground: Ground) -> None:
    """Under ``report`` all can be reached as under ``base``, and what was imported is named."""
    found = outcomes(ground, Visibility.REPORT)
    assert {name: (one.said, one.noise, one.noted) for name, one in found.items()} == {
        name: (WAYS[name].reached, "", WAYS[name].noted) for name in found
    }


@pytest.mark.slow
def test_declared(ground: Ground) -> None:
    """Under ``declared`` it is not there, as in an environment without the base; and nothing is noted."""
    found = outcomes(ground, Visibility.DECLARED)
    assert {name: (one.said, one.noise, one.noted) for name, one in found.items()} == {
        name: (WAYS[name].declared, "", ()) for name in found
    }


@pytest.mark.parametrize("name", WAYS)
def test_the_documentation_has_it(name: str) -> None:
    """Each way is a row of the table in the documentation, word by word."""
    assert WAYS[name].row() in DOCUMENT.read_text(encoding="utf-8").splitlines(), "python tests/visibility/write.py"
