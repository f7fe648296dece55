"""Follow a page of the documentation, and print its commands with what comes of them, as the page would have it.

python tests/documentation/follow.py docs/users/uv.md
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, os.fspath(Path(__file__).parents[1]))

from support.documentation.blocks import blocks, sessions
from support.documentation.world import Machine, World, make_base, make_index


def main() -> int:
    """Follow each page that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", metavar="PAGE", nargs="+", type=Path)
    with tempfile.TemporaryDirectory(prefix="sitediff-pages-") as directory:
        root = Path(directory).resolve()
        index = make_index(root / "index")
        world = World(base=make_base(root / "base", index), index=index)
        for number, page in enumerate(parser.parse_args().pages):
            machine = Machine(world=world, root=root / str(number))
            machine.take(blocks(page.resolve()))
            steps = sessions(page.resolve())
            for step, (printed, status) in zip(steps, machine.answers(steps), strict=True):
                print(f"{step.block.place}\n$ {step.command}\n{machine.there(printed)}")
                print(f"(exit status {status})\n" if status else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
