"""Each page of the documentation, followed on a machine of its own over a base that all pages share."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.bases.made import clean_environment
from support.documentation.blocks import ROOT, Block, blocks, pages, sessions, steps
from support.documentation.world import Machine, World, make_base, make_index

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.skipif(os.name == "nt", reason="a base interpreter is made of links")

PAGES: Final = {str(page.relative_to(ROOT)): page for page in pages()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all pages; the base is the same after them, byte by byte."""
    directory = tmp_path_factory.mktemp("documentation")
    index = make_index(directory / "index")
    base = make_base(directory / "base", index)
    before = base.digest()
    yield World(base=base, index=index)
    assert base.digest() == before


ONLINE: Final = {"docs/tutorial.md"}
"""Followed by test_tutorial.py, with what the package index has."""
FOLLOWED: Final = [name for name, page in PAGES.items() if sessions(page) and name not in ONLINE]


@pytest.mark.parametrize("name", FOLLOWED)
def test_what_a_page_prints_is_what_comes_of_its_commands(name: str, world: World, tmp_path: Path) -> None:
    """Its files are written, its commands are typed into one shell, and what they print is compared."""
    machine = Machine(world=world, root=tmp_path)
    machine.take(blocks(PAGES[name]))
    wrong = machine.follow(sessions(PAGES[name]))
    assert not wrong, "\n\n".join(wrong)


CONFIGURATIONS: Final = [
    block for page in PAGES.values() for block in blocks(page) if block.language in {"ini", "toml"} and not block.reason
]


@pytest.mark.parametrize("block", CONFIGURATIONS, ids=lambda block: block.place)
def test_configuration_is_understood(block: Block, world: World, tmp_path: Path) -> None:
    """A real tox reads what is its own: it knows each key, and each value is one of the key's type."""
    assert block.name, f"{block.place}: says in a comment in its first line which file it is of"
    machine = Machine(world=world, root=tmp_path)
    text = machine.here(block.text)
    if block.language == "toml":
        tomllib.loads(text)
    if Path(block.name).name not in {"tox.ini", "tox.toml"}:
        return
    machine.write(Path(block.name).name, text)
    variables = machine.environment() | {"CONDA_PREFIX": str(world.base.prefix)}
    done = subprocess.run(
        [machine.root / "tools" / "tox", "config", "-e", "ALL"],
        cwd=machine.project,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "# !!!" not in said, said
    assert "# Exception" not in said, said


@cache
def options(program: str) -> str:
    """What a program of the checkout says of its options."""
    done = subprocess.run(
        [sys.executable, program, "--help"],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_commands_of_a_checkout_have_the_options_that_pages_name() -> None:
    """Campaigns and the like take hours: that they are there, and know these options, is seen in a moment."""
    found = [
        step
        for page in PAGES.values()
        for block in blocks(page)
        if block.language == "console" and not block.reason
        for step in steps(block)
        if step.is_long
    ]
    assert found
    for step in found:
        words = [word for word in shlex.split(step.command, comments=True) if "=" not in word.partition("/")[0]]
        program = words[1] if words[1] != "-m" else words[2]
        if program == "pytest":
            assert all((ROOT / word).exists() for word in words[3:] if word.startswith("tests/")), step.block.place
            continue
        assert (ROOT / program).exists(), step.block.place
        ours = words[: words.index("--")] if "--" in words else words
        for word in ours[2:]:
            if word.startswith("--"):
                assert re.search(rf"{word}\b", options(program)), f"{step.block.place}: {program} has no {word}"
