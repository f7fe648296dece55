"""Commands of tox that the engine carries out in its place: what they were made from, and what tox gets of them."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tox.execute.api import Outcome
from tox.execute.request import ExecuteRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tox.execute.request import StdinSource


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
