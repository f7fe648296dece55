# mypy: disallow-untyped-calls=False
"""The hook reads what the rules write."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.visibility import hook
from tox_sitediff.visibility.rules import Rules, checksum, escape, text, unescape


@given(st.text(), st.text())
def test_a_field_survives(one: str, two: str) -> None:
    """What is escaped holds no separator, and comes back, here and in the hook."""
    for field in (one, two):
        assert not {"\t", "\n"} & set(escape(field))
        assert unescape(escape(field)) == hook.unescape(hook.escape(field)) == field
    assert (escape(one) == escape(two)) == (one == two)


@given(st.binary(), st.binary())
def test_the_hook_sums_up_as_the_writer(one: bytes, two: bytes) -> None:
    """Both check the same sum."""
    assert checksum(one) == hook.checksum(one)
    assert checksum(one + b"x" + two) != checksum(one + b"y" + two)


def test_the_hook_reads_what_is_written() -> None:
    """Directories, names, modules, path files and owners arrive."""
    odd = "/odd\tplace\n%41"
    made = {
        "/base": Rules(names={"a"}, modules={"a", "ns"}, path_files={"a.pth"}, owners={"b 1": {"b", "c"}}),
        "/base/ns": Rules(modules={"one"}, owners={"two 1": {"two"}}),
        odd: Rules(),
    }
    entries = [("user", odd), ("base", "/base"), ("base", "/unknown")]
    may, owners = text(made, entries=entries, log="/log", user=odd)
    body = os.fsencode(f"{may}\n\n{owners}")
    head = os.fsencode(f"sitediff-visibility 1 declared {checksum(body)}\n")
    read = hook.Sight(head + body, "declared")
    assert (read.log, read.user) == ("/log", odd)
    assert read.entries == [("user", odd, []), ("base", "/base", ["a.pth"]), ("base", "/unknown", [])]
    assert read.rules_of("/base").names == {"a"}
    assert read.rules_of("/base/../base/").modules == {"a", "ns"}
    assert read.rules_of("/base/ns").modules == {"one"}
    assert read.rules_of(odd).modules == frozenset()
    assert read.rules_of("/elsewhere") is None
    assert [read.owner("/base", name) for name in "abcd"] == ["", "b 1", "b 1", ""]
    assert read.owner("/base/ns", "two") == "two 1"
    with pytest.raises(ValueError, match="damaged"):
        hook.Sight(head + body, "report")
    without = text({}, entries=[], log="", user=None)
    assert without == ("log\t\nusersite\t", "")
