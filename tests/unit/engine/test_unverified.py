"""What is taken from the base where hashes are asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.strategies import MARKERS, distribution, root, stock
from tox_sitediff.core.advice import Ways
from tox_sitediff.core.closure import walk
from tox_sitediff.core.target import Target
from tox_sitediff.engine.environment import Environment
from tox_sitediff.engine.unverified import kept_of, mind
from tox_sitediff.errors import Unsatisfied


def environment(said: list[str], *, strict: bool) -> Environment:
    place = Path("/nowhere")
    target = Target(name="a", directory=place, python=place / "python", project=place, refuses_unverified=strict)
    return Environment(target, {}, warn=said.append)


def test_what_would_be_kept_is_said_or_refused_and_what_is_not_met_is_neither() -> None:
    inventory = stock(distribution("frame", "2.1", "numlib", "dates>=3"), distribution("numlib"), distribution("dates"))
    closure = walk([root("frame")], lookup=inventory.effective, environment=MARKERS)
    kept = kept_of(closure)
    assert [(item.name, item.verified) for item in kept] == [("frame", False), ("numlib", False)]
    said: list[str] = []
    mind(environment(said, strict=False), kept, Ways())
    assert said == ["taken from the base as it is, not checked against its hash: frame 2.1, numlib 1.0"]
    with pytest.raises(Unsatisfied) as caught:
        mind(environment(said, strict=True), kept, Ways(verify="out with {}"))
    assert "one: frame 2.1, numlib 1.0; have it installed (out with frame, numlib), or let it be (" in str(caught.value)
    mind(environment(said, strict=True), [replace(item, verified=True) for item in kept], Ways())
    assert len(said) == 1
