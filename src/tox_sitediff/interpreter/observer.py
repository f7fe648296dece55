"""What an environment's interpreter sees at one moment (edge): asked as seldom as the truth allows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from ..core.inventory import Inventory
from ..core.model import Role
from ..core.snapshot import Snapshot
from ..files import listing
from . import metadata
from .fingerprint import TICK, age, mark
from .listings import Listings
from .probe import Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from ..core.fingerprint import Mark
    from ..core.model import Broken, Distribution, Entry, Interpreter


_STARTING: Final = ("sitecustomize", "usercustomize", "_virtualenv", "_distutils_hack", "__editable__")
"""What `site` imports, and what the ``.pth`` files of virtualenv and setuptools do."""


class Observer:
    """Looks at one environment, and remembers what it saw until something is installed."""

    def __init__(
        self,
        python: Path,
        exclude: frozenset[NormalizedName],
        variables: Mapping[str, str],
        *,
        read: Callable[[Entry], Distribution | Broken] = metadata.read,
        listings: Listings | None = None,
    ) -> None:
        """Prepare, without starting anything.

        Args:
            python: The environment's interpreter.
            exclude: Names that are never taken from outside the environment.
            variables: The variables that the environment's commands get.
            read: Reads the metadata of one entry.
            listings: Lists the layers; without, nothing is kept from run to run.
        """
        self._read = read
        self._python = python
        self._exclude = exclude
        self._variables = variables
        self._seen: Snapshot | None = None
        self._start_up: Mapping[str, Mark] = {}
        self._pending: Probe | None = None
        self.asked = 0
        """When the interpreter was asked last, in nanoseconds since the epoch."""
        self._listings = listings or Listings()
        self._written = [python.parent.parent / "pyvenv.cfg"]

    @property
    def last(self) -> Snapshot | None:
        """What was seen last; None before the first look."""
        return self._seen

    def ask(self) -> None:
        """Start asking the interpreter in the background; `look` takes the answer, `forget` does without it."""
        self.forget()
        self._pending = Probe(self._python, self._variables, full=False)

    def look(self, *, full: bool = True) -> Snapshot:
        """Ask the interpreter what it sees, and list its layers.

        Args:
            full: Whether the marker environment is needed.

        Returns:
            What it sees; of an earlier call where that was at least as full and nothing was installed since.

        Raises:
            EnvironmentProblem: When the interpreter can't be asked.
        """
        if self._seen is None or (full and not self._seen.interpreter.markers):
            if full:
                self._cancel()
            pending, self._pending = self._pending or self._asked_anew(full=full), None
            interpreter = pending.answer()
            self.asked = pending.asked
            self._seen = self._list(interpreter)
            self._start_up = _start_up(interpreter)
        return self._seen

    def _asked_anew(self, *, full: bool) -> Probe:
        # what is as young as the clock's resolution could change once more and nobody would notice, see `engine.seen`
        if (rest := TICK - min(map(age, self._written))) > 0:
            time.sleep(rest / 1e9)
        return Probe(self._python, self._variables, full=full)

    def look_with(self, directories: Sequence[Path]) -> Snapshot:
        """Ask the interpreter what it would see with further site directories, behind the environment's own.

        Args:
            directories: Site directories; their own ``.pth`` files count.

        Returns:
            What it would see; nothing is written.

        Raises:
            EnvironmentProblem: When the interpreter can't be asked.
        """
        self._seen = self._list(Probe(self._python, self._variables, full=True, behind_own=directories).answer())
        self.asked = 0  # it is not what there is
        self._start_up = _start_up(self._seen.interpreter)
        return self._seen

    def look_again(self) -> Snapshot:
        """Take in what an installer changed.

        Returns:
            What is seen now. The interpreter is asked again only where its ``sys.path`` may have changed.
        """
        seen = self._seen
        if seen is not None and seen.interpreter.markers and self.starts_as_it_did():
            self._seen = self._list(seen.interpreter)
            return self._seen
        self._seen = None
        return self.look()

    def starts_as_it_did(self) -> bool:
        """Tell whether the environment has the start-up files of its own that it had when its interpreter was asked."""
        return self._seen is not None and _start_up(self._seen.interpreter) == self._start_up

    def forget(self, written: Path | None = None) -> None:
        """Ask anew next time.

        Args:
            written: A file that was just written, and decides about the answer.
        """
        self._cancel()
        self._seen = None
        self._written += [] if written is None else [written]

    def _cancel(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def _list(self, interpreter: Interpreter) -> Snapshot:
        inventory = Inventory(list(map(self._listings.of, interpreter.layers)), self._read)
        return Snapshot(interpreter=interpreter, inventory=inventory, exclude=self._exclude)


def _start_up(interpreter: Interpreter) -> dict[str, Mark]:
    """Note what of the environment's own decides about its ``sys.path``: ``.pth`` files, and modules that start."""
    return {
        path: mark(path)
        for layer in interpreter.layers
        if layer.role is Role.OWN
        for name in listing(layer.path)
        if name.endswith(metadata.PATH_FILES) or name.startswith(_STARTING)
        for path in (f"{layer.path}/{name}",)
    }
