"""The ways to make an environment that `beside.py` sets beside each other, and where each of them lives."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counting import Command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TOOLS: Final = {
    "tox": ("tox",),
    "uv": ("tox", "tox-uv-bare", "uv"),
    "sitediff": ("tox-sitediff",),
    "both": ("tox-sitediff", "tox-uv-bare"),
    "nox": ("nox",),
    "nox-sitediff": ("nox", "tox-sitediff"),
}
"""Environments that programs run from."""
HUNG: Final = 1800.0
"""Seconds after which a run is given up: the slowest, pip's with all of WinPython's list, takes minutes."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to make the environment.

    Attributes:
        name: As it is printed.
        tools: Which of ``TOOLS``.
        inherits: Whether it is told to inherit from the base; ours do by themselves.
    """

    name: str
    tools: str
    inherits: bool = False

    @property
    def label(self) -> str:
        """The same for a directory and for a URL."""
        return re.sub(r"\W+", "-", self.name)


OURS: Final = "tox-sitediff"
PIP: Final = "tox, pip, system site packages"
UV: Final = "tox-uv"
WAYS: Final = (
    Way(name=OURS, tools="sitediff"),
    Way(name="tox-sitediff over tox-uv", tools="both"),
    Way(name=UV, tools="uv"),
    Way(name="tox-uv, system site packages", tools="uv", inherits=True),
    Way(name="tox, pip", tools="tox"),
    Way(name=PIP, tools="tox", inherits=True),
    Way(name="nox, tox-sitediff", tools="nox-sitediff"),
    Way(name="nox, pip", tools="nox"),
    Way(name="nox, pip, system site packages", tools="nox", inherits=True),
)


def chosen(texts: Sequence[str]) -> list[Way]:
    """Choose the ways that are called so, or whose names hold one of the texts where none is called so."""
    exact = {way.name for way in WAYS} & set(texts)
    others = set(texts) - exact
    return [way for way in WAYS if way.name in exact or any(text in way.name for text in others)]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one way has its project, home and caches.

    Attributes:
        way: The way.
        directory: The place.
        programs: Where its programs are.
        index: The URL of its index.
    """

    way: Way
    directory: Path
    programs: Path
    index: str

    @property
    def is_nox(self) -> bool:
        """Whether nox runs it."""
        return self.way.tools.startswith("nox")

    def write(self, base: Path, deps: Sequence[str]) -> None:
        """Write the project."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.is_nox:
            name = "tox_sitediff.nox" if self.way.tools == "nox-sitediff" else "nox"
            more = ', venv_params=["--system-site-packages"]' if self.way.inherits else ""
            text = _NOXFILE.format(name=name, base=str(base), more=more, deps=tuple(deps))
            (self.directory / "noxfile.py").write_text(text, "utf-8")
            return
        lines = ["[tox]", "env_list = bench", "no_package = true", "[testenv:bench]", f"base_python = {base}"]
        lines += ["system_site_packages = true"] if self.way.inherits else []
        lines += ["commands = python -c pass", "deps =", *(f"    {dep}" for dep in deps), ""]
        (self.directory / "tox.ini").write_text("\n".join(lines), "utf-8")

    def command(self, *, again: bool) -> Command:
        """What makes the environment anew, or runs in it a second time."""
        words: list[str | Path] = [self.programs / "nox", *(["-r"] if again else [])]
        if not self.is_nox:
            words = [self.programs / "tox", "run", *([] if again else ["-r"])]
        env = {
            "HOME": str(self.directory / "home"),
            "LANG": "C.UTF-8",
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "PIP_CONFIG_FILE": os.devnull,  # pip's word for none at all: uv would get this machine's certificates
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_INDEX_URL": self.index,
            "UV_DEFAULT_INDEX": self.index,
            "UV_PYTHON_DOWNLOADS": "never",
            "XDG_CONFIG_DIRS": str(self.directory / "nothing"),
        }
        return Command(words=words, env=env, cwd=self.directory, limit=HUNG)

    @property
    def environment(self) -> Path:
        """The environment that it made."""
        if self.is_nox:
            return next((self.directory / ".nox").rglob("pyvenv.cfg")).parent
        return self.directory / ".tox" / "bench"

    def forget(self) -> None:
        """Remove the environment and every cache."""
        for name in ("home", ".tox", ".nox"):
            shutil.rmtree(self.directory / name, ignore_errors=True)
        (self.directory / "home").mkdir()


_NOXFILE: Final = """\
from {name} import session

@session(python=[{base!r}]{more})
def bench(session):
    session.install(*{deps!r})
    session.run("python", "-c", "pass")
"""
