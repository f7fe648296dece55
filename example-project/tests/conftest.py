from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tideline import Tide, select


@pytest.fixture
def harbour() -> Tide:
    """A made-up harbour whose constants are known."""
    return Tide(
        origin=pd.Timestamp("2024-03-01"),
        mean=2.5,
        constituents=tuple(select(["M2", "S2", "O1"])),
        coefficients=np.array([1.8, 0.6, 0.2]) * np.exp(1j * np.radians([40.0, 75.0, 200.0])),
    )


@pytest.fixture
def month(harbour: Tide) -> pd.Series:
    """Thirty days of the harbour's levels, every ten minutes."""
    times = pd.date_range("2024-03-01", periods=30 * 144, freq="10min", name="time")
    return harbour.predict(times)


@pytest.fixture
def record(month: pd.Series, tmp_path: Path) -> Path:
    """The same month as a gauge's file."""
    path = tmp_path / "gauge.csv"
    month.to_csv(path)
    return path
