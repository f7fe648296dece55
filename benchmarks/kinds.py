"""The kinds of run that are counted, and what each of them is set beside."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counting import Command
from tools import copy_tools
from worlds import NEEDS, REMAINDER, SUSPECTS, MadeBase, add, make_base, make_index

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TOOLS: Final = {
    "stock": ("tox",),
    "ours": ("tox-sitediff",),
    "nox": ("nox",),
    "nox-ours": ("nox", "tox-sitediff"),
}
"""Environments that programs run from: tox and nox, without us and with."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Something to count.

    Attributes:
        name: Its name in the results.
        tools: Where its program is from.
        words: The program and its arguments; ``{base}``, ``{project}`` and ``{programs}`` are filled in.
        undo: A program that brings back the state before it.
    """

    name: str
    tools: str
    words: tuple[str, ...]
    undo: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of run of ours.

    Attributes:
        name: As users would say it.
        run: The name of our run.
        beside: The names of what others take for it: the sum of these is what we are set beside.
        bar: How much more than these it may take, in per cent of them, by the project's own bars.
    """

    name: str
    run: str
    beside: tuple[str, ...]
    bar: float | None = None


def _tox(name: str, tools: str, *words: str, project: str = "") -> Run:
    file = f"{{project}}/{project or tools}.ini"
    return Run(name=name, tools=tools, words=("{programs}/tox", "-c", file, *words))


def _command(name: str, *words: str) -> Run:
    return Run(name=f"sitediff {name}", tools="ours", words=("{programs}/sitediff", name, *words))


SCALE: Final = "python: imports"
"""A run that says how many instructions a Python takes for the same work."""
_ENV: Final = "{project}/.tox-ours/rest"
RUNS: Final = (
    _tox("stock: --version", "stock", "--version"),
    _tox("stock: again, no deps", "stock", "run", "-e", "plain"),
    _tox("stock: again", "stock", "run", "-e", "met"),
    _tox("stock: -r, no deps", "stock", "run", "-r", "-e", "plain"),
    _tox("stock: -r, no seed", "stock", "run", "-r", "-e", "bare"),
    Run(
        name="uv: remainder",
        tools="ours",
        words=("{programs}/uv", "pip", "install", "--python", "{project}/alone", *REMAINDER),
        undo=("{programs}/uv", "pip", "uninstall", "--python", "{project}/alone", *REMAINDER),
    ),
    _tox("ours: --version", "ours", "--version"),
    _tox("ours: again, off", "ours", "run", "-e", "plain", project="off"),
    _tox("ours: again", "ours", "run", "-e", "met"),
    _tox("ours: again, remainder", "ours", "run", "-e", "rest"),
    _tox("ours: -r, met", "ours", "run", "-r", "-e", "met"),
    _tox("ours: -r, remainder", "ours", "run", "-r", "-e", "rest"),
    Run(
        name=SCALE,
        tools="stock",
        words=("{programs}/python", "-I", "-S", "-c", "import argparse, asyncio, dataclasses, email, json, unittest"),
    ),
    *(
        Run(name=name, tools="stock", words=("{programs}/python", *words))
        for name, words in {
            "part: interpreter": ("-I", "-S", "-c", "pass"),
            "part: site": ("-c", "pass"),
            "part: tox's modules": ("-c", "import tox.run, os; os._exit(0)"),
            "part: end": ("-c", "import tox.run"),
        }.items()
    ),
    Run(name="part: command", tools="stock", words=("{project}/.tox-stock/met/bin/python", "-c", "pass")),
    Run(name="part: uv", tools="ours", words=("{programs}/uv", "--version")),
    Run(name="python -c pass", tools="ours", words=("{programs}/python", "-c", "pass")),
    _command("plan", "--python", "{base}", *SUSPECTS, *REMAINDER),
    _command("check", "--python", _ENV),
    _command("inventory", "--python", "{base}"),
    _command("report", _ENV),
    _tox("stock: -r, remainder", "stock", "run", "-r", "-e", "rest"),
    Run(name="nox: -r, met", tools="nox", words=("{programs}/nox", "-f", "{project}/nox_file.py", "-r", "-s", "met")),
    Run(name="nox: met", tools="nox", words=("{programs}/nox", "-f", "{project}/nox_file.py", "-s", "met")),
    Run(
        name="nox-ours: -r, met",
        tools="nox-ours",
        words=("{programs}/nox", "-f", "{project}/nox_ours_file.py", "-r", "-s", "met"),
    ),
    Run(
        name="nox-ours: met",
        tools="nox-ours",
        words=("{programs}/nox", "-f", "{project}/nox_ours_file.py", "-s", "met"),
    ),
)
KINDS: Final = (
    Kind(name="not used: `tox --version`", run="ours: --version", beside=("stock: --version",), bar=1),
    Kind(name="not used: `sitediff = false`", run="ours: again, off", beside=("stock: again, no deps",), bar=1),
    Kind(name="nothing to do", run="ours: again", beside=("stock: again",), bar=3),
    Kind(name="nothing to do, with a remainder", run="ours: again, remainder", beside=("stock: again",), bar=3),
    Kind(name="`-r`, all met", run="ours: -r, met", beside=("stock: -r, no deps",), bar=10),
    Kind(name="`-r`, a remainder", run="ours: -r, remainder", beside=("stock: -r, no deps", "uv: remainder"), bar=10),
    Kind(name="`-r`, all met, beside one without pip", run="ours: -r, met", beside=("stock: -r, no seed",)),
    Kind(name="`-r`, a remainder, beside pip", run="ours: -r, remainder", beside=("stock: -r, remainder",)),
    *(
        Kind(name=f"`sitediff {name}`", run=f"sitediff {name}", beside=("python -c pass",))
        for name in ("plan", "check", "inventory", "report")
    ),
    Kind(name="nox, again", run="nox-ours: -r, met", beside=("nox: -r, met",)),
    Kind(name="nox, new", run="nox-ours: met", beside=("nox: met",)),
)
PARTS: Final = tuple(run.name for run in RUNS if run.name.startswith("part: "))
"""What a run consists of: counted over the smallest base where all kinds are."""
SHORT: Final = (
    Kind(name="not used: `sitediff = false`", run="ours: again, off", beside=("stock: again",)),
    Kind(name="nothing to do", run="ours: again", beside=("stock: again",)),
    Kind(name="`-r`, all met", run="ours: -r, met", beside=("stock: -r, no seed",)),
    Kind(name="`-r`, a remainder", run="ours: -r, remainder", beside=("stock: -r, no seed", "uv: remainder")),
    Kind(name="`sitediff check`", run="sitediff check", beside=(SCALE,)),
)
"""What the whole check counts. Without pip, which stock tox puts into an environment: its size would be in the way."""


@dataclass(frozen=True, kw_only=True)
class World:
    """A base, an index, and a project over them.

    Attributes:
        directory: What holds it all.
        base: The base.
        programs: Where the programs of each of ``TOOLS`` are.
        index: The URL of the index.
    """

    directory: Path
    base: MadeBase
    programs: Mapping[str, Path]
    index: str

    @property
    def project(self) -> Path:
        """The directory that everything runs in."""
        return self.directory / "project"

    def command(self, run: Run, *, undo: bool = False) -> Command:
        """Fill in what a run starts, and its variables: none of this machine's."""
        values = {"base": self.base.python, "project": self.project, "programs": self.programs[run.tools]}
        home = self.directory / f"home-{run.tools}"
        home.mkdir(exist_ok=True)
        env = {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": f"{self.programs[run.tools]}:/usr/bin:/bin",
            "PIP_CONFIG_FILE": os.devnull,  # pip's word for none at all: uv would get the machine's certificates
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_INDEX_URL": self.index,
            "PYTHONHASHSEED": "0",  # else each run counts differently
            "UV_DEFAULT_INDEX": self.index,
            "XDG_CONFIG_DIRS": str(home / "nothing"),
        }
        words = [word.format(**values) for word in (run.undo if undo else run.words)]
        return Command(words=words, env=env, cwd=self.project)


def copy_all_tools(directory: Path, names: Sequence[str]) -> dict[str, Path]:
    """Make the environments that programs run from."""
    return {name: copy_tools(directory / f"tools-{name}", TOOLS[name]) for name in names}


def make_world(directory: Path, size: int, programs: Mapping[str, Path]) -> World:
    """Make the project and what it stands on.

    Args:
        directory: Where to; a base that is there already is taken.
        size: How many distributions the base offers.
        programs: Where the programs of each of ``TOOLS`` are.
    """
    directory.mkdir(parents=True, exist_ok=True)
    base = make_base(directory / "base", size)
    world = World(directory=directory, base=base, programs=programs, index=make_index(directory / "index"))
    world.project.mkdir(exist_ok=True)
    for name in ("stock", "ours", "off"):
        (world.project / f"{name}.ini").write_text(ini(name, base.python, _DEPS) + _BARE, "utf-8")
    _make_alone(world.project / "alone", base)
    for name, line in (
        ("nox_file", "from nox import session"),
        ("nox_ours_file", "from tox_sitediff.nox import session"),
    ):
        text = _NOXFILE.format(line=line, name=name.removesuffix("_file"), base=str(base.python), deps=SUSPECTS)
        (world.project / f"{name}.py").write_text(text, "utf-8")
    return world


def _make_alone(directory: Path, base: MadeBase) -> None:
    """Make an environment in which uv alone finds the suspects' closure: as its own."""
    if not directory.exists():
        subprocess.run([base.python, "-m", "venv", "--without-pip", directory], check=True)
        site = next((directory / "lib").glob("python*")) / "site-packages"
        for name, needs in NEEDS.items():
            add(site, name, needs)


def ini(tools: str, python: Path, environments: Mapping[str, Sequence[str]], more: str = "") -> str:
    """Write a configuration of tox over a base.

    Args:
        tools: Who reads it: ``ours``, ``off`` for ours in a project that does not use us, or another, which has to be
            told to inherit.
        python: The interpreter of the base.
        environments: What each environment declares.
        more: What tells its work directory from that of another one of theirs.
    """
    lines = [
        f"[tox]\nenv_list = {', '.join(environments)}\nno_package = true\nwork_dir = {{tox_root}}/.tox-{tools}{more}\n",
        f"[testenv]\nbase_python = {python}\ncommands = python -c pass\n",
        {"ours": "", "off": f"sitediff = false\n{_INHERITS}"}.get(tools, _INHERITS),
    ]
    for name, deps in environments.items():
        lines += [f"[testenv:{name}]\ndeps =\n", *(f"    {dep}\n" for dep in deps)]
    return "".join(lines)


_INHERITS: Final = "system_site_packages = true\n"
_DEPS: Final = {"plain": (), "met": SUSPECTS, "rest": (*SUSPECTS, *REMAINDER)}
_BARE: Final = "[testenv:bare]\nset_env = VIRTUALENV_NO_SEED=1\n"
_NOXFILE: Final = """\
import nox
{line}
nox.options.envdir = ".{name}"

@session(python=[{base!r}], venv_params=["--system-site-packages"])
def met(session):
    session.install(*{deps!r})
    session.run("python", "-c", "pass")
"""
