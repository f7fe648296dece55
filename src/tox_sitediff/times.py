"""How long the steps of a run take."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from dataclasses import field
from typing import TYPE_CHECKING

from .values import frozen, mutable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


@mutable
class Stopwatch:
    """Adds up seconds by step: ``with clock("plan"):``.

    Attributes:
        spent: Seconds by step.
        shown: Shows a step to the user while it lasts.
    """

    spent: dict[str, float] = field(default_factory=dict)
    shown: Callable[[str], AbstractContextManager[object]] = nullcontext

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Count the block for a step."""
        start = time.perf_counter()
        try:
            with self.shown(step):
                yield
        finally:
            self.spent[step] = self.spent.get(step, 0.0) + time.perf_counter() - start

    def seconds(self) -> Seconds:
        """Return the steps and their sum."""
        return Seconds(
            probe=self.spent.get("probe", 0.0),
            plan=self.spent.get("plan", 0.0),
            install=self.spent.get("install", 0.0),
            audit=self.spent.get("audit", 0.0),
            total=sum(self.spent.values()),
        )


@frozen
class Seconds:
    """How long the steps of the last installation took, in seconds."""

    probe: float = 0.0
    plan: float = 0.0
    install: float = 0.0
    audit: float = 0.0
    total: float = 0.0
