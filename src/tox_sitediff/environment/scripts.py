"""Console scripts, gui scripts and programs of what an environment inherits, in its own ``bin`` or ``Scripts``.

Nothing else puts them there: installers make the scripts of what they install, and what is inherited isn't installed.
Without them ``pytest`` on the command line is unknown, or the base's, which runs under the base's interpreter and
doesn't see the environment.

Where a distribution's scripts are named:

- ``entry_points.txt``, groups ``console_scripts`` and ``gui_scripts`` (entry points specification,
  https://packaging.python.org/en/latest/specifications/entry-points/);
- ``RECORD``, for those that are files in its wheel (``../../../bin/ruff``; specification of recording installed
  projects, https://packaging.python.org/en/latest/specifications/recording-installed-packages/).

All of it comes from the base, whose metadata isn't trusted to be well-formed: what can't be used is skipped with a
warning. An ``OSError`` is raised for the environment's own directory only.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from contextlib import suppress
from dataclasses import field
from keyword import iskeyword
from typing import TYPE_CHECKING, Final, Literal

from .. import files
from ..interpreter.beside import remembered, scheme
from ..values import frozen, mutable
from .launchers import Launchers, embedded_source, is_ours, python_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ..core.model import Distribution
    from ..interpreter.memo import Memo

_HEAD: Final = 4096
_GROUPS: Final = {"[console_scripts]": False, "[gui_scripts]": True}
_OBJECT: Final = re.compile(r"([\w.]+)\s*:\s*([\w.]+)\s*(?:\[.*\]\s*)?")
_NATIVE: Final = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
"""How ELF, PE and Mach-O (64 bit, 32 bit, several architectures) begin."""
_NO_PROGRAM: Final = frozenset({".pyc", ".pyo", ".pyd", ".dll", ".so", ".dylib", ".lib", ".pdb", ".manifest", ".man"})
_KEPT: Final = r"""(?xs)
    (?:pythonw?|pypyw?|graalpy)[\d.]*t?(?:-(?:config|intel64|c))?(?:\.(?:exe|bat|cmd|com|_pth|pth|py|pyw))?
    | (?:de)?activate(?:[._].*)?
    # what an interpreter looks for beside itself, before all else (CPython's Modules/getpath.py)
    | pyvenv\.cfg | pybuilddir\.txt | .*\._pth | python[\d.]*\.zip | __pycache__"""
"""Names that make an environment what it is; whatever a distribution says, they aren't its scripts."""
_KEPT_STARTS: Final = (
    *("python", "pypy", "graalpy", "activate", "deactivate"),
    *("pyvenv.cfg", "pybuilddir.txt", "__pycache__"),
)
_KEPT_END: Final = "._pth"
"""How these begin or end: the expression takes longer to compile than all else here, and few scripts need it."""
_MODULES: Final = frozenset({"py", "pyw", "pyc", "pyd", "so"})
_EXTENSIONS: Final = (".so", ".pyd")
"""How files end that Python can import from the directory of a script that runs, before the standard library."""
_RESERVED: Final = r"(?i)(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\..*)?"
_STALE: Final = 60.0
"""Seconds after which a file that is not in its place is a leftover: before, another run may be at work on it."""
_MODE: Final = 0o755
_FOREIGN: Final = stat.S_IWGRP | stat.S_IWOTH
_SHOWN: Final = 100
_MOST_SCRIPTS: Final = 1000
"""Scripts that one distribution may have, several times what the richest ones have."""
_MOST_WARNINGS: Final = 10
"""What is said of one distribution before the rest is only counted."""


@frozen
class Provided:
    """What was done.

    Attributes:
        files: Names in the scripts directory that are ours now, sorted.
        warnings: What could not be used, and why; printable.
    """

    files: tuple[str, ...]
    warnings: tuple[str, ...]


def provide(
    distributions: Iterable[Distribution],
    *,
    directory: Path,
    python: Path,
    ours: Iterable[str] = (),
    windows: bool = os.name == "nt",
    relocatable: bool = False,
    memo: Memo | None = None,
) -> Provided:
    """Make the scripts directory hold the scripts of these distributions, and no others that are ours.

    Args:
        distributions: What the environment inherits and uses. If two have the same script, the first wins.
        directory: The environment's ``bin`` or ``Scripts``.
        python: The environment's interpreter.
        ours: What an earlier call returned as ``files``: of these, what is no longer wanted goes.
        windows: Whether to make Windows launchers.
        relocatable: Whether the environment may be moved, so that they look for the interpreter beside themselves.
        memo: What is remembered of bases.

    Returns:
        The names of the files, and warnings.

    Raises:
        OSError: A file can't be written or removed; it names the file. What this call had created is gone again.
    """
    if files.is_link(directory):
        warning = f"no scripts were made: {str(directory)!r} is a link, perhaps into the base"
        return Provided(files=(), warnings=(warning,))
    fold = windows or sys.platform == "darwin"  # file systems that take "Ruff" for "ruff"
    try:
        launchers = Launchers(python, windows=windows, relocatable=relocatable)
    except ValueError:
        warning = f"no scripts were made: the interpreter's path is not UTF-8: {str(python)!r}"
        return Provided(files=tuple(sorted({*ours})), warnings=(warning,))
    collector = _Collector(launchers=launchers, windows=windows, fold=fold, memo=memo)
    for distribution in distributions:
        collector.add(distribution)
    wanted = collector.wanted
    for name in ours:
        if _folded(name, fold=fold) not in wanted and _refusal(name, windows=windows, fold=fold) is None:
            _remove(directory / name)
    names = _make(wanted.values(), directory)
    return Provided(files=tuple(sorted(names)), warnings=tuple(collector.warnings))


@frozen
class _Script:
    name: str
    content: bytes
    origin: str


@mutable
class _Collector:
    """Gathers the scripts of one distribution after the other."""

    launchers: Launchers
    windows: bool
    fold: bool
    memo: Memo | None
    wanted: dict[str, _Script] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    count: int = 0
    warned: int = 0

    def add(self, distribution: Distribution) -> None:
        """Add the scripts of a distribution."""
        metadata = os.path.abspath(distribution.path)
        origin = f"{distribution.name} {distribution.version}"
        self.count = self.warned = 0
        self._add(metadata, origin)
        if self.count > _MOST_SCRIPTS:
            self.warnings.append(f"{origin}: it has more than {_MOST_SCRIPTS} scripts, the rest is skipped")
        if self.warned > _MOST_WARNINGS:
            self.warnings.append(f"{origin}: {self.warned - _MOST_WARNINGS} more of its lines or files are skipped")

    def _add(self, metadata: str, origin: str) -> None:
        covered: set[str] = set()
        for name, value, gui in self._entry_points(metadata, origin):
            if not self._count():
                return
            covered.add(_folded(self._file_name(name), fold=self.fold))
            match = _OBJECT.fullmatch(value)
            if reason := _refusal(self._file_name(name), windows=self.windows, fold=self.fold):
                self._warn(origin, f"script {_shown(name)} is skipped: {reason}")
            elif match is None or not all(map(_is_dotted_name, match.groups())):
                self._warn(origin, f"script {_shown(name)} is skipped: {_shown(value)} is no object reference")
            else:
                content = self.launchers.entry_point(match[1], match[2], gui=gui)
                self._want(self._file_name(name), content, origin)
        found = remembered(
            metadata,
            lambda: self._record(metadata, origin),
            memo=self.memo,
            windows=self.windows,
            fold=self.fold,
        )
        if found.others:
            inside = _folded(os.path.dirname(found.programs), fold=self.fold)
            self._warn(origin, f"{found.others} lines of RECORD are no files in {inside!r}: they are skipped")
        homes = _homes(metadata, windows=self.windows) if found.scripts else ()
        for name in found.scripts:
            if not self._count():
                return
            self._add_file(os.path.join(found.programs, name), name, origin, covered, homes)

    def _count(self) -> bool:
        self.count += 1
        return self.count <= _MOST_SCRIPTS

    def _add_file(self, path: str, name: str, origin: str, covered: set[str], homes: Sequence[str]) -> None:
        """Add a file that a distribution has in the scripts directory of its layer."""
        stem, extension = os.path.splitext(_folded(name, fold=self.windows))
        if extension in _NO_PROGRAM or _folded(self._file_name(name), fold=self.fold) in covered:
            return
        if self.windows and f"{stem.removesuffix('-script')}.exe" in covered:
            return  # NAME-script.py or NAME.cmd beside a NAME.exe that we make
        if reason := _refusal(name, windows=self.windows, fold=self.fold):
            self._warn(origin, f"script {_shown(name)} is skipped: {reason}")
            return
        try:
            # a copy is for all to read, and what the link leads to may not be, if it is root who copies
            if not _is_within(path, homes):
                self._warn(origin, f"script {_shown(name)} is skipped: a link leads to it, out of its prefix")
                return
            content = self._content(path, extension)
        except FileNotFoundError:
            return  # RECORD is older than the base: somebody removed it, and it isn't missing
        except (OSError, ValueError) as error:
            self._warn(origin, f"script {name!r} is skipped: {_reason(error)}")
            return
        if content is not None:
            batch = extension in {".bat", ".cmd"}
            self._want(name if batch else self._file_name(name), content, origin)

    def _content(self, path: str, extension: str) -> bytes | None:
        """Make the script that stands for a file of the base, if that is a program."""
        with files.open_regular(path) as file:
            head = file.read(_HEAD)
        if self.windows and extension in {".bat", ".cmd"}:
            return self.launchers.batch(path)
        if self.windows and head.startswith(b"MZ") and (source := embedded_source(path, files.LIMIT)):
            return self.launchers.script(source)
        if head.startswith(b"#!"):
            if source := python_source(files.content_of(path)):
                return self.launchers.script(source)
            return None if self.windows else self._runnable(path)
        return self._runnable(path) if head.startswith(_NATIVE) else None

    def _runnable(self, path: str) -> bytes | None:
        return self.launchers.program(path) if self.windows or os.access(path, os.X_OK) else None

    def _want(self, name: str, content: bytes, origin: str) -> None:
        script = _Script(name=name, content=content, origin=origin)
        first = self.wanted.setdefault(_folded(name, fold=self.fold), script)
        if first.content != content:
            self._warn(origin, f"script {name!r} is skipped: {first.origin} has it too")

    def _warn(self, origin: str, text: str) -> None:
        self.warned += 1
        if self.warned <= _MOST_WARNINGS:
            self.warnings.append(f"{origin}: {text}")

    def _file_name(self, script: str) -> str:
        """Name the file for a script; on Windows as pip does, ``foo`` and ``foo.py`` both give ``foo.exe``."""
        if not self.windows:
            return script
        stem, extension = os.path.splitext(script)
        return script if extension.lower() == ".exe" else f"{stem if extension in {'.py', '.pyw'} else script}.exe"

    def _entry_points(self, metadata: str, origin: str) -> Iterator[tuple[str, str, bool]]:
        """Read name, object reference and whether it is a gui script, from ``entry_points.txt``."""
        data = self._metadata(metadata, "entry_points.txt", origin)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._warn(origin, "entry_points.txt is not UTF-8: its scripts are skipped")
            return
        gui: bool | None = None
        for line in map(str.strip, text.split("\n")):
            if line.startswith("["):
                gui = _GROUPS.get(line)
            elif gui is not None and line and not line.startswith(("#", ";")):
                name, separator, value = line.partition("=")
                if separator:
                    yield name.strip(), value.strip(), gui
                else:
                    self._warn(origin, f"{_shown(line)} in entry_points.txt is skipped: no '='")

    def _record(self, metadata: str, origin: str) -> bytes | None:
        before = self.warned
        found = self._metadata(metadata, "RECORD", origin)
        return found if self.warned == before else None

    def _metadata(self, metadata: str, name: str, origin: str) -> bytes:
        try:
            return files.content_of(os.path.join(metadata, name))
        except (FileNotFoundError, NotADirectoryError):
            return b""
        except OSError as error:
            self._warn(origin, f"{name} can't be read: {_reason(error)}")
            return b""


def _homes(metadata: str, *, windows: bool) -> tuple[str, ...]:
    """Name the prefixes that a distribution lies in: where it is seen, and where its files are, if those are linked.

    The latter is how Nix, Spack and conda put an interpreter together.
    """
    places = (metadata, os.path.dirname(os.path.realpath(os.path.join(metadata, "RECORD"))))
    found = [os.path.dirname(scheme(os.path.dirname(place), windows=windows)[0]) for place in places]
    return tuple(map(os.path.realpath, found))


def _is_within(path: str, homes: Sequence[str]) -> bool:
    """Tell whether a file lies in its prefix; or where its distribution is, and belongs to whoever has the prefix."""
    real = os.path.realpath(path)
    first, *others = (real.startswith(os.path.join(home, "")) for home in homes)
    return first or (any(others) and os.stat(homes[0]).st_uid == os.stat(real).st_uid)


def _is_dotted_name(text: str) -> bool:
    """Whether this can stand in an import statement; anything else would be code that the base slips in."""
    return all(part.isidentifier() and not iskeyword(part) for part in text.split("."))


def _folded(name: str, *, fold: bool) -> str:
    return name.casefold() if fold else name


def _refusal(name: str, *, windows: bool, fold: bool) -> str | None:
    """Say why a file of this name is never written or removed, or None."""
    if not name.isprintable() or name in {"", ".", ".."} or "/" in name or "\\" in name or len(name.encode()) > 255:  # noqa: PLR2004
        return "that is no file name"
    if windows and (re.fullmatch(_RESERVED, name) or name[-1] in ". " or any(sign in '<>:"|?*' for sign in name)):
        return "that is no file name on Windows"
    # however it is written: what is "Activate.ps1" for one tool is "activate.ps1" for another
    folded = name.casefold()
    if (folded.startswith(_KEPT_STARTS) or folded.endswith(_KEPT_END)) and re.fullmatch(_KEPT, folded):
        return "the name is the environment's own"
    module, _, kind = _folded(name, fold=fold).partition(".")
    if module in sys.stdlib_module_names and (kind in _MODULES or kind.endswith(_EXTENSIONS)):
        return f"it would hide the module {module} of the standard library from all scripts"
    return None


def _shown(text: str) -> str:
    """Quote what the base says: short, and without what a terminal would act on."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def _reason(error: OSError | ValueError) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else repr(str(error))


def _make(scripts: Iterable[_Script], directory: Path) -> list[str]:
    """Write what isn't there yet; all or, after an error, none of the new ones."""
    names: list[str] = []
    created: list[Path] = []
    swept = False
    try:
        for script in scripts:
            path = directory / script.name
            state = _state(path, script.content)
            if state in {"absent", "outdated"}:
                if not swept:
                    swept = True
                    files.sweep(directory, age=_STALE)
                files.put(path, script.content, mode=_MODE)
            if state == "absent":
                created.append(path)
            if state != "foreign":
                names.append(script.name)
    except BaseException:
        for path in created:
            with suppress(OSError):
                path.unlink()
        raise
    return names


def _state(path: Path, content: bytes) -> Literal["absent", "foreign", "outdated", "current"]:
    """Compare a file in the scripts directory with what it should hold."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > 2 * files.LIMIT:
            return "foreign"
        data = path.read_bytes()
    except FileNotFoundError:
        return "absent"
    except PermissionError:
        return "foreign"  # we could read what we wrote
    if not is_ours(data):
        return "foreign"
    # the rest of the mode is what the umask left of it
    is_right = os.name == "nt" or status.st_mode & (stat.S_IRWXU | _FOREIGN) == stat.S_IRWXU
    return "current" if data == content and is_right else "outdated"


def _remove(path: Path) -> None:
    if _state(path, b"") == "outdated":
        path.unlink(missing_ok=True)
