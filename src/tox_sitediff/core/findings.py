"""What the commands of an environment import, held against what is declared (pure): part of its record.

Most records have nothing of it, and do not load this module.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ..values import frozen
from .fields import Malformed, flag, mappings, text, texts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from .record import Json

KEYS: Final = ("undeclared", "unused", "used", "misplaced", "unstated")
"""The keys of the record, in its order."""
_IMPORT: Final = ": import "
_ENTRY_POINT: Final = ": entry point "
_LOOSE: Final = ", which is in no distribution"


CHECKS: Final = ("undeclared", "transitive", "unused", "misplaced", "unstated")
"""What can be asked not to be, see `Findings.wrong`."""


class Kind(StrEnum):
    """How far something is from being declared."""

    BASE = "base"
    """The base alone has it: nothing that is declared needs it."""
    TRANSITIVE = "transitive"
    """Something else that is declared needs it."""


@frozen
class Undeclared:
    """A distribution that was imported without being declared, and where.

    Attributes:
        name: Its normalised name, or that of a module that is in none.
        module: The module, with the packages that it lies in.
        imported_by: What imported it: a file and a line, or what else is known; of a notebook, its cell.
        kind: ``transitive`` is only what the project's own code imports.
        optional: Whether the importer does without it where it is missing (``except ImportError``).
        by_project: Whether that is the project's own code.
        entry_point: ``group: name`` of the entry point that was loaded; empty where it was a plain import.
        in_distribution: Whether it belongs to a distribution.
        needed_by: The declared distributions that import it without requiring it.
    """

    name: str
    module: str
    imported_by: str
    kind: Kind = Kind.BASE
    optional: bool = False
    by_project: bool = False
    entry_point: str = ""
    in_distribution: bool = True
    needed_by: tuple[str, ...] = ()

    @property
    def how(self) -> str:
        """Say in words what imported it."""
        what = f"{_ENTRY_POINT}{self.entry_point}" if self.entry_point else f"{_IMPORT}{self.module}"
        return f"{self.imported_by}{what}{'' if self.in_distribution else _LOOSE}"

    def as_json(self) -> dict[str, Json]:
        """Return it as JSON, keys in their fixed order."""
        return {
            "name": self.name,
            "module": self.module,
            "imported_by": self.imported_by,
            "kind": str(self.kind),
            "optional": self.optional,
            "by_project": self.by_project,
            "entry_point": self.entry_point,
            "in_distribution": self.in_distribution,
            "needed_by": list(self.needed_by),
        }


@frozen
class Misplaced:
    """A distribution that the project's package imports, and that is declared for its development alone.

    Attributes:
        name: Its normalised name.
        module: The module that is imported.
        imported_by: The file of the package, and the line.
        group: The dependency group or extra that names it; ``deps`` where that is the environment's own list.
    """

    name: str
    module: str
    imported_by: str
    group: str

    def as_json(self) -> dict[str, Json]:
        """Return it as JSON, keys in their fixed order."""
        return {"name": self.name, "module": self.module, "imported_by": self.imported_by, "group": self.group}


@frozen
class Unstated:
    """What a reused or installed distribution imports, and does not require.

    Attributes:
        name: The distribution, normalised.
        needs: The one that it imports, normalised.
        module: The module that it imports.
        imported_by: The file, and the line.
        kind: ``transitive`` where something else that it requires needs it.
        optional: Whether it does without it where it is missing (``except ImportError``).
    """

    name: str
    needs: str
    module: str
    imported_by: str
    kind: Kind = Kind.BASE
    optional: bool = False

    def as_json(self) -> dict[str, Json]:
        """Return it as JSON, keys in their fixed order."""
        return {
            "name": self.name,
            "needs": self.needs,
            "module": self.module,
            "imported_by": self.imported_by,
            "kind": str(self.kind),
            "optional": self.optional,
        }


@frozen
class Findings:
    """All that was found in one environment.

    Attributes:
        undeclared: What was imported without being declared.
        unused: What is declared, and was neither imported, nor run, nor loaded by an entry point; normalised names.
        used: What is declared, and was.
        misplaced: What the project's package imports, and is declared for its development alone.
        unstated: What distributions import without requiring it.
    """

    undeclared: tuple[Undeclared, ...] = ()
    unused: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    misplaced: tuple[Misplaced, ...] = ()
    unstated: tuple[Unstated, ...] = ()

    def as_json(self) -> dict[str, Json]:
        """Return it as JSON, keys in the order of the record."""
        return {
            "undeclared": [item.as_json() for item in self.undeclared],
            "unused": list(self.unused),
            "used": list(self.used),
            "misplaced": [item.as_json() for item in self.misplaced],
            "unstated": [item.as_json() for item in self.unstated],
        }

    def wrong(self, strict: Collection[str]) -> bool:
        """Tell whether there is something that must not be.

        Args:
            strict: What must not be: some of `CHECKS`. What the importer does without may always be.
        """
        hard = {str(item.kind) for item in self.undeclared if not item.optional}
        there = {
            "undeclared": Kind.BASE in hard,
            "transitive": Kind.TRANSITIVE in hard,
            "unused": bool(self.unused),
            "misplaced": bool(self.misplaced),
            "unstated": any(not item.optional for item in self.unstated),
        }
        return any(there[check] for check in strict)


def from_json(record: Mapping[str, object]) -> Findings:
    """Read what a record has of it.

    Args:
        record: The record. Those of earlier versions had ``undeclared`` alone, with fewer keys in it.

    Returns:
        The findings.

    Raises:
        Malformed: When it is something else; the message names the key.
    """
    return Findings(
        undeclared=tuple(map(_undeclared, mappings(record, "undeclared"))),
        unused=texts(record, "unused"),
        used=texts(record, "used"),
        misplaced=tuple(
            Misplaced(
                name=text(item, "name"),
                module=text(item, "module"),
                imported_by=text(item, "imported_by"),
                group=text(item, "group"),
            )
            for item in mappings(record, "misplaced")
        ),
        unstated=tuple(
            Unstated(
                name=text(item, "name"),
                needs=text(item, "needs"),
                module=text(item, "module"),
                imported_by=text(item, "imported_by"),
                kind=_kind(item),
                optional=flag(item, "optional"),
            )
            for item in mappings(record, "unstated")
        ),
    )


def _undeclared(item: Mapping[str, object]) -> Undeclared:
    if item.keys() <= {"name", "imported_by", "needed_by"}:
        return _older(item)
    return Undeclared(
        name=text(item, "name"),
        module=text(item, "module"),
        imported_by=text(item, "imported_by"),
        kind=_kind(item),
        optional=flag(item, "optional"),
        by_project=flag(item, "by_project"),
        entry_point=text(item, "entry_point"),
        in_distribution=flag(item, "in_distribution"),
        needed_by=texts(item, "needed_by"),
    )


def _older(item: Mapping[str, object]) -> Undeclared:
    """Read an item that has all in one text: ``FILE:LINE: import MODULE``, or ``: entry point GROUP: NAME``."""
    name, said = text(item, "name"), text(item, "imported_by")
    said, loose, _ = said.partition(_LOOSE)
    importer, is_point, point = said.rpartition(_ENTRY_POINT)
    module = name
    if not is_point:
        importer, is_import, imported = said.rpartition(_IMPORT)
        importer, module = (importer, imported) if is_import else (said, name)
    return Undeclared(
        name=name,
        module=module,
        imported_by=importer,
        entry_point=point if is_point else "",
        in_distribution=not loose,
        needed_by=texts(item, "needed_by"),
    )


def _kind(item: Mapping[str, object]) -> Kind:
    if (value := text(item, "kind")) not in set(Kind):
        raise Malformed(f"kind {value!r} is not one of {', '.join(Kind)}")
    return Kind(value)
