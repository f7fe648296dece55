"""Which interpreter stands below an environment (edge): not every Python says so itself.

On Python 3.7 to 3.10 ``sys._base_executable`` of a virtual environment is the environment's own interpreter. And where
an environment was made over a link, it may name another interpreter than the one whose prefix is inherited from.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIX = ".exe" if os.name == "nt" else ""


def base_interpreter(
    *, executable: str, said: str, prefix: str, base_prefix: str, version: str, implementation: str
) -> str:
    """Find the interpreter whose prefix an environment inherits from.

    Args:
        executable: The interpreter that was asked (``sys.executable``).
        said: What it takes for its base (``sys._base_executable``); may be empty, or wrong.
        prefix: ``sys.prefix``.
        base_prefix: ``sys.base_prefix``.
        version: Its version (``3.12.1``).
        implementation: ``cpython``, ``pypy``, ...

    Returns:
        Its path; that of an interpreter elsewhere where the prefix has none, and what was said where there is none.
    """
    if prefix == base_prefix:
        return said or executable
    names = _names(version, implementation)
    elsewhere = ""
    for path in _candidates(executable, said, prefix, base_prefix, names):
        if not os.path.isfile(path) or _is_below(path, prefix):
            continue
        if lies_in(path, base_prefix):
            return path
        elsewhere = elsewhere or path
    return elsewhere or said or executable


def lies_in(python: str, prefix: str) -> bool:
    """Tell whether an interpreter lies where those of a prefix do, once links are followed.

    Args:
        python: The interpreter.
        prefix: The directory of an installation of Python.
    """
    return os.path.dirname(os.path.realpath(python)) in {
        os.path.realpath(prefix),
        os.path.realpath(os.path.join(prefix, "bin")),
    }


def behind_link(executable: str, prefix: str) -> str | None:
    """Follow the links that an environment's interpreter is made of, as far as the first path outside of it.

    Args:
        executable: The environment's interpreter.
        prefix: The environment's directory.

    Returns:
        That path, which may itself be a link; None where the interpreter is a copy.
    """
    path = executable
    for _ in range(8):  # more links within one environment nobody makes
        if not os.path.islink(path):
            return None
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
        if not _is_below(path, prefix):
            return path
    return None


def _candidates(executable: str, said: str, prefix: str, base_prefix: str, names: list[str]) -> Iterator[str]:
    if said:
        yield said
    if (linked := behind_link(executable, prefix)) is not None:
        yield linked
    if home := _home(prefix):
        yield from (os.path.join(home, name) for name in names)
    for directory in (os.path.join(base_prefix, "bin"), base_prefix):
        yield from (os.path.join(directory, name) for name in names)


def _names(version: str, implementation: str) -> list[str]:
    digits = ".".join(version.split(".")[:2])
    kinds = ["python"] if implementation == "cpython" else [implementation, "python"]
    return [f"{kind}{number}{_SUFFIX}" for kind in kinds for number in (digits, digits.partition(".")[0], "")]


def _home(prefix: str) -> str:
    """Read where the interpreter lay that an environment was made with (PEP 405)."""
    for line in (read_text(os.path.join(prefix, "pyvenv.cfg"), limit=32768) or "").splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip().lower() == "home":
            return value.strip()
    return ""


def _is_below(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip(os.sep) + os.sep)
