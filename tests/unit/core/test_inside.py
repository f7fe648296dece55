"""What an installation of ours into a base does to others there."""

from __future__ import annotations

from support.strategies import MARKERS, distribution, stock
from tox_sitediff.core.inside import unsuited


def test_what_does_not_suit_others() -> None:
    """By the requirements that apply; not among what came, not what is broken, not what nobody can read."""
    packaging = distribution("packaging", "26.4", "other>5")
    other = distribution("other", "1.0")
    inventory = stock(
        packaging,
        other,
        distribution("a", "1.0", "packaging<25", "other", "packaging>=20", "something<1"),
        distribution("b", "2.0", 'packaging<25; python_version < "3"', 'packaging<25; extra == "x"', "packaging !"),
        (distribution("c", "3.0", "packaging<25"), "its METADATA has no Version"),
    )
    found = list(unsuited({packaging.name: packaging, other.name: other}, inventory, MARKERS))
    assert [str(item) for item in found] == ["base a 1.0 needs packaging<25, now sees 26.4"]
