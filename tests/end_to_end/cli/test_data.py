"""Data files of what is reused lie where tools look for them, and no way leads through them into the base."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from support.bases.made import Base
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.bases.made import MakeBase
    from support.index import Index
    from support.shell import Shell

FILES = {
    "share/theme/page.txt": "page {version}",
    "share/theme/settings.json": '{{"version": "{version}"}}',
    "etc/theme/theme.conf": "of {version}",
}


@pytest.fixture(scope="module")
def themes(tmp_path_factory: pytest.TempPathFactory, index: Index) -> Iterator[Base]:
    """A base with data files, which is the same afterwards."""
    for version in ("1.0", "2.0"):
        stem = f"theme-{version}"
        modules = {f"{stem}.data/data/{place}": text.format(version=version) for place, text in FILES.items()}
        make_wheel(index.directory, "theme", version, modules={"theme.py": "", **modules})
    made = Base(tmp_path_factory.mktemp("themes") / "base")
    made.install(index, "theme==1.0", "tiny==1.0")
    before = made.digest()
    yield made
    assert made.digest() == before


@pytest.fixture
def over(shell: Shell, themes: Base) -> Shell:
    """A shell over that base."""
    shell.base = themes
    return shell


def held(environment: Path) -> dict[str, str]:
    """The data files in an environment, and their content."""
    return {
        path.relative_to(environment).as_posix(): path.read_text()
        for top in ("share", "etc")
        for path in (environment / top).rglob("*")
        if path.is_file()
    }


def full(version: str) -> dict[str, str]:
    """The data files of a full environment."""
    return {place: text.format(version=version) for place, text in FILES.items()}


def test_data_files_come_and_go_with_what_they_belong_to(over: Shell) -> None:
    """There where it is declared, replaced by what is installed, the base's again, and gone at the end."""
    environment = over.venv("env")
    over.sitediff("install", "--python", "env", "tiny")
    assert held(environment) == {}
    over.sitediff("install", "--python", "env", "theme")
    assert held(environment) == full("1.0")
    record = json.loads((environment / "sitediff.json").read_text())
    assert record["data"]["files"] == 3
    assert record["data"]["bytes"] > 0

    (environment / "share/theme/settings.json").write_text("mine")  # it is the environment's own copy
    (environment / "share/theme/added").write_text("mine")  # the directory is, too
    over.sitediff("install", "--python", "env", "theme")
    assert held(environment) == {**full("1.0"), "share/theme/settings.json": "mine", "share/theme/added": "mine"}
    over.sitediff("install", "--python", "env", "theme==2.0")
    assert held(environment) == {**full("2.0"), "share/theme/added": "mine"}
    (environment / "share/theme/added").unlink()
    over.sitediff("uninstall", "--python", "env", "theme")
    assert held(environment) == full("1.0")
    over.sitediff("uninstall", "--python", "env", "theme")
    assert held(environment) == {}
    assert not (environment / "share").exists()


def test_pip_writes_beside_the_base_too(over: Shell, themes: Base) -> None:
    """An installer that finds our links replaces them: it does not write through them."""
    over.write(
        "tox.ini",
        f"[tox]\nenv_list = a\nno_package = true\n[testenv]\nbase_python = {themes.python}\n"
        "deps = theme\ncommands =\n"
        "    python -c \"import sys; print(open(sys.prefix + '/share/theme/page.txt').read())\"\n"
        f"    {sys.executable} -m pip --python {{env_python}} install --no-deps theme==2.0\n"
        "allowlist_externals = *\n",
    )
    said = over.run(sys.executable, "-m", "tox", "-e", "a")
    assert "page 1.0" in said.out
    assert held(over.directory / ".tox" / "a") == full("2.0")


@pytest.mark.parametrize("visibility", ["declared", "report"])
def test_data_files_are_there_whatever_is_seen(over: Shell, visibility: str) -> None:
    """Also where only the declared closure can be seen."""
    environment = over.venv("env")
    over.sitediff("install", "--python", "env", "--visibility", visibility, "theme")
    assert held(environment) == full("1.0")


def test_what_is_hostile_or_damaged_is_left_out_and_said(over: Shell, make_base: MakeBase) -> None:
    """Paths that lead elsewhere, a directory in the way, 10,000 files, no RECORD: the rest works, and one line."""
    over.base = base = make_base("tiny", "frame")
    info = next(base.site.glob("tiny-*.dist-info"))
    (base.prefix / "share/many").mkdir(parents=True)
    (base.prefix / "etc").mkdir()
    (base.prefix.parent / "outside").write_text("of somebody else")
    for name in ("share/taken", "etc/kept", *(f"share/many/{number}" for number in range(10_000))):
        (base.prefix / name).write_text(name)
    named = [
        path.relative_to(base.prefix).as_posix() for top in ("share", "etc") for path in (base.prefix / top).rglob("*")
    ]
    hostile = ["/etc/passwd", "../../../../outside", "../../../share/../../outside", "share/\0", '"share/open']
    with (info / "RECORD").open("a") as record:
        record.write("".join(f"{line},,\n" for line in (*(f"../../../{name}" for name in named), *hostile)))
    next(base.site.glob("frame-*.dist-info/RECORD")).unlink()
    before = base.digest()
    environment = over.venv("env")
    (environment / "share/taken").mkdir(parents=True)
    said = over.sitediff("install", "--python", "env", "tiny", "frame")
    there = held(environment)
    assert len(there) == 10_001
    assert there["etc/kept"] == "etc/kept"
    assert [line for line in said.err.splitlines() if "data file" in line] == [
        "sitediff: the data file share/taken is left out: there is a directory in its place"
    ]
    over.sitediff("uninstall", "--python", "env", "tiny")
    assert held(environment) == {}
    assert base.digest() == before
