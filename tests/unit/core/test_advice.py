"""What the user is told to do about what is not met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from support.strategies import BASE, MARKERS, OWN, distribution, root
from tox_sitediff.core.advice import Ways, way_out
from tox_sitediff.core.closure import walk

if TYPE_CHECKING:
    from tox_sitediff.core.model import Distribution


TEAM = Ways(declare="ask for {}", give_up="forget {}", exclude="exclude {}", again="try {} again")


def out(declared: list[str], *there: Distribution, ways: Ways = TEAM) -> list[str]:
    """Audit what is declared, and return what is said of each gap."""
    graph = {found.name: found for found in there}
    roots = [root(text) for text in declared]
    closure = walk(roots, lookup=graph.get, environment=MARKERS)
    names = {canonicalize_name(item.requirement.name) for item in roots}
    return [way_out(unmet, closure=closure, declared=names, ways=ways) for unmet in closure.unmet]


def test_what_something_else_requires_is_asked_for_or_that_is_given_up() -> None:
    """Whether it is missing, the base has it in another version, or it came into the environment by another way."""
    frame = distribution("frame", "2.1.0", "dates>=2", "numlib<2")
    expected = ["ask for dates>=2, or forget frame", "ask for numlib<2, or forget frame"]
    assert out(["frame"], frame, distribution("numlib", "2.0", layer=BASE)) == expected
    assert out(["frame"], frame, distribution("numlib", "2.0", layer=OWN)) == expected


def test_of_two_wishes_that_contradict_each_other_one_is_given_up() -> None:
    """To ask for a third version would break the other of them."""
    frame = distribution("frame", "2.1.0", "numlib<2")
    numlib = distribution("numlib", "2.0", layer=OWN)
    assert out(["frame", "numlib>=2"], frame, numlib) == ["forget numlib, or forget frame"]


def test_what_is_declared_and_not_there_is_tried_again() -> None:
    assert out(["tiny>=1", "gone"], distribution("tiny", "0.9")) == [
        "try tiny>=1 again, or forget tiny",
        "try gone again, or forget gone",
    ]


def test_what_does_not_say_what_it_requires_is_taken_from_elsewhere() -> None:
    """From an index in the place of the base's copy; in another version, where it did not come from the base."""
    odd = ["a >< 1"]
    assert out(["odd"], distribution("odd", "1.0", *odd)) == ["exclude odd, or forget odd"]
    assert out(["odd"], distribution("odd", "1.0", *odd, layer=OWN)) == ["ask for odd!=1.0, or forget odd"]


def test_the_words_are_those_of_the_command_where_nobody_has_others() -> None:
    frame = distribution("frame", "2.1.0", "numlib<2")
    assert out(["frame"], frame, ways=Ways()) == ["sitediff install 'numlib<2', or sitediff uninstall frame"]
