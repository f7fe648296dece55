"""What an environment has itself, and whose files are the project's (edge: reads metadata and lists directories)."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ..core.model import Role
from ..core.places import environment_and_base
from ..files import open_regular
from ..interpreter import contents
from . import ownership
from .rules import children, module_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.utils import NormalizedName

    from ..core.snapshot import Snapshot
    from .farm import Listing
    from .rules import Claim

_PROGRAM: Final = re.compile(r"[/\\](?:bin|Scripts)[/\\][^/\\]+$")


def directories(snapshot: Snapshot) -> list[str]:
    """Name the environment's own site directories, in the order of ``sys.path``."""
    return [layer.path for layer in snapshot.interpreter.layers if layer.role is Role.OWN]


def claims(snapshot: Snapshot, own: Sequence[str], listing: Listing) -> list[Claim]:
    """Find out what each distribution of the environment's own has in its site directories.

    Args:
        snapshot: What the environment sees.
        own: These directories.
        listing: Names what lies in a directory.
    """
    entries = [
        entry
        for name in snapshot.inventory.names()
        for entry in snapshot.inventory.entries(name)
        if entry.layer.role is Role.OWN
    ]
    visible = frozenset(entry.path for entry in entries)
    return list(ownership.claims(entries, own, visible, listing, lambda _: None))


def project_names(snapshot: Snapshot) -> frozenset[NormalizedName]:
    """Name the distributions of the environment's own that are the project's: they came from a path."""
    return frozenset(
        found.name
        for found in snapshot.inventory.own()
        if found.origin is not None and found.origin.url.startswith("file:")
    )


def project_paths(snapshot: Snapshot, own: Sequence[str], listing: Listing) -> Iterator[str]:
    """Name what the project's package has in the environment: files, and directories with a separator behind them."""
    names = project_names(snapshot)
    for claim in claims(snapshot, own, listing) if names else ():
        if claim.name in names:
            for child in children(claim.directory, claim.paths, listing):
                if module_of(child) is not None:
                    yield os.path.join(
                        claim.directory, *child.removesuffix("/").split("/"), *(("",) * child.endswith("/"))
                    )


def source_directories(snapshot: Snapshot) -> list[str]:
    """Name the directories of the projects that are installed in editable mode: by origin, or by a path file."""
    found = []
    names = project_names(snapshot)
    for copy in snapshot.inventory.own():
        if copy.name in names and copy.origin is not None:
            if copy.origin.editable:
                found.append(url2pathname(urlsplit(copy.origin.url).path))
            found += ownership.added(copy.path)
    return found


def has_programs(snapshot: Snapshot, name: NormalizedName) -> bool:
    """Tell whether a distribution has programs that are not Python's: they may run without a trace.

    Args:
        snapshot: What the environment sees.
        name: The distribution.
    """
    found = snapshot.lookup(name)
    if found is None or (listed := contents.listed(found.path)) is None:
        return False
    site = os.path.dirname(found.path)
    return any(
        path.startswith("..") and _PROGRAM.search(path) is not None and _is_native(os.path.join(site, path))
        for path in listed.paths
    )


def _is_native(path: str) -> bool:
    try:
        with open_regular(path) as file:
            return file.read(2) not in {b"#!", b"MZ"}  # on Windows scripts are programs too
    except (OSError, ValueError):
        return False


def foreign(snapshot: Snapshot) -> tuple[str, ...]:
    """Name the directories with files that are not the project's: the environment, its base, the standard library."""
    interpreter = snapshot.interpreter
    found = environment_and_base(interpreter.layers, interpreter.base_prefix, source_directories(snapshot))
    return tuple(dict.fromkeys(os.path.join(path, "") for path in (interpreter.prefix, *map(os.fspath, found))))
