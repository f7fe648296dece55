"""What an environment sees: roles, and the effective copy of each name."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.strategies import BASE, INJECTED, OWN, distribution, from_url, stock
from tox_sitediff.core.inventory import Inventory, classify, listings
from tox_sitediff.core.model import Broken, Distribution, Entry, Layer, Role

if TYPE_CHECKING:
    from collections.abc import Sequence


def roles(paths: str, *, own: str = "o", user: str | None = "u", base: str = "b") -> str:
    """Write the role of each path as its initial; extra is x."""
    layers = classify(paths.split(), own=frozenset(own.split()), user=user, base=frozenset(base.split()))
    return " ".join("x" if layer.role is Role.EXTRA else layer.role[0] for layer in layers)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ("o b", "o b"),
        ("p q o u b", "i i o u b"),
        ("o l u b", "o x u b"),
        ("o l b m", "o x b b"),
        ("o l m u v b c", "o x x u u b b"),
        ("o u v", "o u u"),
        ("u o b", "i o b"),
        ("b o l u", "i o x u"),
        ("o o2 b", "o x b"),
        ("o", "o"),
        ("b o b2", "i o x"),
        ("o b u", "o b u"),
        ("", ""),
    ],
)
def test_the_place_on_the_path_decides_about_the_role(paths: str, expected: str) -> None:
    assert roles(paths) == expected


def test_without_a_user_site_nothing_is_the_users_and_several_own_directories_are_all_own() -> None:
    assert roles("o u b", user=None) == "o x b"
    assert roles("o x o2 b", own="o o2") == "o x o b"


def test_an_interpreter_that_is_no_environment_has_nothing_but_its_base_and_the_user_site() -> None:
    assert roles("p u b", own="") == "b u b"


_paths = st.sampled_from("abcdefgh")


@given(paths=st.lists(_paths), own=st.frozensets(_paths), user=st.none() | _paths, base=st.frozensets(_paths))
def test_each_directory_keeps_its_place_once_and_has_the_role_that_its_neighbours_allow(
    paths: list[str], own: frozenset[str], user: str | None, base: frozenset[str]
) -> None:
    layers = classify(paths, own=own, user=user, base=base)
    assert [layer.path for layer in layers] == list(dict.fromkeys(paths))
    assert {layer.path for layer in layers if layer.role is Role.OWN} == own & set(paths)
    first = next((at for at, layer in enumerate(layers) if layer.role is Role.OWN), 0)
    assert all((layer.role is Role.INJECTED) == (at < first) for at, layer in enumerate(layers))
    behind = [layer for layer in layers[first:] if layer.role is not Role.OWN]
    assert all(layer.role is Role.USER for layer in behind if layer.path == user)
    assert not any(layer.role is Role.EXTRA and layer.path in base for layer in behind)


# --- copies


class Shelf:
    """Reads entries by their path: ``VERSION``, ``!`` for broken metadata, ``?`` for none; counts the reads."""

    def __init__(self, *entries: tuple[str, str, Layer]) -> None:
        self.reads: list[str] = []
        listed = listings(
            Entry(name=canonicalize_name(name), path=f"{at}:{version}", layer=layer)
            for at, (name, version, layer) in enumerate(entries)
        )
        self.inventory = Inventory(listed, self.read)

    def read(self, entry: Entry) -> Distribution | Broken:
        self.reads.append(entry.path)
        version = entry.path.partition(":")[2]
        if version in {"!", "?"}:
            return Broken(entry=entry, reason="broken", is_left_over=version == "?")
        return Distribution(name=entry.name, version=Version(version), path=entry.path, layer=entry.layer)

    def version(self, name: str, *, inherit: bool = True) -> str | None:
        found = self.inventory.effective(canonicalize_name(name), inherit=inherit)
        return None if found is None else str(found.version)


A, B, C = (canonicalize_name(name) for name in "abc")


def test_the_first_usable_copy_is_effective() -> None:
    shelf = Shelf(("a", "?", INJECTED), ("a", "1", OWN), ("a", "2", BASE), ("b", "3", BASE), ("c", "!", BASE))
    assert [shelf.version(name) for name in "abcd"] == ["1", "3", None, None]
    assert [str(copy.version) for copy in shelf.inventory.copies(A)] == ["1", "2"]
    assert [found.entry.path for found in shelf.inventory.broken()] == ["0:?", "4:!"]


@pytest.mark.parametrize("layer", [INJECTED, BASE])
def test_an_inherited_copy_that_cannot_be_used_hides_what_is_behind_it(layer: Layer) -> None:
    """Its modules would be imported; of the environment's own, such a copy is replaced."""
    shelf = Shelf(("a", "!", layer), ("a", "1", BASE), ("b", "!", OWN), ("b", "2", BASE))
    assert [shelf.version(name) for name in "ab"] == [None, "2"]
    assert shelf.inventory.inherited(A) is None


def test_own_copies_and_inherited_ones_are_told_apart() -> None:
    shelf = Shelf(("b", "1", INJECTED), ("a", "1", OWN), ("b", "2", OWN), ("a", "3", BASE), ("c", "!", OWN))
    inventory = shelf.inventory
    assert (shelf.version("b"), shelf.version("b", inherit=False)) == ("1", "2")
    assert shelf.version("d", inherit=False) is None
    assert [str(copy.version) for name in (A, B, C) if (copy := inventory.inherited(name))] == ["3", "1"]
    assert [(copy.name, str(copy.version)) for copy in inventory.own()] == [("a", "1"), ("b", "2")]
    assert inventory.offered() == 2
    assert [role for role in Role if inventory.has(role)] == [Role.OWN, Role.INJECTED, Role.BASE]


def test_metadata_is_read_when_it_is_asked_for_and_once() -> None:
    shelf = Shelf(("a", "1", OWN), ("a", "2", BASE), ("b", "1", BASE))
    assert A in shelf.inventory
    assert C not in shelf.inventory
    assert shelf.inventory.names() == [A, B]
    assert [entry.path for entry in shelf.inventory.entries(A)] == ["0:1", "1:2"]
    assert not shelf.inventory.entries(C)
    assert shelf.reads == []
    for _ in range(2):
        assert shelf.version("a") == "1"
    assert shelf.reads == ["0:1"]


_entries = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2", "!", "?"]), st.sampled_from([INJECTED, OWN, BASE]))
)


@given(_entries)
def test_what_is_effective_is_the_first_of_what_is_there(entries: Sequence[tuple[str, str, Layer]]) -> None:
    inventory = Shelf(*entries).inventory
    for name in (A, B, C):
        copies = [(version, layer) for other, version, layer in entries if other == name and version != "?"]
        usable = list(takewhile(lambda copy: copy[0] != "!" or copy[1] is OWN, copies))
        usable = [copy for copy in usable if copy[0] != "!"]
        mine = [version for version, layer in copies if layer is OWN and version != "!"]
        found = inventory.effective(name)
        assert (found and (str(found.version), found.layer)) == (usable[0] if usable else None)
        kept = inventory.effective(name, inherit=False)
        assert (kept and str(kept.version)) == (mine[0] if mine else None)
        assert [str(copy.version) for copy in inventory.own() if copy.name == name] == mine[:1]


def test_an_inherited_copy_with_a_requirement_that_nothing_can_read_is_none() -> None:
    odd = distribution("a", "2.0", "b >< 1")
    behind = distribution("a", "1.0", "b", layer=Layer(path="/behind", role=Role.BASE))
    inventory = stock(odd, behind)
    assert inventory.effective(A) is None
    assert [(found.entry.path, found.reason) for found in inventory.broken()] == [
        (odd.path, "its requirement 'b >< 1' is not valid (PEP 508)")
    ]
    assert inventory.effective(A) is None  # known now


def test_such_a_requirement_of_an_extra_or_of_an_own_copy_does_not_matter() -> None:
    extra, own = distribution("a", "2.0", 'b >< 1; extra == "x"'), distribution("b", "1.0", "c ><", layer=OWN)
    inventory = stock(extra, own)
    assert (inventory.effective(A), inventory.effective(B)) == (extra, own)
    assert inventory.broken() == []


def test_rivals_are_other_versions_in_the_same_directory() -> None:
    one, two, three = (distribution("a", version) for version in ("1.0", "2.0", "3.0"))
    twin = Distribution(name=A, version=Version("1.0"), path="/twin", layer=BASE)
    elsewhere = distribution("a", "4.0", layer=OWN)
    inventory = stock(elsewhere, one, twin, two, (three, "broken"))
    assert inventory.rivals(one) == [two]
    assert inventory.rivals(two) == [one, twin]
    assert inventory.rivals(elsewhere) == []


def test_all_copies_of_a_name_are_looked_at_in_their_order_usable_or_not() -> None:
    torn, good, hidden = (distribution("a", layer=layer) for layer in (INJECTED, OWN, BASE))
    found = list(stock((torn, "torn"), good, hidden, distribution("b")).look_at(canonicalize_name("a")))
    assert isinstance(found[0], Broken)
    assert (found[0].entry.path, found[0].reason) == (torn.path, "torn")
    assert found[1:] == [good, hidden]


@given(st.permutations(["b", "a", "c"]))
def test_a_list_is_sorted_and_names_the_url_of_what_was_installed_from_one(names: list[str]) -> None:
    found = {
        "a": from_url("a", "https://host.example/a-1.0.zip"),
        "b": replace(from_url("b", "file:///croot/b", "directory"), layer=BASE),
        "c": distribution("c", "3.0", layer=INJECTED),
    }
    inventory = stock(*(found[name] for name in names), (distribution("broken"), "broken"))
    assert inventory.freeze() == ["a @ https://host.example/a-1.0.zip", "b==1.0", "c==3.0"]


@pytest.mark.parametrize(
    "url", ["https://h.example/\nevil==1.0", "https://h.example/\x1b[2J", "https://h.example/\ud800"]
)
def test_an_origin_that_would_leave_its_line_is_left_out_of_a_list(url: str) -> None:
    """What is frozen becomes a constraints file: a URL can't add a line to it, or make it unwritable."""
    assert stock(from_url("a", url)).freeze() == ["a==1.0"]


_held = st.builds(
    Entry,
    name=st.sampled_from("abcd").map(canonicalize_name),
    path=st.uuids().map(str),
    layer=st.sampled_from([INJECTED, OWN, BASE, Layer(path="/more", role=Role.BASE)]),
)


@given(entries=st.lists(_held, max_size=10))
def test_an_inventory_counts_and_finds_what_its_layers_hold_one_by_one(entries: list[Entry]) -> None:
    known = {
        entry: Distribution(name=entry.name, version=Version("1"), path=entry.path, layer=entry.layer)
        for entry in entries
    }
    inventory = Inventory(listings(entries), known.__getitem__)
    assert inventory.names() == sorted({entry.name for entry in entries})
    assert inventory.offered() == len({entry.name for entry in entries if entry.layer != OWN})
    own: dict[str, str] = {}
    for entry in entries:
        if entry.layer == OWN:
            own.setdefault(entry.name, entry.path)
    assert {found.name: found.path for found in inventory.own()} == own
    for name in map(canonicalize_name, "abcde"):
        assert list(inventory.entries(name)) == [entry for entry in entries if entry.name == name]
        assert (name in inventory) == any(entry.name == name for entry in entries)
