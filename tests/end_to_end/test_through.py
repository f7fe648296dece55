"""``sitediff uv``: commands of uv that see what is inherited."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from support.bases.made import clean_environment

if TYPE_CHECKING:
    from support.bases.made import Base
    from support.index import Index


def through(base: Base, index: Index, *words: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("sitediff"))
    command = [program, "uv", "pip", *words, "--python", str(base.python)]
    variables = clean_environment() | index.variables()
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def test_check_looks_at_what_is_inherited(base: Base, index: Index) -> None:
    """uv asks each distribution for the tags that it was built for, and finds all of a sound base sound."""
    done = through(base, index, "check")
    assert "All installed packages are compatible" in done.stderr
    assert done.returncode == 0


def test_list_and_tree_name_what_is_inherited(base: Base, index: Index) -> None:
    listed = [line.split() for line in through(base, index, "list").stdout.splitlines()]
    assert ["numlib", "1.26.0"] in listed
    tree = through(base, index, "tree").stdout
    assert "frame v2.1.0\n├── dates v2.8.0\n└── numlib v1.26.0\n" in tree
