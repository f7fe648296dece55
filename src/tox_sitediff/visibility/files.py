"""What an environment may see of its base: the files that say so in the environment, and what its processes noted.

Three files in the environment's own site directory (edge): a ``.pth`` file that runs the hook at each start of the
interpreter (https://docs.python.org/3/library/site.html#module-site), the hook, which is ``hook.py``
verbatim, and what may be seen. Processes note what they import without its being declared in a directory of the
environment; `collect` reads that.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .. import files
from ..core import closure as closures
from ..core.model import Role, Visibility
from ..core.requirements import parse
from ..errors import EnvironmentProblem
from ..files import read_bytes
from ..programs import ask, patience
from . import ownership
from .rules import build, checksum, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from packaging.utils import NormalizedName

    from ..core.model import Distribution
    from ..core.snapshot import Snapshot


VARIABLE: Final = "TOX_SITEDIFF_VISIBILITY"
"""``base`` in this variable makes the hook stand aside for one process, and those that it starts."""

PTH_NAME: Final = "_sitediff_visibility.pth"
HOOK_NAME: Final = "_sitediff_visibility.py"
DATA_NAME: Final = "_sitediff_visibility.txt"
SAID_NAME: Final = "_sitediff_visibility.said"
LOG_NAME: Final = ".sitediff-undeclared"

_INHERITED: Final = (Role.BASE, Role.USER)
_DATA_LIMIT: Final = 64 * 1024 * 1024
_PTH: Final = """\
# tox-sitediff: this environment sees what it declared ({mode}). Delete this file to get rid of that.
import sys; exec({code!r})
"""
_DECLARED: Final = """\
import os
if os.environ.get("TOX_SITEDIFF_VISIBILITY") != "base":
    try:
        import _sitediff_visibility
        _sitediff_visibility.start("declared")
    except Exception as error:
        os.write(2, ("sitediff: _sitediff_visibility.py in %s can't be used (%s): nothing can be hidden, so nothing "
                     "runs; run tox -r or sitediff install, or delete _sitediff_visibility.pth beside it\\n"
                     % (sys.prefix, error)).encode("utf-8", "replace"))
        os._exit(2)
"""
_REPORT: Final = """\
if "_sitediff_visibility" not in sys.modules:
    try:
        import _sitediff_visibility
        _sitediff_visibility.start("report")
    except Exception as error:
        sys.modules["_sitediff_visibility"] = None
        import os
        os.write(2, ("sitediff: _sitediff_visibility.py in %s can't be used (%s): nothing is noted; "
                     "run tox -r or sitediff install\\n" % (sys.prefix, error)).encode("utf-8", "replace"))
"""


def seen_names(
    snapshot: Snapshot, declared: Iterable[NormalizedName], declare: Iterable[NormalizedName] = ()
) -> frozenset[NormalizedName]:
    """Work out which names an environment may see.

    Args:
        snapshot: What the environment sees without a hook, with its marker environment.
        declared: The names of the declared closure, as an audit reached them.
        declare: What of the base may be seen besides (``sitediff_declare``): with all that it needs, and so with what
            the layers need that the user put behind the environment.

    Returns:
        Normalised names.
    """
    inventory = snapshot.inventory
    layered = {
        name
        for name in inventory.names()
        if (found := inventory.effective(name)) is not None and found.layer.role is Role.EXTRA
    }
    roots = [closures.Root(requirement=parse(name)) for name in sorted({*declare, *layered})]
    more = closures.walk(roots, lookup=snapshot.lookup, environment=snapshot.interpreter.markers) if roots else None
    return frozenset(declared) | (frozenset(more.reached) if more is not None else frozenset())


def write(snapshot: Snapshot, visibility: Visibility, *, directory: Path, names: Collection[NormalizedName]) -> bool:
    """Make an environment see what it may.

    Args:
        snapshot: What the environment sees without a hook.
        visibility: How much; ``base`` removes the files.
        directory: The environment's directory.
        names: What it may see, see `seen_names`. Of these, a copy in an inherited directory is seen where it is the one
            that counts: what the environment has itself hides the base's copy as a whole.

    Returns:
        Whether anything changed.

    Raises:
        OSError: When the environment can't be written.
    """
    if visibility is Visibility.BASE:
        return remove(snapshot.purelib, directory)
    log = directory / LOG_NAME
    content = _data(snapshot, names, log)
    body = os.fsencode(content)
    data = os.fsencode(f"sitediff-visibility 1 {visibility} {checksum(body)}\n") + body
    changed = _put(snapshot.purelib, visibility, data, log)
    if changed:
        _compile(Path(snapshot.interpreter.executable), snapshot.purelib / HOOK_NAME)
    return changed


def _compile(python: Path, hook: Path) -> None:
    """Leave bytecode of the hook, because commands are often told to write none, and would compile it at each start."""
    script = "import py_compile, sys; py_compile.compile(sys.argv[1], doraise=True)"
    # isolated from variables that lead bytecode elsewhere, and without the site module, which would run the hook
    with suppress(EnvironmentProblem):  # as good without
        ask([os.fspath(python), "-I", "-S", "-c", script, os.fspath(hook)], limit=patience())


def _put(purelib: Path, visibility: Visibility, data: bytes, log: Path) -> bool:
    files.sweep(purelib)
    with suppress(OSError):
        (purelib / SAID_NAME).unlink()
    if not log.is_dir() or log.is_symlink():
        with suppress(FileNotFoundError):
            log.unlink()
        log.mkdir(exist_ok=True)
    changed = False
    # the .pth file last: what it runs is there by then
    for name, wanted in ((DATA_NAME, data), (HOOK_NAME, _hook()), (PTH_NAME, _pth(visibility))):
        path = purelib / name
        if path.is_symlink() or read_bytes(path, _DATA_LIMIT) != wanted:
            files.put(path, wanted)
            changed = True
    return changed


def _hook() -> bytes:
    return Path(__file__).with_name("hook.py").read_bytes()


def _pth(visibility: Visibility) -> bytes:
    code = _DECLARED if visibility is Visibility.DECLARED else _REPORT
    return _PTH.format(mode=visibility, code=code).encode("ascii")


def remove(purelib: Path, directory: Path) -> bool:
    """Let an environment see all of its base again.

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
    # the .pth file first: without the rest it would complain
    for name in (PTH_NAME, HOOK_NAME, DATA_NAME, SAID_NAME):
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


def is_intact(purelib: Path, visibility: Visibility) -> bool:
    """Tell, without working anything out, whether an environment has the files that it should.

    Args:
        purelib: Where the environment's own packages lie.
        visibility: What is configured.

    Returns:
        False where they are missing, damaged, of another version or of another mode: then `write` is needed.
    """
    if visibility is Visibility.BASE:
        return not any(os.path.lexists(purelib / name) for name in (PTH_NAME, HOOK_NAME, DATA_NAME))
    return (
        read_bytes(purelib / PTH_NAME, _DATA_LIMIT) == _pth(visibility)
        and read_bytes(purelib / HOOK_NAME, _DATA_LIMIT) == _hook()
        and _body(purelib, visibility) is not None
        and not (purelib / SAID_NAME).exists()
    )


def _body(purelib: Path, visibility: Visibility | None = None) -> bytes | None:
    """Read what may be seen; None where that is missing, damaged or of another mode."""
    head, _, body = (read_bytes(purelib / DATA_NAME, _DATA_LIMIT) or b"").partition(b"\n")
    words = head.split()
    modes = [visibility] if visibility else list(Visibility)
    good = [[b"sitediff-visibility", b"1", mode.encode(), b"%d" % checksum(body)] for mode in modes]
    return body if words in good else None


def _data(snapshot: Snapshot, names: Collection[NormalizedName], log: Path) -> str:
    """Work out what the data file says."""
    layers = [
        layer
        for layer in snapshot.interpreter.layers
        if layer.role in _INHERITED and Path(layer.path).is_absolute() and Path(layer.path).exists()
    ]
    directories = [layer.path for layer in layers]
    seen = [found for name in sorted(set(names)) if (found := _inherited(snapshot, name)) is not None]
    listing = ownership.lister()
    entries = [
        entry
        for name in snapshot.inventory.names()
        for entry in snapshot.inventory.entries(name)
        if entry.layer.role in _INHERITED and entry.layer.path in directories
    ]
    claims = list(ownership.claims(entries, directories, frozenset(found.path for found in seen), listing))
    rules = build(directories, claims, listing)
    for claim in claims:
        if not claim.visible:
            rules[claim.directory].owners.setdefault(claim.label, set()).update(
                ownership.mapped(claim.directory, claim.paths)
            )
    user = next((layer.path for layer in layers if layer.role is Role.USER), None)
    roles = [(layer.role.value, layer.path) for layer in layers]
    may, owners = text(rules, entries=roles, log=os.fspath(log), user=user)
    return f"{may}\n\n{owners}"


def _inherited(snapshot: Snapshot, name: NormalizedName) -> Distribution | None:
    found = snapshot.lookup(name)
    return found if found is not None and found.layer.role in _INHERITED else None
