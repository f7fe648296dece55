"""What the next run needs to know of this one (pure)."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, Final

from ..values import frozen
from .model import Visibility

if TYPE_CHECKING:
    from collections.abc import Mapping


_NAME: Final = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")


@frozen
class Wanted:
    """A declared requirement that an earlier step installed.

    Attributes:
        text: As it stands in the record.
        audit: The requirement to audit: by name, without a URL; empty where the name is not known.
        deep: Whether its dependencies belong to it.
        hashed: Whether hashes were asked for.
    """

    text: str
    audit: str
    deep: bool = True
    hashed: bool = False

    @property
    def name(self) -> str | None:
        """The name that is asked for, as it was written; None where it is not known."""
        found = _NAME.match(self.audit)
        return None if found is None else found[0]


@frozen
class Relied:
    """An inherited distribution that the environment relies on.

    Attributes:
        path: Its metadata.
        version: Its version.
        digest: A hash of what it requires.
    """

    path: str
    version: str
    digest: str


@frozen
class State:
    """What the next run needs to know.

    Attributes:
        created: When the environment was made (UTC, ISO 8601).
        directory: Where; empty where that is not known.
        installing: Set while an installer runs: found by a later run, it means that the run was killed.
        declared: All requirements declared so far.
        relied: What of the base the environment relies on.
        scripts: Console scripts that were made for reused distributions.
        data: Data files that were put below the environment's prefix for them, with slashes.
        visibility: What the environment sees of its base.
        also_visible: Names of what it may see besides what is declared.
    """

    created: str
    directory: str = ""
    installing: bool = False
    declared: tuple[Wanted, ...] = ()
    relied: Mapping[str, Relied] = field(default_factory=dict)
    scripts: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    visibility: str = Visibility.BASE
    also_visible: tuple[str, ...] = ()
