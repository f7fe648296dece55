"""A report as metrics."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from support.rows import row
from support.strategies import records
from tox_sitediff.report.metrics import openmetrics
from tox_sitediff.report.rows import Row


def test_each_environment_has_a_line_for_each_measure_that_is_known() -> None:
    one = row("e", reused={"a": ("1", 7)})
    unknown = replace(one, record=one.record.measured(None, None, None))
    lines = openmetrics([one, unknown]).splitlines()
    named = 'environment="e",python="3.12.1",machine="Linux x86_64"'
    assert f"sitediff_environment_bytes{{{named}}} 0" in lines
    assert f'sitediff_saved_bytes{{{named},number="2"}} 7' in lines
    assert sum(line.startswith("sitediff_environment_bytes{") for line in lines) == 1
    assert 'sitediff_findings{kind="shadowed"} 1' in openmetrics([row(shadowed={"a": "1"})]).splitlines()


SAMPLE = re.compile(r'[a-z_]+\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*\} \d+')


@given(st.lists(records, max_size=3))
def test_whatever_a_record_holds_the_text_is_metrics(kept: list) -> None:  # type: ignore[type-arg]
    """No sample twice, each of a family that was announced, and an end."""
    lines = openmetrics([Row(record=record, source="x") for record in kept]).split("\n")
    samples = [line for line in lines if not line.startswith("#")]
    assert all(SAMPLE.fullmatch(line) for line in samples)
    assert len({line.rpartition(" ")[0] for line in samples}) == len(samples)
    announced = {line.split(" ")[2] for line in lines if line.startswith("# TYPE")}
    assert {line.partition("{")[0] for line in samples} <= announced
    assert lines[-1] == "# EOF"
