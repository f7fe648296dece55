"""What site directories hold, listed as seldom as the truth allows (edge).

In a run each inherited directory is listed once. What a large one holds is kept in the user cache, as `memo` keeps what
comes of single files, beside what the system says of the directory: device, inode, mode, size, and the times of the
last change of what is in it and of its status. Whatever is added, removed or renamed there sets both times, and nobody
can set them back. Where that is not so nothing is kept: where other machines may change the directory, or keep its
times; on a read-only image, where all times may be those that its maker chose; and a moment after a change, when there
may be another one without another time.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import zlib
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .. import files
from ..core.model import Role
from ..files import parse_json, read_bytes
from ..user_cache import make
from ..values import frozen
from . import metadata
from .fingerprint import mark
from .memo import forget_others, is_settled, nowhere
from .metadata import PATH_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..core.fingerprint import Mark
    from ..core.inventory import Listing
    from ..core.model import Layer
    from .metadata import Listed

FORMAT: Final = 1
"""To be raised whenever something else comes of the same directory."""
MANY: Final = 1_000
"""So many files in a directory make it one whose listing is kept: to list fewer costs no more than to read it."""
_SECOND: Final = 1_000_000_000
_LARGEST: Final = 64 * 1024 * 1024
_SUFFIX: Final = ".names"


@frozen
class Kept:
    """What is kept of a directory.

    Attributes:
        text: What `core.catalogue.catalogue` wrote.
        different: How many different names there are.
        path_files: The ``.pth`` and ``.start`` files.
    """

    text: str
    different: int
    path_files: Sequence[str]


def mounts() -> str:
    """Read what is mounted where; empty where the system does not say."""
    try:
        return Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")  # whose size is said to be 0
    except OSError:
        return ""


class Listings:
    """Lists site directories; one for each run and environment."""

    def __init__(
        self,
        find: Callable[[], Path | None] = nowhere,
        *,
        clock: Callable[[], int] = time.time_ns,
        look: Callable[[str], Mark] = mark,
        mounted: Callable[[], str] = mounts,
    ) -> None:
        """Prepare, without looking at anything.

        Args:
            find: Tells where things are kept, when that is needed first; None to keep nothing.
            clock: Tells the time in nanoseconds.
            look: Tells what the system says of a file; `fingerprint.mark`, unless in a test.
            mounted: Tells what is mounted where; `mounts`, unless in a test.
        """
        self._find = find if sys.platform == "linux" else nowhere
        self._clock = clock
        self._look = look
        self._mounted = mounted
        self._known: dict[str, tuple[Mark, Listed | Kept]] = {}
        self._new: dict[str, tuple[Mark, Kept]] = {}

    @cached_property
    def _place(self) -> Path | None:
        return self._find()

    def of(self, layer: Layer) -> Listing:
        """List the metadata of a layer; see `metadata.list_layer`.

        Args:
            layer: The layer; what is the environment's own is listed each time.
        """
        if layer.role is Role.OWN:
            return metadata.list_layer(layer)
        found = self._held(layer.path)
        if isinstance(found, Kept):
            from ..core.catalogue import Catalogued  # few bases are that large

            return Catalogued(layer, found.text, found.different, directory=os.path.join(layer.path, ""))
        return metadata.listing_of(layer, found)

    def path_files(self, directory: str) -> Sequence[str]:
        """Name the ``.pth`` and ``.start`` files in a directory, in no particular order.

        Args:
            directory: The directory; it is listed, unless it is a layer that was looked at, and is as it was.
        """
        known = self._known.get(directory)
        if known is not None and known[0] == self._look(directory):
            return known[1].path_files
        return [name for name in files.listing(directory) if name.endswith(PATH_FILES)]

    def _held(self, directory: str) -> Listed | Kept:
        now = self._clock()
        found = self._look(directory)
        before = self._known.pop(directory, None)
        if before is None or before[0] != found:
            held: Listed | Kept | None = None if found is None else self._read(directory, found)
            if held is None:
                held = metadata.list_directory(directory)
                self._note(directory, found, held, now)
            before = (found, held)
        # on Windows, times can be set back
        if found is not None and is_settled(found, now) and sys.platform != "win32":
            self._known[directory] = before
        return before[1]

    def _note(self, directory: str, found: Mark, listed: Listed, now: int) -> None:
        """Note what is to be kept, where the system would note each change of the directory."""
        self._new.pop(directory, None)
        if found is None or listed.total < MANY or self._place is None or not is_settled(found, now):
            return
        from ..core.catalogue import catalogue
        from ..core.fingerprint import is_local

        # hardly anything changes in the very moment of a full second: somebody chose that time, or it is a coarse one
        if found[-1] % _SECOND == 0 or not is_local(os.path.realpath(directory), self._mounted()):
            return
        if (text := catalogue(listed.names, listed.files)) is not None:
            self._new[directory] = (
                found,
                Kept(text=text, different=len({*listed.names}), path_files=listed.path_files),
            )

    def _file(self, place: Path, directory: str) -> Path:
        digest = hashlib.sha256(f"{FORMAT} {directory}".encode("utf-8", "surrogateescape")).hexdigest()
        return place / f"{digest[:32]}{_SUFFIX}"

    def _read(self, directory: str, found: Mark) -> Kept | None:
        if self._place is None or (content := read_bytes(self._file(self._place, directory), _LARGEST)) is None:
            return None
        start = content.find(b"\n") + 1
        whole = memoryview(content)  # of which no copies are made
        if content[:start].rstrip() != _check(whole[start:]):  # damaged
            return None
        end = content.index(b"\n", start)
        match parse_json(str(whole[start:end], "ascii")):
            case [str(said), held, int(count), *path_files] if (said, held) == (directory, found):
                return Kept(text=str(whole[end:], "ascii"), different=count, path_files=list(map(str, path_files)))
        return None

    def keep(self) -> None:
        """Write down what is new. A cache may fail."""
        new, self._new = self._new, {}
        for directory, (found, kept) in new.items():
            if (place := self._place) is not None:
                head = json.dumps([directory, found, kept.different, *kept.path_files])
                rest = f"{head}{kept.text}".encode("ascii")
                with suppress(OSError):
                    make(place)
                    files.put(self._file(place, directory), b"%b\n%b" % (_check(rest), rest), mode=0o600)
                    forget_others(place)


def _check(content: bytes | memoryview) -> bytes:
    """Make what tells that a file is whole: what is damaged may still look like names."""
    return b"%08x" % zlib.crc32(content)
