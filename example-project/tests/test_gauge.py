from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tideline import read_gauge


def test_reading_sorts_and_drops_doubles(tmp_path: Path):
    path = tmp_path / "gauge.csv"
    path.write_text(
        "# harbour wall\ntime,level\n"
        "2024-01-01 01:00,2.0\n2024-01-01 00:00,1.0\n2024-01-01 01:00,9.0\n2024-01-01 02:00,gap\n"
    )
    levels = read_gauge(path)
    assert list(levels.dropna()) == [1.0, 2.0]
    assert levels.index[-1] == pd.Timestamp("2024-01-01 02:00")


def test_reading_names_the_missing_column(tmp_path: Path):
    path = tmp_path / "gauge.csv"
    path.write_text("time,height\n2024-01-01,1.0\n")
    with pytest.raises(ValueError, match=r"gauge\.csv: no column level"):
        read_gauge(path)
