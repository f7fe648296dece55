"""Write the table in docs/threads.md anew, from a run of all replays.

python tests/threads/write.py
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.bases.made import Base
from support.index import Index
from support.threads.ground import Ground
from support.threads.replays import DOCUMENT, REPLAYS


def main() -> int:
    """Replay everything, and write what came of it."""
    rows = []
    for name, replay in REPLAYS.items():
        with tempfile.TemporaryDirectory(prefix="sitediff-threads-") as directory:
            root = Path(directory)
            (root / "place").mkdir()
            ground = Ground(root=root / "place", index=Index(root / "index"), base=Base(root / "base"))
            rows.append(replay.row(*replay.play(ground)))
        print(f"{name}: {rows[-1]}", flush=True)
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    head = next(at for at, line in enumerate(lines) if line.startswith("| ---")) + 1
    end = next((at for at in range(head, len(lines)) if not lines[at].startswith("|")), len(lines))
    DOCUMENT.write_text("\n".join([*lines[:head], *rows, *lines[end:], ""]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
