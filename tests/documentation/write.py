"""Write what of docs/reference the code says; a test sees that it was done.

python tests/documentation/write.py
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.documentation.reference import PARTS, page, renewed


def main() -> int:
    """Write each page anew, but for what people wrote."""
    for name in PARTS:
        page(name).write_text(renewed(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
