"""What uv says of a dry run, in forms that are known or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from tox_sitediff.core.plan import Change
from tox_sitediff.uv.dry_run import DryRun, logged_requirements, logged_sources, without_log
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


def test_a_log_is_left_out_with_the_lines_that_belong_to_its_entries() -> None:
    """What uv says to people stays, its indented lines too."""
    said = (
        "DEBUG uv 0.13.9\n"
        "Using CPython 3.12.10 interpreter at: .venv/bin/python\n"
        "DEBUG Transient request failure for `http://x/`, retrying: error sending request for url (http://x/)\n"
        "  Caused by: client error (Connect)\n"
        "\tCaused by: tcp connect error\n"
        "Using Python 3.12.10 environment at: .venv\n"
        "WARN Using arbitrary equality (`===`) is discouraged\n"
        "warning: this one is for people\n"
        "error: Request failed after 3 retries in 4.5s\n"
        "  cause: Failed to fetch: http://x/\n"
        "TRACE more\n"
        "  of it\n"
        "hint: look there\n"
    )
    assert without_log(said).splitlines() == [
        "warning: this one is for people",
        "error: Request failed after 3 retries in 4.5s",
        "  cause: Failed to fetch: http://x/",
        "hint: look there",
    ]


def test_what_comes_as_source_is_read_from_the_log() -> None:
    """Of what is chosen again the last choice counts; what is no such line says nothing."""
    log = (
        "DEBUG Selecting: A_b==1.0 [compatible] (A_b-1.0.tar.gz)\n"
        "DEBUG Selecting: c==1.0 [compatible] (c-1.0-py3-none-any.whl)\n"
        "DEBUG Selecting: d==2.0 [preference] (d-2.0.zip)\n"
        "DEBUG Selecting: d==1.0 [preference] (d-1.0-py3-none-any.whl)\n"
        "DEBUG Selecting: e==1.0 [installed]\n + f==1.0\n"
    )
    assert logged_sources(log) == {"a-b"}
    assert logged_sources("") == frozenset()


_FIRST = (
    "DEBUG Selecting: New==2.0 [compatible] (new-2.0-py3-none-any.whl)\n"
    "DEBUG Selecting: below==1.0 [installed] (installed)\n"
    "DEBUG Selecting: other==1.0 [compatible] (other-1.0.tar.gz)\n"
)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (_FIRST, True),
        (f"{_FIRST}DEBUG Selecting: other==0.9 [compatible] (other-0.9.tar.gz)\n", False),
        (f"{_FIRST}DEBUG Selecting: below==1.0 [installed] (installed)\n", False),
        (f"{_FIRST}DEBUG Selecting: third==1.0 [compatible] (third-1.0.tar.gz)\n", False),
        ("", False),
    ],
    ids=["the first", "another one", "what is there was looked at again", "one that it does without", "another log"],
)
def test_whether_what_was_tried_first_will_do(log: str, expected: bool) -> None:
    """Only then is it worth a try to do without a plan; in doubt it is not."""
    changes = tuple(Change(name=canonicalize_name(name), version="1.0") for name in ("new", "other"))
    assert DryRun(changes=changes, cached=True, message=log).is_first_choice() is expected
