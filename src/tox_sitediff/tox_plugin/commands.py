"""Commands of tox that the engine carries out in its place: what they were made from, and what tox gets of them."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tox.execute.api import Outcome
from tox.execute.request import ExecuteRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tox.execute.request import StdinSource


_INSTALLS: Final = "install_"
"""How tox begins to call what installs something."""


class InstallCommand(list[str]):
    """An installer's command, with what it was made from.

    Attributes:
        arguments: What is to be installed, as arguments of the installer.
        build: Makes the whole command from other arguments.
    """

    def __init__(self, arguments: Sequence[str], build: Callable[[Sequence[str]], list[str]]) -> None:
        """Build the command."""
        super().__init__(build(arguments))
        self.arguments = arguments
        self.build = build
        self._built = [*self]

    @property
    def is_as_built(self) -> bool:
        """Whether nobody has changed its words since."""
        return self == self._built


def installation(command: Sequence[str | Path], run_id: str) -> InstallCommand | None:
    """Take a command that tox is to execute for an installation.

    Args:
        command: The command.
        run_id: What tox calls it.

    Returns:
        What our installer built; what a plugin made of that, or built in its place, with what it added or took away.
        None for all other commands.
    """
    built = command if isinstance(command, InstallCommand) else None
    if built is not None and built.is_as_built:
        return built
    if built is None and not run_id.startswith(_INSTALLS):
        return None
    from ..uv.command import behind_install, is_uv_install  # most runs install nothing

    words = [os.fspath(word) for word in command]
    rest = behind_install(words)
    if is_uv_install(words):
        start = words[: len(words) - len(rest)]
        return InstallCommand(rest, lambda given: [*start, *given])
    return None if built is None else InstallCommand(rest or built.arguments, lambda _: words)


@contextmanager
def nothing_left(command: Sequence[str | Path], run_id: str, *, stdin: StdinSource, root: Path) -> Iterator[Outcome]:
    """Make the outcome of a command that has no more to do once the block is through.

    Args:
        command: The command that tox asked for.
        run_id: What tox calls it.
        stdin: What it would have read.
        root: Where it would have run.

    Yields:
        A success; what failed in the block was raised there.
    """
    words = [os.fspath(word) for word in command]
    outcome = Outcome(
        ExecuteRequest(words, root, {}, stdin, run_id),
        show_on_standard=False,
        exit_code=Outcome.OK,
        out="",
        err="",
        start=time.monotonic(),
        end=time.monotonic(),
        cmd=words,
        metadata={},
    )
    yield outcome
    outcome.end = time.monotonic()
