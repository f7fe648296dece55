"""What is shown of the records of many environments: merged, compared, measured against limits, in several forms."""

from __future__ import annotations

from typing import Final

# the parsers of the front ends need these, and nothing else of this room
FORMS: Final = ("table", "json", "markdown", "html", "cyclonedx", "mermaid", "openmetrics")
"""The forms of a report."""
SUMS: Final = ("environment", "base", "machine")
"""What records can be added up by."""
JOBS: Final = frozenset({"GITHUB_STEP_SUMMARY", "GITLAB_CI", "SITEDIFF_SUMMARY", "TF_BUILD"})
"""Variables of which one is set where a run may be shown elsewhere too; see `summary`."""
