"""What an environment's interpreter sees at one moment (pure)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..values import frozen
from .model import Role

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from .inventory import Inventory
    from .model import Distribution, Interpreter


@frozen
class Snapshot:
    """What the environment's interpreter sees.

    Attributes:
        interpreter: Its own account of itself.
        inventory: What its layers hold.
        exclude: Names that are never taken from outside the environment.
    """

    interpreter: Interpreter
    inventory: Inventory
    exclude: frozenset[NormalizedName]

    def lookup(self, name: NormalizedName) -> Distribution | None:
        """Return the copy of a name that counts: the effective one, of an excluded name the environment's own."""
        return self.inventory.effective(name, inherit=name not in self.exclude)

    def inherited(self, name: NormalizedName) -> Distribution | None:
        """Return the inherited copy of a name that counts, where uv may be told of it.

        None where the environment has a copy of its own, even one that can't be used, which uv is to replace; but what
        stands before the environment hides its own copy, and what that requires.
        """
        found = None if name in self.exclude else self.inventory.effective(name)
        if found is None or found.layer.role is Role.INJECTED:
            return found
        return None if any(entry.layer.role is Role.OWN for entry in self.inventory.entries(name)) else found

    @property
    def purelib(self) -> Path:
        """Where the environment's own packages lie."""
        return next(
            (Path(layer.path) for layer in reversed(self.interpreter.layers) if layer.role is Role.OWN),
            Path(self.interpreter.purelib or self.interpreter.prefix),
        )
