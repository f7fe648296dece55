"""What a directory holds, less what does not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.distributions import fill
from tox_sitediff.interpreter.trees import directory_bytes

if TYPE_CHECKING:
    from pathlib import Path


def test_names_in_the_directory_itself_are_left_out(tmp_path: Path) -> None:
    """The same names further below count."""
    root = fill(tmp_path / "env", {"log/a": 10, "b": 100, "lib/log/c": 1000, "lib/b": 10_000})
    whole, less = directory_bytes(root), directory_bytes(root, leave_out=frozenset({"log", "b"}))
    assert (whole.apparent, whole.files) == (11_110, 4)
    assert (less.apparent, less.unshared, less.files) == (11_000, 11_000, 2)
