"""How uv is asked, in the dry runs of one installation, what it would do (edge)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .dry_run import DryRun


class Asking:
    """Asks uv; in a hurry, where it waited for a place that does not answer already."""

    def __init__(self) -> None:
        """Begin without a hurry."""
        self._more: dict[str, str] = {}

    def hurry(self) -> None:
        """Have uv try no place again that does not answer, unless variables say how often."""
        self._more = {"UV_HTTP_RETRIES": "0"}

    def dry_run(self, command: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> DryRun:
        """Ask uv what it would do, see `dry_run.dry_run`.

        Args:
            command: What `as_dry_run` made.
            environment: All variables for uv.
            directory: Where to run it.
        """
        from .dry_run import dry_run  # not needed where it is known what will do

        return dry_run(command, environment={**self._more, **environment}, directory=directory)
