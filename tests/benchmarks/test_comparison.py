"""When a kind of run counts as dearer than recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from comparison import compare, differing

if TYPE_CHECKING:
    from results import Counts, Results

M = 1_000_000


def counts(instructions: float, programs: int = 2, files: int = 7) -> Counts:
    return {
        "instructions": round(instructions),
        "programs": ["tox"] * programs,
        "files": files,
        "bytes": 0,
        "peak": None,
        "cpu": None,
    }


def results(*, ours: Counts, stock: Counts, scale: float = 200 * M, python: str = "3.11.7") -> Results:
    return {
        "schema": 1,
        "made": "2026-11-30T12:00:00Z",
        "tool": "cachegrind",
        "versions": {"python": python, "tox": "4.67.15"},
        "kinds": [{"name": "again", "run": "ours", "beside": ["stock"], "bar": None}],
        "sizes": [{"distributions": 50, "runs": {"ours": ours, "stock": stock, "scale": counts(scale)}}],
    }


def is_dearer(recorded: Results, found: Results) -> bool:
    (verdict,) = compare(recorded, found, "scale")
    return verdict.is_dearer


RECORDED = results(ours=counts(1300 * M), stock=counts(1250 * M))


def test_two_per_cent_of_the_run_are_the_limit() -> None:
    assert not is_dearer(RECORDED, results(ours=counts(1325 * M), stock=counts(1250 * M)))
    assert is_dearer(RECORDED, results(ours=counts(1327 * M), stock=counts(1250 * M)))
    assert not is_dearer(RECORDED, results(ours=counts(1000 * M), stock=counts(1250 * M))), "cheaper is welcome"


def test_one_process_or_one_file_more_is_dearer_however_little_it_takes() -> None:
    assert is_dearer(RECORDED, results(ours=counts(1300 * M, programs=3), stock=counts(1250 * M)))
    assert is_dearer(RECORDED, results(ours=counts(1300 * M, files=8), stock=counts(1250 * M)))
    both = results(ours=counts(1300 * M, programs=3, files=9), stock=counts(1250 * M, programs=3, files=9))
    assert not is_dearer(RECORDED, both), "tox itself does it"


@given(tox=st.floats(-0.5, 0.5), python=st.floats(0.7, 1.4))
def test_what_tox_and_python_take_themselves_makes_no_difference(tox: float, python: float) -> None:
    """Another tox takes less or more, another Python all that we add too; a real addition is seen all the same."""
    stock = 1250 * M * (1 + tox) * python
    found = results(ours=counts(stock + 50 * M * python), stock=counts(stock), scale=200 * M * python)
    assert not is_dearer(RECORDED, found)
    dear = results(ours=counts((stock + 50 * M * python) * 1.021), stock=counts(stock), scale=200 * M * python)
    assert is_dearer(RECORDED, dear)


def test_where_versions_differ_the_limit_is_wider_and_they_are_named() -> None:
    found = results(ours=counts(1340 * M), stock=counts(1250 * M), python="3.14.1")
    assert differing(RECORDED, found) == ["python"]
    assert not is_dearer(RECORDED, found)
    assert is_dearer(RECORDED, results(ours=counts(1370 * M), stock=counts(1250 * M), python="3.14.1"))
    assert differing(RECORDED, RECORDED) == []
