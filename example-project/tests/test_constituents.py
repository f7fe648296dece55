from __future__ import annotations

import pytest

from tideline import CONSTITUENTS, select


def test_principal_lunar_period():
    assert CONSTITUENTS["M2"].period_hours == pytest.approx(12.4206, abs=1e-4)


def test_select_keeps_the_order_and_drops_doubles():
    assert [found.name for found in select(["s2", "M2", " S2 "])] == ["S2", "M2"]


def test_select_names_everything_unknown():
    with pytest.raises(ValueError, match=r"X9, Y1 \(known: M2"):
        select(["M2", "X9", "Y1"])
