"""Which files a distribution has, as its installer wrote them down (edge): the one reader of ``RECORD`` and its kin.

- ``RECORD``: https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file,
  rows of a path relative to the site directory, a hash and a size in bytes, in the dialect of Python's `csv`;
- ``installed-files.txt`` (what pip wrote for an ``.egg-info``), one path a line, relative to that directory;
- ``top_level.txt`` and ``namespace_packages.txt``, names of modules:
  https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html.

What is read may be hostile, or half-written: nothing here raises for what stands in a file.
"""

from __future__ import annotations

import csv
import io
import os
import re
from itertools import repeat
from typing import TYPE_CHECKING, Final

from ..files import read_text
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..core.model import Distribution

MOST: Final = 200_000
"""Files of one distribution that are looked at, several times what the largest ones have: beyond, who knows."""

_NAMES_LIMIT: Final = 64 * 1024
_DIGITS: Final = 15
_SIZE: Final = re.compile(f"[0-9]{{1,{_DIGITS}}}")
_COMMAS: Final = 2
_BYTECODE: Final = ".pyc"
# Thousands of lines of a RECORD name modules below the site directory: only the others are worth a closer look. A
# pattern that begins with a newline finds them eight times as fast as one with "^", or a loop over the lines.
_NOT_A_MODULE: Final = re.compile(rb'\n((?:["./\\]|[A-Za-z]:|bin[/\\])[^\r\n]*)')
_FIRST_FIELD: Final = re.compile(rb'"((?:[^"]|"")*)"(?:,|$)|([^,"]*)(?:,|$)')


@frozen
class RecordedFile:
    """One file of a distribution.

    Attributes:
        path: As it was written: relative to the site directory, in most cases.
        size: Bytes; None where they were not written down, as of what an installer makes itself.
    """

    path: str
    size: int | None = None


@frozen
class Added:
    """What files add up to.

    Attributes:
        bytes: Of those of which a size was written down.
        files: How many there are.
        unknown: The paths of those of which none was.
    """

    bytes: int
    files: int
    unknown: Sequence[str]


@frozen
class Recorded:
    """The files that an installer wrote down, in its order.

    Columns, not a row for each file: there may be tens of thousands, and half of who asks wants their paths alone.

    Attributes:
        paths: As they were written.
        rows: Of each file the row: what stands behind the second comma, up to a third one, is its size, if it is one.
        is_damaged: Whether the list can't be read to its end; what comes before is here.
        is_cut: Whether it has more than `MOST` files, of which these are the first.
    """

    paths: Sequence[str]
    rows: Sequence[str]
    is_damaged: bool = False
    is_cut: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all that was written down is here."""
        return not self.is_damaged and not self.is_cut

    def __iter__(self) -> Iterator[RecordedFile]:
        """Give each file with its size."""
        for path, row in zip(self.paths, self.rows, strict=True):
            yield RecordedFile(path=path, size=_bytes(row))

    def measured(self) -> dict[str, int | None]:
        """Return the size in bytes of each path, once; None where it is not known."""
        return dict(zip(self.paths, map(_bytes, self.rows), strict=True))

    def added_up(self) -> Added:
        """Add up all files but bytecode, each once."""
        sizes = [row.rpartition(",")[2] for row in self.rows]
        kept = [size for path, size in zip(self.paths, sizes, strict=True) if not path.endswith(_BYTECODE)]
        # of tens of thousands of rows, nearly all are of this kind; one at a time takes ten times as long
        digits = "".join(kept)
        is_plain = (
            set(map(str.count, self.rows, repeat(","))) <= {_COMMAS}
            and len({*self.paths}) == len(self.paths)
            and (not digits or (digits.isascii() and digits.isdecimal()))
            and max(map(len, kept), default=0) <= _DIGITS
        )
        if is_plain:
            unknown = [path for path, size in zip(self.paths, sizes, strict=True) if not size]
            return Added(
                bytes=sum(map(int, filter(None, kept))),
                files=len(kept),
                unknown=[path for path in unknown if not path.endswith(_BYTECODE)],
            )
        measured = {path: size for path, size in self.measured().items() if not path.endswith(_BYTECODE)}
        return Added(
            bytes=sum(size for size in measured.values() if size is not None),
            files=len(measured),
            unknown=[path for path, size in measured.items() if size is None],
        )


def _bytes(row: str) -> int | None:
    fields = row.split(",", 3)
    return int(fields[2]) if len(fields) > 2 and _SIZE.fullmatch(fields[2]) else None  # noqa: PLR2004


def parse_record(text: str) -> Recorded:
    """Read a ``RECORD``.

    Args:
        text: The file.

    Returns:
        What it lists; rows without a path are left out.
    """
    if '"' in text:
        return _by_csv(text)
    # with no name quoted, as in nearly all files, this is the same in half the time
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if max(map(len, lines)) > csv.field_size_limit():
        return _by_csv(text)
    rows = [line for line in lines if line and line[0] != ","]
    return Recorded(paths=[row.partition(",")[0] for row in rows[:MOST]], rows=rows[:MOST], is_cut=len(rows) > MOST)


def _by_csv(text: str) -> Recorded:
    paths: list[str] = []
    rows: list[str] = []
    try:
        # as a file that is read line by line: a quoted name may hold a line end
        for row in csv.reader(io.StringIO(text, newline="")):
            if row and row[0]:
                if len(paths) == MOST:
                    return Recorded(paths=paths, rows=rows, is_cut=True)
                paths.append(row[0])
                rows.append(f",,{row[2]}" if len(row) > 2 and _SIZE.fullmatch(row[2]) else "")  # noqa: PLR2004
    except csv.Error:  # a field longer than any file name: a power cut leaves NULs
        return Recorded(paths=paths, rows=rows, is_damaged=True)
    return Recorded(paths=paths, rows=rows)


def read_record(metadata: str) -> Recorded | None:
    """Read the ``RECORD`` of a distribution.

    Args:
        metadata: Its ``.dist-info`` directory.

    Returns:
        What it lists; None where it is missing, empty or unreadable.
    """
    text = read_text(os.path.join(metadata, "RECORD"))
    return parse_record(text) if text else None


def listed(metadata: str) -> Recorded | None:
    """Read which files a distribution has, from ``RECORD``, or else from ``installed-files.txt``.

    Args:
        metadata: Its ``.dist-info`` or ``.egg-info`` directory.

    Returns:
        Its files relative to the site directory; None where neither says anything.
    """
    if (found := read_record(metadata)) is not None:
        return found
    if not (text := read_text(os.path.join(metadata, "installed-files.txt"))):
        return None
    folder = os.path.basename(metadata)
    lines = [line for line in text.splitlines() if line.strip()]
    paths = [os.path.normpath(os.path.join(folder, line)).replace(os.sep, "/") for line in lines[:MOST]]
    return Recorded(paths=paths, rows=[""] * len(paths), is_cut=len(lines) > MOST)


def top_level(metadata: str) -> list[str]:
    """Return what ``top_level.txt`` names: modules that can be imported; nothing where there is no such file."""
    return _names(metadata, "top_level.txt")


def namespace_packages(metadata: str) -> list[str]:
    """Return what ``namespace_packages.txt`` names: dotted, shared with others; nothing where there is no such file."""
    return _names(metadata, "namespace_packages.txt")


def _names(metadata: str, file: str) -> list[str]:
    return (read_text(os.path.join(metadata, file), _NAMES_LIMIT) or "").split()


def names_outside(record: bytes) -> Iterator[str | None]:
    """Read from a ``RECORD`` only what may lie outside the site directory: some lines of thousands.

    Args:
        record: The file.

    Yields:
        Paths as they were written, those of quoted names that lie inside too; None for a line that can't be read.
    """
    # the first line by itself, rather than a copy of the whole with a newline before it
    first = b"\n" + record[: record.find(b"\n") + 1 or None]
    for line in (*_NOT_A_MODULE.findall(first), *_NOT_A_MODULE.findall(record)):
        match = _FIRST_FIELD.match(line)
        try:
            yield (match[2] or (match[1] or b"").replace(b'""', b'"')).decode() if match else ""
        except UnicodeDecodeError:
            yield None


def is_torn(distribution: Distribution) -> bool:
    """Tell whether an installer that was killed left a distribution without some of its files.

    Args:
        distribution: One of the environment's own.

    Returns:
        True where its ``RECORD`` is missing or damaged, or names a file that is missing. One installed by other means
        has no such file.
    """
    site, info = os.path.split(distribution.path)
    if not info.endswith(".dist-info"):
        return False
    found = read_record(distribution.path)
    if found is None or found.is_damaged:
        return True
    return any(not os.path.lexists(os.path.join(site, path)) for path in found.paths)


def listed_files(distribution: Distribution) -> list[str]:
    """Name the files of an installed distribution, as its installer wrote them down.

    Args:
        distribution: The distribution.

    Returns:
        Paths relative to its site directory, in the order of ``RECORD`` or ``installed-files.txt``; none where there is
        no such file, or it can't be read.
    """
    found = listed(distribution.path)
    return [] if found is None or found.is_damaged else list(found.paths)
