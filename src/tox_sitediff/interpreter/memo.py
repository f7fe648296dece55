"""What was worked out from the files of a base, kept in the user cache (edge).

All environments over a base read the same metadata and the same lists of files. What comes of them is kept, for each
site directory in one file, beside what the system says of each file that it came from: device, inode, mode, size, and
the times of its last change and of the last change of its status, which nobody can set back. Of a metadata directory
that says, too, which files there are. What was changed a moment before it was read is not kept: it might change again
without another time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Final

from .. import files
from ..files import parse_json, read_text
from ..user_cache import make
from .fingerprint import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..core.fingerprint import Mark

PART: Final = "bases"
"""Where it lies in the user cache."""
FORMAT: Final = 1
"""To be raised whenever something else comes of the same files."""
MOST_FILES: Final = 128
"""Files that are kept: of each site directory one, of a large one two."""
MOST: Final = 10_000
"""Things that are kept of one site directory."""
_LARGEST: Final = 64 * 1024 * 1024
_HALF_WRITTEN: Final = 600
"""Seconds after which nobody writes a file any more: to write one takes some milliseconds."""
_TICK: Final = 2_000_000_000
"""Nanoseconds between two times that every file system can tell apart: those of FAT are the coarsest."""


class Memo:
    """Remembers across runs; one for each run and environment."""

    def __init__(
        self,
        find: Callable[[], Path | None],
        *,
        clock: Callable[[], int] = time.time_ns,
        look: Callable[[str], Mark] = mark,
    ) -> None:
        """Prepare, without looking at anything.

        Args:
            find: Tells where things are kept, when that is needed first; None to keep nothing. On Windows nothing is
                kept: there, the times of a file can be set back.
            clock: Tells the time in nanoseconds.
            look: Tells what the system says of a file; `fingerprint.mark`, unless in a test.
        """
        self._find = find if sys.platform != "win32" else nowhere
        self._clock = clock
        self._look = look
        self._known: dict[str, dict[str, list[object]]] = {}
        self._used: dict[str, dict[str, list[object]]] = {}
        self._changed: set[str] = set()

    @cached_property
    def _place(self) -> Path | None:
        return self._find()

    def recall(self, kind: str, metadata: str, names: Sequence[str], work: Callable[[], object]) -> object:
        """Return what comes of some files, from an earlier run where they are as they were.

        Args:
            kind: What it is.
            metadata: A metadata directory of a base, or the file in its place.
            names: The names of all files in it that count.
            work: Works it out; what JSON knows, or None for what is not to be kept.

        Returns:
            What ``work`` returns, or would return.
        """
        if self._place is None:
            return work()
        site, folder = os.path.split(metadata)
        key = f"{kind} {folder}"
        now = self._clock()
        marks = [self._look(path) for path in (metadata, *(os.path.join(metadata, name) for name in names))]
        used = self._used.setdefault(site, {})
        for before in (used.get(key), self._of(site).get(key)):
            if before is not None and before[0] == marks:
                used[key] = before
                return before[1]
        found = work()
        if found is not None and all(is_settled(item, now) for item in marks):
            used[key] = [marks, found]
            self._changed.add(site)
        return found

    def _of(self, site: str) -> dict[str, list[object]]:
        if site not in self._known:
            self._known[site] = self._read(site)
        return self._known[site]

    def _file(self, site: str) -> Path:
        assert self._place is not None  # noqa: S101  # see `recall`
        digest = hashlib.sha256(f"{FORMAT} {site}".encode("utf-8", "surrogateescape")).hexdigest()
        return self._place / f"{digest[:32]}.json"

    def _read(self, site: str) -> dict[str, list[object]]:
        try:
            data = parse_json(read_text(self._file(site), _LARGEST) or "")
        except ValueError:  # there is none, or it is damaged
            return {}
        if not isinstance(data, dict) or data.get("site") != site or not isinstance(held := data.get("held"), dict):
            return {}
        return {key: item for key, item in held.items() if isinstance(item, list) and len(item) == _PAIR}

    def keep(self) -> None:
        """Write down what is new; what was used last stays where there is too much. A cache may fail."""
        for site in sorted(self._changed):
            # what other processes wrote meanwhile is as good
            held = {**self._used[site], **self._read(site), **self._used[site]}
            path = self._file(site)
            with suppress(OSError, UnicodeError):
                make(path.parent)
                content = json.dumps({"site": site, "held": dict([*held.items()][:MOST])}, separators=(",", ":"))
                files.put(path, content, mode=0o600)
                forget_others(path.parent)
        self._changed.clear()


_PAIR: Final = 2


def forget_others(place: Path) -> None:
    """Forget what was written long ago, where there is too much, and what killed runs left half written.

    Args:
        place: Where all is kept.

    Raises:
        OSError: When it can't be removed.
    """
    files.sweep(place, age=_HALF_WRITTEN)
    kept = [place / name for name in files.listing(place) if not name.startswith(files.TEMPORARY)]
    if len(kept) > MOST_FILES:
        for path in sorted(kept, key=lambda path: path.stat().st_mtime_ns)[:-MOST_FILES]:
            path.unlink(missing_ok=True)


def clear(place: Path) -> int:
    """Forget all that is kept.

    Args:
        place: Where it is.

    Returns:
        How many bytes that freed.
    """
    freed = 0
    for name in sorted(files.listing(place)):
        with suppress(OSError):
            held = os.lstat(place / name).st_size
            os.unlink(place / name)
            freed += held
    return freed


def nowhere() -> None:
    """Keep nothing."""


def is_settled(found: Mark, now: int) -> bool:
    """Tell whether a file that changes after a moment will look otherwise.

    Args:
        found: What the system says of it at that moment.
        now: That moment, in nanoseconds.
    """
    return found is None or now - max(found[-2:]) > _TICK
