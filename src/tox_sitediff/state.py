"""What the next run needs to know of this one (edge: a file in the environment), and the record beside it.

The record is for people and tools; it may be deleted or edited. The state is ours: from it and the environment the
record can be made anew, and a state that is missing or damaged means that the environment can't be trusted.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from . import files
from .fields import flag, mapping, mappings, text, texts
from .metadata import read_bytes, read_text
from .record import FILE_NAME, Record, from_json
from .records import Visibility

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .record import Json

FORMAT: Final = 1
STATE_NAME: Final = ".sitediff-state.json"
_CONFIGURATION_LIMIT: Final = 32768  # more than that Python does not read either

_NAME: Final = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
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
        """The name that is asked for, as it was written; none where it is not known."""
        found = _NAME.match(self.audit)
        return None if found is None else found[0]


@dataclass(frozen=True, kw_only=True, slots=True)
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


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What the next run needs to know.

    Attributes:
        created: When the environment was made (UTC, ISO 8601).
        installing: Set while an installer runs: found by a later run, it means that the run was killed.
        declared: All requirements declared so far.
        relied: What of the base the environment relies on.
        scripts: Console scripts that were made for reused distributions.
        visibility: What the environment sees of its base.
        declare: Names of what it may see besides what is declared.
    """

    created: str
    installing: bool = False
    declared: tuple[Wanted, ...] = ()
    relied: Mapping[str, Relied] = field(default_factory=dict)
    scripts: tuple[str, ...] = ()
    visibility: str = Visibility.BASE
    declare: tuple[str, ...] = ()


def write_atomically(path: Path, data: Mapping[str, Json]) -> None:
    """Write JSON so that a reader finds the old file or the new one, never a part.

    Args:
        path: The file.
        data: What to write.

    Raises:
        OSError: When it can't be written; the old file is still there then.
    """
    files.put(path, json.dumps(data, indent=2, ensure_ascii=True) + "\n")


def save_state(directory: Path, state: State) -> None:
    """Write the state of the environment in a directory."""
    data: dict[str, Json] = json.loads(json.dumps(asdict(state)))
    write_atomically(directory / STATE_NAME, {"format": FORMAT, **data})


def load_state(directory: Path) -> State | None:
    """Read the state of the environment in a directory.

    Args:
        directory: The environment's directory.

    Returns:
        The state; none where there is none, or it is damaged.
    """
    try:
        data = mapping(json.loads(read_text(directory / STATE_NAME) or ""), "state")
        if (found := data.get("format")) != FORMAT or isinstance(found, bool):
            return None
        return State(
            created=text(data, "created"),
            installing=flag(data, "installing"),
            declared=tuple(map(_wanted, mappings(data, "declared"))),
            relied={name: _relied(item, name) for name, item in mapping(data.get("relied"), "relied").items()},
            scripts=texts(data, "scripts"),
            visibility=Visibility(text(data, "visibility")),
            declare=texts(data, "declare"),
        )
    except (ValueError, RecursionError):
        return None


def _wanted(item: Mapping[str, object]) -> Wanted:
    return Wanted(
        text=text(item, "text"), audit=text(item, "audit"), deep=flag(item, "deep"), hashed=flag(item, "hashed")
    )


def _relied(data: object, name: str) -> Relied:
    item = mapping(data, name)
    return Relied(path=text(item, "path"), version=text(item, "version"), digest=text(item, "digest"))


def damage(directory: Path) -> str | None:
    """Tell whether something of an environment is in a state in which other tools fail, or take the base for it.

    Args:
        directory: The environment's directory.

    Returns:
        What is wrong; none where nothing is. A well-formed ``pyvenv.cfg`` may still be wrong, as its interpreter knows.
    """
    if (information := directory / ".tox-info.json").is_dir():
        return f"{information} is a directory"
    path = directory / "pyvenv.cfg"
    content = read_bytes(path, limit=_CONFIGURATION_LIMIT)
    try:
        lines = (content or b"").decode("utf-8").splitlines()
    except UnicodeDecodeError:
        lines = []
    if any(line.partition("=")[0].strip() == "home" for line in lines):
        return None
    return f"{path} is missing or damaged"


def forget(directory: Path) -> None:
    """Remove the state of the environment in a directory, which means that it can't be trusted any more."""
    with suppress(OSError):  # something else is in its place, which is no state either
        (directory / STATE_NAME).unlink()


def save_record(directory: Path, record: Record) -> None:
    """Write the record of the environment in a directory."""
    write_atomically(directory / FILE_NAME, record.as_json())


def load_record(directory: Path) -> Record | None:
    """Read the record of the environment in a directory; none where there is none, or it is damaged."""
    try:
        return from_json(json.loads(read_text(directory / FILE_NAME) or ""))
    except (ValueError, RecursionError):
        return None


def sweep_temporary(directory: Path) -> None:
    """Remove half-written files that a killed run left, tox's own too, which it never looks after."""
    files.sweep(directory, (FILE_NAME, STATE_NAME, ".tox-info.json"))
