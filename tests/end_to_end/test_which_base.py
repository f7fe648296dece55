"""Which interpreter is the base: the one that tox resolved, however it is named, in both families."""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.bases.made import Base
from support.interpreters import SUPPORTED, environment, interpreter
from support.interpreters import run as run_in
from support.projects import Project, make_project

if TYPE_CHECKING:
    from support.index import Index

VERSION: Final = next(
    (v for v in SUPPORTED[::-1] if v != "{}.{}".format(*sys.version_info[:2]) and interpreter(v) is not None), ""
)
"""A Python that does not run tox: virtualenv's first choice for a name is always the one that does."""
FACTOR: Final = f"py{VERSION.replace('.', '')}"
BARE: Final = "/usr/bin:/bin"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A rich base, another interpreter of the same version that offers nothing, and what leads to the first one."""

    rich: Base
    bare: Base
    team: Path
    link: Path
    index: Index


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, index: Index) -> Ground:
    """Make them, once for all tests of this module."""
    if not VERSION:
        pytest.skip("no Python of another version here")
    root = tmp_path_factory.mktemp("which-base")
    rich, bare = (Base(root / name, of=interpreter(VERSION)) for name in ("rich", "bare"))
    rich.install(index, "frame", "numlib<2", "dates")
    link = root / "links" / "workbench"
    link.parent.mkdir()
    link.symlink_to(rich.python)
    return Ground(rich=rich, bare=bare, team=environment(root / "team", rich.python), link=link, index=index)


@pytest.fixture
def project(tmp_path: Path, ground: Ground, family: str) -> Project:
    """A project over the rich base."""
    return make_project(tmp_path, ground.rich, ground.index, family)


def bases(project: Project, names: list[str]) -> dict[str, tuple[str, int]]:
    """Say of environments what their records name as the base, and how many distributions they have of it."""
    records = {name: project.record(name) for name in names}
    return {name: (record.python.executable, len(record.reused)) for name, record in records.items()}


def test_each_way_of_naming_the_base(project: Project, ground: Ground) -> None:
    """A path, absolute or relative, a list, a program, a virtual environment's, a version: with another one on PATH."""
    rich = str(ground.rich.python)
    beside = [str(ground.bare.prefix / "bin"), BARE]
    first = [str(ground.rich.prefix / "bin"), *beside]
    full = run_in(ground.rich.python, "import platform; print(platform.python_version(), end='')")
    ways: dict[str, tuple[list[str], list[str]]] = {
        f"{FACTOR}-path": ([rich], beside),
        f"{FACTOR}-nothing": ([rich], [BARE]),
        "path": ([rich], beside),
        f"{FACTOR}-relative": ([os.path.relpath(rich, project.root)], beside),
        "list": (["/nowhere/bin/python", "python3.2", rich], beside),
        f"{FACTOR}-list": (["/nowhere/bin/python", rich], beside),
        f"{FACTOR}-team": ([str(ground.team)], beside),
        f"{FACTOR}-link": ([str(ground.link)], beside),
        "program": (["workbench"], [str(ground.link.parent), *beside]),
        "spec": ([f"python{VERSION}"], first),
        "specs": (["python3.99", f"python{VERSION}"], first),
        "version": ([VERSION], first),
        "full": ([f"python{full}"], first),
        "specifier": ([f"~={VERSION}.0"], first),
        FACTOR: ([], first),
    }
    lines = ["[tox]", "no_package = true", f"env_list = {', '.join(ways)}", "[testenv]", "deps = frame"]
    for name, (entries, path) in ways.items():
        lines += [f"[testenv:{name}]", f"set_env = PATH={':'.join(path)}"]
        lines += ["base_python =", *(f"    {entry}" for entry in entries)] if entries else []
    project.write("tox.ini", "\n".join(lines) + "\n")
    run = project.tox().ok()
    assert bases(project, list(ways)) == dict.fromkeys(ways, (rich, 3)), run.out
    assert len(run.lines("names the virtual environment")) == 1
    layers = {name: [str(layer.role) for layer in project.record(name).layers] for name in ways}
    assert [name for name, roles in layers.items() if "extra" in roles] == [f"{FACTOR}-team"]
    # and it stays the base
    again = [f"{FACTOR}-path", f"{FACTOR}-team", f"{FACTOR}-link", "specs", FACTOR]
    assert not project.tox("-e", ",".join(again)).ok().lines("recreate env")


def test_what_counts_besides_the_configuration(project: Project, ground: Ground) -> None:
    """TOML, an override, ``--discover``, a default of the user's; what can't be had is an error, not another base."""
    rich = str(ground.rich.python)
    project.write(
        "tox.toml",
        f"""
        no_package = true
        [env_run_base]
        deps = ["frame"]
        set_env = {{ PATH = {json.dumps(f"{ground.bare.prefix}/bin:{BARE}")} }}
        [env.{FACTOR}-toml]
        base_python = ["/nowhere/python", {json.dumps(rich)}]
        [env.default]
        default_base_python = {json.dumps(str(ground.team))}
        [env.{FACTOR}-x]
        base_python = ["{FACTOR}"]
        [env.{FACTOR}-hint]
        [env.wrong]
        base_python = ["{VERSION}.99"]
        [env.{FACTOR}-gone]
        base_python = ["/nowhere/python"]
        """,
    )
    names = [f"{FACTOR}-toml", "default", f"{FACTOR}-x"]
    run = project.tox("-e", ",".join(names), "-x", f"env.{FACTOR}-x.base_python={rich}").ok()
    assert bases(project, names) == dict.fromkeys(names, (rich, 3))
    assert len(run.lines(f"default_base_python names the virtual environment {ground.team.parent.parent}")) == 1
    project.tox("-e", f"{FACTOR}-hint", "--discover", rich).ok()
    assert bases(project, [f"{FACTOR}-hint"]) == {f"{FACTOR}-hint": (rich, 3)}
    run = project.tox("-e", f"wrong,{FACTOR}-gone").failed()
    assert run.lines("could not find python interpreter matching any of the specs /nowhere/python")
    assert not (project.directory("wrong") / "sitediff.json").exists()
    run = project.tox("-e", f"wrong,{FACTOR}-gone", "--skip-missing-interpreters", "true").failed()
    assert run.lines(f"{FACTOR}-gone: SKIP")


def test_a_plan_is_over_the_same_base(project: Project, ground: Ground) -> None:
    """``tox sitediff plan`` looks from where a run would."""
    project.ini("deps = frame", rest=f"[testenv:{FACTOR}-link]\nbase_python = {ground.link}")
    run = project.tox("sitediff", "plan", "--format", "json", "-e", f"{FACTOR}-link").ok()
    found = json.loads(run.out)[f"{FACTOR}-link"]
    assert found["python"]["executable"] == str(ground.rich.python)
    assert [item["name"] for item in found["reused"]] == ["dates", "frame", "numlib"]


def test_an_upgrade_below_an_environment_has_it_made_anew(tmp_path: Path, ground: Ground) -> None:
    """tox-uv does not see it where the version that is asked for is still met: the reason is the other interpreter."""
    pytest.importorskip("tox_uv")
    project = make_project(tmp_path, ground.rich, ground.index, "tox-uv")
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.symlink_to(Path(sys.executable).resolve())
    project.write("tox.ini", "[tox]\nno_package = true\n[testenv:a]\nbase_python = python3\ndeps = tiny\n")
    project.tox("-e", "a", PATH=f"{python.parent}:{BARE}").ok()
    python.unlink()
    python.symlink_to(ground.rich.python)
    run = project.tox("-e", "a", PATH=f"{python.parent}:{BARE}").ok()
    reason = f"it was made for cpython {platform.python_version()}, and its interpreter is cpython {VERSION}"
    assert run.lines(f"recreate env because {reason}")
    assert bases(project, ["a"]) == {"a": (str(ground.rich.python), 0)}


def test_a_parallel_run_says_of_each_environment_which_base_it_took(project: Project, ground: Ground) -> None:
    """tox shows nothing of what went well; what it shows itself is not said twice."""
    project.ini(
        f"deps = frame\nsitediff_layers = {ground.team.parent.parent}\ncommands = python -c 'print(1)'",
        tox="no_package = true\nenv_list = a, shown, bad, worse",
        rest="""
        [testenv:shown]
        parallel_show_output = true
        [testenv:bad]
        commands = python -c 'raise SystemExit(3)'
        [testenv:worse]
        deps = nowhere-to-be-found
        """,
    )
    run = project.tox("p").failed()
    line = f"sitediff: base {ground.rich.python} ("
    assert len(run.lines(f"a: {line}")) == len(run.lines(f"shown: {line}")) == len(run.lines(f"bad: {line}")) == 1
    assert not run.lines(f"worse: {line}")
    assert {row[0] for row in run.table()} >= {"a", "shown", "bad", "total"}
    assert not project.tox("p", "-q", "-e", "a").ok().lines(line)
    assert len(project.tox("p", "-o", "-e", "a").ok().lines(f"a: {line}")) == 1
