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
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.distributions import install, pretending_in, wheel, write
from support.interpreters import environment, purelib, variables
from tox_sitediff.core.closure import walk
from tox_sitediff.interpreter.observer import Observer
from tox_sitediff.uv.arguments import parse_arguments
from tox_sitediff.uv.program import find_uv, uv_environment
from tox_sitediff.uv.remainder import Remainder

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tox_sitediff.core.closure import Closure
    from tox_sitediff.core.snapshot import Snapshot
    from tox_sitediff.interpreter.listings import Listings

WORLDS: Final = int(os.environ.get("SITEDIFF_TEST_WORLDS", "6"))
"""How many random worlds to try in each of the four tests that do."""
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
        world: Counts the indexes that there were: uv's cache knows a wheel by its place and its name.
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
    world: int = 0
    runs: list[tuple[list[str], dict[str, str]]] = field(default_factory=list)

    @property
    def index(self) -> Path:
        """A package index in the file system."""
        return self.root / f"index{self.world or ''}"

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

    def observer(self, *, listings: Listings | None = None) -> Observer:
        """Look at the environment."""
        exclude = frozenset(map(canonicalize_name, self.exclude))
        return Observer(self.python, exclude, self.variables, listings=listings)

    def remainder(self, *arguments: str, view: Snapshot, neutral: bool = True) -> Remainder:
        """Prepare what the engine would."""
        asked = parse_arguments([*self.fixed, *arguments], directory=self.root, environment=self.variables)
        closure = walk(
            asked.roots(), lookup=view.lookup, environment=view.interpreter.markers, constraints=asked.constraints
        )
        return Remainder(
            seen=view,
            asked=asked,
            closure=closure,
            arguments=arguments,
            build=lambda words: [os.fspath(self.uv), "pip", "install", *self.fixed, *words],
            neutral=neutral,
            lowest=self.variables.get("UV_RESOLUTION", "").startswith("lowest"),
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
        view: Snapshot | None = None,
        run: Callable[[Sequence[str], Mapping[str, str]], None] | None = None,
    ) -> dict[str, str]:
        """Install the remainder of what is declared, and return what lies in the environment then."""
        self.runs.clear()
        remainder = self.remainder(*arguments, view=view or self.observer().look(), neutral=neutral)
        try:
            remainder.install(
                run or self.run,
                look=lambda: self.observer().look(),
                planning=nullcontext(),
                installing=nullcontext,
                undone=lambda: None,
                failing=lambda _: nullcontext(),
            )
        finally:
            assert pretending_in(self.own) == [], "something pretends"
        return self.installed()

    def was_pinned(self) -> bool:
        """Tell whether the last installation asked for names and versions alone."""
        return bool(self.runs) and "--no-deps" in self.runs[-1][0]

    def installed(self) -> dict[str, str]:
        """Name what lies in the environment itself."""
        names = [path.name.removesuffix(".dist-info").rpartition("-") for path in self.own.glob("*.dist-info")]
        return dict(sorted((name, version) for name, _, version in names))

    def audit(self, *arguments: str) -> Closure:
        """Walk the closure of what is declared, over what the environment's interpreter sees now."""
        view = self.observer().look()
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


# --- random worlds

_NAMES: Final = "abcdefgh"
_VERSIONS: Final = ("1.0", "1.5", "2.0", "2.1rc1", "3.0", "3.0+local")
_SPECIFIERS: Final = ("", "", "", ">=1.5", "<2", "<=1.5", ">=2", "!=1.5", "==1.0", "~=1.0", "<3", "!=3.0+local")


def populate(slim: Slim, chance: random.Random) -> list[str]:
    """Fill base and index, and return requirements of which the base lacks some.

    What is in the base mostly fits together, because the quick plan is for bases that do.
    """
    for directory in (slim.index, slim.base):
        shutil.rmtree(directory)
    slim.world += 1
    slim.variables["UV_DEFAULT_INDEX"] = slim.index.as_uri()
    for directory in (slim.index, slim.base):
        directory.mkdir()
    slim.empty()
    world = {
        (name, version): [_line(chance) for _ in range(chance.choice([0, 0, 1, 1, 2]))]
        for name in _NAMES
        for version in chance.sample(_VERSIONS, chance.randint(1, 3))
    }
    base = {
        name: chance.choice([version for named, version in world if named == name])
        for name in chance.sample(_NAMES, chance.randint(2, 5))
    }
    for name, version in base.items():
        world[name, version] = [
            line for line in world[name, version] if _fits(Requirement(line), base) or chance.random() < 0.1
        ]
        slim.inherit(name, version, *world[name, version], extras=["x"])
    for (name, version), lines in world.items():
        slim.offer(name, version, *lines, extras=["x"])
    if chance.random() < 0.2:  # an earlier step installed something already
        name, version = chance.choice(sorted(world))
        install(slim.own, name, version, requires=world[name, version], extras=["x"])
    absent = [name for name in _NAMES if name not in base]
    declared = [
        f"{name}{chance.choice(['', '', '[x]'])}{chance.choice(_SPECIFIERS)}"
        for name in chance.sample(absent, chance.choice([1, 1, 2]))
    ]
    declared += [f"{name}{chance.choice(['', '', '', '[x]'])}" for name in chance.sample(sorted(base), 2)]
    chance.shuffle(declared)
    return declared


def _line(chance: random.Random) -> str:
    marker = chance.choice(["", "", "", '; extra == "x"', '; python_version < "3"'])
    return f"{chance.choice(_NAMES)}{chance.choice(['', '', '', '[x]'])}{chance.choice(_SPECIFIERS)}{marker}"


def _fits(requirement: Requirement, base: Mapping[str, str]) -> bool:
    if requirement.marker is not None:
        return True
    return requirement.name in base and requirement.specifier.contains(base[requirement.name], prereleases=True)
