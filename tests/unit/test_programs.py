"""How long to wait for a program."""

from __future__ import annotations

import pytest

from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.programs import TIMEOUT, TIMEOUT_VARIABLE, patience

# --- patience and printing


@pytest.mark.parametrize(("text", "seconds"), [(None, TIMEOUT), ("", TIMEOUT), ("0.5", 0.5), ("90", 90.0)])
def test_patience_is_what_the_variable_says(monkeypatch: pytest.MonkeyPatch, text: str | None, seconds: float) -> None:
    monkeypatch.delenv(TIMEOUT_VARIABLE, raising=False)
    if text is not None:
        monkeypatch.setenv(TIMEOUT_VARIABLE, text)
    assert patience() == seconds


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e300", "soon", "\x1b[31m"])
def test_a_number_of_seconds_that_is_none_is_a_problem_safe_to_show(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(TIMEOUT_VARIABLE, text)
    with pytest.raises(EnvironmentProblem, match="is not a number of seconds above 0") as caught:
        patience()
    assert str(caught.value).isprintable()
