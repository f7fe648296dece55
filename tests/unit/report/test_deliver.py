"""A report from beginning to end."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from support.rows import row
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.report import FORMS
from tox_sitediff.report.deliver import Wanted, deliver, wanted_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tox_sitediff.report.rows import Row


def written(
    wanted: Wanted, *rows: Row, variables: Mapping[str, str] | None = None, said: list[str] | None = None
) -> int:
    return deliver(rows or [row()], wanted, variables=variables or {}, say=(said if said is not None else []).append)


def asked(tmp_path: Path, **given: object) -> Wanted:
    values: dict[str, object] = {
        "form": "table",
        "by": (),
        "compare": [],
        "fail_over": None,
        "fail_increase": None,
        "output": None,
    }
    return wanted_of(**(values | given), start=tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_written_whole_and_safe_to_show(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert written(Wanted(form=form), row("\x1b[2J", reused={"a": ("1", 5)})) == 0
    text = capsys.readouterr().out
    assert text.endswith("\n")
    assert text.replace("\n", "").isprintable()


def test_a_file_takes_the_place_of_the_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "r.json"
    assert written(Wanted(form="json", output=file), row("a"), row("b", environment=9)) == 0
    assert capsys.readouterr().out == ""
    assert [found["env"] for found in json.loads(file.read_text("utf-8"))["records"]] == ["b", "a"]
    with pytest.raises(EnvironmentProblem, match="No such file or directory; name another file with --output"):
        written(Wanted(output=tmp_path / "no" / "r"))


def test_limits_end_with_1_and_say_why(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    written(Wanted(form="json", output=old), row(environment=100))
    said: list[str] = []
    wanted = asked(tmp_path, compare=[old], fail_over="1kB", fail_increase="50")
    assert written(wanted, row(environment=150), said=said) == 0
    assert written(wanted, row(environment=1200), said=said) == 1
    assert said == [
        "py312 (sitediff.json) has 1.2 kB, 200 B over 1.0 kB",
        "py312 (sitediff.json) grew by 1.1 kB, more than 50 B",
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fail_over": "much"}, "--fail-over: 'much' is not a size"),
        ({"fail_increase": "5MB"}, "--fail-increase needs something to compare with; add --compare OLD"),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, given: dict[str, str], message: str) -> None:
    with pytest.raises(EnvironmentProblem, match=message):
        asked(tmp_path, **given)


def test_who_writes_the_summary_by_hand_does_not_have_it_twice(tmp_path: Path) -> None:
    """As `--output $GITHUB_STEP_SUMMARY`, or the standard output turned there; else it is written besides."""
    file, summary = tmp_path / "sitediff.json", tmp_path / "summary.md"
    file.write_text(json.dumps(row().record.as_json()), "utf-8")
    one = row(source=str(file))
    one = type(one)(record=one.record, source=one.source, file=str(file))
    variables = {"GITHUB_STEP_SUMMARY": str(summary)}
    summary.write_text("", "utf-8")
    written(Wanted(form="markdown", output=summary), one, variables=variables)
    assert summary.read_text("utf-8").count("| environment |") == 1
    written(Wanted(form="json", output=tmp_path / "x.json"), one, variables=variables)
    assert summary.read_text("utf-8").count("| environment |") == 2


def test_what_changed_is_in_the_summary_too(tmp_path: Path) -> None:
    file = tmp_path / "sitediff.json"
    file.write_text(json.dumps(row(environment=9).record.as_json()), "utf-8")
    one = type(row())(record=row(environment=9).record, source="x", file=str(file))
    wanted = Wanted(form="json", output=tmp_path / "x.json", old=[row(environment=5)])
    written(wanted, one, variables={"SITEDIFF_SUMMARY": str(tmp_path / "s.md")})
    assert "| `py312` | 9 B | +4 B | 0 B |" in (tmp_path / "s.md").read_text("utf-8")


def test_azure_is_told_where_the_report_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sitediff.json"
    file.write_text(json.dumps(row().record.as_json()), "utf-8")
    one = type(row())(record=row().record, source="x", file=str(file))
    variables = {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(tmp_path)}
    written(Wanted(form="json"), one, variables=variables)
    assert "##vso[task.uploadsummary]" in capsys.readouterr().err
    written(Wanted(form="json", output=tmp_path / "x.json"), one, variables=variables)
    assert capsys.readouterr().out.startswith("##vso[task.uploadsummary]")


def test_a_graph_that_is_not_drawn_whole_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    big = row(reused={f"d{at}": ("1", 1) for at in range(501)})
    written(Wanted(form="mermaid", output=tmp_path / "g"), big, said=said)
    assert said == ["the graph has 501 edges, and Mermaid draws 500 unless maxEdges is raised; name fewer"]


def test_without_its_extra_a_form_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module is made missing: the tests have it installed."""
    monkeypatch.setitem(sys.modules, "cyclonedx", None)
    with pytest.raises(
        EnvironmentProblem, match=r"--format cyclonedx needs .* pip install 'tox-sitediff\[cyclonedx\]'"
    ):
        written(Wanted(form="cyclonedx"))
