"""Noting what an environment was seen to be, for a later run that finds nothing changed (`core.fingerprint`).

What is noted here is what the check of an environment looks at (`Slim.unusable`), and all that decides about it. It is
noted before that is checked once more, so that nothing is blessed that was changed meanwhile; and it is not noted at
all where something may have been changed since the interpreter was asked, where start-up runs what nobody knows, or
where the system's notes are not to be relied on.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core import fingerprint
from ..core.fingerprint import LEFT_OUT, Facts, Seen, is_local, is_young
from ..core.model import Role
from ..core.render import summary
from ..core.requirements import key
from ..core.summary import RECORD_NAME
from ..environment.bytecode import inherited_by, sampled
from ..environment.state_file import STATE_NAME, load_state
from ..files import put, read_bytes, read_json, read_text
from ..interpreter import layers
from ..interpreter.fingerprint import TICK, content, mark
from ..interpreter.listings import mounts
from ..interpreter.trees import directory_bytes
from .history import holds_others

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..core.fingerprint import Mark
    from ..core.model import Entry, Interpreter
    from ..core.record import Record
    from ..core.snapshot import Snapshot
    from ..core.state import State
    from ..core.target import Target

_LIMIT: Final = 1024 * 1024
_CUSTOMIZING: Final = frozenset({"sitecustomize", "usercustomize"})
_PIP: Final = key("pip")
_NO_HASH: Final = "0" * 64


class _UnknownError(Exception):
    """Something can't be relied on."""


def note(
    target: Target,
    seen: Snapshot,
    state: State,
    *,
    asked: int,
    variables: Mapping[str, str],
    inputs: str,
    uv: str,
    record: Record,
    path_files: Callable[[str], Iterable[str]],
) -> Seen:
    """Note what an environment was seen to be.

    Args:
        target: The environment.
        seen: What its interpreter said.
        state: What is known of earlier installations.
        asked: When the interpreter was asked, in nanoseconds since the epoch.
        variables: The variables of the environment's commands.
        inputs: What decides and is no file, see `core.fingerprint.digest`.
        uv: The uv that fills it.
        record: What the environment holds, as it will be written.
        path_files: Names the files in a directory that decide about ``sys.path``.

    Returns:
        What to keep, but for what the record will be; without inputs where a later run has to look by itself.
    """
    interpreter = seen.interpreter
    try:
        marks = _marks(target, seen, state, asked=asked, variables=variables, record=record, path_files=path_files)
    except (_UnknownError, OSError):
        inputs, marks = "", {}
    now = time.time_ns()
    directory = os.path.join(os.path.abspath(target.directory), "")
    inherited = inherited_by(interpreter)
    return Seen(
        inputs=inputs,
        real=os.path.realpath(target.python),
        marks=marks,
        own=[path for path in marks if path.startswith(directory)],
        contents={
            path: content(path)
            for path, found in marks.items()
            if is_young(found, now, tick=TICK) or (path.startswith(directory) and _is_linked(path))
        },
        record=_NO_HASH,
        held=directory_bytes(target.directory, leave_out=LEFT_OUT).numbers(),
        facts=Facts(
            summary=summary(record),
            offered=seen.inventory.offered(),
            lacks_pip=_PIP not in seen.inventory or (_PIP in seen.exclude and seen.lookup(_PIP) is None),
            base_prefix=interpreter.base_prefix,
            uv=uv,
            inherited=inherited,
            compiled=[sampled(path, interpreter.version) for path in inherited],
        ),
    )


def _marks(
    target: Target,
    seen: Snapshot,
    state: State,
    *,
    asked: int,
    variables: Mapping[str, str],
    record: Record,
    path_files: Callable[[str], Iterable[str]],
) -> dict[str, Mark]:
    """Note of all files that decide what the system keeps of them."""
    interpreter = seen.interpreter
    if sys.platform != "linux" or interpreter.implementation != "cpython" or interpreter.foreign_finders:
        raise _UnknownError
    if not asked or state.installing or state.directory != os.path.abspath(target.directory):
        raise _UnknownError
    if fingerprint.loads_at_start(variables):
        raise _UnknownError
    changing = {layer.path for layer in interpreter.layers if layer.role is Role.OWN}
    changing.add(os.fspath(target.directory / STATE_NAME))
    searched = map(os.path.abspath, fingerprint.searched(variables))
    paths = {*_at_start(target, interpreter, path_files), *searched, *changing}
    for entry in _relied(seen, state):
        found = [*_metadata(entry.path)]
        paths.update(found)
        changing.update(found if entry.layer.role is Role.OWN else ())
    marks = {path: mark(path) for path in sorted(paths)}
    # what the interpreter met has to be there still: nothing has a time any more that could tell when it went
    met = {f"{target.directory}/pyvenv.cfg", *interpreter.decides} - interpreter.absent
    if any(marks[path] is None for path in met if path in marks):
        raise _UnknownError
    _demand_settled(marks, target, changing, asked)
    # once more, behind the marks: what is changed from here on differs from them
    if holds_others(record, seen) or load_state(target.directory) != state:
        raise _UnknownError
    return marks


def _is_linked(path: str) -> bool:
    """Tell whether a small file has other links, as the metadata that uv installs from its cache."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_nlink > 1 and found.st_size <= _LIMIT


def load(directory: Path) -> Seen | None:
    """Read what was noted of the environment in a directory; None where there is nothing, or it is damaged."""
    try:
        return fingerprint.from_json(read_json(directory / fingerprint.FILE_NAME))
    except ValueError:
        return None


def length(seen: Seen, environment: int) -> int:
    """Count the bytes that what was seen of an environment will take.

    Args:
        seen: What was seen.
        environment: The bytes of its directory without these.
    """
    count = 0
    for _ in range(2):  # of which the number of bytes is a part
        count = len(_text(_with(seen, _NO_HASH, environment + count)))
    return count


def length_of(directory: Path) -> int:
    """Count the bytes of what was noted before."""
    found = mark(os.fspath(directory / fingerprint.FILE_NAME))
    return 0 if found is None else found[3]


def keep(directory: Path, seen: Seen, record: Record) -> None:
    """Write down what was seen of an environment, where it is not written there yet.

    Args:
        directory: The environment's directory.
        seen: What was seen.
        record: Its record, which is written.

    Raises:
        OSError: When it can't be written.
    """
    found = _with(seen, content(os.fspath(directory / RECORD_NAME)), record.bytes.environment)
    path = directory / fingerprint.FILE_NAME
    if read_text(path) != (text := _text(found)):
        put(path, text)


def _with(seen: Seen, record: str, environment: int | None) -> Seen:
    facts = replace(seen.facts, summary=replace(seen.facts.summary, environment=environment))
    return replace(seen, record=record, facts=facts)


def _text(seen: Seen) -> str:
    return json.dumps(fingerprint.as_json(seen), separators=(",", ":"))


def _demand_settled(marks: Mapping[str, Mark], target: Target, changing: set[str], asked: int) -> None:
    """Make sure that nothing was changed since the interpreter was asked, and that the system would have noted it."""
    if any(is_young(found, asked, tick=TICK) for path, found in marks.items() if path not in changing):
        raise _UnknownError
    link = os.lstat(target.python)
    if is_young([link.st_ctime_ns], asked, tick=TICK):
        raise _UnknownError
    mounted = mounts()
    if not all(is_local(os.path.realpath(path), mounted) for path in fingerprint.devices(marks).values()):
        raise _UnknownError


def _at_start(target: Target, interpreter: Interpreter, path_files: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """Name what decides about what the interpreter sees."""
    yield from interpreter.decides
    # a package there would be found before a module of the same name
    yield from {os.path.dirname(path) for path in interpreter.decides if path.endswith(".py")}
    yield from (layer.path for layer in interpreter.layers)
    yield from (os.fspath(target.python), interpreter.base_executable, "/etc/ld.so.cache")
    short = ".".join(interpreter.version.split(".")[:2])
    for python in (os.fspath(target.python), os.path.realpath(target.python), interpreter.base_executable):
        place = os.path.dirname(python)
        yield from (
            f"{python}._pth",
            f"{place}/pyvenv.cfg",
            f"{place}/pybuilddir.txt",
            f"{os.path.dirname(place)}/pyvenv.cfg",
            # where the library is looked for first
            f"{place}/lib/python{short}",
            f"{place}/lib64/python{short}",
        )
    _demand_no_customizing(interpreter.decides)
    for directory in dict.fromkeys((*interpreter.decides, *(layer.path for layer in interpreter.layers))):
        yield from _path_files(directory, path_files(directory))
    own = [layer.path for layer in interpreter.layers if layer.role is Role.OWN]
    for site in own:
        yield from map(os.fspath, layers.stacked(Path(site)))
    for layer in target.layers:  # what `layers.site_directories` looks at
        yield from (f"{layer}/{name}" for name in ("", "pyvenv.cfg", "conda-meta", "lib", "lib64", "Lib/site-packages"))
        for library in ("lib", "lib64"):
            for name in (f"python{short}", f"pypy{short}"):
                yield f"{layer}/{library}/{name}"
                yield f"{layer}/{library}/{name}/site-packages"


def _demand_no_customizing(files: Iterable[str]) -> None:
    """Make sure that no module of the user's runs at start-up, which may look at whatever it likes."""
    for name in _CUSTOMIZING:
        found = {
            path
            for path in files
            if name in {os.path.basename(path).partition(".")[0], os.path.basename(os.path.dirname(path))}
        }
        # bytecode is that of a source, unless it is alone
        sources = {path for path in found if not path.endswith(".pyc")} or found
        if not all(_is_empty(read_bytes(path, _LIMIT)) for path in sources):
            raise _UnknownError


def _is_empty(code: bytes | None) -> bool:
    """Tell whether a module holds comments alone, as Debian's sitecustomize does."""
    return code is not None and all(not line.strip() or line.lstrip().startswith(b"#") for line in code.splitlines())


def _path_files(directory: str, names: Iterable[str]) -> Iterator[str]:
    """Name the files in a directory that decide about ``sys.path``, and what they name."""
    for name in names:
        if name.endswith(".start"):
            if not name.startswith("_tox_sitediff_layers"):
                raise _UnknownError  # it runs whatever it names
            yield f"{directory}/{name}"
        else:
            path = f"{directory}/{name}"
            code = read_bytes(path, _LIMIT)
            if code is None or not code.isascii() or fingerprint.unknown_line(code) is not None:
                raise _UnknownError  # nor does anybody know how that Python decodes it
            yield path
            for line in fingerprint.named_paths(code):
                # as Python does it, whatever is a link on the way
                yield os.path.abspath(os.path.join(directory, os.fsdecode(line)))


def _relied(seen: Snapshot, state: State) -> Iterator[Entry]:
    """Name all copies of what the environment relies on, and of what it has of its own."""
    names = {key(name) for name in state.relied} | {item.name for item in seen.inventory.own()}
    for name in sorted(names):
        yield from seen.inventory.entries(name)


def _metadata(path: str) -> Iterable[str]:
    """Name the files that are read of a distribution, see `metadata.read`."""
    first = f"{path}/METADATA"
    found = mark(first)
    is_read = found is not None and found[3] and stat.S_ISREG(found[2])
    others: Sequence[str] = () if is_read else (path, f"{path}/PKG-INFO")
    return (first, f"{path}/requires.txt", *others)
