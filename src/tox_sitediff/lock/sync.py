"""Filling an environment from a lock file (edge): what the base has stays there, uv installs the rest.

A ``uv.lock`` is read through ``uv export``; its own format is uv's affair.
"""

from __future__ import annotations

import logging
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import tomli_w
from packaging.pylock import is_valid_pylock_path

from ..core import project
from ..core.closure import Root, Unmet
from ..core.declared import Arguments, Declared
from ..core.inventory import Inventory, listings
from ..core.model import Distribution, Role
from ..core.plan import Change, make_plan
from ..core.requirements import key, parse, parse_anew
from ..errors import EnvironmentProblem, Unsatisfied
from ..files import parse_toml, read_toml
from ..interpreter import metadata
from ..interpreter.sizes import distribution_size
from ..text import redacted
from ..user_cache import temporary_root
from ..uv.unshadowable import unshadowable
from ..values import frozen
from . import pylock
from .choice import choose, differences

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from ..core.closure import Closure
    from ..core.plan import Plan
    from ..core.record import Reused
    from ..core.request import Run
    from ..core.snapshot import Snapshot
    from .choice import Choice, Difference
    from .options import SyncOptions
    from .pylock import Locked

SEEDS: Final = frozenset({"pip", "setuptools", "uv", "wheel"})
"""What makes an environment, and is in no lock file: uv leaves it alone too."""


@frozen
class Source:
    """A lock file.

    Attributes:
        path: The file.
        start: Where uv starts to look for the project, and what relative paths are relative to.
    """

    path: Path
    start: Path

    @property
    def is_uv(self) -> bool:
        """Whether it is uv's own."""
        return self.path.name == "uv.lock"


def find(named: str | None, directory: Path) -> Source:
    """Find the lock file.

    Args:
        named: What the user named, if anything.
        directory: The current directory.

    Returns:
        The file; where none is named, the nearest ``uv.lock`` or ``pylock.toml``, here or above.

    Raises:
        EnvironmentProblem: When there is none.
    """
    if named is None:
        for parent in (directory, *directory.parents):
            for name in ("uv.lock", "pylock.toml"):
                if (path := parent / name).is_file():
                    return Source(path=path, start=directory if name == "uv.lock" else parent)
        raise EnvironmentProblem(
            f"there is no uv.lock or pylock.toml in {directory} or above; make one (uv lock), or name one"
        )
    path = Path(os.path.abspath(directory / named))  # the project is where the name says, not the file
    if path.name != "uv.lock" and not is_valid_pylock_path(path):
        raise EnvironmentProblem(
            f"{path} is no lock file that is known here: these are called uv.lock, pylock.toml or pylock.NAME.toml"
        )
    if not path.is_file():
        raise EnvironmentProblem(f"{path}: there is no such file; make it with uv lock or uv export")
    return Source(path=path, start=path.parent)


def load(
    source: Source,
    options: SyncOptions,
    *,
    markers: Mapping[str, str],
    export: Callable[[Sequence[str], Path], bytes],
    tell: Callable[[str], None],
) -> tuple[Locked, ...]:
    """Read a lock file.

    Args:
        source: The file.
        options: Which parts of it are asked for.
        markers: The marker environment of the target interpreter (PEP 508).
        export: Runs ``uv export`` with arguments in a directory, and returns what it prints.
        tell: Takes a warning.

    Returns:
        The packages that the environment is to have, sorted by name.

    Raises:
        EnvironmentProblem: When the file can't be read, or does not have what is asked for.
        Unsatisfied: When uv finds no way to bring a ``uv.lock`` up to date.
    """
    origin = str(source.path)
    selection = options.selection
    # it says on the standard error what is said here in other words
    logging.getLogger("packaging.pylock").addHandler(logging.NullHandler())
    if source.is_uv:
        text = export([*options.export, "--format", "pylock.toml", "--no-header"], source.start)
        found = pylock.read(parse_toml(text), origin=origin)
        extras, groups = None, None  # uv has selected them
    else:
        found = pylock.read(_toml(source.path), origin=origin)
        extras = selection.chosen_extras(found.extras or ())
        groups = selection.chosen_groups(found.dependency_groups or (), found.default_groups or ())
    if found.lock_version.minor:
        tell(f"{origin} is of version {found.lock_version}: what is not in version 1.0 is ignored")
    selected = pylock.select(
        found, markers=markers, extras=extras or (), groups=groups, directory=source.start, origin=origin
    )
    left_out = {*map(key, options.leave_out)}
    return tuple(
        package
        for package in selected
        if package.name not in left_out
        and not (package.is_local and options.leave_local)
        and not (options.leave_project and package.place == os.fspath(source.path.parent))
    )


def requirements(source: Source, options: SyncOptions) -> list[Requirement]:
    """Read what the project itself requires.

    Args:
        source: Its lock file.
        options: Which parts of it are asked for.

    Returns:
        Its requirements.

    Raises:
        EnvironmentProblem: When there is no ``pyproject.toml``, or it can't be read.
    """
    root = source.path.parent
    inside = [parent for parent in (source.start, *source.start.parents) if parent.is_relative_to(root)]
    for parent in inside:
        if (path := parent / "pyproject.toml").is_file():
            return project.read(_toml(path), origin=str(path)).selected(options.selection)
    raise EnvironmentProblem(f"--prefer-base asks what the project itself requires, and {root} has no pyproject.toml")


def _toml(path: Path) -> dict[str, object]:
    try:
        return read_toml(path)
    except ValueError as error:
        raise EnvironmentProblem(f"{path} is not TOML: {error}; make it anew, or repair it") from error


@frozen
class Wish:
    """What an environment is to be.

    Attributes:
        packages: The locked packages.
        requires: The project's own requirements, where they decide and not the lock.
        options: What was asked for beside.
    """

    packages: tuple[Locked, ...]
    requires: tuple[Requirement, ...] | None
    options: SyncOptions

    @property
    def locked(self) -> dict[NormalizedName, Locked]:
        """The locked packages by name."""
        return {package.name: package for package in self.packages}

    def roots(self) -> list[Root]:
        """Return what has to be met; origins are compared where it is decided which copy counts."""
        pinned = self.packages if self.requires is None else [item for item in self.packages if item.is_local]
        return [Root(requirement=item) for item in self.requires or ()] + [
            Root(requirement=parse(package.requirement.partition(" @ ")[0])) for package in pinned
        ]

    def asked(self) -> Arguments:
        """Return the same as what is declared."""
        wanted = map(parse_anew, map(redacted, map(str, self.requires or ())))
        declared = [Declared(text=str(item), requirement=item) for item in wanted]
        for package in self.packages:
            if self.requires is None or package.is_local:
                place = f" @ {Path(package.place).as_uri()}" if package.is_local else ""
                requirement = parse_anew(f"{package.requirement}{place}")
                declared.append(Declared(text=str(requirement), requirement=requirement, hashed=package.hashed))
        return Arguments(declared=tuple(declared), constraints=(), deep=True, plain=True)


class Filling(Protocol):
    """What fills an environment step by step, each made for one command of uv's."""

    def look(self) -> Snapshot:
        """Return what the environment sees."""

    def torn(self) -> frozenset[NormalizedName]:
        """Name what of the environment's own lacks files, because an earlier run was killed."""

    def build(self, arguments: Sequence[str]) -> list[str]:
        """Make the whole command from arguments."""

    def carry_out(self, command: Sequence[str], closure: Closure, run: Run) -> Snapshot:
        """Run a command that changes the environment, and return what that sees afterwards."""

    def demand_verified(self, asked: Arguments, closure: Closure) -> None:
        """Refuse what would be taken from the base unchecked, where that is to be an error."""

    def mind_unverified(self, reused: Sequence[Reused]) -> None:
        """Say what is not checked though a hash is asked for, or refuse it."""

    def adopt(self, asked: Arguments, *, ignored: frozenset[NormalizedName]) -> None:
        """Take some requirements for all that is declared; audit, and write it down."""


class Sync:
    """One environment, and what it is to be."""

    def __init__(self, wish: Wish, *, install: Filling, remove: Filling) -> None:
        """Prepare, without touching anything.

        Args:
            wish: What the environment is to be.
            install: Fills it by ``uv pip install``.
            remove: Empties it by ``uv pip uninstall``.
        """
        self._wish = wish
        self._install = install
        self._remove = remove
        self._torn = install.torn()

    def plan(self, seen: Snapshot | None = None) -> tuple[Plan, tuple[NormalizedName, ...]]:
        """Tell what would be done, and change nothing.

        Args:
            seen: What the environment would see, where that is not what it sees now.

        Returns:
            The plan, and the names that would be removed. What the locked packages require is known only once they
            are there: where the project's requirements decide, more of the lock may be needed than the plan says.
        """
        seen = seen or self._install.look()
        found = self._choose(seen)
        surplus = self._surplus(seen, found)
        kept = [
            entry
            for name in seen.inventory.names()
            for entry in seen.inventory.entries(name)
            if not (entry.layer.role is Role.OWN and name in surplus)
        ]
        plan = make_plan(
            seen=replace(seen, inventory=Inventory(listings(kept), metadata.read)),
            asked=self._wish.asked(),
            changes=[Change(name=package.name, version=package.version) for package in found.missing],
            required={},
            size_of=distribution_size,
        )
        self._install.mind_unverified(plan.reused)
        return plan, surplus

    def carry_out(self, run: Run) -> tuple[Difference, ...]:
        """Install what is missing, remove what is too much, audit, and write it down.

        Args:
            run: Runs a command with variables, and raises where it fails.

        Returns:
            What is not as it is locked.

        Raises:
            EnvironmentProblem: When the environment or uv can't be used.
            Unsatisfied: When something can't be installed, or the audit found a gap.
        """
        seen = self._install.look()
        found = self._choose(seen)
        self._install.demand_verified(self._wish.asked(), found.closure)
        # whether a local directory is up to date is for uv to say, once
        missing = {package.name: package for package in found.missing} | {
            package.name: package for package in self._wish.packages if package.is_local
        }
        tried: set[NormalizedName] = set()
        while missing:
            own = {item.name for item in seen.inventory.own()}
            with tempfile.TemporaryDirectory(prefix="sitediff-", dir=temporary_root()) as scratch:
                file = Path(scratch, "pylock.toml")
                file.write_text(tomli_w.dumps(pylock.reduced(missing.values())), encoding="utf-8")
                again = [f"--reinstall-package={item.name}" for item in found.missing if item.name in own]
                words = ["--preview-features", "pylock", "--no-deps", *self._wish.options.install, *again]
                command = self._install.build([*words, "-r", os.fspath(file)])
                seen = self._install.carry_out(command, found.closure, run)
            self._torn = frozenset()
            tried |= missing.keys()
            found = self._choose(seen)
            missing = {package.name: package for package in found.missing if package.name not in tried}
        if found.missing:
            names = ", ".join(package.requirement for package in found.missing)
            raise Unsatisfied(f"uv installed the locked packages, and these are not there: {names}")
        if surplus := self._surplus(seen, found):
            seen = self._remove.carry_out(self._remove.build(list(surplus)), found.closure, run)
            found = self._choose(seen)
        on_purpose = {*map(key, self._wish.options.leave_out)}
        if self._wish.requires is None:  # the lock may override what its packages say
            on_purpose |= {unmet.name for unmet in found.closure.unmet if unmet.chain}
        self._install.adopt(self._wish.asked(), ignored=frozenset(on_purpose))
        return self.differences()

    def differences(self, seen: Snapshot | None = None) -> tuple[Difference, ...]:
        """Tell what is not as it is locked, or would not be; of what is to be installed nobody knows what it needs."""
        found = self._choose(seen or self._install.look())
        coming = {package.name for package in found.missing}
        return tuple(
            item
            for item in differences(self._wish.locked, found.closure)
            if item.name not in coming and not (coming and item.found is None)
        )

    def _choose(self, seen: Snapshot) -> Choice:
        def inherited(name: NormalizedName) -> Distribution | None:
            return None if name in seen.exclude else seen.inventory.inherited(name)

        found = choose(
            self._wish.roots(),
            locked=self._wish.locked,
            inherited=inherited,
            own={item.name: item for item in seen.inventory.own()},
            torn=self._torn,
            markers=seen.interpreter.markers,
        )
        for package in found.missing:
            copy = seen.inventory.inherited(package.name)
            if copy is not None and copy.layer.role is Role.INJECTED:
                unmet = Unmet(chain=(), requirement=package.requirement, name=package.name, found=copy)
                raise unshadowable(copy, unmet)
        return found

    def _surplus(self, seen: Snapshot, found: Choice) -> tuple[NormalizedName, ...]:
        options = self._wish.options
        if options.inexact:
            return ()
        kept = {*SEEDS, *map(key, options.leave_out)}
        if options.leave_project or options.leave_local:
            # tox installs the project that it has built, a local archive
            origins = {item.name: item.origin for item in seen.inventory.own() if item.origin}
            kept |= {
                name for name, origin in origins.items() if origin.url.startswith("file:") and origin.kind != "vcs"
            }
        return tuple(name for name in found.surplus if name not in kept)
