"""What the processes of an environment noted of their imports (edge)."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .. import files
from ..core.model import NotedImport
from ..files import read_bytes
from .noting import LOG_NAME, body
from .rules import unescape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


_LOG_LIMIT: Final = 16 * 1024 * 1024
_FIELDS: Final = 5


# --- what the processes noted


def clear(directory: Path) -> None:
    """Forget what processes noted, before a run.

    Args:
        directory: The environment's directory.
    """
    log = directory / LOG_NAME
    if files.is_link(log):
        return
    for path in log.glob("*.txt"):
        with suppress(OSError):
            path.unlink()


def collect(directory: Path, purelib: Path) -> tuple[NotedImport, ...]:
    """Merge what the processes of an environment noted.

    Args:
        directory: The environment's directory.
        purelib: Where its own packages lie.

    Returns:
        Each module of the base that was imported without being declared, once, sorted by distribution and module. Of
        several importers the first one of a process counts, and one outside the environment and its base before one
        inside: that is the project's own code. An entry point that any process loaded is named with it, and so is each
        declared distribution that imports it.
    """
    inherited, owners, declared = _owners(purelib)
    roots = tuple(os.path.join(root, "") for root in (os.fspath(directory), *inherited))
    found: dict[tuple[str, str], tuple[tuple[bool, bool, int, str], NotedImport]] = {}
    points: dict[tuple[str, str], str] = {}
    needed: dict[tuple[str, str], set[str]] = {}
    for order, (module, where, file, line, entry_point) in _notes(directory / LOG_NAME):
        label = owners.get((where, module.rpartition(".")[2]), "")
        name, _, version = label.partition(" ")
        is_foreign = not os.path.isabs(file) or file.startswith(roots)
        item = NotedImport(
            name=name,
            version=version,
            module=module,
            imported_by=f"{file}:{line}" if file else "",
            entry_point=entry_point,
        )
        # an entry point that is loaded says more than who loads it
        rank = (is_foreign, not entry_point, order, item.imported_by)
        spot = (where, module)
        if spot not in found or rank < found[spot][0]:
            found[spot] = (rank, item)
        if entry_point:
            points.setdefault(spot, entry_point)
        elif name and (by := _declared_owner(file, owners, declared)):
            needed.setdefault(spot, set()).add(by)
    items = {
        replace(item, entry_point=points.get(spot, ""), needed_by=tuple(sorted(needed.get(spot, ()))))
        for spot, (_, item) in found.items()
    }
    return tuple(sorted(items, key=lambda item: (not item.name, item.name, item.module, item.imported_by)))


def _notes(log: Path) -> Iterable[tuple[int, list[str]]]:
    """Read the notes; a line that was cut off is passed over."""
    for path in sorted(log.glob("*.txt")):
        for order, line in enumerate(os.fsdecode(read_bytes(path, _LOG_LIMIT) or b"").split("\n")):
            fields = [unescape(field) for field in line.split("\t")]
            if len(fields) == _FIELDS and fields[0] and fields[3].isdecimal():
                yield order, fields


def _declared_owner(file: str, owners: Mapping[tuple[str, str], str], declared: Mapping[tuple[str, str], str]) -> str:
    """Name the declared distribution that a file belongs to; empty where it belongs to none."""
    place, name = os.path.split(file)
    while name:
        # the innermost directory that is divided between distributions decides
        spot = (place, name.partition(".")[0])
        if spot in declared or spot in owners:
            return declared.get(spot, "").partition(" ")[0]
        place, name = os.path.split(place)
    return ""


def _owners(purelib: Path) -> tuple[list[str], Mapping[tuple[str, str], str], Mapping[tuple[str, str], str]]:
    """Read which directories are inherited, and who has which undeclared and which declared module in them."""
    roots = []
    owners: dict[tuple[str, str], str] = {}
    declared: dict[tuple[str, str], str] = {}
    where = ""
    for line in os.fsdecode(body(purelib) or b"").split("\n"):
        kind, *fields = (unescape(field) for field in line.split("\t"))
        if not fields:
            continue
        if kind == "path":
            roots.append(fields[0])
        elif kind == "of":
            where = fields[0]
        elif kind in {"has", "declares"}:
            for module in fields[1:]:
                (owners if kind == "has" else declared).setdefault((where, module), fields[0])
    return roots, owners, declared
