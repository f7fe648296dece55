"""The ways to install that the documentation gives, followed to the letter over a base that must not notice.

The lines are taken from the pages. What they name of a user's machine (a home, ``/opt``) stands for a directory of the
test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.bases.made import Base, clean_environment, uv_program
from support.index import Index, repacked

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES: Final = Path(__file__).parents[2] / "docs" / "users"
IN_BASE: Final = ("frame==2.1.0", "numlib==1.26.0", "dates==2.8.0", "packaging==0.1", "pluggy==0.1", "needy==1.0")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a base interpreter is made of links")


@dataclass(frozen=True, kw_only=True)
class World:
    """A base whose packages need old versions of what tox needs too, and an index that has us."""

    base: Base
    index: Index


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all recipes; the base is the same after them, byte by byte."""
    index = Index(tmp_path_factory.mktemp("recipes") / "index")
    for name in ("packaging", "pluggy"):
        index.add(name, "0.1")
    index.add("needy", "1.0", requires=["packaging<1", "pluggy<1"])
    base = Base(index.directory.parent / "base")
    base.install(index, *IN_BASE)
    before = base.digest()
    with repacked(index, "tox-sitediff"):
        yield World(base=base, index=index)
    assert base.digest() == before


@dataclass(kw_only=True)
class Machine:
    """A user's machine: a home, and directories that stand for those of the pages.

    Attributes:
        world: The base and the index.
        root: Where all of it lies.
    """

    world: World
    root: Path

    def run(self, script: str, *, cwd: str = "work") -> str:
        """Run lines in a shell, which ends at the first one that fails, and return what it said."""
        base, home = self.world.base.prefix, self.root / "home"
        directory = self.root / cwd
        for path in (directory, home / ".config"):
            path.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.world.index.home / ".config" / "pip", home / ".config" / "pip", dirs_exist_ok=True)
        constraint = self.root / "constraint.txt"
        constraint.write_text("packaging==0.1\n", "utf-8")
        places = [base / "bin", home / ".local" / "bin", uv_program().parent, "/usr/bin", "/bin"]
        done = subprocess.run(
            ["/bin/sh", "-e", "-u", "-c", script],
            cwd=directory,
            env={
                **clean_environment(),
                **self.world.index.variables(),
                "HOME": str(home),
                "PATH": os.pathsep.join(map(str, places)),
                "PIP_CONSTRAINT": str(constraint) if "PIP_CONSTRAINT" in script else "",
                "PYTHONDONTWRITEBYTECODE": "1",
                "TOX_DISABLED_EXTERNAL_PLUGINS": "tox-uv",
                "UV_PYTHON_DOWNLOADS": "never",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def here(self, text: str) -> str:
        """Write the paths of a page as those of this machine."""
        text = text.replace("/opt/conda/bin/python", str(self.world.base.python))
        return text.replace("/opt/", f"{self.root}/opt/")


@pytest.fixture
def machine(world: World, tmp_path: Path) -> Machine:
    """A machine on which nothing was installed yet."""
    return Machine(world=world, root=tmp_path)


def blocks(page: str) -> list[str]:
    """Take the blocks of code out of a page, without prompts."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    found = re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(r"^(\$|C:\\>) ", "", block, flags=re.MULTILINE) for block in found]


def runs(block: str) -> list[str]:
    """Take the commands out of a Dockerfile."""
    return [match[1].replace("\\\n", "") for match in re.finditer(r"^RUN ((?:.*\\\n)*.*)$", block, re.MULTILINE)]


WAYS: Final = {"uv tool install": "tox", "-m venv": "~/tools/tox/bin/tox"}


@pytest.mark.parametrize("way", WAYS)
def test_beside_the_base(machine: Machine, way: str) -> None:
    """tox is installed as the page says, and fills environments over the base, which holds what it held."""
    (recipe,) = [block for block in blocks("install") if way in block]
    machine.run(recipe)
    (machine.root / "work" / "tox.ini").write_text(
        f"[tox]\nno_package = true\nenv_list = a\n[testenv]\nbase_python = {machine.world.base.python}\n"
        "deps =\n    frame\n    needy\n    tiny\n",
        "utf-8",
    )
    said = machine.run(f"{WAYS[way]} -e a")
    assert ", 6 distributions): 6 reused, 1 installed, " in said


def test_windows_has_the_same_commands() -> None:
    """What stands on the page of WinPython is what is run here, in Windows' spelling; under wine others are run."""
    (recipe,) = [block for block in blocks("winpython") if "-m venv" in block]
    recipe = recipe.replace(r"C:\WPy64-31210\python\python.exe", "python").replace(r"C:\tools", "~/tools")
    (expected,) = [block for block in blocks("install") if "-m venv" in block]
    assert recipe.replace("\\", "/").replace("/Scripts/", "/bin/") == expected


def test_pages_do_not_begin_in_the_base() -> None:
    """No page for users of a rich base has pip install us into it."""
    for path in PAGES.glob("*.md"):
        into = re.findall(r"^(?:\$ |C:\\> |RUN )python3? -m pip install.*tox.*$", path.read_text("utf-8"), re.MULTILINE)
        assert into == [], path


@pytest.mark.parametrize("at", [0, 1], ids=["venv", "uv"])
def test_in_a_container(machine: Machine, at: int) -> None:
    """The RUN lines of the Dockerfile, where the image's constraint would have had pip refuse; /opt is elsewhere."""
    files = [block for block in blocks("containers") if runs(block)]
    assert len(files) == 2
    (machine.root / "work").mkdir()
    (machine.root / "work" / "requirements.txt").write_text("frame\nneedy\ntiny\n", "utf-8")
    install, *rest = runs(files[0])
    said = machine.run(machine.here(install if at == 0 else runs(files[1])[0]))
    for line in rest:
        said = machine.run(machine.here(line))
    row = next(line.split() for line in said.splitlines() if line.startswith("app "))
    assert row[:3] == ["app", "6", "1"]
    assert (machine.root / "opt" / "sitediff" / "bin" / "tox").exists()


def test_a_lock_made_against_a_base(machine: Machine) -> None:
    """The recipe of the page on uv: what is locked is what the base has, all of which is reused."""
    (recipe,) = [block for block in blocks("uv") if "pip freeze" in block]
    work = machine.root / "work"
    work.mkdir()
    (work / "pyproject.toml").write_text(
        '[project]\nname = "demo"\nversion = "1.0"\ndependencies = ["dates", "frame", "needy", "tiny"]\n', "utf-8"
    )
    machine.run(machine.here("sitediff venv -q --python /opt/conda/bin/python"))
    said = machine.run(machine.here(recipe))
    row = next(line.split() for line in said.splitlines() if line.startswith("work "))
    assert row[:3] == ["work", "6", "1"]
    assert "nothing differs from the lock" in said


def test_inside_a_base_what_that_broke_is_said(world: World, tmp_path: Path) -> None:
    """Once, at the first run: what came together with us and does not suit others, not what was there before."""
    base = Base(tmp_path / "base")
    base.install(world.index, "tox-sitediff")
    base.install(world.index, "--no-deps", "needy==1.0")
    os.utime(next(base.site.glob("pluggy-*.dist-info")), (0, 0))
    machine = Machine(world=World(base=base, index=world.index), root=tmp_path)
    (tmp_path / "work").mkdir()
    ini = "[tox]\nno_package = true\nenv_list = a, b\n[testenv]\ndeps = needy\n"
    (tmp_path / "work" / "tox.ini").write_text(ini, "utf-8")
    said = machine.run("python -m tox -e a,b || true")
    (line,) = [line for line in said.splitlines() if "is installed in this base itself" in line]
    assert "base needy 1.0 needs packaging<1, now sees " in line
    assert "pluggy" not in line
    assert "have it beside the base" in line
