from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tideline import CONSTITUENTS, Tide, fit


def test_fit_finds_the_constants_again(harbour: Tide, month: pd.Series):
    tide = fit(month, harbour.constituents)
    assert tide.mean == pytest.approx(2.5)
    np.testing.assert_allclose(tide.coefficients, harbour.coefficients, atol=1e-9)


def test_fit_leaves_gaps_out(harbour: Tide, month: pd.Series):
    gappy = month.mask(np.random.random(len(month)) < 0.3)
    tide = fit(gappy, harbour.constituents)
    np.testing.assert_allclose(tide.predict(month.index), month, atol=1e-9)


def test_fit_averages_noise_away(harbour: Tide, month: pd.Series):
    noisy = month + np.random.normal(scale=0.1, size=len(month))
    tide = fit(noisy, harbour.constituents)
    # 4320 samples: the error of an amplitude is about 0.1 * sqrt(2 / 4320) = 0.002
    np.testing.assert_allclose(tide.coefficients, harbour.coefficients, atol=0.02)


def test_fit_uses_every_constituent_by_default(month: pd.Series):
    assert {found.name for found in fit(month).constituents} == set(CONSTITUENTS)


def test_fit_refuses_a_short_record(month: pd.Series):
    with pytest.raises(ValueError, match="13 unknowns can't be found from 12 observations"):
        fit(month.iloc[:12])


def test_table_is_sorted_by_amplitude(harbour: Tide):
    table = harbour.table()
    assert list(table.index) == ["M2", "S2", "O1"]
    assert table.loc["M2"].round(3).to_dict() == {
        "period": 12.421,
        "amplitude": 1.8,
        "phase": 40.0,
    }
