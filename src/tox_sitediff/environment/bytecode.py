"""Keeping bytecode out of the base (edge).

Whoever imports from a base that he may write to leaves bytecode in it. The base is never written: where it has its
bytecode already, Python is told not to write any; where it has none, as after an installation with uv, each process
would compile all that it imports, so that the bytecode goes to the user cache instead
(https://docs.python.org/3/using/cmdline.html#envvar-PYTHONPYCACHEPREFIX).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core.isolated import ELSEWHERE, NOT_WRITTEN, is_decided
from ..files import remove_below
from ..user_cache import make, part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..core.model import Interpreter

NO_BYTECODE: Final = {NOT_WRITTEN: "1"}
"""What keeps every Python but an isolated one from writing any."""

PART: Final = "bytecode"
"""Where it lies in the user cache."""
_SAMPLE: Final = 12
_MOST_LOOKED_AT: Final = 500
"""Names in a site directory: one with so many before the first packages has none to speak of."""
_REDIRECTS: Final = (3, 8)
"""The first Python that can keep its bytecode in another place."""
_NO_PART: Final = frozenset({"__pycache__", "dist-packages", "idlelib", "site-packages", "test", "tests", "turtledemo"})
"""Directories in that of the standard library that hold nothing of it, or nothing that a build imports."""
_HEAD: Final = 16  # of a bytecode file (PEP 552): magic number, flags, time and size of the source


def bytecode_variables(interpreter: Interpreter) -> dict[str, str]:
    """Choose what keeps bytecode out of what an environment inherits, and out of the base's standard library.

    Args:
        interpreter: The environment's interpreter.

    Returns:
        Variables for the environment's commands; none where nothing could be written there anyway.
    """
    inherited = inherited_by(interpreter)
    found = (sampled(path, interpreter.version) for path in inherited)
    return chosen(inherited, found, version=interpreter.version, implementation=interpreter.implementation)


def inherited_by(interpreter: Interpreter) -> list[str]:
    """Name the directories that an environment inherits, the base's standard library the last one of them."""
    from ..core.model import Role  # who asks for this has loaded it

    inherited = [layer.path for layer in interpreter.layers if layer.role is not Role.OWN]
    library = _standard_library([Path(interpreter.base_prefix)], interpreter.version)
    return inherited if library is None else [*inherited, os.fspath(library)]


def sampled(site: str, version: str) -> list[str]:
    """Name where the bytecode of some packages of a directory would lie, beside them; most of them decide."""
    return [f"{package}/__pycache__/__init__.{_tag(version)}.pyc" for package in _packages(site)]


def chosen(
    inherited: Sequence[str], samples: Iterable[Sequence[str]], *, version: str, implementation: str
) -> dict[str, str]:
    """Choose the same from what `inherited_by` and `sampled` said, now or when nothing else was there.

    Args:
        inherited: The directories.
        samples: Of each of them, where bytecode would lie.
        version: The version of the interpreter.
        implementation: Which Python it is.
    """
    lacks = any(_lacks_bytecode(paths) for paths in samples)
    if lacks and (elsewhere := _elsewhere(version, implementation)):
        return {ELSEWHERE: os.fspath(elsewhere)}
    if any(os.access(path, os.W_OK) for path in inherited):
        return dict(NO_BYTECODE)
    return {}


def kept_out(variables: Mapping[str, str], interpreter: Interpreter) -> dict[str, str]:
    """Add what keeps bytecode out of the base to variables that say nothing of bytecode.

    Args:
        variables: The variables of a program that starts interpreters, such as uv for a build.
        interpreter: The interpreter of the environment that it works for.
    """
    return dict(variables) if is_decided(variables) else {**variables, **bytecode_variables(interpreter)}


def plain_bytecode_variables(directory: Path) -> dict[str, str]:
    """Choose what keeps bytecode out of the standard library below an environment that inherits nothing else.

    Such an environment is asked nothing, and is left as it is wherever that does no harm.

    Args:
        directory: The environment's directory.

    Returns:
        Variables for its programs; none where nobody could write there, or all bytecode is there.
    """
    from .pyvenv import interpreter_of, settings  # nobody else asks

    found = settings(directory)
    version = found.get("version_info") or found.get("version") or ""
    prefixes = [Path(text) for name in ("base-prefix", "home") if (text := found.get(name))]
    # the program itself lies beside its library where what leads to it does not
    python = Path(os.path.realpath(interpreter_of(directory)))
    library = _standard_library(
        [place for path in (*prefixes, python.parent) for place in (path, path.parent)], version
    )
    if library is None:
        return dict(NO_BYTECODE)
    if not os.access(library, os.W_OK) or _has_all_bytecode(library, _tag(version)):
        return {}
    elsewhere = _elsewhere(version, found.get("implementation", "cpython").lower())
    return {ELSEWHERE: os.fspath(elsewhere)} if elsewhere else dict(NO_BYTECODE)


@contextmanager
def no_bytecode() -> Iterator[None]:
    """Let no process that is started meanwhile write bytecode, unless the user has decided about that.

    For what takes no variables but those of this process.
    """
    if is_decided(os.environ):
        yield
        return
    os.environ.update(NO_BYTECODE)
    try:
        yield
    finally:
        for variable in NO_BYTECODE:
            os.environ.pop(variable, None)


def forget_bytecode(site: Path) -> None:
    """Remove the bytecode in the user cache that stands for a site directory.

    An installer removes the bytecode beside the modules that it replaces, but does not look for it elsewhere; and
    Python takes a new module of the same size, written in the same second, for the one that its bytecode is of
    (PEP 552 tells how that is decided).

    Args:
        site: The directory in which an installer changed something.
    """
    if elsewhere := part(PART):
        # as importlib names it: the path without its drive, below the prefix
        remove_below(elsewhere, *site.parts[1:])


def clear_bytecode() -> int:
    """Remove all bytecode of bases from the user cache.

    Returns:
        How many bytes that freed.
    """
    elsewhere = part(PART)
    if elsewhere is None or not elsewhere.is_dir():
        return 0
    from ..interpreter.trees import directory_bytes

    freed = directory_bytes(elsewhere).apparent
    remove_below(elsewhere)
    return freed


def _made() -> Path | None:
    """Make the place for bytecode: Python would make it as the umask says, and where others may write, it is theirs."""
    if (elsewhere := part(PART)) is not None:
        try:
            make(elsewhere)
        except OSError:
            return None
    return elsewhere


def _elsewhere(version: str, implementation: str) -> Path | None:
    """Make where a Python may keep bytecode; None where it can't keep it anywhere but beside the modules."""
    can_redirect = implementation == "cpython" and _numbers(version) >= _REDIRECTS
    return _made() if can_redirect else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


def _tag(version: str) -> str:
    return "cpython-{}".format("".join(map(str, _numbers(version))))


def _standard_library(prefixes: list[Path], version: str) -> Path | None:
    """Find the directory of the standard library below one of some prefixes."""
    number = ".".join(map(str, _numbers(version)))
    names = [
        f"{lib}/{program}{number}{kind}"
        for lib in ("lib", "lib64")
        for program in ("python", "pypy")
        for kind in ("", "t")
    ]
    places = (prefix / name for prefix in prefixes for name in (*names, "Lib"))
    return next((place for place in places if (place / "os.py").is_file()), None)


def _has_all_bytecode(library: Path, tag: str) -> bool:
    """Tell whether Python would compile nothing of its standard library, whatever is imported of it."""
    for root, folders, files in os.walk(library):
        folders[:] = [name for name in folders if name.isidentifier() and name not in _NO_PART]
        sources = [name for name in files if name.endswith(".py")]
        try:
            compiled = set(os.listdir(f"{root}/__pycache__")) if sources else set()
        except OSError:
            return False
        names = [f"{name.removesuffix('.py')}.{tag}.pyc" for name in sources]
        if not compiled.issuperset(names):
            return False
        # one stands for all: where a copy lost its times, it lost those of all files
        if sources and not _is_current(Path(root, sources[0]), Path(root, "__pycache__", names[0])):
            return False
    return True


def _is_current(source: Path, compiled: Path) -> bool:
    """Tell whether Python would take bytecode for that of a source (PEP 552)."""
    try:
        with compiled.open("rb") as file:
            head = file.read(_HEAD)
        status = source.stat()
    except OSError:
        return False
    if len(head) < _HEAD or head[4] & 1:  # by hash: it does not depend on times
        return len(head) == _HEAD
    wanted = (int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
    return wanted == (int.from_bytes(head[8:12], "little"), int.from_bytes(head[12:], "little"))


def _lacks_bytecode(sample: Sequence[str]) -> bool:
    compiled = list(map(os.path.exists, sample))
    return bool(compiled) and sum(compiled) * 2 < len(compiled)


def _packages(site: str) -> Iterator[str]:
    found = 0
    try:
        # not a whole listing: most of what is looked at comes first, and a base may have tens of thousands
        with os.scandir(site) as listed:
            for entry in islice(listed, _MOST_LOOKED_AT):
                if entry.name.isidentifier() and os.path.exists(f"{entry.path}/__init__.py"):
                    yield entry.path
                    found += 1
                    if found == _SAMPLE:
                        return
    except OSError:
        return
