"""What an environment's interpreter sees at one moment (edge): asked as seldom as the truth allows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..core.inventory import Inventory
from ..core.model import Role
from ..core.snapshot import Snapshot
from ..files import listing
from ..uv import placeholders
from . import metadata
from .probe import Probe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.utils import NormalizedName

    from ..core.model import Interpreter


class Observer:
    """Looks at one environment, and remembers what it saw until something is installed."""

    def __init__(self, python: Path, exclude: frozenset[NormalizedName]) -> None:
        """Prepare, without starting anything.

        Args:
            python: The environment's interpreter.
            exclude: Names that are never taken from outside the environment.
        """
        self._python = python
        self._exclude = exclude
        self._view: Snapshot | None = None
        self._path_files: Mapping[str, int] = {}
        self._pending: Probe | None = None

    @property
    def last(self) -> Snapshot | None:
        """What was seen last."""
        return self._view

    def ask(self, variables: Mapping[str, str]) -> None:
        """Start asking the interpreter in the background; `look` takes the answer, `forget` does without it."""
        self.forget()
        self._pending = Probe(self._python, variables, full=False)

    def look(self, variables: Mapping[str, str], *, full: bool = True) -> Snapshot:
        """Ask the interpreter what it sees, and list its layers.

        Args:
            variables: The variables that the environment's commands get.
            full: Whether the marker environment is needed.

        Returns:
            The view; of an earlier call where that was at least as full and nothing was installed since.

        Raises:
            EnvironmentProblem: When the interpreter can't be asked.
        """
        if self._view is None or (full and not self._view.interpreter.markers):
            is_first = self._view is None
            if full:
                self._cancel()
            pending, self._pending = self._pending or Probe(self._python, variables, full=full), None
            interpreter = pending.answer()
            if is_first:
                for layer in interpreter.layers:
                    if layer.role is Role.OWN:
                        placeholders.sweep(Path(layer.path))
            self._view = self._list(interpreter)
            self._path_files = _path_files(interpreter)
        return self._view

    def look_again(self, variables: Mapping[str, str]) -> Snapshot:
        """Take in what an installer changed.

        Args:
            variables: The variables that the environment's commands get.

        Returns:
            The view now. The interpreter is asked again only where its ``sys.path`` may have changed.
        """
        seen = self._view
        if seen is not None and seen.interpreter.markers and _path_files(seen.interpreter) == self._path_files:
            self._view = self._list(seen.interpreter)
            return self._view
        self._view = None
        return self.look(variables)

    def forget(self) -> None:
        """Ask anew next time."""
        self._cancel()
        self._view = None

    def _cancel(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def _list(self, interpreter: Interpreter) -> Snapshot:
        inventory = Inventory(metadata.list_layers(interpreter.layers), metadata.read)
        return Snapshot(interpreter=interpreter, inventory=inventory, exclude=self._exclude)


def _path_files(interpreter: Interpreter) -> dict[str, int]:
    """Note the ``.pth`` files of the environment, which decide about its ``sys.path``."""
    found = {}
    for layer in interpreter.layers:
        if layer.role is Role.OWN:
            for name in listing(layer.path):
                if name.endswith(".pth"):
                    path = Path(layer.path, name)
                    found[name] = path.stat().st_mtime_ns if path.exists() else 0
    return found
