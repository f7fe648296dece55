"""What is said once, however many environments it holds for (pure)."""

from __future__ import annotations


class Said:
    """The lines of a run that hold for more than one environment."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lines: set[str] = set()

    def is_news(self, line: str) -> bool:
        """Tell whether a line was not said yet, and take it for said."""
        is_new = line not in self._lines
        self._lines.add(line)
        return is_new
