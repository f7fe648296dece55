"""The page of a report, as text: what a browser does with it is for tests/browser."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from support.rows import row
from support.strategies import records
from tox_sitediff.report.page import page
from tox_sitediff.report.rows import Row

if TYPE_CHECKING:
    from tox_sitediff.core.record import Record

HOSTILE = st.sampled_from(
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        '"><img src=x onerror=alert(1)>',
        "]]>",
        "\u2028",
        "\x1b[2J",
        "&lt;",
    ]
)


class Elements(HTMLParser):
    """All elements of a page, with their attributes and the text in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data: str) -> None:
        self.inside.setdefault(self._open, []).append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


def hashed(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@settings(max_examples=20)  # a page is large
@given(records, HOSTILE)
def test_no_name_becomes_markup(record: Record, hostile: str) -> None:
    """Elements and attributes are the same whatever a record holds; the data are read back as they were."""
    bad = replace(record, env=hostile, python=replace(record.python, base_prefix=hostile))
    calm = replace(record, env="x", python=replace(record.python, base_prefix="x"))
    texts = [page([Row(record=item, source="f")]) for item in (bad, calm)]
    found, expected = (Elements(text) for text in texts)
    assert [(tag, {*attributes}) for tag, attributes in found.tags] == [
        (tag, {*attributes}) for tag, attributes in expected.tags
    ]
    assert len(found.inside["script"]) == len(expected.inside["script"]) == 2
    data = json.loads(found.inside["script"][0])
    assert len(data["environments"]) == 1
    assert all(text.isascii() and text.replace("\n", "").isprintable() for text in texts)


def test_the_policy_allows_what_is_there_and_nothing_else() -> None:
    """The script and the style by their hashes; no attribute of style, no handler, and nothing that is fetched."""
    text = page([row("a"), row("b")])
    found = Elements(text)
    [policy] = [at["content"] for _, at in found.tags if at.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "; ".join(
        (
            "default-src 'none'",
            f"script-src {hashed(found.inside['script'][1])}",
            f"style-src {hashed(''.join(found.inside['style']))}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    for tag, attributes in found.tags:
        assert not any(name == "style" or name.startswith("on") for name in attributes), tag
        for name in ("src", "href"):
            assert re.match(r"#|data:,", attributes.get(name) or "#"), (tag, attributes)
    assert not re.search(r"url\(|@import", "".join(found.inside["style"]))


def test_without_a_script_the_sums_and_the_environments_are_there() -> None:
    text = page([row("one", reused={"a": ("1", 3_000_000)}, installed={"b": ("1", 2_000_000)}), row("two")])
    shown = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", text, flags=re.DOTALL)
    words = " ".join(shown.split())
    assert "2 environments hold 2.0 MB . Without their bases they would hold 5.0 MB ." in words
    assert "one 2.0 MB 5.0 MB 3.0 MB 1 1 2,000,000 /base 3.12.1 Linux x86_64" in words


def test_of_no_records_and_of_unknown_sizes_there_is_a_page() -> None:
    one = row(reused={"a": ("1", None)})
    unknown = replace(one, failed=True, record=one.record.measured(None, None, None))
    assert "failed" in page([unknown])
    assert "0 environments hold" in page([])
    assert 'href="#changes"' in page([one], pairs=[])
    assert 'href="#changes"' not in page([one])
