"""What the next run needs to know of this one (edge: a file in the environment), and the record beside it.

The record is for people and tools; it may be deleted or edited. The state is ours: from it and the environment the
record can be made anew, and a state that is missing or damaged means that the environment can't be trusted.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from .. import files
from ..core import fingerprint
from ..core.fields import flag, mapping, mappings, text, texts
from ..core.model import Visibility
from ..core.record import FILE_NAME, Record, from_json
from ..core.state import Relied, State, Wanted
from ..files import put_json, read_json
from ..text import redacted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ..core.record import Json


FORMAT: Final = 1
STATE_NAME: Final = fingerprint.STATE_NAME


def save_state(directory: Path, state: State) -> None:
    """Write the state of the environment in a directory."""
    data: dict[str, Json] = json.loads(json.dumps(asdict(state)))
    data["declare"] = data.pop("also_visible")  # as the setting is called
    put_json(directory / STATE_NAME, {"format": FORMAT, **data})


def load_state(directory: Path) -> State | None:
    """Read the state of the environment in a directory.

    Args:
        directory: The environment's directory.

    Returns:
        The state; None where there is none, or it is damaged.
    """
    try:
        data = mapping(read_json(directory / STATE_NAME), "state")
        if (found := data.get("format")) != FORMAT or isinstance(found, bool):
            return None
        return State(
            created=text(data, "created"),
            directory=text(data, "directory") if "directory" in data else "",
            installing=flag(data, "installing"),
            declared=tuple(map(_wanted, mappings(data, "declared"))),
            relied={name: _relied(item, name) for name, item in mapping(data.get("relied"), "relied").items()},
            scripts=texts(data, "scripts"),
            data=texts(data, "data") if "data" in data else (),  # an earlier version wrote none
            visibility=Visibility(text(data, "visibility")),
            also_visible=texts(data, "declare"),
        )
    except ValueError:
        return None


def _wanted(item: Mapping[str, object]) -> Wanted:
    return Wanted(
        text=redacted(text(item, "text")),
        audit=text(item, "audit"),
        deep=flag(item, "deep"),
        hashed=flag(item, "hashed"),
    )


def _relied(data: object, name: str) -> Relied:
    item = mapping(data, name)
    return Relied(path=text(item, "path"), version=text(item, "version"), digest=text(item, "digest"))


def forget(directory: Path) -> None:
    """Remove the state of the environment in a directory, which means that it can't be trusted any more."""
    with suppress(OSError):  # something else is in its place, which is no state either
        (directory / STATE_NAME).unlink()


def save_record(directory: Path, record: Record) -> None:
    """Write the record of the environment in a directory."""
    put_json(directory / FILE_NAME, record.as_json())


def load_record(directory: Path) -> Record | None:
    """Read the record of the environment in a directory; None where there is none, or it is damaged."""
    try:
        return from_json(read_json(directory / FILE_NAME))
    except ValueError:
        return None


def sweep_temporary(directory: Path, more: Iterable[str] = ()) -> None:
    """Remove half-written files that a killed run left.

    Args:
        directory: The environment's directory.
        more: Further files in it that were written in the same way.
    """
    files.sweep(directory, (FILE_NAME, STATE_NAME, fingerprint.FILE_NAME, *more))
