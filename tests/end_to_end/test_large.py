"""Bases and stacks of any size: what a run does to see them, counted, and that it sees them right."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest

from support.bases.made import Base
from support.distributions import install
from support.projects import make_project
from support.traced import Call, below, needs_strace, read_calls, strace
from tox_sitediff.core.fingerprint import is_local
from tox_sitediff.interpreter.fingerprint import mark
from tox_sitediff.interpreter.listings import MANY, mounts
from tox_sitediff.interpreter.memo import is_settled

if TYPE_CHECKING:
    from pathlib import Path

    from support.index import Index
    from support.projects import Project

pytestmark = [pytest.mark.slow, needs_strace]
FIRST: Final = 2 * MANY
"""More than are looked at to see whether there is bytecode, and than make a directory a large one."""


_TOX: Final = "env_list = a, b\nno_package = true"


def traced(project: Project, log: Path, *arguments: str) -> list[Call]:
    """Run tox, and return what it and what it started looked at."""
    log.unlink(missing_ok=True)
    program = project.write("strace/tox", f'#!/bin/sh\nexec {" ".join(strace(log))} "$REAL" "$@"\n')
    program.chmod(0o755)
    real = shutil.which("tox", path=str(project.programs))
    assert real is not None
    usual, project.programs = project.programs, program.parent
    try:
        project.tox(*arguments, REAL=real).ok()
    finally:
        project.programs = usual
    return read_calls(log)


def wait_until_settled(site: Path) -> None:
    """Wait until nothing in a site directory is new: what is new is not kept."""
    while not all(is_settled(mark(str(path)), time.time_ns()) for path in (site, *site.rglob("*"))):
        time.sleep(0.1)


def make_large(directory: Path, index: Index, count: int) -> Base:
    """Make a base with so many distributions, of which few are of use."""
    base = Base(directory)
    base.install(index, "frame", "dates==2.8.0")
    for number in range(count):
        (base.site / f"filler_{number:05}-1.0.dist-info").mkdir()
    wait_until_settled(base.site)
    return base


def test_a_base_is_looked_at_as_often_whatever_its_size(tmp_path: Path, index: Index) -> None:
    """In a second environment, and in a second run, neither of which lists it: on a slow file system that counts."""
    if not is_local(os.path.realpath(tmp_path), mounts()):
        pytest.skip("nothing is kept of directories on this file system")
    found: dict[int, list[Counter[tuple[str, str]]]] = {}
    for count in (FIRST, 3 * FIRST):
        (tmp_path / str(count)).mkdir()
        base = make_large(tmp_path / str(count) / "base", index, count)
        project = make_project(tmp_path / str(count), base, index, "virtualenv")
        project.variables["XDG_CACHE_HOME"] = str(tmp_path / str(count) / "cache")
        project.ini("deps = frame\ncommands = python -c 'import frame, numlib'", tox=_TOX)
        looks = [
            Counter(
                (call.name, call.path.removeprefix(str(base.site))) for call in below(calls, base.site) if call.is_first
            )
            for calls in (traced(project, tmp_path / "log", "-e", env) for env in ("a", "b", "b"))
        ]
        assert project.record("a").reused == project.record("b").reused
        listed = [look["getdents64", ""] for look in looks]  # each time by several calls, the more the larger it is
        assert listed[0] > listed[1] > listed[2] == 0
        found[count] = looks[1:]
        assert project.tox("-e", "b").ok().lines(f"{count + 3} distributions")
        # what comes to the base afterwards is seen
        install(base.site, "tiny", "9.0")
        project.ini("deps = tiny\ncommands = python -c 'import tiny'", tox=_TOX)
        project.tox("-r", "-e", "a").ok()
        assert project.reused("a") == {"tiny": "9.0"}
    assert found[FIRST] == found[3 * FIRST]


def make_layer(directory: Path, number: int) -> Path:
    """Make a site directory with a distribution of its own, and one that all have."""
    install(directory, f"only-{number}", "1.0", requires=["numlib"])
    install(directory, "common", f"{number}.0")
    return directory


def test_layers_take_as_much_as_there_are(stock: Project, tmp_path: Path) -> None:
    """The first of 30 that has something wins; and the thirtieth costs no more than the tenth, in any process."""
    calls: dict[int, list[Call]] = {}
    for count in (1, 10, 20, 30):  # the first one fills caches
        layers = [make_layer(tmp_path / f"layers-{count}" / f"layer-{number:02}", number) for number in range(count)]
        deps = ["only-0", f"only-{count - 1}", "common"]
        stock.ini(
            "\n".join(["deps =", *(f"    {dep}" for dep in deps), "sitediff_layers =", *(f"    {at}" for at in layers)])
            + "\ncommands = python -c 'import common'"
        )
        calls[count] = traced(stock, tmp_path / "log", "-r", "-e", "a")
        record = stock.record()
        assert [str(layer.role) for layer in record.layers] == ["own", *["extra"] * count, "base"]
        assert [layer.path for layer in record.layers[1:-1]] == list(map(str, layers))
        found = {item.name: (item.version, item.location) for item in record.reused}
        assert found["common"] == ("0.0", str(layers[0]))
        assert found[f"only-{count - 1}"] == ("1.0", str(layers[-1]))
        assert stock.see("import common; print(common.version)") == "0.0"
    looks = {count: len(below(made, tmp_path / f"layers-{count}")) for count, made in calls.items()}
    assert 0 < looks[30] - looks[20] <= 1.1 * (looks[20] - looks[10]), looks
