"""One environment: what it is, and what its interpreter sees of itself, of its layers and of its base."""

from __future__ import annotations

import os
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core.model import Role
from ..environment.bytecode import forget_bytecode
from ..errors import InterpreterProblem
from ..interpreter import layers, metadata, sizes
from ..interpreter.listings import Listings
from ..interpreter.memo import PART, Memo
from ..interpreter.observer import Observer
from ..terminal import Progress
from ..text import printable
from ..times import Stopwatch
from ..user_cache import part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from ..core.model import Distribution, Size
    from ..core.snapshot import Snapshot
    from ..core.target import Target
    from ..interpreter.system_packages import SystemPackages


_STEPS: Final = {
    "probe": "looking at what it inherits",
    "plan": "working out what is missing",
    "audit": "auditing what was declared",
}


class Environment:
    """What an environment is, and what it sees.

    Attributes:
        target: What the front end says of it.
        variables: The variables that its commands get.
        stopwatch: How long the steps of this run took.
        progress: Shows what takes long.
        memo: What is remembered of bases from run to run.
    """

    def __init__(
        self,
        target: Target,
        variables: Mapping[str, str],
        *,
        warn: Callable[[str], None],
        progress: Progress | None = None,
    ) -> None:
        """Prepare, without touching anything.

        Args:
            target: The environment.
            variables: The variables that its commands get; they decide what its interpreter sees.
            warn: Takes a line that the user should read.
            progress: Shows what takes long; without, nothing does.
        """
        self.progress = progress or Progress()
        self.target = target
        self.variables = variables
        self.stopwatch = Stopwatch(shown=self._shown)
        self._warn = warn
        self._said: set[str] = set()
        place = cache(lambda: part(PART))
        self.memo = Memo(place)
        self._listings = Listings(place)
        self._observer = Observer(
            target.python, target.exclude, variables, read=metadata.reader(self.memo), listings=self._listings
        )
        self._packages: tuple[tuple[str, ...], SystemPackages] | None = None

    def _shown(self, step: str) -> AbstractContextManager[object]:
        # of an installation uv says itself how far it is
        return nullcontext() if step == "install" else self.progress.during(f"{self.target.name}: {_STEPS[step]}")

    def warn(self, line: str) -> None:
        """Show a line once."""
        if line not in self._said:
            self._said.add(line)
            self._warn(printable(line, limit=2000))

    # --- queries

    def ask(self) -> None:
        """Start asking the interpreter, so that it answers while the front end does other things."""
        if self.target.python.exists():
            self._observer.ask()

    def look(self, *, full: bool = True) -> Snapshot:
        """Return what the environment sees.

        Args:
            full: Whether the marker environment is needed.

        Returns:
            What it sees; the interpreter is asked only where it was not asked since the last change.

        Raises:
            EnvironmentProblem: When the interpreter can't be asked.
        """
        with self.stopwatch("probe"):
            seen = self._observer.look(full=full)
        return self._checked(seen)

    def look_with(self, more: tuple[Path, ...]) -> Snapshot:
        """Return what the environment would see with further layers, and write nothing.

        Args:
            more: Environments or site directories, to be stacked behind those that are there.

        Raises:
            EnvironmentProblem: When a layer does not exist or does not fit, or the interpreter can't be asked.
        """
        if not more:
            return self.look()
        found = layers.site_directories_of(more, version=self.look(full=False).interpreter.version)
        with self.stopwatch("probe"):
            seen = self._observer.look_with(found)
        return self._checked(seen)

    def _checked(self, seen: Snapshot) -> Snapshot:
        if not _is_same(seen.interpreter.prefix, self.target.directory):
            # its layers are not the environment's own, and all that is installed would go elsewhere, into the base
            self._observer.forget()
            raise InterpreterProblem(
                f"the interpreter {self.target.python} takes {seen.interpreter.prefix} for its environment, not "
                f"{self.target.directory}; see what is wrong with its pyvenv.cfg, or recreate the environment"
            )
        if seen.interpreter.foreign_finders:
            self.warn(
                f"{seen.interpreter.executable} finds distributions by an import hook of its own; "
                "what only that hook finds is installed anew"
            )
        return seen

    @property
    def last(self) -> Snapshot | None:
        """What was seen last; None before the first look."""
        return self._observer.last

    def packages(self, seen: Snapshot) -> SystemPackages:
        """Return what the package managers of the base know: asked when something is wanted, and once.

        Args:
            seen: What the environment sees.
        """
        sites = tuple(layer.path for layer in seen.interpreter.layers)
        if self._packages is None or self._packages[0] != sites:
            from ..interpreter.system_packages import packages_of  # only an installation has a use for it

            self._packages = sites, packages_of(seen.interpreter)
        return self._packages[1]

    @property
    def asked(self) -> int:
        """When the interpreter was asked for what was seen last, in nanoseconds since the epoch; 0 for never.

        Never, too, where the environment has other start-up files of its own by now.
        """
        return self._observer.asked if self._observer.starts_as_it_did() else 0

    def offered(self) -> int:
        """Count the distributions that the base offers; 0 before the first look."""
        return 0 if self.last is None else self.last.inventory.offered()

    def size_of(self, distribution: Distribution) -> Size | None:
        """Measure a distribution; see `sizes.distribution_size`."""
        return sizes.size_of(self.memo)(distribution)

    def path_files(self, directory: str) -> Sequence[str]:
        """Name the files in a directory that decide about ``sys.path``; see `Listings.path_files`."""
        return self._listings.path_files(directory)

    def freeze(self) -> list[str]:
        """List what the environment sees, inherited or its own, as ``pip freeze`` writes it.

        Returns:
            ``name==version``, or ``name @ url`` for what was installed from a URL, sorted by name.
        """
        return self.look(full=False).inventory.freeze()

    def forget(self) -> None:
        """Look anew next time."""
        self._observer.forget()

    def remember(self) -> None:
        """Keep what was found out about the base, for later runs and for other environments."""
        self.memo.keep()
        self._listings.keep()

    # --- changes

    def look_again(self) -> Snapshot:
        """Take in what an installer changed, and return what the environment sees now."""
        with self.stopwatch("probe"):
            seen = self._observer.look_again()
        for layer in seen.interpreter.layers:
            if layer.role is Role.OWN:
                forget_bytecode(Path(layer.path))
        return seen

    def complete(self, *, full: bool) -> None:
        """Make the environment's own site directories anew, where whoever stored it left them out as empty.

        Python has none on its path that is not there when it starts: what an installer puts there would not be seen.

        Args:
            full: Whether the interpreter is about to be asked for all at once.

        Raises:
            EnvironmentProblem: When the interpreter can't be asked.
            OSError: When they can't be made.
        """
        seen = self.look(full=full).interpreter
        if not full and any(layer.role is Role.OWN for layer in seen.layers):
            return
        seen = self.look().interpreter
        if missing := [path for path in sorted({seen.purelib, seen.platlib}) if not os.path.isdir(path)]:
            for path in missing:
                os.makedirs(path, exist_ok=True)
            self._observer.forget()

    def stack(self) -> list[Path]:
        """Make the environment see the layers that its target names.

        Returns:
            The site directories that are new.

        Raises:
            EnvironmentProblem: When a layer does not exist or does not fit.
            OSError: When the environment can't be written.
        """
        seen = self.look(full=False)
        before = layers.stacked(seen.purelib)
        named = layers.site_directories_of(self.target.layers, version=seen.interpreter.version)
        wanted = [*dict.fromkeys([*before, *named])] if self.target.keeps_layers else named
        if layers.stack(seen.purelib, wanted, version=seen.interpreter.version):
            self._observer.forget(seen.purelib / layers.PTH_NAME)
        return [path for path in wanted if path not in before]


def _is_same(one: str, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
