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
    """Directories, modules and owners arrive."""
    odd = "/odd\tplace\n%41"
    made = {
        "/base": Rules(modules={"a", "ns"}, owners={"b 1": {"b", "c"}}),
        "/base/ns": Rules(modules={"one"}, owners={"two 1": {"two"}}),
        odd: Rules(owners={"c 1": {"c"}}),
    }
    may, owners = text(made, on_path=[odd, "/base", "/unknown"], log="/log")
    body = os.fsencode(f"{may}\n\n{owners}")
    head = os.fsencode(f"sitediff-visibility 2 report {checksum(body)}\n")
    read = hook.Sight(head + body)
    assert read.log == "/log"
    assert read.rules_of("/base/../base/").modules == {"a", "ns"}
    assert read.rules_of("/base/ns").modules == {"one"}
    assert read.rules_of(odd).modules == read.rules_of("/unknown").modules == frozenset()
    assert read.rules_of("/elsewhere") is None
    assert [list(read.owned(name)) for name in ("a", "b", "c", "two")] == [[], ["/base"], [odd, "/base"], ["/base/ns"]]
    with pytest.raises(ValueError, match="damaged"):
        hook.Sight(head + body + b"x")
    assert text({}, on_path=[], log="") == ("log\t", "")
