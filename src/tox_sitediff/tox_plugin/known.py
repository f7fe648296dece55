"""What virtualenv knows of an environment that is there, without all that it takes to make one.

To answer where an environment has its programs, and which interpreter it is over, virtualenv loads what makes, seeds
and activates environments: a twentieth of a run that finds nothing to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from virtualenv.config.ini import IniConfig
from virtualenv.create.describe import Describe

from .base_python import look_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from virtualenv.discovery.py_info import PythonInfo

_PREFIX: Final = "VIRTUALENV_"
_WHERE: Final = "VIRTUALENV_OVERRIDE_APP_DATA"
"""Where virtualenv keeps what it was told, which says nothing of what is chosen."""


class KnownCreator(Describe):
    """Describes an environment of CPython's, and leaves all else to virtualenv's own creator."""

    def __init__(self, directory: Path, interpreter: PythonInfo, *, whole: Callable[[], object]) -> None:
        """Describe one.

        Args:
            directory: The environment's directory.
            interpreter: The interpreter that it is over.
            whole: Makes virtualenv's own creator.
        """
        super().__init__(directory, interpreter)
        self._whole = whole

    @classmethod
    def exe_stem(cls) -> str:
        """Return the name of the interpreter in the environment."""
        return "python"

    def __getattr__(self, name: str) -> object:
        """Return what only virtualenv's own creator has."""
        return getattr(self._whole(), name)


def known_creator(
    directory: Path,
    entries: Sequence[str],
    *,
    hints: Sequence[str],
    variables: Mapping[str, str],
    whole: Callable[[], object],
) -> KnownCreator | None:
    """Describe an environment of CPython's that is there.

    Args:
        directory: The environment's directory.
        entries: What ``base_python`` says.
        hints: Interpreters that are tried before others (``--discover``).
        variables: The variables of the environment's commands.
        whole: Makes virtualenv's own creator.

    Returns:
        What describes it; None where virtualenv has to find out by itself, because the user configured it, or where
        there is no such interpreter.
    """
    if any(name.startswith(_PREFIX) and name != _WHERE for name in variables):
        return None
    # an older one does not say whether there is a file
    if getattr(IniConfig(variables), "has_config_file", True):
        return None
    found = (look_up(entry, hints=hints, variables=variables) for entry in entries)
    interpreter = next((item for item in found if item is not None), None)
    return None if interpreter is None else KnownCreator(directory, interpreter, whole=whole)
