"""The bases and what is declared over each of them, as `beside.py --bases` takes them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counting import UncountableError
from tools import ROOT
from worlds import SEVEN, SUSPECTS, WINPYTHON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SETS: Final = {"seven": SEVEN, "winpython": WINPYTHON}
"""What is declared."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """What is compared in one run.

    Attributes:
        name: Of its file: ``beside-NAME.json``.
        base: What the base is called.
        python: Its interpreter, below the directory of the bases, or anywhere.
        deps: Which of ``SETS`` is declared.
        least: How many distributions the base has, at least.
        maker: The program of the tests that makes the base, with its arguments.
    """

    name: str
    base: str
    python: str
    deps: str
    least: int
    maker: tuple[str, ...] = ()


_WINPYTHON: Final = ("winpython/bin/python3.12", ("winpython.py", "winpython"))
SUITES: Final = (
    Suite(
        name="conda-seven",
        base="A conda prefix",
        python="conda/bin/python",
        deps="seven",
        least=len(SUSPECTS),
        maker=("conda.py", "conda", *SUSPECTS),
    ),
    Suite(name="debian-seven", base="Debian's Python", python="/usr/bin/python3", deps="seven", least=len(SUSPECTS)),
    *(
        Suite(
            name=f"winpython-{deps}",
            base="WinPython's list",
            python=_WINPYTHON[0],
            deps=deps,
            least=498,
            maker=_WINPYTHON[1],
        )
        for deps in SETS
    ),
)

_ABOUT: Final = (
    "import sys, importlib.metadata as m; names = {d.name for d in m.distributions()}; "
    "print(sys.version.split()[0], len(names), *(name for name in sys.argv[1:] if name not in names))"
)


def about(python: Path, *needed: str) -> tuple[str, int, Sequence[str]]:
    """Ask a base for its version, the number of its distributions, and which of some it lacks.

    Raises:
        UncountableError: Where it does not answer.
    """
    try:
        done = subprocess.run([python, "-c", _ABOUT, *needed], capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise UncountableError(f"{python} can't be run: {error}") from None
    version, count, *lacking = done.stdout.split()
    return version, int(count), lacking


def base_of(suite: Suite, directory: Path) -> Path:
    """Find the interpreter of a suite's base; where there is none, make it.

    Args:
        suite: The suite.
        directory: Where the bases are.

    Raises:
        UncountableError: Where it can't be made, or lacks something.
    """
    python = directory / suite.python
    if suite.maker and not python.exists():
        program, name, *arguments = suite.maker
        print(f"makes {suite.base}", file=sys.stderr, flush=True)
        directory.mkdir(parents=True, exist_ok=True)
        words: list[str | Path] = [sys.executable, ROOT / "tests" / "bases" / program, directory / name, *arguments]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UncountableError(f"{suite.base} can't be made:\n{done.stdout}\n{done.stderr}")
    _, count, lacking = about(python, *SUSPECTS)
    if lacking or count < suite.least:
        raise UncountableError(
            f"error: {python} has {count} of {suite.least} distributions, and not {', '.join(lacking) or 'others'}"
            f"{'; remove its directory, and it is made anew' if suite.maker else ''}"
        )
    return python
