"""Each replay comes to what the documentation says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.bases.made import Base
from support.index import Index
from support.threads.ground import Ground
from support.threads.replays import DOCUMENT, REPLAYS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize("name", REPLAYS)
def test_replay(name: str, tmp_path: Path) -> None:
    """The row of the table in the documentation is what this run comes to, word by word."""
    (tmp_path / "place").mkdir()
    ground = Ground(root=tmp_path / "place", index=Index(tmp_path / "index"), base=Base(tmp_path / "base"))
    replay = REPLAYS[name]
    row = replay.row(*replay.play(ground))
    assert row in DOCUMENT.read_text(encoding="utf-8").splitlines(), "python tests/threads/write.py"
