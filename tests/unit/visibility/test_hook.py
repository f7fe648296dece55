# mypy: disallow-untyped-calls=False
"""The hook reads what the rules write."""

from __future__ import annotations

import ntpath
import os
import posixpath
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.visibility import hook
from tox_sitediff.visibility.rules import Rules, Whose, checksum, escape, text, unescape


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


PATHS = st.lists(st.sampled_from(["a", "B", ".", "..", "", "c.d"]), max_size=8)


@given(PATHS)
def test_paths_are_worked_out_as_os_path_does(parts: list[str]) -> None:
    """Without a call of it."""
    path = "/x/" + "/".join(parts)
    assert hook.tidy(path) == hook.key(path) == hook.absolute(path) == posixpath.normpath(path)
    assert hook.absolute("/".join(["x", *parts])) == posixpath.normpath(f"{Path.cwd()}{path}")
    assert hook.tidy("/") == hook.tidy("/..") == "/"


@given(PATHS)
def test_paths_of_windows(parts: list[str]) -> None:
    """A stand-in for Windows: either separator, and in the table of rules no difference between letters."""
    path = "C:/x/" + "/".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hook, "SEP", "\\")
        patch.setattr(hook, "IS_WINDOWS", True)
        assert hook.absolute(path) == ntpath.normpath(path)
        assert hook.key(path) == ntpath.normcase(ntpath.normpath(path))
        assert hook.key("\\\\host\\a\\b") == hook.key("//host/a/./b")


def test_the_hook_reads_what_is_written() -> None:
    """Directories, what is not noted in them, whose files are whose; who has what is passed over."""
    odd = "/odd\tplace\n%41"
    made = {
        "/base": Rules(modules={"a", "ns"}, owners={"b 1": {"b", "c"}}),
        "/base/ns": Rules(modules={"one"}, owners={"two 1": {"two"}}),
        "/base/regular": Rules(
            modules={"one"}, is_package=True, owners={"two 1": {"two"}}, declared={"one 1": {"one"}}
        ),
        odd: Rules(owners={"c 1": {"c"}}),
    }
    whose = Whose(foreign=["/base/", odd], project=["/base/mine/"], finds={odd: ["edited"], "/base": ["edited", "e"]})
    may, owners = text(made, on_path=[odd, "/base", "/unknown"], log="/log", whose=whose)
    body = os.fsencode(f"{may}\n\n{owners}")
    head = os.fsencode(f"sitediff-visibility 3 report {checksum(body)}\n")
    read = hook.Sight(head + body)
    assert read.log == "/log"
    for path in ("/base/../base/", "/base/ns", odd, "/unknown"):
        assert read.rules_of(path).modules == frozenset()
    assert read.rules_of("/base/regular").modules == {"one"}
    assert read.rules_of("/elsewhere") is None
    assert read.found == {"edited": ["/base", odd], "e": ["/base"]}
    files = ("/base/x.py", "/base/mine/x.py", f"{odd}/x.py", "/work/x.py")
    assert [read.is_foreign(file) for file in files] == [True, False, True, False]
    with pytest.raises(ValueError, match="damaged"):
        hook.Sight(head + body + b"x")
    assert text({}, on_path=[], log="", whose=Whose()) == ("log\t\nforeign\nproject", "")
