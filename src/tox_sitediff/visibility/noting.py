"""Having the processes of an environment note what they import (edge).

Four files in the environment's own site directory: a ``.pth`` file and, from Python 3.15 on in its place, a ``.start``
file, which run the hook at each start of the interpreter (https://docs.python.org/3/library/site.html#module-site), the
hook, which is ``hook.py`` verbatim, and what is declared. Processes write their notes into a directory of the
environment; `findings.collect` reads them.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .. import files
from ..errors import EnvironmentProblem
from ..files import read_bytes
from ..programs import ask, patience
from . import own, ownership, selection
from .rules import Rules, Whose, build, checksum, text

if TYPE_CHECKING:
    from collections.abc import Collection

    from packaging.utils import NormalizedName

    from ..core.snapshot import Snapshot
    from ..interpreter.system_packages import SystemPackages


PTH_NAME: Final = "_sitediff_visibility.pth"
START_NAME: Final = "_sitediff_visibility.start"
HOOK_NAME: Final = "_sitediff_visibility.py"
DATA_NAME: Final = "_sitediff_visibility.txt"
SAID_NAME: Final = "_sitediff_visibility.said"
LOG_NAME: Final = ".sitediff-undeclared"

_DATA_LIMIT: Final = 64 * 1024 * 1024
_START: Final = b"_sitediff_visibility:start\n"
_PTH: Final = """\
# tox-sitediff: what this environment imports undeclared is noted. Delete this file to get rid of that.
import sys; exec({code!r})
"""
_CODE: Final = """\
if "_sitediff_visibility" not in sys.modules:
    try:
        import _sitediff_visibility
        _sitediff_visibility.start()
    except Exception as error:
        sys.modules["_sitediff_visibility"] = None
        import os
        os.write(2, ("sitediff: _sitediff_visibility.py in %s can't be used (%s): nothing is noted; "
                     "run tox -r or sitediff install\\n" % (sys.prefix, error)).encode("utf-8", "replace"))
"""


def write(
    snapshot: Snapshot,
    *,
    directory: Path,
    names: Collection[NormalizedName],
    packages: SystemPackages | None = None,
) -> bool:
    """Have it noted from now on.

    Args:
        snapshot: What the environment sees.
        directory: The environment's directory.
        names: What is declared, see `selection.claims`.
        packages: What the package managers of the base know, where they were asked before.

    Returns:
        Whether anything changed.

    Raises:
        OSError: When the environment can't be written.
    """
    log = directory / LOG_NAME
    body = os.fsencode(_data(snapshot, names, packages, log))
    data = os.fsencode(f"sitediff-visibility 3 report {checksum(body)}\n") + body
    changed = _put(snapshot.purelib, data, log)
    if changed:
        _compile(Path(snapshot.interpreter.executable), snapshot.purelib / HOOK_NAME)
    return changed


def _compile(python: Path, hook: Path) -> None:
    """Leave bytecode of the hook, because commands are often told to write none, and would compile it at each start."""
    script = "import py_compile, sys; py_compile.compile(sys.argv[1], doraise=True)"
    # isolated from variables that lead bytecode elsewhere, and without the site module, which would run the hook; of
    # what that imports itself nothing is written (-B)
    with suppress(EnvironmentProblem):  # as good without
        ask([os.fspath(python), "-I", "-B", "-S", "-c", script, os.fspath(hook)], limit=patience())


def _put(purelib: Path, data: bytes, log: Path) -> bool:
    files.sweep(purelib)
    with suppress(OSError):
        (purelib / SAID_NAME).unlink()
    if not files.is_directory(log):
        files.discard(log)
        log.mkdir(exist_ok=True)
    changed = False
    # the .start and .pth files last: what they run is there by then
    for name, wanted in ((DATA_NAME, data), (HOOK_NAME, _hook()), (START_NAME, _START), (PTH_NAME, _pth())):
        path = purelib / name
        if path.is_symlink() or read_bytes(path, _DATA_LIMIT) != wanted:
            files.put(path, wanted)
            changed = True
    return changed


def _hook() -> bytes:
    return Path(__file__).with_name("hook.py").read_bytes()


def _pth() -> bytes:
    return _PTH.format(code=_CODE).encode("ascii")


def remove(purelib: Path, directory: Path) -> bool:
    """Have nothing noted any more.

    Args:
        purelib: Where the environment's own packages lie.
        directory: The environment's directory.

    Returns:
        Whether there was something to remove.

    Raises:
        OSError: When it can't be removed.
    """
    found = False
    files.sweep(purelib)
    # these first: without the rest they would complain
    for name in (START_NAME, PTH_NAME, HOOK_NAME, DATA_NAME, SAID_NAME):
        path = purelib / name
        if os.path.lexists(path):
            found = True
            files.discard(path)
    for compiled in (purelib / "__pycache__").glob("_sitediff_visibility.*.pyc"):
        with suppress(OSError):
            compiled.unlink()
    if os.path.lexists(directory / LOG_NAME):
        files.discard(directory / LOG_NAME)
    return found


def is_intact(purelib: Path, *, wanted: bool) -> bool:
    """Tell, without working anything out, whether an environment has the files that it should.

    Args:
        purelib: Where the environment's own packages lie.
        wanted: Whether it should have any.

    Returns:
        False where they are missing, damaged or of another version: then `write` is needed, or `remove`.
    """
    if not wanted:
        return not any(os.path.lexists(purelib / name) for name in (START_NAME, PTH_NAME, HOOK_NAME, DATA_NAME))
    return (
        read_bytes(purelib / START_NAME, _DATA_LIMIT) == _START
        and read_bytes(purelib / PTH_NAME, _DATA_LIMIT) == _pth()
        and read_bytes(purelib / HOOK_NAME, _DATA_LIMIT) == _hook()
        and body(purelib) is not None
        and not (purelib / SAID_NAME).exists()
    )


def body(purelib: Path) -> bytes | None:
    """Read what is declared; None where that is missing or damaged."""
    head, _, found = (read_bytes(purelib / DATA_NAME, _DATA_LIMIT) or b"").partition(b"\n")
    return found if head.split() == [b"sitediff-visibility", b"3", b"report", b"%d" % checksum(found)] else None


def _data(snapshot: Snapshot, names: Collection[NormalizedName], packages: SystemPackages | None, log: Path) -> str:
    """Work out what the data file says."""
    there = selection.directories(snapshot)
    listing = ownership.lister()
    claims = selection.claims(snapshot, names, there, listing, packages)
    rules = build(there, claims, listing)
    finds: dict[str, list[str]] = {}
    for claim in claims:
        if not claim.visible and (found := [*ownership.mapped(claim.directory, claim.paths)]):
            finds.setdefault(claim.directory, []).extend(found)
            rules[claim.directory].owners.setdefault(claim.label, set()).update(found)
    site = own.directories(snapshot)
    for path, one in build(site, own.claims(snapshot, site, listing), listing).items():
        rules.setdefault(path, Rules(is_package=one.is_package, modules=one.modules))
    whose = Whose(
        foreign=own.foreign(snapshot),
        project=tuple(own.project_paths(snapshot, site, listing)),
        finds=finds,
    )
    may, owners = text(rules, on_path=there, log=os.fspath(log), whose=whose)
    return f"{may}\n\n{owners}"
