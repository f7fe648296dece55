"""What an error quotes."""

from __future__ import annotations

from tox_sitediff.errors import Unsatisfied

HOSTILE = "a\x1b[2J\x1b]52;c;eA==\x07\x85\x9b\u202e\udcff"


def test_what_an_error_quotes_is_safe_to_show_and_its_lines_stay() -> None:
    """Whatever of a base stands in a message, a terminal acts on none of it, and a novel is cut."""
    said = str(Unsatisfied(f"head:\n  {HOSTILE}\n  {'x' * 100_000}"))
    head, quoted, cut = said.split("\n")
    assert (head, quoted) == ("head:", r"  a\x1b[2J\x1b]52;c;eA==\x07\x85\x9b\u202e\udcff")
    assert len(cut) < 2100
    assert said.replace("\n", "").isprintable()
