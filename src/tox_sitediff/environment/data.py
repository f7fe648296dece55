"""Data files of what an environment inherits, where tools look for them: below the environment's own prefix.

nbconvert's templates, Jupyter's kernels and extensions, manual pages, completions: a wheel puts them beside ``lib``
(https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-data-directory), and programs
look for them below ``sys.prefix``. An environment that inherits has none of them, whoever made it. Of what Debian and
conda installed, their package managers know more than ``RECORD``.

Each file is a link of its own in a real directory, so that what a program adds stays in the environment. What programs
rewrite in place (settings) is a copy: through a link they would write into the base. So are kernels, themes and
extensions of JupyterLab's and the classic notebook's: tornado, from 6.5.9 on, hands out no link that leads out of the
directory that it serves. Where the environment has an older one, those of more than 1 MiB are links nevertheless.
JupyterLab's own build, most of all its bytes, is one link to a directory, which it takes, and replaces as a whole.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING, Final

from .. import files
from ..interpreter.beside import remembered
from ..values import frozen, mutable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from ..core.model import Distribution
    from ..interpreter.memo import Memo
    from ..interpreter.system_packages import SystemPackages

MOST: Final = 20_000
"""Files of one environment, several times what JupyterLab with all its extensions has."""
_SETTINGS: Final = (".cfg", ".conf", ".ini", ".json", ".toml", ".yaml", ".yml")
_SMALL: Final = 64 * 1024
"""Bytes up to which a file is taken for settings."""
_JUPYTER: Final = "share/jupyter/"
_SERVED: Final = tuple(f"{_JUPYTER}{name}/" for name in ("kernels", "lab/themes", "labextensions", "nbextensions"))
"""What Jupyter's server hands out as it lies there."""
_WHOLE: Final = "share/jupyter/lab/static"
_MODE: Final = 0o644
_LARGEST: Final = 16 * 1024 * 1024
"""Bytes up to which a file is copied."""
_LARGE: Final = 1024 * 1024
"""As much where Jupyter's server takes links. Not less: a distributor may have patched an older tornado."""
_REFUSES: Final = (6, 5, 9)
"""The tornado that refuses links out of the directory that it serves."""
_KERNEL: Final = r"share/jupyter/kernels/[^/]+/kernel\.json"
_INTERPRETER: Final = re.compile(r"pythonw?[\d.]*t?(?:\.exe)?", re.IGNORECASE)
_MOST_WARNINGS: Final = 5


@frozen
class Provided:
    """What was done.

    Attributes:
        files: Paths below the environment's directory that are ours now, with slashes, sorted.
        warnings: What is missing, and why; printable.
    """

    files: tuple[str, ...]
    warnings: tuple[str, ...]


def provide(
    distributions: Iterable[Distribution],
    *,
    own: Iterable[Distribution],
    directory: Path,
    python: Path,
    packages: SystemPackages | None = None,
    ours: Iterable[str] = (),
    windows: bool = os.name == "nt",
    memo: Memo | None = None,
) -> Provided:
    """Make the environment hold the data files of these distributions, and no others that are ours.

    Args:
        distributions: What the environment inherits and uses. If two have the same file, the first wins.
        own: What is installed in the environment itself: its files stay as they are.
        directory: The environment's directory.
        python: The environment's interpreter.
        packages: What the package managers of the base know: which of its distributions have files besides.
        ours: What an earlier call returned as ``files``: of these, what is no longer wanted goes.
        windows: Whether the layout is that of Windows.
        memo: What is remembered of bases.

    Returns:
        The paths of the files, and warnings.

    Raises:
        OSError: A file can't be made or removed; it names the file.
    """
    distributions, own = [*distributions], [*own]
    wanted: dict[str, str] = {}
    for distribution in distributions:
        for place, source in _offered(distribution, packages, memo, windows=windows):
            wanted.setdefault(place, source)
    before = {*ours}
    if not wanted and not before:
        return Provided(files=(), warnings=())
    taken = {place for item in own for place, _ in _offered(item, None, None, windows=windows)}
    _join(wanted, taken)
    most = _LARGE if _takes_links([*own, *distributions]) else _LARGEST
    target = _Target(directory=directory, python=python, ours=before, most=most)
    for place in sorted(before - wanted.keys() - taken):
        target.remove(place)
    if len(wanted) > MOST:
        target.warn(f"the base has {len(wanted)} data files of what is declared: beyond {MOST} they are left out")
    made = [place for place in sorted(wanted)[:MOST] if place not in taken and target.make(place, wanted[place])]
    return Provided(files=tuple(made), warnings=tuple(target.said()))


def _join(wanted: dict[str, str], taken: AbstractSet[str]) -> None:
    """Have what is replaced as a whole be one directory, where all of it comes from one place."""
    start = f"{_WHOLE}/"
    inside = [place for place in wanted if place.startswith(start)]
    sources = {wanted[place].replace(os.sep, "/").removesuffix(place.removeprefix(start)) for place in inside}
    if len(sources) == 1 and not any(place.startswith(start) for place in taken):
        for place in inside:
            del wanted[place]
        wanted[_WHOLE] = sources.pop().rstrip("/")


def _offered(
    distribution: Distribution, packages: SystemPackages | None, memo: Memo | None, *, windows: bool
) -> Iterator[tuple[str, str]]:
    """Give the data files of a distribution: where they belong below a prefix, and where they are."""
    metadata = os.path.abspath(distribution.path)
    fold = windows or sys.platform == "darwin"

    def read() -> bytes | None:
        record = os.path.join(metadata, "RECORD")
        return files.read_bytes(record) if os.path.lexists(record) else b""

    found = remembered(metadata, read, memo=memo, windows=windows, fold=fold)
    for place in found.data:
        if (source := _source(found.prefix, place)) is not None:
            yield place, source
    for place, source in packages.data(distribution.path) if packages is not None else ():
        if os.path.isfile(source):
            yield place, source


def _source(prefix: str, place: str) -> str | None:
    """Find a data file; None where it is gone, or no file."""
    paths = [os.path.join(prefix, *place.split("/"))]
    if prefix == "/usr" and place.startswith("etc/"):
        paths.append(f"/{place}")  # where Debian's policy has it
    return next((path for path in paths if os.path.isfile(path)), None)


@mutable
class _Target:
    """An environment that is given files."""

    directory: Path
    python: Path
    ours: AbstractSet[str]
    most: int
    sound: dict[Path, str | None] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def said(self) -> list[str]:
        more = len(self.warnings) - _MOST_WARNINGS
        return [*self.warnings[:_MOST_WARNINGS], *([f"{more} more data files are left out"] if more > 0 else [])]

    def make(self, place: str, source: str) -> bool:
        """Put a file into its place, unless another one is there; tell whether it is ours."""
        path = self.directory.joinpath(*place.split("/"))
        if reason := self._obstacle(path.parent):
            self.warn(f"the data file {place} is left out: {reason}")
            return False
        if _is_copied(place) and not _is_the_bases(place, source):
            self.warn(f"the data file {place} is left out: it leads out of the base, to a file of another user")
            return False
        content = self._copied(place, source)
        found = _lstat(path)
        if found is not None and (kept := self._keeps(path, found, place, source, content)) is not None:
            return kept
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            files.put_link(path, source)
        else:
            files.put(path, content, mode=_MODE & (os.stat(source).st_mode | stat.S_IRWXU))
        return True

    def _keeps(self, path: Path, found: os.stat_result, place: str, source: str, content: bytes | None) -> bool | None:
        """Decide on what is there already: whether it stays, as ours or not; None where it is to be replaced."""
        if files.is_link(path):
            return True if content is None and _leads_to(path, source) else None
        if stat.S_ISDIR(found.st_mode):
            if place != _WHOLE:  # which JupyterLab has built anew
                self.warn(f"the data file {place} is left out: there is a directory in its place")
            return False
        if place in self.ours:
            return None if content is None else True  # as it was made, or as a program rewrote it since
        return None if content is not None and files.read_bytes(path, _LARGEST) == content else False

    def remove(self, place: str) -> None:
        """Remove a file, and the directories that this empties."""
        path = self.directory.joinpath(*place.split("/"))
        if self._obstacle(path.parent) or (found := _lstat(path)) is None:
            return
        if not files.is_link(path) and stat.S_ISDIR(found.st_mode):
            return
        files.unlink(path)
        for parent in path.parents:
            if parent == self.directory:
                break
            with suppress(OSError):  # something else is in it
                parent.rmdir()

    def _obstacle(self, parent: Path) -> str | None:
        """Say why no file of ours can lie in a directory below the environment's; None where one can."""
        if parent == self.directory:
            return None
        if parent not in self.sound:
            found = _lstat(parent)
            if found is None or (stat.S_ISDIR(found.st_mode) and not files.is_link(parent)):
                self.sound[parent] = self._obstacle(parent.parent)
            else:
                kind = "a link, which may lead into the base" if files.is_link(parent) else "no directory"
                self.sound[parent] = f"{parent} is {kind}"
        return self.sound[parent]

    def _copied(self, place: str, source: str) -> bytes | None:
        """Return the content of what is copied; None for what is linked."""
        if not _is_copied(place):
            return None
        content = files.read_bytes(source, self.most if place.startswith(_SERVED) else _SMALL)
        if content is not None and re.fullmatch(_KERNEL, place):
            return _under(content, self.python)
        return content


def _takes_links(distributions: Iterable[Distribution]) -> bool:
    """Tell whether Jupyter's server hands out what links lead to: with the first tornado, as far as that is known."""
    version = next((item.version for item in distributions if item.name == "tornado"), None)
    return version is not None and version.release < _REFUSES


def _is_copied(place: str) -> bool:
    if place.startswith(_JUPYTER):
        return place.startswith(_SERVED) and not place.endswith(".map")  # which is for who looks for a mistake
    return place.startswith("etc/") or place.endswith(_SETTINGS)


def _is_the_bases(place: str, source: str) -> bool:
    """Tell whether a file lies in its base, or belongs to whoever has that: if root copies it, all can read it."""
    prefix = source.removesuffix(place.replace("/", os.sep))
    real = os.path.realpath(source)
    if real.startswith(os.path.join(os.path.realpath(prefix), "")):
        return True
    try:
        return os.stat(real).st_uid == os.stat(prefix).st_uid
    except OSError:
        return False


def _under(kernel: bytes, python: Path) -> bytes:
    """Have a kernel run under the environment's interpreter, where the base's is named (conda and Debian do that)."""
    try:
        data = files.parse_json(kernel.decode())
    except ValueError:
        return kernel
    words = data.get("argv") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(words, list) or not words or not isinstance(words[0], str):
        return kernel
    head, name = os.path.split(words[0].replace("\\", "/"))
    if not head or not _INTERPRETER.fullmatch(name):
        return kernel
    return (json.dumps({**data, "argv": [os.fspath(python), *words[1:]]}, indent=1) + "\n").encode()


def _lstat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _leads_to(path: Path, source: str) -> bool:
    try:
        return os.readlink(path) == source
    except OSError:
        return False


def measured(directory: Path, places: Iterable[str]) -> tuple[int, int]:
    """Count what data files cost.

    Args:
        directory: The environment's directory.
        places: Paths below it, with slashes.

    Returns:
        How many there are, and the bytes that they hold in the environment: a link those of its target's name.
    """
    found = [status for place in places if (status := _lstat(directory.joinpath(*place.split("/")))) is not None]
    return len(found), sum(status.st_size for status in found)
