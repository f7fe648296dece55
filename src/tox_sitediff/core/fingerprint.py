"""Whether all is as it was when an environment was looked at last (pure).

What an interpreter sees follows from files, and from variables: itself, its libraries, the modules that it loads at its
start, ``pyvenv.cfg``, the site directories, their ``.pth`` files and what these name, the metadata. Each of these is
noted with what the system keeps of it. Nobody can set the time of its last change (``ctime``) back, so that what is the
same in all that is noted was not changed, unless within the resolution of the clock: what is as young as that is noted
with its content too. What would not be noticed in this way is not noted at all (`unknown_line`, `is_local`).
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from ..values import frozen
from .fields import Malformed, flag, mapping, number, size, text, texts
from .summary import RECORD_NAME, Summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT: Final = 1
FILE_NAME: Final = ".sitediff-seen.json"
STATE_NAME: Final = ".sitediff-state.json"
LEFT_OUT: Final = frozenset({"log", ".tox-info.json", RECORD_NAME, FILE_NAME})
"""What tox and we write anew in an environment: that alone is no reason for another record."""
Mark: TypeAlias = "list[int] | None"
"""Device, inode, mode, size, times of the last modification and change in nanoseconds; None where nothing is there."""

_CHANGED: Final = -1
_COARSE: Final = 2_500_000_000
"""Nanoseconds by which a time may be behind the clock where times are whole seconds; FAT keeps every other one."""
_SECOND: Final = 1_000_000_000
_COUNTING: Final = frozenset({"LANG", "LANGUAGE", "HOME", "GCONV_PATH", "LOCPATH", "__PYVENV_LAUNCHER__"})
_COUNTING_STARTS: Final = ("PYTHON", "LC_", "LD_")
_NOT_COUNTING: Final = frozenset(
    {
        *("PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONIOENCODING", "PYTHONUNBUFFERED"),
        *("PYTHONBREAKPOINT", "PYTHONDEVMODE", "PYTHONFAULTHANDLER", "PYTHONMALLOC", "PYTHONTRACEMALLOC"),
        *("PYTHONASYNCIODEBUG", "PYTHON_COLORS", "PYTHON_GIL", "PYTHONPROFILEIMPORTTIME"),
    }
)
"""Which tox sets anew in each run, or which have to do with what a program does once it is there."""
_LOCAL: Final = frozenset(
    {
        *("bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "ramfs", "rootfs"),
        *("tmpfs", "xfs", "zfs"),
    }
)
"""File systems that no other machine changes, and whose times are those of this machine's clock.

Not those of images that are only read (squashfs, erofs): another image in the place of one may have all of its times.
"""
_NAMESPACE: Final = (  # setuptools below 82 writes it for each namespace package that a distribution declares
    r"import sys, types, os;(?:has_mfs = sys\.version_info > \(3, 5\);)?"
    r"p = os\.path\.join\(sys\._getframe\(1\)\.f_locals\['sitedir'\], \*\((?P<place>(?:'\w+'(?:, |,)?)+)\)\);"
    r"importlib = (?:has_mfs and )?__import__\('importlib\.util'\);"
    r"(?:has_mfs and )?__import__\('importlib\.machinery'\);"
    r"m = (?:has_mfs and )?sys\.modules\.setdefault\((?P<name>'[\w.]+'), importlib\.util\.module_from_spec\("
    r"importlib\.machinery\.PathFinder\.find_spec\((?P=name), \[os\.path\.dirname\(p\)\]\)\)\);"
    r"m = m or sys\.modules\.setdefault\((?P=name), types\.ModuleType\((?P=name)\)\);"
    r"mp = \(m or \[\]\) and m\.__dict__\.setdefault\('__path__',\[\]\);\(p not in mp\) and mp\.append\(p\)"
    r"(?:;m and setattr\(sys\.modules\['[\w.]+'\], '\w+', m\))?"
)
"""A line of a ``.pth`` file that makes a namespace package of the directory of that name, and runs nothing of it."""
_KNOWN_LINES: Final = (
    r"import _virtualenv",
    r"import (__editable___\w+_finder); \1\.install\(\)",
    (
        r"import os, site; site\.addsitedir\(os\.fsdecode\(b(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\)"
        r"(?:, locals\(\)\.get\('known_paths'\))?\)"
    ),
    (
        r"import os; var = 'SETUPTOOLS_USE_DISTUTILS'; "
        r"enabled = os\.environ\.get\(var, '(?:local|stdlib)'\) == 'local'; "
        r"enabled and __import__\('_distutils_hack'\)\.add_shim\(\);"
    ),
    _NAMESPACE,
)
"""Lines of ``.pth`` files whose effect follows from the modules that they load: virtualenv's, setuptools', our own."""


@frozen
class Seen:
    """What was noted of an environment.

    Attributes:
        inputs: A hash of all that decides and is no file, see `digest`.
        real: The interpreter behind all links.
        marks: What is noted of each file, by path.
        own: Those of them that commands may change, because they are the environment's own.
        contents: A hash of the content of what was young, by path; of a directory, of the names in it.
        record: A hash of the record.
        held: What the directory held, but for what tox and we write anew: bytes, those not shared, files.
        facts: What a run with nothing to do has to know.
    """

    inputs: str
    real: str
    marks: Mapping[str, Mark]
    own: Sequence[str]
    contents: Mapping[str, str]
    record: str
    held: Sequence[int]
    facts: Facts


@frozen
class Facts:
    """What a run with nothing to do has to know of an environment.

    Attributes:
        summary: What its record says.
        offered: How many distributions its base offers.
        lacks_pip: Whether it has no pip, of its own or inherited.
        base_prefix: The directory of the base interpreter.
        inherited: The directories that it inherits.
        uv: The uv that fills it; empty where nobody has asked for it.
        compiled: Bytecode files of some of the packages in each of these, whether or not they are there.
    """

    summary: Summary
    offered: int
    lacks_pip: bool
    base_prefix: str
    uv: str
    inherited: Sequence[str]
    compiled: Sequence[Sequence[str]]


def digest(inputs: Sequence[object], variables: Mapping[str, str]) -> str:
    """Make a hash of all that decides what an environment sees, and is no file.

    Args:
        inputs: What is configured, and who asks; of what JSON knows.
        variables: The variables of the environment's commands; those that have no part in a start are left out.
    """
    counting = {
        name: value
        for name, value in variables.items()
        if name not in _NOT_COUNTING and (name in _COUNTING or name.startswith(_COUNTING_STARTS))
    }
    return hashlib.sha256(json.dumps([FORMAT, inputs, sorted(counting.items())]).encode("ascii")).hexdigest()


def as_json(seen: Seen) -> dict[str, object]:
    """Return the object that the file holds."""
    facts = seen.facts
    return {"format": FORMAT, **vars(seen), "facts": {**vars(facts), "summary": vars(facts.summary)}}


def from_json(data: object) -> Seen:
    """Read what was noted.

    Args:
        data: What `as_json` made, after a round trip through JSON.

    Raises:
        Malformed: When it is something else, or of another release's form.
    """
    top = mapping(data, "seen")
    if top.get("format") != FORMAT:
        raise Malformed("format")
    facts = mapping(top.get("facts"), "facts")
    summary = mapping(facts.get("summary"), "summary")
    executable, implementation, version = _several(texts(summary, "base"), 3)
    return Seen(
        inputs=text(top, "inputs"),
        real=text(top, "real"),
        marks={path: _mark(value) for path, value in mapping(top.get("marks"), "marks").items()},
        own=texts(top, "own"),
        contents={path: str(value) for path, value in mapping(top.get("contents"), "contents").items()},
        record=text(top, "record"),
        held=_mark(top.get("held")) or (),
        facts=Facts(
            summary=Summary(
                env=text(summary, "env"),
                base=(executable, implementation, version),
                is_declared=flag(summary, "is_declared"),
                reused=int(number(summary, "reused")),
                installed=int(number(summary, "installed")),
                environment=size(summary, "environment"),
                saved=int(number(summary, "saved")),
                is_lower=flag(summary, "is_lower"),
            ),
            offered=int(number(facts, "offered")),
            lacks_pip=flag(facts, "lacks_pip"),
            base_prefix=text(facts, "base_prefix"),
            uv=text(facts, "uv"),
            inherited=texts(facts, "inherited"),
            compiled=[texts({"of": item}, "of") for item in _list(facts.get("compiled"))],
        ),
    )


def _several(values: tuple[str, ...], count: int) -> tuple[str, ...]:
    if len(values) != count:
        raise Malformed(f"not {count} values")
    return values


def _list(data: object) -> list[object]:
    if not isinstance(data, list):
        raise Malformed("not a list")
    return data


def _mark(data: object) -> Mark:
    if data is None:
        return None
    return [value if isinstance(value, int) else _CHANGED for value in _list(data)]


def is_young(mark: Mark, moment: int, *, tick: int) -> bool:
    """Tell whether something may have been changed at a moment or after it, for all that its times say.

    Args:
        mark: What is noted of it; what is not there has no time.
        moment: Nanoseconds since the epoch.
        tick: By how many nanoseconds a time may be behind the clock.

    Returns:
        Whether its last change was then, within the resolution of the clock, or is said to be still to come.
    """
    return mark is not None and mark[-1] >= moment - (_COARSE if mark[-1] % _SECOND == 0 else tick)


def is_linked(mark: Mark, before: Mark) -> bool:
    """Tell whether no more than the status of a file changed, as it does when another link to it is made or removed."""
    return mark is not None and before is not None and mark[:-1] == before[:-1]


def unknown_line(content: bytes) -> str | None:
    """Find a line in a ``.pth`` file whose effect nobody knows.

    Args:
        content: The file.

    Returns:
        The first line that runs something, and not one of those that are known; None where there is none.
    """
    for line in (raw.decode("latin-1") for raw in content.removeprefix(b"\xef\xbb\xbf").splitlines()):
        if line.startswith(("import ", "import\t")) and not any(
            re.fullmatch(known, line.rstrip()) for known in _KNOWN_LINES
        ):
            return line
    return None


def named_paths(content: bytes) -> list[bytes]:
    """Name what the path lines of a ``.pth`` file say, as they are written there, and where namespace packages lie.

    Args:
        content: The file.

    Returns:
        Each path with the spaces before it, which belong to it for some Pythons, and without them.
    """
    paths = []
    for line in map(bytes.rstrip, content.removeprefix(b"\xef\xbb\xbf").splitlines()):
        if line.startswith((b"import ", b"import\t")):
            if (found := re.fullmatch(_NAMESPACE, line.decode("latin-1"))) is not None:
                paths.append("/".join(re.findall(r"\w+", found["place"])).encode("latin-1"))
        elif line and not line.startswith(b"#"):
            paths += dict.fromkeys((line, line.lstrip()))
    return paths


def searched(variables: Mapping[str, str]) -> list[str]:
    """Name what the dynamic linker looks at before the system's own libraries (ld.so(8)).

    Args:
        variables: The variables of the environment's commands.

    Returns:
        Directories and files, some of which need not be there; an empty one is the directory in which it is started.
    """
    found = [re.split("[:;]", variables.get("LD_LIBRARY_PATH", ""))] if variables.get("LD_LIBRARY_PATH") else []
    found += [re.split("[: ]+", variables[name].strip()) for name in ("LD_PRELOAD", "LD_AUDIT") if name in variables]
    return [path for paths in found for path in paths]


def loads_at_start(variables: Mapping[str, str]) -> bool:
    """Tell whether a variable names a module that Python imports when it starts: that of a class of warnings.

    Args:
        variables: The variables of the environment's commands.
    """
    return any("." in f"{line}::".split(":")[2] for line in variables.get("PYTHONWARNINGS", "").split(","))


def is_local(path: str, mounts: str) -> bool:
    """Tell whether a file lies where nobody but this machine changes it, and where times are those of its clock.

    Args:
        path: Its path, without links.
        mounts: ``/proc/self/mountinfo`` (proc(5)).
    """
    best, kind = -1, ""
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if not dash or len(fields) < 5:  # noqa: PLR2004  # the fifth is the place
            continue
        place = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[4])
        is_below = path == place or path.startswith(place.rstrip("/") + "/")
        if is_below and len(place) >= best:  # of several in one place the last one counts
            best, kind = len(place), after.split(" ")[0]
    return kind in _LOCAL


def devices(marks: Mapping[str, Mark]) -> dict[int, str]:
    """Choose a path for each device that something lies on."""
    return {mark[0]: path for path, mark in marks.items() if mark is not None}
