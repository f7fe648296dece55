from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from pytest_mock import MockerFixture

from tideline import Tide
from tideline.plot import draw, save


def test_residual_of_a_perfect_tide_is_flat(harbour: Tide, month: pd.Series):
    figure = draw(month, harbour)
    residual = figure.axes[1].lines[0].get_ydata()
    assert abs(residual).max() < 1e-9
    plt.close(figure)


def test_saving_writes_a_picture_and_frees_the_figure(
    harbour: Tide, month: pd.Series, tmp_path: Path, mocker: MockerFixture
):
    plt.switch_backend("agg")  # which closes what is open, as the first figure of a process would
    closed = mocker.spy(plt, "close")
    save(month, harbour, tmp_path / "tide.svg")
    assert "residual" in (tmp_path / "tide.svg").read_text(encoding="utf-8")
    closed.assert_called_once()
