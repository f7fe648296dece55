"""Write the table in docs/visibility.md anew; the tests see that each row holds.

python tests/visibility/write.py
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.visibility.ways import DOCUMENT, WAYS


def main() -> int:
    """Put a row for each way into the table."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    head = next(at for at, line in enumerate(lines) if line.startswith("| ---")) + 1
    end = next((at for at in range(head, len(lines)) if not lines[at].startswith("|")), len(lines))
    rows = [way.row() for way in WAYS.values()]
    DOCUMENT.write_text("\n".join([*lines[:head], *rows, *lines[end:], ""]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
