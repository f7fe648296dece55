"""What makes a directory a virtual environment (edge): its ``pyvenv.cfg`` and its interpreter (PEP 405)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from .. import files
from ..files import read_bytes, read_text
from ..text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


_CONFIGURATION_LIMIT: Final = 32768  # more than that Python does not read either


def damage(directory: Path) -> str | None:
    """Tell whether something of an environment is in a state in which other tools fail, or take the base for it.

    Args:
        directory: The environment's directory.

    Returns:
        What is wrong; None where nothing is. A well-formed ``pyvenv.cfg`` may still be wrong, as its interpreter knows.
    """
    path = directory / "pyvenv.cfg"
    content = read_bytes(path, limit=_CONFIGURATION_LIMIT)
    try:
        lines = (content or b"").decode("utf-8").splitlines()
    except UnicodeDecodeError:
        lines = []
    if any(line.partition("=")[0].strip() == "home" for line in lines):
        return None
    return f"{path} is missing or damaged"


def made_for(directory: Path) -> list[tuple[str, str]]:
    """Tell for which Python a virtual environment was made.

    Args:
        directory: The environment's directory.

    Returns:
        The implementation, empty where its ``pyvenv.cfg`` does not say it, and the version; nothing where it does not
        say that either.
    """
    found = {}
    for line in (read_text(directory / "pyvenv.cfg", limit=_CONFIGURATION_LIMIT) or "").splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found[name.strip().lower()] = value.strip()
    # venv calls it version, virtualenv and uv version_info; all three may be there
    version = found.get("version_info") or found.get("version") or ""
    return [(found.get("implementation", ""), version)] if version[:1].isdigit() else []


def environment_of(python: Path) -> Path | None:
    """Tell which virtual environment an interpreter belongs to.

    Args:
        python: The path of an interpreter, as the user wrote it.

    Returns:
        The environment's directory; None where it is no virtual environment (PEP 405).
    """
    for directory in (python.parent, python.parent.parent):
        if (directory / "pyvenv.cfg").is_file():
            return directory
    return None


def layers_for(
    layers: Sequence[Path], python: Path | None, *, words: str, warn: Callable[[str], None]
) -> tuple[Path, ...]:
    """Add the virtual environment that an interpreter belongs to, which is never itself a base.

    Tools resolve such an interpreter to the one below it, and what the user named would be lost.

    Args:
        layers: The layers that are named.
        python: The interpreter that is named as the base; None where none is named by its path.
        words: How people are told of that environment, for whose path ``{}`` stands.
        warn: Takes the line that says so.

    Returns:
        The layers to stack.
    """
    below = None if python is None else environment_of(python)
    if below is None or below in layers:
        return tuple(layers)
    said = words.format(printable(str(below)))
    warn(f"{said}: its site-packages are stacked as a layer over the interpreter below it")
    return (*layers, below)


_KEY: Final = "include-system-site-packages"
_VIEW_KEY: Final = "sitediff-view"
"""Ours, which all others who read this file pass over: the probe looks for it."""
_IS_WINDOWS: Final = sys.platform == "win32"
_INTERPRETERS: Final = ("Scripts/python.exe", "python.exe") if _IS_WINDOWS else ("bin/python", "bin/python3")


def interpreter_of(directory: Path) -> Path:
    """Name the interpreter of a virtual environment.

    Args:
        directory: The environment's directory; it need not exist.

    Returns:
        Where ``venv``, virtualenv and uv put it.
    """
    return directory / _INTERPRETERS[0]


def existing_interpreter(directory: Path) -> Path | None:
    """Find the interpreter in a directory, that of an environment or, as of conda's, of a base; none without one."""
    return next((path for name in _INTERPRETERS if (path := directory / name).exists()), None)


def inherits(directory: Path) -> bool:
    """Tell whether a virtual environment has access to the system's site-packages, all of them or a view of them.

    Args:
        directory: The environment's directory.

    Returns:
        What its ``pyvenv.cfg`` says (PEP 405), read as Python's ``site`` reads it.
    """
    return settings(directory).get(_KEY, "").lower() == "true" or has_view(directory)


def settings(directory: Path) -> dict[str, str]:
    """Read the ``pyvenv.cfg`` of an environment as Python's ``site`` does.

    Args:
        directory: The environment's directory.

    Returns:
        Its values by their names in lower case, of several the last one; nothing where it can't be read.
    """
    lines = (line.partition("=") for line in (read_text(directory / "pyvenv.cfg") or "").splitlines())
    return {name.strip().lower(): value.strip() for name, equals, value in lines if equals}


def is_relocatable(directory: Path) -> bool:
    """Tell whether a virtual environment may be moved: uv makes such (``uv venv --relocatable``), and says so there.

    Args:
        directory: The environment's directory.
    """
    return settings(directory).get("relocatable", "").lower() == "true"


def has_view(directory: Path) -> bool:
    """Tell whether a virtual environment sees of the system's site-packages what a view shows, and nothing else.

    Args:
        directory: The environment's directory.
    """
    from ..interpreter.probe import VIEW  # which loads much that few need

    return VIEW.search(read_text(directory / "pyvenv.cfg") or "") is not None


def let_inherit(directory: Path) -> None:
    """Give a virtual environment access to the system's site-packages, as ``venv`` does once it has installed pip.

    Args:
        directory: The environment's directory.

    Raises:
        OSError: When its ``pyvenv.cfg`` can't be written.
    """
    if has_view(directory) or not inherits(directory):
        _set(directory, f"{_KEY} = true")


def let_view(directory: Path) -> None:
    """Take a virtual environment's access to the system's site-packages away, and say that it has a view of them.

    Args:
        directory: The environment's directory.

    Raises:
        OSError: When its ``pyvenv.cfg`` can't be written.
    """
    if not has_view(directory):
        _set(directory, f"{_KEY} = false", f"{_VIEW_KEY} = true")


def _set(directory: Path, *lines: str) -> None:
    path = directory / "pyvenv.cfg"
    ours = {_KEY, _VIEW_KEY}
    kept = [line for line in (read_text(path) or "").splitlines() if line.partition("=")[0].strip().lower() not in ours]
    files.put(path, "\n".join((*kept, *lines, "")))
