"""What uv says of a dry run, in forms that are known or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from tox_sitediff.uv.dry_run import logged_requirements
from tox_sitediff.uv.program import check_version, find_uv

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _ask_anew() -> Iterator[None]:
    """Forget which uv was found, before and after."""
    find_uv.cache_clear()
    check_version.cache_clear()
    yield
    find_uv.cache_clear()
    check_version.cache_clear()


# --- dry runs


def test_what_uv_says_in_a_form_that_is_not_known() -> None:
    """What a log says in no form of a requirement is left out, for it serves only what people are told."""
    line = "DEBUG Adding transitive dependency for new==1.0: "
    log = f"{line}odd <= ] 1\n{line}plain>=1\n"
    assert logged_requirements(log, limits={}) == {"new": {"1.0": ("plain>=1",)}}


def test_a_log_in_which_constraints_stand_elsewhere_is_taken_as_it_is() -> None:
    line = "DEBUG Adding transitive dependency for new==1.0: "
    log = f"{line}plain>=1\n{line}other<2\n"
    limits = {canonicalize_name("plain"): 1}
    assert logged_requirements(log, limits=limits) == {"new": {"1.0": ("plain>=1", "other<2")}}
