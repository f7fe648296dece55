"""tox's own suite with the plugin active: a part of it here, all of it by suite.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from .suite import known, make_suite, unexplained

if TYPE_CHECKING:
    from pathlib import Path

PART: Final = ("tests/plugin/test_plugin.py", "tests/session/cmd/test_show_config.py")
"""How plugins are loaded and their hooks called, and what tox says of its configuration."""


@pytest.mark.network
@pytest.mark.slow
def test_a_part_of_toxs_own_suite_differs_only_where_there_is_a_reason(tmp_path: Path) -> None:
    """And it does differ: with the plugin active its keys are there, and its environments."""
    found = make_suite(tmp_path).differences(PART, jobs=1)
    assert found
    assert unexplained(found) == []


def test_the_list_is_one_of_tests_with_reasons() -> None:
    for reason, tests in known().items():
        assert len(reason.split()) > 3
        assert all(test.startswith("tests/") and "::" in test for test in tests)
