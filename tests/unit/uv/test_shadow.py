"""Shadows that killed runs left behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.distributions import fill
from tox_sitediff.interpreter.trees import directory_bytes
from tox_sitediff.uv.shadow import Shadow, prune

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_killed_runs_left_is_removed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what is young, what holds something else, links, files, and what has another name."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = Shadow().directory
    fill(left, {"a-1.dist-info/METADATA": 1000, "b-2.dist-info/RECORD": 10})
    empty = Shadow().directory
    young = Shadow().directory
    other = Shadow().directory
    fill(other, {"a-1.dist-info/METADATA": 1, "thesis.txt": 1})
    fill(tmp_path / "sitediff-shadow-projects-x", {"a-1.dist-info/METADATA": 1})
    (tmp_path / "sitediff-shadow-link_123").symlink_to(other)
    (tmp_path / "sitediff-shadow-file_123").write_text("", encoding="ascii")
    for path in tmp_path.iterdir():
        if path != young:
            os.utime(path, (0, 0), follow_symlinks=False)
    before = {path.name for path in tmp_path.iterdir()}
    held = directory_bytes(left).apparent + directory_bytes(empty).apparent
    assert held > 1000
    assert prune(str(tmp_path), age=60) == (2, held)
    assert before - {path.name for path in tmp_path.iterdir()} == {left.name, empty.name}
    assert (other / "thesis.txt").exists()
    assert prune(str(tmp_path), age=60) == prune(str(tmp_path / "missing"), age=0) == (0, 0)
