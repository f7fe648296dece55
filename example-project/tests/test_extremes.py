from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tideline import exceedance, high_and_low_waters


@pytest.fixture
def cosine() -> pd.Series:
    """One day, a crest every six hours, first at 00:12, between two samples."""
    times = pd.date_range("2024-01-01", periods=144, freq="10min")
    hours = np.arange(144) / 6.0 - 12.0 / 60.0
    return pd.Series(np.cos(2.0 * np.pi * hours / 6.0), index=times)


def test_extremes_alternate(month: pd.Series):
    kinds = high_and_low_waters(month)["kind"].to_numpy()
    assert len(kinds) == pytest.approx(4 * 30 * 24 / 24.84, abs=2)
    assert (kinds[1:] != kinds[:-1]).all()


def test_extremes_lie_between_samples(cosine: pd.Series):
    found = high_and_low_waters(cosine)
    late = abs(found.index[0] - pd.Timestamp("2024-01-01 00:12"))
    assert late < pd.Timedelta(seconds=5)
    np.testing.assert_allclose(found["level"].abs(), 1.0, atol=1e-3)


@pytest.mark.parametrize(("threshold", "share"), [(-2.0, 1.0), (0.0, 0.5), (2.0, 0.0)])
def test_exceedance(cosine: pd.Series, threshold: float, share: float):
    assert exceedance(cosine, [threshold])[threshold] == pytest.approx(share, abs=0.01)


def test_exceedance_is_a_share_of_what_was_observed(cosine: pd.Series):
    gappy = cosine.where(cosine > 0.0)
    assert exceedance(gappy, [0.0])[0.0] == 1.0
