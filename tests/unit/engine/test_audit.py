"""What is said of a base that can't be relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from support.strategies import OWN, distribution, stock, view
from tox_sitediff.core.state import Wanted
from tox_sitediff.engine.audit import audit, warn_of_doubtful

if TYPE_CHECKING:
    from tox_sitediff.core.model import Distribution
    from tox_sitediff.engine.environment import Environment


class Warned:
    """Stands for an environment, which takes lines for people."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def warn(self, line: str) -> None:
        self.lines.append(line)


def said(*found: Distribution | tuple[Distribution, str], declared: str) -> list[str]:
    seen = view(stock(*found))
    for name in seen.inventory.names():
        list(seen.inventory.look_at(name))
    warned = Warned()
    closure = audit([Wanted(text=declared, audit=declared)], seen)
    warn_of_doubtful(cast("Environment", warned), closure, seen)
    return warned.lines


def test_what_is_asked_for_comes_first_and_the_rest_is_cut() -> None:
    """A base with a hundred broken distributions must not hide the one that matters."""
    lines = said(
        *((distribution(f"a{number:02}"), "torn") for number in range(30)),
        (distribution("wanted"), "torn"),
        declared="wanted",
    )
    assert lines[0].startswith(f"not reused: {distribution('wanted').path}: torn;")
    assert len(lines) == 21
    assert lines[-1] == "not reused either: 11 further distributions with broken metadata"


def test_two_copies_in_one_directory_are_named_where_they_matter() -> None:
    """Of those that are declared, and inherited."""
    one, two, other = distribution("a", "1.0"), distribution("a", "2.0"), distribution("b", "1.0")
    (line,) = said(one, two, other, distribution("b", "2.0"), declared="a")
    assert line.startswith(f"a is there more than once in {one.layer.path}: 1.0 counts, as Python sees it, not 2.0;")
    assert said(distribution("a", "1.0", layer=OWN), distribution("a", "2.0", layer=OWN), declared="a") == []
