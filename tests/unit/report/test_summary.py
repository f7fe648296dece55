"""The table in the summary of a CI job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.rows import row
from tox_sitediff.report import JOBS
from tox_sitediff.report.summary import Kept, place, summarize, summarize_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def kept(tmp_path: Path, env: str, *, size: int = 5) -> Path:
    file = tmp_path / env / "sitediff.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(row(env, environment=size).record.as_json()), encoding="utf-8")
    return file


def summary(variables: Mapping[str, str], *files: Path, failed: tuple[Path, ...] = ()) -> tuple[list[str], list[str]]:
    shown: list[str] = []
    said: list[str] = []
    summarize(files, variables=variables, failed=failed, show=shown.append, say=said.append)
    return shown, said


def rows(file: Path) -> list[str]:
    return [line.split("|")[1].strip() for line in file.read_text("utf-8").splitlines() if line.startswith("| ")][2:]


def test_a_job_of_github_has_one_table_whatever_runs_in_a_step(tmp_path: Path) -> None:
    """A second run adds its rows to those of the first, and what others wrote there stays."""
    file = tmp_path / "summary.md"
    file.write_text("# Of others\n", encoding="utf-8")
    variables = {"GITHUB_STEP_SUMMARY": str(file)}
    assert summary(variables, kept(tmp_path, "a"), kept(tmp_path, "b")) == ([], [])
    first = file.read_text("utf-8")
    assert first.startswith("# Of others\n\n<!-- tox-sitediff: begin {")
    assert rows(file) == ["`a`", "`b`", "total"]
    with file.open("a", encoding="utf-8") as opened:
        opened.write("more of others\n")
    summary(variables, kept(tmp_path, "a", size=9), kept(tmp_path, "c", size=7), failed=(tmp_path / "c/sitediff.json",))
    text = file.read_text("utf-8")
    assert rows(file) == ["`a`", "`c`", "`b`", "total"]
    assert text.count("### tox-sitediff") == text.count("-->") / 2 == 1
    assert text.startswith("# Of others\n\nmore of others\n\n<!--")
    assert text.count("installation failed") == 1
    summary(variables, kept(tmp_path, "a", size=9))
    assert text == file.read_text("utf-8"), "nothing new, nothing changes"


def test_an_environment_that_is_gone_leaves_the_table(tmp_path: Path) -> None:
    variables = {"GITHUB_STEP_SUMMARY": str(tmp_path / "s.md")}
    summary(variables, kept(tmp_path, "a"))
    (tmp_path / "a/sitediff.json").unlink()
    summary(variables, kept(tmp_path, "b"))
    assert rows(tmp_path / "s.md") == ["`b`"]


def test_no_path_ends_the_comment_that_names_it(tmp_path: Path) -> None:
    variables = {"GITHUB_STEP_SUMMARY": str(tmp_path / "s.md")}
    summary(variables, kept(tmp_path, "a-->b"))
    summary(variables, kept(tmp_path, "c"))
    assert rows(tmp_path / "s.md") == ["`a-->b`", "`c`", "total"]


def test_a_job_of_azure_is_told_of_the_file(tmp_path: Path) -> None:
    variables = {"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": str(tmp_path)}
    file = tmp_path / "tox-sitediff.md"
    assert summary(variables, kept(tmp_path, "a")) == ([f"##vso[task.uploadsummary]{file}"], [])
    assert rows(file) == ["`a`"]


@pytest.mark.parametrize(
    ("variables", "file"),
    [
        ({}, None),
        ({"SITEDIFF_SUMMARY": "0", "GITHUB_STEP_SUMMARY": "x"}, None),
        ({"SITEDIFF_SUMMARY": "mine.md", "GITHUB_STEP_SUMMARY": "x"}, "mine.md"),
        ({"SITEDIFF_SUMMARY": "", "GITHUB_STEP_SUMMARY": "x"}, "x"),
        ({"TF_BUILD": "false"}, None),
        ({"GITLAB_CI": "true"}, None),
    ],
)
def test_where_the_summary_goes(variables: dict[str, str], file: str | None) -> None:
    found = place(variables)
    assert (None if found is None else str(found.file)) == file
    assert {*variables} <= JOBS


def test_elsewhere_and_without_records_nothing_is_written(tmp_path: Path) -> None:
    assert summary({}, kept(tmp_path, "a")) == ([], [])
    assert summary({"GITHUB_STEP_SUMMARY": str(tmp_path / "s.md")}) == ([], [])
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_can_not_be_written_is_said_and_nothing_else_fails(tmp_path: Path) -> None:
    shown, said = summary({"GITHUB_STEP_SUMMARY": str(tmp_path / "no/s.md")}, kept(tmp_path, "a"))
    assert shown == []
    assert "the summary of the job could not be written" in said[0]
    assert "No such file or directory" in said[0]


def test_a_summary_that_the_system_would_refuse_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "s.md"
    file.write_text("x" * (1024 * 1024 - 100), encoding="utf-8")
    _, said = summary({"GITHUB_STEP_SUMMARY": str(file)}, kept(tmp_path, "a"))
    assert "too large" in said[0]
    assert file.stat().st_size == 1024 * 1024 - 100


def test_a_job_of_gitlab_finds_metrics_in_the_directory_of_the_run(tmp_path: Path) -> None:
    item = Kept(record=row("a").record, file=kept(tmp_path, "a"))
    said: list[str] = []

    def run(variables: dict[str, str], directory: Path) -> None:
        summarize_run([item], directory=directory, variables=variables, show=said.append, say=said.append)

    run({"GITLAB_CI": "true", "SITEDIFF_SUMMARY": "off"}, tmp_path)
    assert not (tmp_path / "sitediff-metrics.txt").exists()
    run({"GITLAB_CI": "true"}, tmp_path)
    assert 'sitediff_environment_bytes{environment="a"' in (tmp_path / "sitediff-metrics.txt").read_text("utf-8")
    assert said == []
    run({"GITLAB_CI": "true"}, tmp_path / "missing")
    assert "the metrics of the job could not be written" in said[0]
