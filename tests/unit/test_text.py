"""Text that people get to read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.text import counted, in_markdown, lines, printable, size

# --- patience and printing


@given(
    text=st.text(st.characters() | st.sampled_from("\x1b\n\r\0\x9b\u202e\ud800"), max_size=30), limit=st.integers(1, 20)
)
def test_what_is_shown_is_printable_and_bounded_and_leaves_plain_text_alone(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit + 3
    if text.isprintable() and len(text) <= limit:
        assert shown == text


def test_one_is_no_plural() -> None:
    assert [counted(count, "view") for count in (0, 1, 2)] == ["0 views", "1 view", "2 views"]


@given(text=st.text(st.characters() | st.sampled_from("\x1b\n\r\0\x9b\u202e"), max_size=400))
def test_without_a_limit_all_is_shown(text: str) -> None:
    """As on the standard output, which may be an artefact; the line ends stay."""
    shown = lines(text, None)
    assert shown.replace("\n", "").isprintable()
    assert shown.count("\n") == text.count("\n")
    if text.isprintable():
        assert shown == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("py312", "`py312`"),
        ("", "` `"),
        ("![x](https://h.example/p.png) @all <img src=x>", "`![x](https://h.example/p.png) @all <img src=x>`"),
        ("a|b\\|c", r"`a\x7cb\\x7cc`"),
        ("``a`", r"`\x60\x60a\x60`"),
        ("a\nb\x1b", r"`a\nb\x1b`"),
    ],
)
def test_nothing_is_active_in_markdown(text: str, shown: str) -> None:
    """All of it is a code span, which nothing in it can end, nor the cell of the table that it stands in."""
    assert in_markdown(text) == shown


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "?"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1049, "1.0 kB"),
        (1051, "1.1 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (999_999, "1.0 MB"),
        (312_400_000, "312.4 MB"),
        (999_949_999, "999.9 MB"),
        (999_950_000, "1.0 GB"),
        (10**12, "1.0 TB"),
        (10**15, "1.0 PB"),
        (10**19, "10000.0 PB"),
    ],
)
def test_sizes_at_the_borders_of_units(count: int | None, text: str) -> None:
    assert size(count) == text
