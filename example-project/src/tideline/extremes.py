"""High waters, low waters, and how often a level is passed."""

from __future__ import annotations

import numpy as np
import pandas as pd


def high_and_low_waters(levels: pd.Series) -> pd.DataFrame:
    """Local extremes, with time and height refined by a parabola through three samples.

    The record must be evenly spaced.
    """
    values = levels.to_numpy(dtype=float)
    left, middle, right = values[:-2], values[1:-1], values[2:]
    high = (middle > left) & (middle >= right)
    low = (middle < left) & (middle <= right)
    found = np.flatnonzero(high | low)

    slope = (right - left)[found] / 2.0
    curvature = (left - 2.0 * middle + right)[found]
    shift = -slope / curvature  # in samples; the curvature of an extreme is never 0
    step = levels.index[1] - levels.index[0]
    return pd.DataFrame(
        {
            "kind": np.where(high[found], "high", "low"),
            "level": middle[found] + slope * shift / 2.0,
        },
        index=levels.index[found + 1] + pd.to_timedelta(shift * step.total_seconds(), unit="s"),
    )


def exceedance(levels: pd.Series, thresholds: list[float]) -> pd.Series:
    """Share of the observed time that the water stands above each threshold."""
    observed = levels.dropna().to_numpy(dtype=float)
    shares = [float(np.mean(observed > threshold)) for threshold in thresholds]
    return pd.Series(shares, index=thresholds, name="exceedance")
