"""Requirements and markers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from support.patience import must_end
from support.strategies import MARKERS, extras, markers
from tox_sitediff.core.requirements import (
    Conditional,
    applies,
    deciding,
    key,
    parse,
    relevant,
    satisfied_by,
    with_normalised_extras,
)

if TYPE_CHECKING:
    from packaging.utils import NormalizedName


def holds(marker: str, extra: str) -> bool:
    return Marker(marker).evaluate({**MARKERS, "extra": extra})


@given(marker=markers, asked=st.sets(extras))
def test_a_marker_holds_where_packaging_says_so_without_an_extra_or_with_one_of_them(
    marker: str, asked: set[str]
) -> None:
    expected = any(holds(marker, extra) for extra in {"", *asked})
    assert applies(Marker(marker), MARKERS, asked) is expected


def test_no_marker_always_applies() -> None:
    assert applies(None, MARKERS)


def test_the_marker_environment_of_the_target_counts_not_that_of_the_tests() -> None:
    there = {**MARKERS, "sys_platform": "win32", "python_version": "3.8", "python_full_version": "3.8.1"}
    assert applies(Marker('sys_platform == "win32" and python_version == "3.8"'), there)
    assert not applies(Marker('sys_platform == "win32"'), MARKERS)


def test_a_marker_that_packaging_cannot_evaluate_does_not_apply() -> None:
    assert not applies(Marker('extra ~= "1.0"'), MARKERS, ["x"])


@pytest.mark.parametrize("marker", ['"x" in extras', 'extras == "x"'])
def test_a_marker_with_what_only_lock_files_know_does_not_apply(marker: str) -> None:
    """Whichever error packaging has for it, which differs between its releases."""
    assert not applies(Marker(marker), MARKERS, ["x"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a; (extra == "Foo_Bar" or "x" == extra)', 'a; (extra == "foo-bar" or "x" == extra)'),
        ("a>1; ('A.B'!=extra)", "a>1; ('a-b'!=extra)"),
        # no name of an extra: another string that reads like one, another variable
        ("a; (os_name == \"extra == 'A_b'\")", "a; (os_name == \"extra == 'A_b'\")"),
        ('a; (platform_machine == "A_b") and extra == "x"', 'a; (platform_machine == "A_b") and extra == "x"'),
        ('a[B_c] (>=1); extra == "A_b"', 'a[B_c] (>=1); extra == "A_b"'),
        ("a (>=1)", "a (>=1)"),
    ],
)
def test_names_of_extras_within_parentheses_are_normalised(text: str, expected: str) -> None:
    """As packaging does from 26.3 on, also with an older one; without parentheses it always did."""
    assert with_normalised_extras(text) == expected


def test_an_extra_within_parentheses_is_known_by_any_spelling() -> None:
    assert applies(parse('a; (extra == "Foo_Bar")').marker, MARKERS, ["foo-bar"])


@given(
    marker=markers,
    head=st.sampled_from(["a", "a >=1.0 ", "a[x]", "a @ https://host.example/a;b ", "a@https://host.example/;c=d "]),
    asked=st.frozensets(extras.map(key)),
)
@example(marker='(extra == "x")or(python_version > "3")', head="a", asked=frozenset())
@example(marker='extra == ""', head="a", asked=frozenset())
@example(marker="platform_version != \"extra == 'x'\"", head="a", asked=frozenset())
@example(marker='python_version > "3"', head="a@https://host.example/;extra=='x' ", asked=frozenset())
def test_a_line_that_is_left_out_unparsed_would_not_have_applied(marker: str, head: str, asked: frozenset[str]) -> None:
    line = f"{head};{marker}"
    assert Requirement(line).marker is not None
    if not list(relevant([line], asked)):
        assert not applies(Requirement(line).marker, MARKERS, asked)


def test_lines_of_extras_that_nobody_asked_for_are_left_out_and_the_others_keep_their_order() -> None:
    lines = ["a", 'b; extra == "X-y"', "c; extra=='test'", 'd>=1; python_version > "3" and extra == "docs"', "e>=1"]
    assert list(relevant(lines, frozenset())) == ["a", "e>=1"]
    assert list(relevant(lines, frozenset({key("x_Y")}))) == ["a", 'b; extra == "X-y"', "e>=1"]
    assert list(relevant(lines, frozenset({key("docs"), key("test")}))) == ["a", *lines[2:]]


def test_a_very_long_line_takes_no_more_than_a_glance() -> None:
    """Each character is looked at once or twice: with a step for each pair of them, this would take hours."""
    lines = [f"a; {quotes * 200_000} extra == 'x'" for quotes in ("'", "\"'", "extra ", "extra == ", "(")]
    with must_end():
        assert len(list(relevant(lines, frozenset()))) <= len(lines)


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        ("", True),
        (">=2.5", True),
        (">2.5", True),
        ("<=2.6", True),
        ("!=2.6", True),
        ("~=2.5", True),
        ("==2.6.*", True),
        (">=2.6", False),
        ("<2.6", False),
        ("~=2.6", False),
    ],
)
def test_an_installed_prerelease_with_a_local_version_counts_as_pip_counts_it(specifier: str, expected: bool) -> None:
    assert satisfied_by(Requirement(f"torch{specifier}"), Version("2.6.0a0+abc.nv24.12")) is expected


def test_a_requirement_is_parsed_once_and_names_are_normalised() -> None:
    assert parse("Foo.Bar>=1") is parse("Foo.Bar>=1")
    assert key("Foo._.Bar") == "foo-bar"
    with pytest.raises(InvalidRequirement, match="foo"):
        parse("foo >< 1")


def test_parentheses_that_are_many_or_deep_as_none_writes_them_are_read() -> None:
    """A hundred levels, and a thousand comparisons in parentheses of their own."""
    for marker in (f"{'(' * 100}os_name == 'nt'{')' * 100}", " or ".join(["(os_name == 'nt')"] * 1000)):
        assert applies(parse(f"a; {marker}").marker, {**MARKERS, "os_name": "nt"})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"a; {'(' * 100_000}os_name == 'nt'{')' * 100_000}", "nested too deeply"),
        (f"a>={'9' * 5000}", "too large"),
        (f"a=={'9' * 5000}.*", "too large"),
        (f"a; python_version > '{'9' * 5000}'", "too large"),
        (f"a; python_full_version < '1.{'9' * 5000}'", "too large"),
    ],
)
def test_what_python_itself_would_fail_on_is_no_requirement(text: str, why: str) -> None:
    """A bomb of parentheses or digits is refused where it is parsed, in words that are short."""
    with pytest.raises(InvalidRequirement, match=why) as caught:
        parse(text)
    assert len(str(caught.value)) < 200


@given(marker=markers, asked=st.frozensets(extras.map(key), min_size=1), rest=st.integers(min_value=5, max_value=9))
@example(marker='extra != "x"', asked=frozenset({key("x")}), rest=5)
@example(marker='extra in "x y"', asked=frozenset({key("x")}), rest=5)
def test_of_many_extras_those_that_decide_are_enough(marker: str, asked: frozenset[NormalizedName], rest: int) -> None:
    """What a line does with all extras it does with those that it names and one that it does not."""
    every = asked | {key(f"other{number}") for number in range(rest)}
    parsed = Requirement(f"a; {marker}").marker
    chosen = deciding(f"a; {marker}", every)
    assert chosen <= every
    assert applies(parsed, MARKERS, chosen) is applies(parsed, MARKERS, every)


@given(lines=st.lists(markers, max_size=5), first=extras.map(key), new=st.frozensets(extras.map(key), min_size=1))
@example(lines=['extra != "x" and extra != ""'], first=key("x"), new=frozenset({key("y")}))
def test_what_further_extras_bring_in_is_among_the_lines_that_mention_them(
    lines: list[str], first: NormalizedName, new: frozenset[NormalizedName]
) -> None:
    """A line that is not looked at again when more extras are asked for would have said the same as before."""
    texts = tuple(f"a{number}; {marker}" for number, marker in enumerate(lines))
    further = Conditional.of(texts).further(new)
    assert further == [text for text in texts if text in further]
    for text in texts:
        marker = Requirement(text).marker
        if text not in further and applies(marker, MARKERS, new):
            assert applies(marker, MARKERS, [first])
