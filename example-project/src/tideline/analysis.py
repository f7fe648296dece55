"""Fit a sum of cosines of known speeds to a record of water levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tideline.constituents import CONSTITUENTS, Constituent


@dataclass(frozen=True, kw_only=True)
class Tide:
    """Mean level, and the amplitude and phase of each constituent."""

    origin: pd.Timestamp
    mean: float
    constituents: tuple[Constituent, ...]
    coefficients: np.ndarray  # complex, one for each constituent

    def predict(self, times: pd.DatetimeIndex) -> pd.Series:
        """Water levels at the given times."""
        angles = _angles(times, self.origin, self.constituents)
        levels = self.mean + (np.exp(-1j * angles) @ self.coefficients).real
        return pd.Series(levels, index=times, name="level")

    def table(self) -> pd.DataFrame:
        """Constituents by falling amplitude, phases in degrees after the origin."""
        frame = pd.DataFrame(
            {
                "period": [constituent.period_hours for constituent in self.constituents],
                "amplitude": np.abs(self.coefficients),
                "phase": np.degrees(np.angle(self.coefficients)) % 360.0,
            },
            index=pd.Index([constituent.name for constituent in self.constituents], name="name"),
        )
        return frame.sort_values("amplitude", ascending=False)


def fit(levels: pd.Series, constituents: Sequence[Constituent] | None = None) -> Tide:
    """Fit by least squares; gaps (missing values) in the record are left out.

    Raises:
        ValueError: there are fewer observations than unknowns.
    """
    chosen = tuple(CONSTITUENTS.values() if constituents is None else constituents)
    observed = levels.dropna()
    unknowns = 1 + 2 * len(chosen)
    if len(observed) < unknowns:
        raise ValueError(f"{unknowns} unknowns can't be found from {len(observed)} observations")
    origin = observed.index[0]
    angles = _angles(observed.index, origin, chosen)
    design = np.column_stack([np.ones(len(observed)), np.cos(angles), np.sin(angles)])
    solution, *_ = np.linalg.lstsq(design, observed.to_numpy(dtype=float), rcond=None)
    cosines, sines = np.split(solution[1:], 2)
    return Tide(
        origin=origin,
        mean=float(solution[0]),
        constituents=chosen,
        coefficients=cosines + 1j * sines,
    )


def _angles(
    times: pd.DatetimeIndex, origin: pd.Timestamp, constituents: Sequence[Constituent]
) -> np.ndarray:
    hours = np.asarray((times - origin) / pd.Timedelta(hours=1), dtype=float)
    speeds = np.array([constituent.degrees_per_hour for constituent in constituents])
    return np.radians(np.outer(hours, speeds))
