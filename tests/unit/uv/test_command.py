"""Commands of uv, turned into dry runs of the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.uv.command import as_dry_run, is_uv_install
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


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("uv pip install a", "uv pip install {} a"),
        ("/opt/uv pip install -r x", "/opt/uv pip install {} -r x"),
        ("UV.EXE pip install a", "UV.EXE pip install {} a"),
        ("uv --offline pip --no-config install --pre a", "uv --offline pip --no-config install {} --pre a"),
        ("uv pip install -q a --quiet -qq", "uv pip install {} a"),
        ("uv pip install pip install", "uv pip install {} pip install"),
        ("uv --color=always pip install --color never a", "uv pip install {} a"),
        ("uv pip install --check --dry-run --output-format json a", "uv pip install {} a"),
    ],
)
def test_a_dry_run_of_the_same(command: str, expected: str) -> None:
    """The dry run is the same command, asked for JSON, and for its log, and not so quiet that it prints none."""
    options = "--dry-run --target {} --output-format json --color never -v"
    assert is_uv_install(command.split())
    for target in (None, Path("/shadow")):
        given = options.replace(" --target {}", "") if target is None else options.format(target)
        assert as_dry_run(command.split(), target=target) == expected.format(given).split()
    assert as_dry_run(["uv", "pip", "install", "-q", "a"], target=Path("/shadow"), aloud=True) == [
        *("uv", "pip", "install", "--dry-run", "--target", "/shadow", "-q", "a")
    ]
    assert as_dry_run(["uv", "pip", "install", "--check", "a"], target=None, aloud=True) == [
        *("uv", "pip", "install", "--dry-run", "a")
    ]


@pytest.mark.parametrize(
    "command",
    ["", "pip install a", "python -m pip install a", "uv pip sync a", "uv install a", "uv sync", "uvx pip install a"],
)
def test_what_is_no_installation_with_uv(command: str) -> None:
    """Of another program, or another command of uv's."""
    assert not is_uv_install(command.split())
