"""What is known of plans from run to run: a hint, and nothing that could do harm."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from support.strategies import BASE, INJECTED, OWN
from tox_sitediff.core.model import Interpreter, Layer, Role
from tox_sitediff.uv import plans
from tox_sitediff.uv.plans import NOTHING, Known, keep, name_of, recall

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a user cache; return where plans lie in it."""
    monkeypatch.setattr(plans, "part", lambda name: tmp_path / name)
    return tmp_path / plans.PART


@pytest.mark.parametrize(
    "known", [Known(newest=True), Known(looked_at=("a", "b")), Known(looked_at=("a",), newest=True)], ids=repr
)
def test_what_was_kept_is_recalled(place: Path, known: Known) -> None:
    """And nothing else: neither of other plans, nor where there is none; of nothing, there is no file."""
    assert keep("one", known) is known
    assert (recall("one"), recall("other"), recall("")) == (known, NOTHING, NOTHING)
    assert os.listdir(place) == ["one.json"]
    keep("one", NOTHING)
    keep("one", NOTHING)
    assert (recall("one"), os.listdir(place)) == (NOTHING, [])


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "1", '{"looked_at": 1}', '{"newest": true}', "\0", '{"looked_at": null}']
)
def test_a_damaged_file_is_none(place: Path, text: str) -> None:
    place.mkdir()
    (place / "one.json").write_text(text, "utf-8")
    assert recall("one") == NOTHING


def test_odd_values_are_left_out(place: Path) -> None:
    place.mkdir()
    (place / "one.json").write_text('{"looked_at": ["a", 1, null], "newest": 1}', "utf-8")
    assert recall("one") == Known(looked_at=("a",))


def test_too_much_is_not_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither too many names, of which none says anything, nor too many plans, of which the oldest go."""
    keep("one", Known(looked_at=tuple(f"a{number}" for number in range(1001))))
    assert not place.exists()
    monkeypatch.setattr(plans, "MOST", 2)
    for number in range(4):
        keep(f"{number}", Known(newest=True))
        os.utime(place / f"{number}.json", (number, number))
    assert sorted(os.listdir(place)) == ["2.json", "3.json"]


def test_without_a_cache_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor where it can't be written, nor of what has no name."""
    monkeypatch.setattr(plans, "part", lambda _: None)
    keep("one", Known(newest=True))
    assert recall("one") == NOTHING
    (tmp_path / "file").touch()
    monkeypatch.setattr(plans, "part", lambda _: tmp_path / "file")
    keep("one", Known(newest=True))
    keep("", Known(newest=True))
    assert recall("one") == NOTHING


def _interpreter(*layers: Layer, version: str = "3.12.1") -> Interpreter:
    return Interpreter(
        executable="/env/bin/python",
        version=version,
        implementation="cpython",
        prefix="/env",
        base_prefix="/base",
        base_executable="/base/bin/python",
        layers=layers,
        purelib="",
        scripts="",
    )


def test_plans_that_are_like_each_other() -> None:
    """All environments over a base share what is known; another base, request or lack is another plan."""
    seen = _interpreter(OWN, BASE)
    name = name_of("uv", seen, ["a", "b"], ["b>=1", "c"])
    other = Layer(path="/elsewhere/env/site-packages", role=Role.OWN)
    assert name == name_of("uv", _interpreter(other, BASE), ["a", "b"], ["c", "b>=1", "c"])
    others = [
        name_of("uv", _interpreter(OWN, INJECTED, BASE), ["a", "b"], ["b>=1", "c"]),
        name_of("uv", _interpreter(OWN, BASE, version="3.13.0"), ["a", "b"], ["b>=1", "c"]),
        name_of("uv", seen, ["a"], ["b>=1", "c"]),
        name_of("/elsewhere/uv", seen, ["a", "b"], ["b>=1", "c"]),
        name_of("uv", seen, ["a", "b"], ["b>=2", "c"]),
    ]
    assert len({name, *others}) == len(others) + 1
