"""The tutorial, and the example project's own page: followed with real distributions, from the package index."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from support.bases.found import FoundBase, OnlineIndex
from support.documentation.blocks import ROOT, sessions
from support.documentation.world import FORMS, VERSION, Machine, World

pytestmark = [
    pytest.mark.network,
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="its commands are those of a POSIX shell"),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """One for both pages, with a checkout for a project."""
    root = tmp_path_factory.mktemp("tutorial")
    python = Path(getattr(sys, "_base_executable", sys.executable))
    world = World(base=FoundBase(python), index=OnlineIndex(root / "online"))
    machine = Machine(world=world, root=root, forms=(*FORMS, VERSION))
    example = ROOT / "example-project"
    ignored = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(example, machine.project / "example-project", ignore=ignored)
    return machine


def test_the_tutorial(machine: Machine) -> None:
    """From the making of a rich base to the table, and to the end."""
    page = ROOT / "docs" / "tutorial.md"
    wrong = machine.follow(sessions(page))
    assert not wrong, "\n\n".join(wrong)
