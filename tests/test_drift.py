"""What an environment relies on in the base, and which changes there are noticed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from faults.support import install
from strategies import BASE, INJECTED, MARKERS, OWN, distribution, root

from tox_sitediff.closure import walk
from tox_sitediff.drift import changed, drift, rely
from tox_sitediff.inventory import Inventory
from tox_sitediff.record import Bytes, Installed, Python, Record, Seconds
from tox_sitediff.records import Broken, Distribution, Entry, Interpreter, Layer, Role
from tox_sitediff.state import State
from tox_sitediff.view import View

if TYPE_CHECKING:
    from pathlib import Path

USER = Layer(path="/user", role=Role.USER)
A = distribution("a", "1.0", "b>=1")
B = distribution("b", "1.0", 'c; extra == "x"')
OTHER = distribution("other", "1.0")
MINE = distribution("mine", "1.0", layer=OWN)


def inventory(*found: Distribution | Broken) -> Inventory:
    known = {
        item.entry if isinstance(item, Broken) else Entry(name=item.name, path=item.path, layer=item.layer): item
        for item in found
    }
    return Inventory(list(known), known.__getitem__)


def filled(*found: Distribution | Broken, declared: tuple[str, ...] = ("a", "mine")) -> State:
    """The state of an environment that was filled over an inventory."""
    seen = inventory(*found)
    closure = walk(map(root, declared), lookup=seen.effective, environment=MARKERS)
    return State(created="", relied=rely(closure, seen))


def broken(item: Distribution) -> Broken:
    return Broken(entry=Entry(name=item.name, path=item.path, layer=item.layer), reason="its METADATA has no Version")


STATE = filled(A, B, OTHER, MINE)


def test_what_is_relied_on() -> None:
    """The closure that the base serves is relied on, and nothing of the environment's own."""
    assert sorted(STATE.relied) == ["a", "b"]
    assert (STATE.relied["a"].version, STATE.relied["a"].paths) == ("1.0", (A.path,))


@pytest.mark.parametrize(
    "found",
    [
        [A, B, OTHER, MINE],
        [OTHER, B, MINE, A],
        [A, B, MINE],
        [A, B, distribution("other", "2.0"), MINE, distribution("more")],
        [A, B, broken(OTHER), MINE],
        [A, B, OTHER],
        [A, B, MINE, distribution("b", "3.0", layer=USER)],
        [MINE, A, B, distribution("mine", "0.9")],
        [A, B, distribution("mine", "3.0", layer=OWN)],
        [distribution("b", "0.1", layer=OWN), A, B, MINE],
    ],
    ids=[
        "nothing",
        "another order",
        "an unrelated one is gone",
        "an unrelated one was upgraded, another one came",
        "an unrelated one broke",
        "what was the environment's own is gone",
        "a copy behind the effective one",
        "a copy in the base of what is the environment's own",
        "another own version",
        "an own copy since",
    ],
)
def test_what_does_not_touch_the_environment(found: list[Distribution | Broken]) -> None:
    """Changes that the environment does not rely on, or that were made in it, are no reason."""
    assert drift(STATE, inventory(*found)) is None


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ([A, MINE], "the base changed: b 1.0 is gone"),
        ([], "the base changed: a 1.0 is gone"),
        ([A, broken(B)], "the base changed: b 1.0 is unusable: its METADATA has no Version"),
        (
            [A, distribution("b", "1.0", "not a requirement!")],
            "the base changed: b 1.0 is unusable: its requirement 'not a requirement!' is not valid (PEP 508)",
        ),
        (
            [A, distribution("b", "1.1")],
            f"the base changed: b was 1.0 in {BASE.path}, is 1.1 in {BASE.path} now",
        ),
        (
            [A, replace(B, layer=USER, path="/user/b-1.0.dist-info"), B],
            f"the base changed: b was 1.0 in {BASE.path}, is 1.0 in /user now",
        ),
        (
            [distribution("a", "0.9", layer=INJECTED), A, B],
            f"the base changed: a was 1.0 in {BASE.path}, is 0.9 in /injected now",
        ),
        ([replace(A, requires=("b>=2",)), B], "the base changed: a 1.0 has other requirements now"),
        ([A, replace(B, requires=())], "the base changed: b 1.0 has other requirements now"),
        (
            [distribution("mine", "0.1", layer=INJECTED), A, B, MINE],
            f"{INJECTED.path}/mine-0.1.dist-info now stands before mine 1.0 of the environment",
        ),
    ],
    ids=[
        "gone",
        "all is gone",
        "broken",
        "its requirements broke",
        "upgraded",
        "the same version elsewhere",
        "injected",
        "other requirements",
        "fewer requirements",
        "what is the environment's own is hidden",
    ],
)
def test_what_touches_the_environment(found: list[Distribution | Broken], reason: str) -> None:
    """Each change that the environment relies on is told in words."""
    assert drift(STATE, inventory(*found)) == reason


def test_a_version_that_only_the_metadata_tells() -> None:
    """The same file with another version in it is another version."""
    assert "is 2.0 in" in str(drift(STATE, inventory(A, replace(B, version=distribution("b", "2.0").version))))


def test_what_could_not_be_used_then_is_relied_on_too() -> None:
    """A broken copy before the effective one is noted, so that it is noticed when it is mended."""
    first = distribution("b", "3.0", layer=USER)
    state = filled(A, broken(first), B)
    assert state.relied["b"].paths == (first.path, B.path)
    assert drift(state, inventory(A, broken(first), B)) is None
    assert "is 3.0 in /user now" in str(drift(state, inventory(A, first, B)))


# --- whether the record still names what is installed


def _record(*installed: tuple[str, str]) -> Record:
    return Record(
        env="e",
        created="",
        python=Python(executable="", version="", implementation="", base_prefix=""),
        layers=(),
        declared=(),
        reused=(),
        installed=tuple(Installed(name=name, version=version, bytes=None, why=()) for name, version in installed),
        shadowed=(),
        conflicts=(),
        undeclared=(),
        bytes=Bytes(reused=None, installed=None, environment=None, unshared=None),
        seconds=Seconds(probe=0, plan=0, install=0, audit=0, total=0),
    )


def _view(own: Path, base: Path) -> View:
    layers = (Layer(path=str(own), role=Role.OWN), Layer(path=str(base), role=Role.BASE))
    interpreter = Interpreter(
        executable="python",
        version="3.12.1",
        implementation="cpython",
        prefix="/env",
        base_prefix="/base",
        base_executable="python",
        layers=layers,
        purelib="",
        scripts="",
    )
    return View(interpreter=interpreter, inventory=inventory(), exclude=frozenset())


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ([("a", "1.0"), ("b", "2.0")], False),
        ([("a", "1.0")], True),
        ([("a", "1.0"), ("b", "2.1")], True),
        ([("a", "1.0"), ("b", "2.0"), ("c", "1.0")], True),
    ],
    ids=["nothing", "removed", "upgraded", "added"],
)
def test_what_commands_installed(now: list[tuple[str, str]], expected: bool, tmp_path: Path) -> None:
    """What a command removed, upgraded or added in the environment itself makes the record untrue."""
    for name, version in now:
        install(tmp_path / "own", name, version)
    install(tmp_path / "base", "more", "1.0")
    record = _record(("a", "1.0"), ("b", "2.0"))
    assert changed(record, _view(tmp_path / "own", tmp_path / "base")) is expected


def test_a_run_that_did_not_look() -> None:
    """Where nothing was looked at, nothing is known to have changed."""
    assert changed(_record(("a", "1.0")), None) is False
