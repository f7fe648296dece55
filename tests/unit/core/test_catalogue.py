"""What a large directory holds in one text: the same as name by name."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.utils import NormalizedName, canonicalize_name

from tox_sitediff.core import catalogue as catalogues
from tox_sitediff.core.catalogue import Catalogued, catalogue
from tox_sitediff.core.inventory import Listing
from tox_sitediff.core.model import Layer, Role

LAYER: Final = Layer(path="/base", role=Role.BASE)
_names = st.text("ab-", max_size=3).map(canonicalize_name)


def both(held: list[tuple[NormalizedName, str]]) -> tuple[Listing, Catalogued]:
    names, files = [name for name, _ in held], [file for _, file in held]
    text = catalogue(names, files)
    assert text is not None
    return (
        Listing(LAYER, names, files, directory="/base/"),
        Catalogued(LAYER, text, len({*names}), directory="/base/"),
    )


@given(held=st.lists(st.tuples(_names, st.text("ab-._ ", max_size=3)), max_size=12), asked=st.lists(_names))
@example(held=[], asked=[canonicalize_name("a")])
def test_a_name_is_found_as_in_a_listing_and_no_other(
    held: list[tuple[NormalizedName, str]], asked: list[NormalizedName]
) -> None:
    """Those that are there and those that are not, at the ends and between; of the same name in their order."""
    listing, found = both(held)
    for name in [*asked, *listing.names()]:
        assert found.of(name) == listing.of(name)
        assert (name in found) == (name in listing)
    assert len(found) == len(listing)
    assert found.names() == listing.names()
    assert sorted(entry.path for entry in found) == sorted(entry.path for entry in listing)
    for name in asked:  # by the index that is there now
        assert found.of(name) == listing.of(name)


def test_where_much_is_asked_for_an_index_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Layer] = []

    class Counted(Listing):
        def __init__(self, layer: Layer, names: list[NormalizedName], files: list[str], *, directory: str = "") -> None:
            made.append(layer)
            super().__init__(layer, names, files, directory=directory)

    _, found = both([(canonicalize_name(f"name-{at}"), f"file-{at}") for at in range(1000)])
    monkeypatch.setattr(catalogues, "Listing", Counted)
    for at in range(1000):
        assert [entry.path for entry in found.of(canonicalize_name(f"name-{at}"))] == [f"/base/file-{at}"]
        assert made == [LAYER] * (at >= 200)


@pytest.mark.parametrize("odd", ["a\nb", "a/b", "caf\xe9", "\udce9", "a\0", "a\tb", "a\x85b"])
def test_what_no_line_can_hold_is_not_written_down(odd: str) -> None:
    assert catalogue([canonicalize_name("a")], [odd]) is None
    assert catalogue([NormalizedName(odd)], ["a-1.dist-info"]) is None
