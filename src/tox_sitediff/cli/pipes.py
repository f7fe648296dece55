"""Requirements that come through a pipe, which can be read once: they are kept for the time of a command."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..user_cache import temporary_root
from ..uv.options import CONSTRAINTS, FILES, IGNORING, option_of, takes_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_READ: Final = FILES | CONSTRAINTS | IGNORING | {"-b", "--build-constraint", "--build-constraints"}


@contextmanager
def kept(arguments: Sequence[str], directory: Path) -> Iterator[list[str]]:
    """Put what comes through pipes (``-r -``, ``-r /dev/stdin``, ``-c <(...)``) into files, and these into arguments.

    Args:
        arguments: Arguments of ``uv pip install``.
        directory: What relative paths are relative to.

    Yields:
        The arguments. The files are gone afterwards.

    Raises:
        OSError: When a pipe can't be read, or a file can't be written.
    """
    found: list[str] = []
    rest = iter(arguments)
    with ExitStack() as files:
        for argument in rest:
            option, value = option_of(argument)
            if option == "--":
                found += [argument, *rest]
                break
            words = [argument]
            if value is None and takes_value(option):
                value = next(rest, "")
                words.append(value)
            if value and option in _READ and (value == "-" or _is_pipe(directory / value)):
                scratch = tempfile.TemporaryDirectory(prefix="sitediff-", dir=temporary_root())
                file = Path(files.enter_context(scratch), "from-pipe.txt")
                file.write_bytes(_content(None if value == "-" else directory / value))
                words = [option, os.fspath(file)]
            found += words
        yield found


def _is_pipe(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _content(path: Path | None) -> bytes:
    if path is not None:
        return path.read_bytes()
    return b"" if sys.stdin is None else sys.stdin.buffer.read()
