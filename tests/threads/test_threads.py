"""Each replay comes to what the documentation says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from end_to_end.base import Base
from end_to_end.index import Index

from .ground import Ground
from .replays import REPLAYS

DOCUMENT = Path(__file__).parents[2] / "docs" / "threads.md"


@pytest.mark.slow
@pytest.mark.parametrize("name", REPLAYS)
def test_replay(name: str, tmp_path: Path) -> None:
    """The row of the table in the documentation is what this run comes to, word by word."""
    (tmp_path / "place").mkdir()
    ground = Ground(root=tmp_path / "place", index=Index(tmp_path / "index"), base=Base(tmp_path / "base"))
    replay = REPLAYS[name]
    row = replay.row(*replay.play(ground))
    assert row in DOCUMENT.read_text(encoding="utf-8").splitlines(), "python tests/threads/write.py"
