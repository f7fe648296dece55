"""The variables of commands, while a front end may still change them."""

from __future__ import annotations

import pytest

from tox_sitediff.engine.variables import LiveVariables


def test_each_look_shows_what_the_front_end_says_then() -> None:
    current = {"A": "1"}
    live = LiveVariables(lambda: current)
    assert (dict(live), len(live), "B" in live) == ({"A": "1"}, 1, False)
    current["B"] = "2"
    assert (live["B"], sorted(live), len(live), live.get("C")) == ("2", ["A", "B"], 2, None)
    with pytest.raises(KeyError):
        live["C"]
