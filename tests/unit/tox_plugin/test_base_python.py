"""What an entry of ``base_python`` says, and how uv is asked for it."""

from __future__ import annotations

import pytest
from tox.tox_env.errors import Fail

from tox_sitediff.tox_plugin.base_python import is_path, is_program, request, says_more, spec_of


@pytest.mark.parametrize(
    ("entry", "asked", "more"),
    [
        ("python3.12", "cpython3.12", False),
        ("3.12", "cpython3.12", False),
        ("py312", "cpython3.12", False),
        ("py", "cpython", False),
        ("pypy3.10", "pypy3.10", False),
        ("3.13t", "cpython3.13+freethreaded", False),
        ("3.12.1", "cpython3.12.1", True),
        ("python3.12d", "cpython3.12+debug", True),
        (">=3.10", "cpython>=3.10", True),
        ("~=3.11.0", "cpython~=3.11.0", True),
        ("pypy>=3.9,<3.11", "pypy>=3.9,<3.11", True),
    ],
)
def test_a_version_stays_a_version_for_uv(entry: str, asked: str, more: bool) -> None:
    """All that tox understands is said; ``more`` is what tox-uv would leave out."""
    assert (request(entry), says_more(entry)) == (asked, more)
    assert not is_program(entry)


@pytest.mark.parametrize("entry", ["/usr/bin/python3.12", "bin/python", "./python3.12", "workbench", "my-python"])
def test_a_program_is_looked_up_and_not_made_a_version(entry: str) -> None:
    assert is_program(entry)
    assert is_path(entry) == ("/" in entry)


def test_a_specifier_that_is_none_is_an_error_that_says_what_to_write() -> None:
    with pytest.raises(Fail, match=r"base_python: invalid version specifier '>=x'; name a path"):
        spec_of(">=x")
