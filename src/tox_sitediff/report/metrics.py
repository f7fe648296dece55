"""A report as metrics (pure), which GitLab shows in merge requests, beside those of the target branch.

The text form of OpenMetrics (https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..text import printable
from .findings import counts, findings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .rows import Row

_GAUGES: Final[Mapping[str, tuple[str, Callable[[Row], int | None]]]] = {
    "sitediff_environment_bytes": ("Bytes in the environment.", lambda row: row.record.bytes.environment),
    "sitediff_full_bytes": ("Bytes that it would have without a base.", lambda row: row.record.bytes.full),
    "sitediff_saved_bytes": ("Bytes that the base saves.", lambda row: row.record.bytes.saved),
    "sitediff_environment_files": ("Files in the environment.", lambda row: row.record.files.environment),
    "sitediff_reused": ("Distributions of the base that are reused.", lambda row: len(row.record.reused)),
    "sitediff_installed": ("Distributions that are installed.", lambda row: len(row.record.installed)),
}


def openmetrics(rows: Sequence[Row]) -> str:
    """Write a report as metrics.

    Args:
        rows: The rows.

    Returns:
        Text without a final newline: a gauge for each measure, with the environment, its Python and machine as labels,
        so that the same environment is found again in another run; what is not known has no line.
    """
    names = [_labels(row) for row in rows]
    taken: dict[str, int] = {}
    for at, name in enumerate(names):  # two samples of the same labels are an error
        taken[name] = taken.get(name, 0) + 1
        names[at] = name if taken[name] == 1 else f'{name},number="{taken[name]}"'
    lines = []
    for metric, (what, measure) in _GAUGES.items():
        lines += [f"# TYPE {metric} gauge", f"# HELP {metric} {what}"]
        for name, row in zip(names, rows, strict=True):
            if (value := measure(row)) is not None:
                lines.append(f"{metric}{{{name}}} {value}")
    lines += ["# TYPE sitediff_findings gauge", "# HELP sitediff_findings Findings in all environments, by kind."]
    lines += [f'sitediff_findings{{kind="{kind}"}} {number}' for kind, number in counts(findings(rows)).items()]
    return "\n".join([*lines, "# EOF"])


def _labels(row: Row) -> str:
    told = {"environment": row.environment, "python": row.python, "machine": row.machine}
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in told.items())


def _escaped(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
