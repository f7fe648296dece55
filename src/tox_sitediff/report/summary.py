"""The table in the summary of a CI job (edge: writes where the system says), once, whoever of us adds to it.

- GitHub: ``GITHUB_STEP_SUMMARY`` names a file of Markdown for each step, of at most 1 MiB
  (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary).
- Azure: a line on the output names such a file, one name once for each task
  (https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands#uploadsummary-add-some-markdown-content-to-the-build-summary).
- GitLab has no such place for Markdown: merge requests show metrics, which a job names as an artifact
  (https://docs.gitlab.com/ci/testing/metrics_reports/).
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from ..errors import SitediffError, problem_of
from ..files import put, read_text
from ..text import is_off
from ..values import frozen
from .collect import collect
from .compare import compare
from .metrics import openmetrics
from .rows import Row, largest_first
from .texts import markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from ..core.record import Record

VARIABLE: Final = "SITEDIFF_SUMMARY"
"""Names a file for the summary, or switches it off."""
METRICS: Final = "sitediff-metrics.txt"
"""What GitLab is to find in the directory of tox or nox."""
_NAME: Final = "tox-sitediff.md"
_BEGIN: Final = "<!-- tox-sitediff: begin "
_END: Final = "<!-- tox-sitediff: end -->"
_SECTION: Final = re.compile(rf"\n*{re.escape(_BEGIN)}(.*?) -->\n.*?{re.escape(_END)}\n", re.DOTALL)
_LARGEST: Final = 1024 * 1024


@frozen
class Place:
    """Where a summary goes.

    Attributes:
        file: The file of Markdown.
        command: What is to be said for it to be shown; empty where nothing is.
    """

    file: Path
    command: str = ""


def place(variables: Mapping[str, str]) -> Place | None:
    """Tell where the system that runs this job shows summaries; None where it shows none, or shall not.

    Args:
        variables: The variables of the job.
    """
    given = variables.get(VARIABLE, "")
    if given and is_off(given):
        return None
    if given:
        return Place(file=Path(given))
    if file := variables.get("GITHUB_STEP_SUMMARY", ""):
        return Place(file=Path(file))
    if variables.get("TF_BUILD", "").lower() == "true":
        file = os.path.join(variables.get("AGENT_TEMPDIRECTORY") or tempfile.gettempdir(), _NAME)
        return Place(file=Path(file), command=f"##vso[task.uploadsummary]{file}")
    return None


def summarize(
    records: Iterable[Path],
    *,
    variables: Mapping[str, str],
    failed: Collection[Path] = (),
    old: Sequence[Row] | None = None,
    show: Callable[[str], None],
    say: Callable[[str], None],
) -> None:
    """Add records to the summary of the job, if there is one.

    What an earlier run of the same step wrote there is replaced, by a table of its records and these.

    Args:
        records: Files of records.
        variables: The variables of the job.
        failed: Those of environments in which an installation failed.
        old: What they are compared with; None for nothing.
        show: Writes a command for the system that runs the job.
        say: Tells people that it could not be written; nothing else fails for that.
    """
    if (found := place(variables)) is None:
        return
    files = {os.path.abspath(path): path in failed for path in records}
    if not files:
        return
    lock = Path(tempfile.gettempdir(), f"sitediff-summary-{zlib.crc32(os.fsencode(found.file)):x}.lock")
    try:
        with FileLock(lock, timeout=10):
            text = _written(read_text(found.file) or "", files, old)
            if len(text.encode("utf-8")) < _LARGEST:
                # in place: it may be a link, or be open elsewhere
                found.file.write_text(text, encoding="utf-8", newline="\n")
            else:
                say(f"the table of this run would make the summary of the job too large: {found.file}")
    except (OSError, TimeoutError) as error:
        say(f"the summary of the job could not be written: {problem_of(error, about=found.file)}")
        return
    if found.command:
        show(found.command)


def _written(text: str, files: Mapping[str, bool], old: Sequence[Row] | None) -> str:
    """Write a summary anew with further records."""
    earlier = _SECTION.search(text)
    known: dict[str, bool] = {}
    if earlier is not None:
        with suppress(ValueError, AttributeError):
            known = {str(name): bool(mark) for name, mark in json.loads(earlier[1]).items()}
        text = "\n\n".join(filter(None, (text[: earlier.start()], text[earlier.end() :].lstrip("\n"))))
    known |= files
    # a comment ends at two hyphens
    noted = json.dumps(known).replace("-", "\\u002d").replace(">", "\\u003e")
    rows = _rows(known)
    body = markdown(rows, pairs=None if old is None else compare(old, rows))
    section = f"{_BEGIN}{noted} -->\n### tox-sitediff\n\n{body}\n\n{_END}\n"
    return f"{text.rstrip()}\n\n{section}" if text.strip() else section


def _rows(files: Mapping[str, bool]) -> list[Row]:
    rows: list[Row] = []
    for name, failed in files.items():
        with suppress(SitediffError, OSError):  # an environment that is gone meanwhile, say
            rows += collect([Path(name)], start=Path.cwd(), failed=failed)
    return largest_first(rows)


@frozen
class Kept:
    """What a run of tox or nox left of an environment.

    Attributes:
        record: Its record.
        file: The file that holds the record.
        failed: Whether an installation failed.
    """

    record: Record
    file: Path
    failed: bool = False


def summarize_run(
    kept: Sequence[Kept],
    *,
    directory: Path,
    variables: Mapping[str, str],
    show: Callable[[str], None],
    say: Callable[[str], None],
) -> None:
    """Show the records of a run of tox or nox where the system that runs this job does.

    Args:
        kept: What the run left.
        directory: The directory of tox or nox, where a job of GitLab can name the metrics as an artifact.
        variables: The variables of the job.
        show: Writes a command for the system that runs the job.
        say: Tells people what could not be written.
    """
    if variables.get("GITLAB_CI", "").lower() == "true" and not is_off(variables.get(VARIABLE) or "true"):
        rows = [Row(record=item.record, source=os.fspath(item.file)) for item in kept]
        try:
            put(directory / METRICS, f"{openmetrics(largest_first(rows))}\n")
        except OSError as error:
            say(f"the metrics of the job could not be written: {problem_of(error)}")
    summarize(
        [item.file for item in kept],
        variables=variables,
        failed={item.file for item in kept if item.failed},
        show=show,
        say=say,
    )
