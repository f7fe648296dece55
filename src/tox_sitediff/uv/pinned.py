"""The command that installs what was planned, and nothing that is inherited (edge: short-lived files for uv)."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import tomli_w
from packaging.pylock import is_valid_pylock_path

from ..core.requirements import key, parse
from ..files import read_toml
from ..user_cache import temporary_root
from ..values import frozen
from .command import behind_install
from .hidden import private_file
from .lock_file import without
from .order import sort_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from ..core.declared import Arguments
    from ..core.model import Distribution
    from ..core.plan import Change
    from .order import ArgumentKinds


@frozen
class Pinned:
    """What a command is made of.

    Attributes:
        asked: What is declared in this step.
        kinds: The same, as arguments of ``uv pip install``, sorted.
        build: Makes the whole command from such arguments.
        directory: Where uv starts.
        there: Finds the copy of a name that counts as installed.
        extras: The extras that are asked for, name by name.
        markers: The marker environment.
        is_broken: Tells whether the environment's own copy of a name can't be used, whatever uv makes of it.
    """

    asked: Arguments
    kinds: ArgumentKinds
    build: Callable[[Sequence[str]], list[str]]
    directory: Path
    there: Callable[[NormalizedName], Distribution | None]
    extras: Mapping[NormalizedName, Collection[str]]
    markers: Mapping[str, str]
    is_broken: Callable[[NormalizedName], bool]

    @contextmanager
    def command(self, changes: Sequence[Change], kept: Collection[NormalizedName]) -> Iterator[Sequence[str]]:
        """Make the command.

        Where a name and a version say all of it, these are asked for, without dependencies. Else uv gets what was
        asked for, is told to leave out what is kept, and is held to the versions of the plan.

        Args:
            changes: What the plan installs.
            kept: What is inherited and stays.

        Returns:
            The command, which is good as long as this is entered.
        """
        # uv takes the version from the name of the directory, and would find nothing to do
        anew = [f"--reinstall-package={change.name}" for change in changes if self.is_broken(change.name)]
        # `==1.0` would match 1.0+local too
        pins = [f"{change.name}==={change.version}" for change in changes if change.version is not None]
        if self.asked.pinnable and len(pins) == len(changes) and self._asks_for_nothing():
            alone = [] if "--no-deps" in self.build(()) else ["--no-deps"]  # uv refuses a flag that comes twice
            yield self.build([*self.kinds.options, *alone, *anew, *pins])
            return
        with ExitStack() as files:
            if locks := [at for at, word in enumerate(self.kinds.all) if self._is_lock(word)]:
                # what one holds is installed, all of it, and nothing can be said beside it
                arguments = [*self.kinds.all]
                for at in locks:
                    arguments[at] = files.enter_context(self._less(arguments[at], kept))
                yield self.build(arguments)
                return
            more = ["--excludes", files.enter_context(private_file(kept))] if kept else []
            if pins:
                more += ["--constraints", files.enter_context(private_file(pins))]
            yield self.build([*self.kinds.all, *more, *anew, *self._brought_in_by_kept(kept, changes)])

    def _asks_for_nothing(self) -> bool:
        return not sort_arguments(behind_install(self.build(()))).asks

    def _is_lock(self, argument: str) -> bool:
        path = self.directory / argument
        return is_valid_pylock_path(path) and path.is_file()

    @contextmanager
    def _less(self, lock: str, kept: Collection[NormalizedName]) -> Iterator[str]:
        """Take what is kept out of a lock file."""
        path = self.directory / lock
        with tempfile.TemporaryDirectory(prefix="sitediff-", dir=temporary_root()) as scratch:
            smaller = Path(scratch, path.name)
            try:
                smaller.write_text(tomli_w.dumps(without(read_toml(path), kept, path.parent)), encoding="utf-8")
            except (OSError, ValueError):  # which uv will say
                smaller = path
            yield os.fspath(smaller)

    def _brought_in_by_kept(self, kept: Collection[NormalizedName], changes: Sequence[Change]) -> list[str]:
        """Name what only something that is left out asks for: what an extra of it brings in, what it lacks."""
        versions = {change.name: change.version for change in changes if change.version is not None}
        lacking: dict[NormalizedName, set[str]] = {}
        for distribution in filter(None, map(self.there, kept)):
            for requirement in map(parse, distribution.requires):
                extras = lacking.setdefault(key(requirement.name), set())
                if requirement.marker is None:
                    extras |= requirement.extras
        named = sorted((lacking.keys() & versions.keys()) - self.asked.names(self.markers))
        return [_word(name, {*lacking[name], *self.extras.get(name, ())}, versions[name]) for name in named]


def _word(name: str, extras: Collection[str], version: str) -> str:
    return f"{name}[{','.join(sorted(extras))}]==={version}" if extras else f"{name}==={version}"
