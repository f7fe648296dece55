"""Make a base on the scale of WinPython: a Python 3.12 with the 498 distributions that WinPython 3.12.10.1 slim ships.

    python tests/bases/winpython.py DIRECTORY [--python PYTHON]

Needs a Python 3.12 and the package index: about 0.9 GB are downloaded unless uv's cache has them, and 3 GB written.
winpython.txt beside this file names what is installed: WinPython's own list without pywin32, pywinpty and winpython,
which exist for Windows alone. The path of the interpreter is printed, for benchmarks/beside.py --base.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.bases.made import Base, uv_program
from support.interpreters import interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST: Final = Path(__file__).with_name("winpython.txt")
VERSION: Final = "3.12"


def make_winpython(directory: Path, python: Path, variables: Mapping[str, str]) -> Base:
    """Make the base.

    Args:
        directory: Where to; it must not exist.
        python: A Python 3.12.
        variables: The variables for uv.
    """
    base = Base(directory, of=python)
    subprocess.run(
        [uv_program(), "pip", "install", "--quiet", "--no-deps", "--python", base.python, "--requirements", LIST],
        env=dict(variables),
        check=True,
    )
    return base


def main() -> int:
    """Make it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, help="where to; must not exist")
    parser.add_argument(
        "--python", type=Path, default=interpreter(VERSION), help="a Python 3.12 (default: %(default)s)"
    )
    options = parser.parse_args()
    if options.python is None:
        parser.error("no Python 3.12 was found; name one with --python")
    if options.directory.exists():
        parser.error(f"{options.directory} exists already")
    print(make_winpython(options.directory.absolute(), options.python, os.environ).python)
    return 0


if __name__ == "__main__":
    sys.exit(main())
