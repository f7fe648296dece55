"""Keeping bytecode out of the base (edge).

Whoever imports from a base that he may write to leaves bytecode in it. The base is never written: where it has its
bytecode already, Python is told not to write any; where it has none, as after an installation with uv, each process
would compile all that it imports, so that the bytecode goes to the user cache instead
(https://docs.python.org/3/using/cmdline.html#envvar-PYTHONPYCACHEPREFIX).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from ..core.model import Role
from ..files import remove_below
from ..interpreter.sizes import directory_bytes
from ..user_cache import make, part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..core.model import Interpreter

PART: Final = "bytecode"
"""Where it lies in the user cache."""
_SAMPLE: Final = 12
_ELSEWHERE: Final = (3, 8)
"""The first Python that can keep its bytecode in another place."""


def bytecode_variables(interpreter: Interpreter) -> dict[str, str]:
    """Choose what keeps bytecode out of the layers that an environment inherits.

    Args:
        interpreter: The environment's interpreter.

    Returns:
        Variables for the environment's commands; none where nothing could be written there anyway.
    """
    inherited = [layer.path for layer in interpreter.layers if layer.role is not Role.OWN]
    major, minor = interpreter.version.split(".")[:2]
    can_redirect = interpreter.implementation == "cpython" and (int(major), int(minor)) >= _ELSEWHERE
    lacks = can_redirect and any(_lacks_bytecode(path, f"cpython-{major}{minor}") for path in inherited)
    if lacks and (elsewhere := _made()):
        return {"PYTHONPYCACHEPREFIX": os.fspath(elsewhere)}
    if any(os.access(path, os.W_OK) for path in inherited):
        return {"PYTHONDONTWRITEBYTECODE": "1"}
    return {}


def forget_bytecode(site: Path) -> None:
    """Remove the bytecode in the user cache that stands for a site directory.

    An installer removes the bytecode beside the modules that it replaces, but does not look for it elsewhere; and
    Python takes a new module of the same size, written in the same second, for the one that its bytecode is of
    (PEP 552 tells how that is decided).

    Args:
        site: The directory in which an installer changed something.
    """
    if elsewhere := part(PART):
        # as importlib names it: the path without its drive, below the prefix
        remove_below(elsewhere, *site.parts[1:])


def clear_bytecode() -> int:
    """Remove all bytecode of bases from the user cache.

    Returns:
        How many bytes that freed.
    """
    elsewhere = part(PART)
    if elsewhere is None or not elsewhere.is_dir():
        return 0
    freed = directory_bytes(elsewhere).apparent
    remove_below(elsewhere)
    return freed


def _made() -> Path | None:
    """Make the place for bytecode: Python would make it as the umask says, and where others may write, it is theirs."""
    if (elsewhere := part(PART)) is not None:
        try:
            make(elsewhere)
        except OSError:
            return None
    return elsewhere


def _lacks_bytecode(site: str, tag: str) -> bool:
    """Look at some packages of a site directory; most of them decide."""
    compiled = [os.path.exists(f"{package}/__pycache__/__init__.{tag}.pyc") for package in _packages(site)]
    return bool(compiled) and sum(compiled) * 2 < len(compiled)


def _packages(site: str) -> Iterator[str]:
    found = 0
    try:
        names = os.listdir(site)
    except OSError:
        return
    for name in names:
        package = f"{site}/{name}"
        if name.isidentifier() and os.path.exists(f"{package}/__init__.py"):
            yield package
            found += 1
            if found == _SAMPLE:
                return
