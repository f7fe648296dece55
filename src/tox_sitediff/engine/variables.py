"""The variables of an environment's commands, where a front end may change them while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class LiveVariables(Mapping[str, str]):
    """A mapping that is, at each look, what the front end says then."""

    def __init__(self, current: Callable[[], Mapping[str, str]]) -> None:
        """Take what tells the variables of the moment."""
        self._current = current

    def __getitem__(self, name: str) -> str:
        """Return the value of a variable; KeyError where it is not set."""
        return self._current()[name]

    def __iter__(self) -> Iterator[str]:
        """Name the variables that are set."""
        return iter(self._current())

    def __len__(self) -> int:
        """Count the variables that are set."""
        return len(self._current())
