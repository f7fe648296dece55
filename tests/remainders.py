"""An environment over a directory of distributions, a local index, and the real uv to install the remainder."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from faults.support import install, placeholders_in, wheel, write
from interpreters import environment, purelib, variables
from packaging.utils import canonicalize_name

from tox_sitediff.arguments import parse_arguments
from tox_sitediff.closure import walk
from tox_sitediff.remainder import Remainder
from tox_sitediff.uv import find_uv, uv_environment
from tox_sitediff.view import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tox_sitediff.closure import Closure
    from tox_sitediff.view import View

INTERRUPTED = (
    f"exec {shlex.quote(sys.executable)} -c 'import os, signal; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.kill(os.getpid(), signal.SIGINT)'"
)
"""A shell command that dies of an interruption, also where the one who started it all ignores those."""


class UvFailed(Exception):
    """The command that was to install failed."""


@dataclass(kw_only=True)
class Slim:
    """An environment that inherits a directory, through a ``.pth`` file.

    Attributes:
        root: Where all of it lies.
        python: Its interpreter.
        own: Its site-packages.
        base: The directory that it inherits.
        variables: What uv gets.
        exclude: Names that are not taken from the base.
        uv: The program.
        fixed: What always stands in the command.
        runs: The commands that were run to install, each with its variables.
    """

    root: Path
    python: Path
    own: Path
    base: Path
    variables: dict[str, str]
    exclude: tuple[str, ...] = ()
    uv: Path = field(default_factory=find_uv)
    fixed: Sequence[str] = ()
    runs: list[tuple[list[str], dict[str, str]]] = field(default_factory=list)

    @property
    def index(self) -> Path:
        """A package index in the file system."""
        return self.root / "index"

    def inherit(
        self, name: str, version: str, *requires: str, extras: Iterable[str] = (), direct_url: str | None = None
    ) -> Path:
        """Put a distribution into the base."""
        return install(self.base, name, version, requires=requires, extras=extras, direct_url=direct_url)

    def offer(self, name: str, version: str, *requires: str, extras: Iterable[str] = ()) -> Path:
        """Put a wheel into the index."""
        return wheel(self.index, name, version, requires=requires, extras=extras)

    def link(self, name: str, version: str, *requires: str) -> Path:
        """Put a wheel into the directory ``links``."""
        made = wheel(self.root / "elsewhere", name, version, requires=requires)
        (self.root / "links").mkdir(exist_ok=True)
        return Path(shutil.move(made, self.root / "links"))

    def observer(self) -> Observer:
        """Look at the environment."""
        return Observer(self.python, frozenset(map(canonicalize_name, self.exclude)))

    def remainder(self, *arguments: str, view: View, neutral: bool = True) -> Remainder:
        """Prepare what the engine would."""
        asked = parse_arguments([*self.fixed, *arguments], directory=self.root, environment=self.variables)
        closure = walk(
            asked.roots(), lookup=view.lookup, environment=view.interpreter.markers, constraints=asked.constraints
        )
        return Remainder(
            view=view,
            asked=asked,
            closure=closure,
            arguments=arguments,
            build=lambda words: [os.fspath(self.uv), "pip", "install", *self.fixed, *words],
            neutral=neutral,
            variables=self.variables,
            directory=self.root,
            python=self.python,
        )

    def run(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run what installs, as a front end does."""
        self.runs.append((list(command), dict(environment)))
        done = subprocess.run(command, env=dict(environment), cwd=self.root, capture_output=True, check=False)
        if done.returncode:
            raise UvFailed(done.stderr.decode())

    def install(
        self,
        *arguments: str,
        neutral: bool = True,
        view: View | None = None,
        run: Callable[[Sequence[str], Mapping[str, str]], None] | None = None,
    ) -> dict[str, str]:
        """Install the remainder of what is declared, and return what lies in the environment then."""
        self.runs.clear()
        remainder = self.remainder(*arguments, view=view or self.observer().look(self.variables), neutral=neutral)
        try:
            remainder.install(run or self.run, planning=nullcontext(), installing=nullcontext())
        finally:
            assert placeholders_in(self.own) == [], "a placeholder was left"
        return self.installed()

    def was_quick(self) -> bool:
        """Tell whether the last installation was planned from what is missing alone."""
        return bool(self.runs) and "--no-deps" in self.runs[-1][0]

    def installed(self) -> dict[str, str]:
        """Name what lies in the environment itself."""
        names = [path.name.removesuffix(".dist-info").rpartition("-") for path in self.own.glob("*.dist-info")]
        return dict(sorted((name, version) for name, _, version in names))

    def audit(self, *arguments: str) -> Closure:
        """Walk the closure of what is declared, over what the environment's interpreter sees now."""
        view = self.observer().look(self.variables)
        asked = parse_arguments(arguments, directory=self.root, environment=self.variables)
        return walk(asked.roots(), lookup=view.lookup, environment=view.interpreter.markers)

    def empty(self) -> None:
        """Make the environment as it was in the beginning."""
        for path in self.own.iterdir():
            if path.name != "inherited.pth":
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def make_slim(root: Path, python: Path, shared: Path) -> Slim:
    """Make an environment over an empty directory, and an empty index.

    Args:
        root: Where.
        python: The interpreter below.
        shared: For uv's cache.
    """
    made = environment(root / "env", python, inherit=False)
    own = purelib(made)
    base = root / "base"
    base.mkdir()
    (root / "index").mkdir()
    write(own / "inherited.pth", f"{base}\n")
    settings = {
        name: value
        for name, value in variables().items()
        if not name.startswith(("UV_", "PIP_", "XDG_", "CONDA_", "VIRTUAL_ENV"))
    }
    settings |= {
        "UV_CACHE_DIR": str(shared / "uv"),
        "UV_DEFAULT_INDEX": (root / "index").as_uri(),
        "UV_NO_CONFIG": "1",
        "NO_COLOR": "1",
        "XDG_CACHE_HOME": str(shared / "cache"),
    }
    return Slim(root=root, python=made, own=own, base=base, variables=uv_environment(settings, root / "env"))
