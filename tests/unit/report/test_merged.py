"""A report as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from support.rows import row
from support.strategies import records
from tox_sitediff.report.compare import compare
from tox_sitediff.report.merged import merged
from tox_sitediff.report.rows import Row


@given(st.lists(records, max_size=3))
def test_the_records_come_back_as_they_were_each_in_a_line(kept: list) -> None:  # type: ignore[type-arg]
    """With where they came from, their sums, and what was found."""
    rows = [Row(record=record, source=f"f{at}") for at, record in enumerate(kept)]
    text = merged(rows)
    data = json.loads(text)
    assert list(data) == ["schema", "records", "sources", "totals", "findings"]
    assert data["records"] == [json.loads(json.dumps(record.as_json())) for record in kept]
    assert [source["from"] for source in data["sources"]] == [f"f{at}" for at in range(len(kept))]
    assert data["totals"]["all"]["environments"] == len(kept)
    assert set(data["totals"]) == {"all", "environment", "base", "machine"}
    assert all(line.isprintable() and line.isascii() for line in text.split("\n"))
    assert sum(line.startswith('    {"schema": 1') for line in text.split("\n")) == len(kept)


def test_what_was_compared_is_there_and_no_secret_is() -> None:
    one = row(source="https://me:secret@host/x")
    data = json.loads(merged([one], pairs=compare([], [one])))
    assert data["compared"][0]["env"] == "py312"
    assert "secret" not in json.dumps(data)
    assert "\x7f" not in merged([replace(one, source="\x7f")])
