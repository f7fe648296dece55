"""Where a base may lie, how people name its interpreter, and what else stands on the path."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Final

import pytest

from support.bases.found import FoundBase, agrees, judge, untouched
from support.bases.made import Base, clean_environment
from support.distributions import install, write
from support.projects import make_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.index import Index
    from support.projects import Project

SHORT: Final = f"python{sys.version_info[0]}.{sys.version_info[1]}"
IN_BASE: Final = ("frame", "numlib<2", "runner==7.4.0", "tiny==1.0")
DEPS: Final = ("frame", "runner", "tiny>=1.1")


def rich(prefix: Path, index: Index) -> FoundBase:
    """A base at some place."""
    made = Base(prefix)
    made.install(index, *IN_BASE)
    return FoundBase(made.python)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, index: Index) -> Iterator[FoundBase]:
    base = rich(tmp_path_factory.mktemp("rich") / "base", index)
    with untouched(base):
        yield base


def works(project: Project, base: FoundBase, directory: Path, **variables: str) -> None:
    """Run tox twice, and make sure that the environment is what pip would make of it."""
    project.ini("\n    ".join(["deps =", *DEPS]) + "\ncommands = runner numlib tiny")
    pip = {**clean_environment(), **project.index.variables(), **variables}
    would = judge(directory / "pip", base, *DEPS, variables=pip)
    assert would == {"tiny": "1.1"}
    run = project.tox("-e", "a", **variables).ok()
    assert run.lines("numlib is 1.26.0 in ")
    assert run.lines(f"tiny is 1.1 in {project.site()}")
    assert run.lines(f"runner runs in {project.directory()}")
    assert set(project.reused()) == {"dates", "frame", "hooks", "numlib", "runner"}
    assert not project.tox("-e", "a", **variables).ok().lines("recreate env")
    agrees(project, *DEPS, would=would)


# no comma: tox takes it for the end of one of several interpreters
@pytest.mark.parametrize("name", ['späces quo\'tes "more" $HOME %s {x}', "long" * 45])
def test_a_base_in_an_unusual_place(tmp_path: Path, index: Index, family: str, name: str) -> None:
    """Blanks, other scripts, quotes, and a path too long for the first line of a script."""
    base = rich(tmp_path / name, index)
    with untouched(base):
        works(make_project(tmp_path, base, index, family), base, tmp_path)


# uv takes the directory of the first link for that of the interpreter, with the plugin and without
@pytest.mark.parametrize(
    ("family", "way"), [("virtualenv", "prefix"), ("virtualenv", "interpreter"), ("tox-uv", "prefix")]
)
def test_a_base_behind_links(tmp_path: Path, index: Index, family: str, way: str) -> None:
    """A linked prefix, or a chain of links to the interpreter: followed, and when they lead elsewhere, noticed."""
    one, two = (rich(tmp_path / name, index) for name in ("one", "two"))
    shutil.rmtree(two.site / "dates-2.9.0.dist-info")
    install(two.site, "dates", "3.0")
    os.utime(two.python, (0, 0))  # tox remembers what an interpreter said, by the time of its file
    with untouched(one), untouched(two):
        current = tmp_path / "current"
        current.symlink_to(one.prefix if way == "prefix" else one.python)
        named = current / "bin" / "python" if way == "prefix" else tmp_path / "tools" / "my-python"
        if way == "interpreter":
            named.parent.mkdir()
            (named.parent / "other").symlink_to("../current")
            named.symlink_to("other")
        base = FoundBase(one.python)
        base.python = named
        project = make_project(tmp_path, base, index, family)
        works(project, one, tmp_path)
        current.unlink()
        current.symlink_to(two.prefix if way == "prefix" else two.python)
        run = project.tox("-e", "a").ok()
        assert len(run.lines("recreate env because ")) == 1
        assert project.reused()["dates"] == "3.0"
        assert project.installed() == {"tiny": "1.1"}


def test_a_base_with_two_libraries(tmp_path: Path, index: Index) -> None:
    """As Fedora has: lib and lib64 with packages each, here through PYTHONPLATLIBDIR; both count, in their order."""
    base = rich(tmp_path / "base", index)
    standard = base.prefix / "lib" / SHORT
    second = base.prefix / "lib64" / SHORT
    second.mkdir(parents=True)
    for path in standard.iterdir():
        if path.name != "site-packages":
            (second / path.name).symlink_to(path)
    install(second / "site-packages", "compiled", "1.0", requires=["numlib"])
    install(second / "site-packages", "dates", "2.5")  # stands before the other one
    declared = (*DEPS, "compiled")
    with untouched(base):
        project = make_project(tmp_path, base, index, "virtualenv")
        lines = [
            "set_env = PYTHONPLATLIBDIR=lib64",
            "\n    ".join(["deps =", *declared]),
            "commands = runner dates compiled",
        ]
        project.ini("\n".join(lines))
        project.tox("-e", "a").ok()
        assert project.reused()["dates"] == "2.5"
        assert project.reused()["compiled"] == "1.0"
        locations = {item.name: item.location for item in project.record().reused}
        assert locations["compiled"] == str(second / "site-packages")
        assert locations["numlib"] == str(standard / "site-packages")
        agrees(project, *declared, would={"tiny": "1.1"}, variables={"PYTHONPLATLIBDIR": "lib64"})


def test_two_bases_in_one_run(tmp_path: Path, index: Index, family: str) -> None:
    """Each environment stands on its own base, one after the other and side by side."""
    one, two = (rich(tmp_path / name, index) for name in ("one", "two"))
    shutil.rmtree(two.site / "frame-2.1.0.dist-info")
    with untouched(one), untouched(two):
        project = make_project(tmp_path, one, index, family)
        project.ini(
            "\n    ".join(["deps =", *DEPS]),
            tox="no_package = true\nenv_list = a, b",
            rest=f"[testenv:b]\nbase_python = {two.python}",
        )
        for arguments in ([], ["-r"], ["run-parallel", "-r"]):
            project.tox(*arguments).ok()
            assert project.installed("a") == {"tiny": "1.1"}
            assert project.installed("b") == {"frame": "2.1.0", "tiny": "1.1"}
            assert project.record("a").python.base_prefix == str(one.prefix)
            assert project.record("b").python.base_prefix == str(two.prefix)


# --- what else stands on the path


@pytest.mark.parametrize("seen", [True, False])
def test_a_user_site_elsewhere(tmp_path: Path, shared: FoundBase, index: Index, family: str, seen: bool) -> None:
    """PYTHONUSERBASE names it, its .pth files with and without code count, PYTHONNOUSERSITE switches it off."""
    site = tmp_path / "user" / "lib" / SHORT / "site-packages"
    install(site, "mine", "1.0")
    install(tmp_path / "more", "more", "1.0")
    install(tmp_path / "coded", "coded", "1.0")
    write(site / "more.pth", f"# a comment\n{tmp_path / 'more'}\n")
    write(site / "coded.pth", f"import sys; sys.path.append({str(tmp_path / 'coded')!r})\n")
    names = ("mine", "more", "coded")
    for name in names:
        index.add(name, "2.0")
    variables = {"PYTHONUSERBASE": str(tmp_path / "user"), **({} if seen else {"PYTHONNOUSERSITE": "1"})}
    would = judge(tmp_path / "pip", shared, *names, variables={**clean_environment(), **index.variables(), **variables})
    assert would == ({} if seen else dict.fromkeys(names, "2.0"))
    project = make_project(tmp_path, shared, index, family)
    settings = "".join(f"\n    {name}={value}" for name, value in variables.items())
    project.ini(
        f"set_env ={settings}\n"
        + "\n    ".join(["deps =", *names])
        + "\ncommands = python -c 'import mine, more, coded'"
    )
    project.variables |= variables  # for pip
    project.tox("-e", "a").ok()
    assert not project.tox("-e", "a").ok().lines("recreate env")
    agrees(project, *names, would=would)


def test_a_cluster_of_modules(tmp_path: Path, shared: FoundBase, index: Index, family: str) -> None:
    """A sitecustomize on PYTHONPATH appends what a variable names, behind the environment's own."""
    modules = tmp_path / "modules" / "lib" / SHORT / "site-packages"
    install(modules, "sciency", "1.0", requires=["numlib<2"])
    install(modules, "aged", "1.0")
    index.add("sciency", "9.0")
    index.add("aged", "2.0")
    write(
        tmp_path / "hook" / "sitecustomize.py",
        "import os, site\nfor prefix in filter(None, os.environ.get('EBPYTHONPREFIXES', '').split(':')):\n"
        f"    site.addsitedir(os.path.join(prefix, 'lib', {SHORT!r}, 'site-packages'))\n",
    )
    variables = {
        "PYTHONPATH": str(tmp_path / "hook"),
        "EBPYTHONPREFIXES": str(tmp_path / "modules"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    declared = ("sciency", "aged>=2", "frame")
    would = judge(
        tmp_path / "pip", shared, *declared, variables={**clean_environment(), **index.variables(), **variables}
    )
    assert would == {"aged": "2.0"}
    project = make_project(tmp_path, shared, index, family)
    project.ini(
        "pass_env =\n    PYTHONPATH\n    EBPYTHONPREFIXES\n    PYTHONDONTWRITEBYTECODE\n"
        + "\n    ".join(["deps =", *declared])
        + "\ncommands = python -c 'import aged, frame, sciency; print(aged.__version__, sciency.version)'"
    )
    project.variables |= variables
    project.tox("-e", "a").ok()
    assert set(project.reused()) == {"dates", "frame", "numlib", "sciency"}
    assert not project.tox("-e", "a").ok().lines("recreate env")
    agrees(project, *declared, would=would)


@pytest.mark.parametrize("way", ["sitediff_layers", "base_python"])
def test_an_environment_over_an_environment_over_an_environment(
    tmp_path: Path, shared: FoundBase, index: Index, family: str, way: str
) -> None:
    """A slim environment over another one is a layer like any: each floor serves those above."""
    for number, name in enumerate(("lower", "middle", "upper")):
        index.add(
            name,
            "1.0",
            requires=["lower"] if number else [],
            entry_points={name: f"{name}:main"},
            modules={f"{name}.py": "main = print\n"},
        )
    below: Path | None = None
    project = make_project(tmp_path, shared, index, family)
    for floor, deps in (
        ("one", ["lower"]),
        ("two", ["lower", "middle"]),
        ("three", ["middle", "lower", "frame", "upper"]),
    ):
        place = tmp_path / floor
        place.mkdir()
        project = make_project(place, shared, index, family)
        named = f"sitediff_layers = {below}\n" if below and way == "sitediff_layers" else ""
        if below and way == "base_python":
            project.base = FoundBase(shared.python)
            project.base.python = below / "bin" / "python"
        project.ini(named + "\n    ".join(["deps =", *deps]) + "\ncommands = python -c 'import lower'")
        project.tox("-e", "a").ok()
        assert project.installed() == {deps[-1]: "1.0"}
        assert not project.tox("-e", "a").ok().lines("recreate env")
        agrees(project, *deps, would={deps[-1]: "1.0"})
        below = project.directory()
    assert project.reused() == {"dates": "2.9.0", "frame": "2.1.0", "lower": "1.0", "middle": "1.0", "numlib": "1.26.0"}
    assert {"lower", "middle", "upper"} <= project.scripts()
