"""What an interpreter does at its start with the files of a site directory, as PEP 829 has it from Python 3.15 on.

Path lines of ``.pth`` files first, of all site directories; then their import lines, and what ``.start`` files name.
Python 3.18 passes over import lines. So what has to stand before the base is a path line, and what has to run has a
``.start`` file, which older versions do not look at (https://peps.python.org/pep-0829/).
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .. import files
from ..files import read_bytes, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_LIMIT: Final = 1024 * 1024
_FIRST: Final = (3, 15)
_MODULE: Final = """\
# tox-sitediff: {why}.
import os
import site
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PATHS = {paths!r}
DIRECTORIES = [
{lines}]


def add():
    if DIRECTORIES is add.done:
        return
    add.done = DIRECTORIES
    sys.path += [path for path in map(os.fsdecode, PATHS) if path not in sys.path]
    at = sys.path.index(HERE) + 1 if HERE in sys.path else len(sys.path)
    for directory in filter(os.path.isdir, map(os.fsdecode, DIRECTORIES)):
        before = list(sys.path)
        site.addsitedir(directory)
        new = [path for path in sys.path if path not in before]
        if directory in new:  # there was no line that says its name, or none for this locale
            sys.path[:] = before[:at] + new + before[at:]
            at += len(new)
        else:
            at = max(at, sys.path.index(directory) + 1)


add.done = None
"""
_LISTED: Final = re.compile(r"""^    (b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*"),$""", re.MULTILINE)


def runs_start_files(version: str) -> bool:
    """Tell whether a Python of a version, such as ``3.15.2``, runs what ``.start`` files name."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2]) >= _FIRST


def start_files(
    stem: str, directories: Iterable[str | Path], *, paths: Iterable[str] = (), why: str
) -> dict[str, bytes]:
    """Write the files that add site directories, with all that their own files ask for, at the start.

    Args:
        stem: How the names of the files begin.
        directories: Absolute site directories; they stand behind the one that the files lie in.
        paths: What else is to be on ``sys.path``, at its end.
        why: What the reader of the files should know.

    Returns:
        The files by name: a module, and at last the ``.start`` file that has it run. The module's name depends on what
        it does, for where one environment is stacked on another there are two of them.
    """
    lines = "".join(f"    {os.fsencode(directory)!r},\n" for directory in directories)
    text = _MODULE.format(why=why, paths=[*map(os.fsencode, paths)], lines=lines).encode("ascii")
    name = f"{stem}_{hashlib.sha256(text).hexdigest()[:12]}"
    return {f"{name}.py": text, f"{stem}.start": f"{name}:add\n".encode("ascii")}


def added(purelib: Path, stem: str) -> list[Path]:
    """Name the directories that `start_files` was given last; what is damaged names none."""
    name = (read_text(purelib / f"{stem}.start", _LIMIT) or "").partition(":")[0]
    text = (read_text(purelib / f"{name}.py", _LIMIT) or "") if name.startswith(f"{stem}_") else ""
    return [path for literal in _LISTED.findall(text) if (path := directory(literal)) is not None]


def directory(literal: str) -> Path | None:
    """Read the path of a directory from the literal of its bytes; None where it is damaged."""
    try:
        path = os.fsdecode(ast.literal_eval(literal))
    except (SyntaxError, ValueError):
        return None
    return None if "\0" in path else Path(path)


def put(purelib: Path, stem: str, wanted: Mapping[str, bytes]) -> bool:
    """Have the files of a stem there, and no others.

    Args:
        purelib: The site directory.
        stem: How their names begin.
        wanted: Their content, in the order in which they have to be there.

    Returns:
        Whether anything changed.

    Raises:
        OSError: When the directory can't be written.
    """
    changed = False
    for name, content in wanted.items():
        path = purelib / name
        if path.is_symlink() or read_bytes(path, _LIMIT) != content:
            files.put(path, content)
            changed = True
    for name in _present(purelib, stem):
        if name not in wanted:
            files.discard(purelib / name)
            changed = True
            for compiled in (purelib / "__pycache__").glob(f"{name.removesuffix('.py')}.*.pyc"):
                files.discard(compiled)
    return changed


def are_there(purelib: Path, stem: str, wanted: Mapping[str, bytes]) -> bool:
    """Tell whether the files of a stem are there as they should be, and no others."""
    return {*_present(purelib, stem)} == wanted.keys() and all(
        read_bytes(purelib / name, _LIMIT) == content for name, content in wanted.items()
    )


def _present(purelib: Path, stem: str) -> list[str]:
    """Name the files of a stem, those first that run something."""
    ours = re.compile(rf"{re.escape(stem)}(\.start|\.pth|_[0-9a-f]{{12}}\.py)")
    return sorted(filter(ours.fullmatch, files.listing(purelib)))


def path_lines(directories: Sequence[Path]) -> str:
    """Write path lines for site directories, each with those that its own ``.pth`` files add behind it.

    Args:
        directories: Absolute site directories.

    Returns:
        A ``.pth`` file, which means from Python 3.13 on what it says, whatever the locale. A directory whose name no
        line can hold is left out.
    """
    paths = [path for directory in directories for path in (os.fspath(directory), *_named_in(directory))]
    return "".join(f"{path}\n" for path in dict.fromkeys(paths) if _is_line(path))


def _is_line(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:  # a name that is not text
        return False
    return path.splitlines() == [path] and path.strip() == path


def _named_in(directory: Path) -> Iterator[str]:
    """Name the directories that the ``.pth`` files in one add, in Python's order."""
    for name in sorted(files.listing(directory)):
        if name.endswith(".pth") and not name.startswith("."):
            for line in (read_text(directory / name, _LIMIT) or "").removeprefix("\ufeff").splitlines():
                text = line.strip()
                if text and not text.startswith(("#", "import ", "import\t")):
                    path = os.path.abspath(os.path.join(directory, text))
                    if "\0" not in path and os.path.exists(path):
                        yield path
