"""Colour for tables and messages."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hypothesis import given
from hypothesis import strategies as st

from support.strategies import RECORD, records
from tox_sitediff.core.colour import coloured
from tox_sitediff.core.render import table, undeclared
from tox_sitediff.core.summary import columns

if TYPE_CHECKING:
    from tox_sitediff.core.record import Record

CODE: Final = re.compile("\x1b\\[[0-9]+m")


def marked(text: str) -> str:
    """Colour a text, and write the codes so that they can be read."""
    return CODE.sub(lambda found: f"<{found[0][2:-1]}>", coloured(text)).replace("<0>", "</>")


def test_heads_results_and_failures_stand_out() -> None:
    """The head is bold, what is saved is green, and what failed is red."""
    several = [replace(RECORD, env="a"), replace(RECORD, env="b")]
    head, first, second, total = marked(table(several, failed={"b"})).split("\n")
    assert head == "<1>environment  reused  installed  size  saved</>"
    assert first.endswith("<32>7 B</>")
    assert second.endswith("<32>7 B</>  <31>installation failed</>")
    assert total.endswith("<32>14 B</>")


def test_a_plan_tells_what_is_reused_from_what_is_installed() -> None:
    """By colour, once in a row, whatever distributions are called."""
    rows = [
        ("six", "1", "reused [2]", "x -> reused"),
        ("numpy", "2", "installed (base: 1)", "numpy"),
        ("a", "?", "built", "a"),
    ]
    text = f"{columns(('distribution', 'version', 'would be', 'for'), rows)}\n\nreused  installed"
    assert [line.strip() for line in marked(text).split("\n")[1:]] == [
        "six           1        <32>reused [2]</>           x -> reused",
        "numpy         2        <36>installed</> (base: 1)  numpy",
        "a             ?        <36>built</>                a",
        "",
        "reused  installed",
    ]


def test_errors_and_ways_out_stand_out() -> None:
    """As in uv's messages; rows of other tables have no colour."""
    text = "sitediff: error: the environment lacks it:\n  a -> b<2\n    way out: sitediff install b\nno error: here"
    assert marked(text) == (
        "sitediff: <1><31>error:</> the environment lacks it:\n  a -> b<2\n    <36>way out:</> sitediff install b\n"
        "no error: here"
    )
    assert marked("environment  not declared  first imported by\na  reused  7 B") == (
        "<1>environment  not declared  first imported by</>\na  reused  7 B"
    )


@given(st.lists(records, max_size=3), st.text())
def test_colour_changes_no_character(several: list[Record], text: str) -> None:
    """Without the codes, the text is as it was."""
    for plain in (table(several), undeclared(several), text.replace("\x1b", "")):
        assert CODE.sub("", coloured(plain)) == plain
