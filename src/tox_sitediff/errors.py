"""What can go wrong in a way that a user can mend: each message names the thing, the reason and what to do."""

from __future__ import annotations

from typing import Final

from .text import lines

EXIT_STATUS: Final = {
    0: "done",
    1: "requirements can't be met, an audit failed, or a size is over its limit",
    2: "usage or environment",
}
"""What the exit status of a command says."""


def problem_of(error: OSError, *, about: object = None) -> str:
    """Say what the system refused.

    Args:
        error: The error.
        about: What it is about, where it does not name a file itself.

    Returns:
        Such as ``/env/sitediff.json: No space left on device``; safe to show.
    """
    # of a file that takes another's place, the second name is the one that people know
    thing = error.filename2 or error.filename or about
    what = error.strerror or str(error) or type(error).__name__
    return lines(f"{thing}: {what}" if thing else what)


class SitediffError(Exception):
    """The root of the engine's errors; front ends show the message and nothing else."""

    def __init__(self, message: str) -> None:
        """Take a message; what it quotes of the base becomes safe to show."""
        super().__init__(lines(message))


class EnvironmentProblem(SitediffError):
    """The environment, its interpreter, a layer or a file can't be used (exit status 2)."""


class InterpreterProblem(EnvironmentProblem):
    """The environment's interpreter can't be asked, or takes another place for its own."""


class Unsatisfied(SitediffError):
    """The declared requirements can't be met, or the audit failed (exit status 1)."""


class NamelessProject(Unsatisfied):
    """uv refuses a project because its metadata have no name, where pip calls it UNKNOWN."""
