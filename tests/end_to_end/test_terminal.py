"""What tox shows on a terminal: a table in colour, as its own ``--colored`` says, and no wider than there is room."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from support.projects import make_project
from support.screen import plain, run_on_screen

if TYPE_CHECKING:
    from pathlib import Path

    from support.bases.made import MakeBase
    from support.index import Index

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")


NAME = "a-name-that-is-longer-than-many-terminals-are-wide"


def test_the_table_follows_the_terminal_and_toxs_options(tmp_path: Path, make_base: MakeBase, index: Index) -> None:
    """Bold and green where tox has colour; ``--colored no`` has none; the names of environments are broken to fit."""
    project = make_project(tmp_path, make_base("frame"), index, "virtualenv")
    project.ini("deps = frame", tox=f"no_package = true\nenv_list = {NAME}")
    variables = {**project.environment(), "TERM": "xterm"}
    for name in ("NO_COLOR", "COLUMNS"):  # pytest-xdist tells its workers a width
        variables.pop(name, None)

    def tox(*words: str) -> str:
        command = (sys.executable, "-m", "tox", *words)
        status, written = run_on_screen(*command, variables=variables, cwd=project.root, columns=60)
        assert status == 0, written
        return written

    shown = tox("run")
    assert "\x1b[1menvironment " in shown
    assert re.search("\x1b\\[32m[0-9.]+ k?B\x1b\\[0m", shown)
    lines = plain(shown).splitlines()
    table = lines[next(at for at, line in enumerate(lines) if line.startswith("environment ")) :]
    spelled, height = "", 1
    while spelled != NAME:  # which takes several lines; what tox says behind the table is none of its
        spelled += table[height].split()[0]
        height += 1
        assert NAME.startswith(spelled), table
    assert not [line for line in table[:height] if len(line) > 60]
    for words in (["run", "--colored", "no"], ["sitediff", "report", "--colored", "no"]):
        assert "\x1b[1m" not in tox(*words)
    assert "\x1b[1menvironment " in tox("sitediff", "report")
