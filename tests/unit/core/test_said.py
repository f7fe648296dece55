"""What is said once."""

from __future__ import annotations

from tox_sitediff.core.said import Said


def test_a_line_is_news_once() -> None:
    said = Said()
    assert [said.is_news(line) for line in ("a", "b", "a")] == [True, True, False]
    assert Said().is_news("a")
