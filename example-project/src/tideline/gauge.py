"""Read the record of a tide gauge."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def read_gauge(path: Path) -> pd.Series:
    """Read a CSV file with the columns `time` and `level`, sorted and without doubles.

    Raises:
        ValueError: a column is missing.
    """
    frame = pd.read_csv(path, comment="#")
    missing = {"time", "level"} - set(frame.columns)
    if missing:
        raise ValueError(f"{path.name}: no column {', '.join(sorted(missing))}")
    levels = pd.Series(
        pd.to_numeric(frame["level"], errors="coerce").to_numpy(),
        index=pd.DatetimeIndex(pd.to_datetime(frame["time"]), name="time"),
        name="level",
    ).sort_index()
    return levels[~levels.index.duplicated()]
