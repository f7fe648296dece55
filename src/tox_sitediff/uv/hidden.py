"""What may hold a secret, on its way to uv: every user of a machine can read the arguments of all programs.

The variables of a program are its owner's alone. What uv takes as an option and as a variable goes there; what it takes
as an argument alone (a requirement) goes into a file that nobody else can read.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..text import redacted
from ..user_cache import temporary_root
from .options import CONSTRAINTS, EDITABLE, FILES, option_of, takes_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_VARIABLES: Final = {
    "--build-constraints": ("UV_BUILD_CONSTRAINT", " "),
    "--default-index": ("UV_DEFAULT_INDEX", None),
    "--extra-index-url": ("UV_EXTRA_INDEX_URL", " "),
    "--find-links": ("UV_FIND_LINKS", ","),
    "--index": ("UV_INDEX", " "),
    "--index-url": ("UV_INDEX_URL", None),
}
"""Options that name places: the variable that says the same, and what stands between several; None where one counts."""
_LONG: Final = {
    "-b": "--build-constraints",
    "--build-constraint": "--build-constraints",
    "-f": "--find-links",
    "-i": "--index-url",
}


_LINES: Final = {FILES: "-r", CONSTRAINTS: "-c", EDITABLE: "-e"}
"""Options that may stand in a requirements file, as they are written there."""


def holds_secret(text: str) -> bool:
    """Tell whether a text has a URL with a secret in it."""
    return redacted(text) != text


def without_secrets(command: Sequence[str]) -> tuple[list[str], Mapping[str, str]]:
    """Take the places out of a command that can be told in variables, where one of them holds a secret.

    uv counts an option and forgets the variable of the same meaning, so it means the same; and all values of an option
    go together.

    Args:
        command: A command of uv's, or a part of one.

    Returns:
        The command without them, and the variables to be added.
    """
    words: list[tuple[str, list[str]]] = []
    values: dict[str, list[str]] = {}
    rest = iter(command)
    for word in rest:
        if word == "--":
            words.append(("", [word, *rest]))
            break
        option, value = option_of(word)
        option = _LONG.get(option, option)
        taken = [word]
        if value is None and takes_value(option) and (following := next(rest, None)) is not None:
            value = following
            taken.append(following)
        if option in _VARIABLES and value is not None:
            values.setdefault(option, []).append(value)
        words.append((option, taken))
    moved = {option for option, found in values.items() if any(map(holds_secret, found))}
    variables = {}
    for option in sorted(moved):
        name, between = _VARIABLES[option]
        variables[name] = values[option][-1] if between is None else between.join(values[option])
    return [item for option, taken in words if option not in moved for item in taken], variables


@contextmanager
def in_file(arguments: Sequence[str]) -> Iterator[Sequence[str]]:
    """Put the requirements that hold a secret into a file of their own, for as long as the block lasts.

    Args:
        arguments: Arguments of ``uv pip install``.

    Yields:
        The arguments, with ``-r FILE`` in the place of those.
    """
    kept: list[str] = []
    lines: list[str] = []
    rest = iter(arguments)
    is_option = True
    for word in rest:
        option, value = option_of(word) if is_option else ("", None)
        taken = [word]
        if value is None and takes_value(option) and (following := next(rest, None)) is not None:
            value = following
            taken.append(following)
        is_option = is_option and word != "--"
        start = next((start for spellings, start in _LINES.items() if option in spellings), None)
        if not any(map(holds_secret, taken)):
            kept += taken
        elif not option.startswith("-"):
            lines.append(word)
        elif start is not None and value is not None:
            lines.append(f"{start} {value}")
        else:
            kept += taken
    if not lines:
        yield arguments
        return
    with private_file(lines) as path:
        yield ["-r", path, *kept]


@contextmanager
def private_file(lines: Iterable[str]) -> Iterator[str]:
    """Write lines into a file that uv reads, that nobody else can read, and that is gone afterwards."""
    handle, path = tempfile.mkstemp(prefix="sitediff-", suffix=".txt", dir=temporary_root())  # for its owner alone
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
        yield path
    finally:
        Path(path).unlink(missing_ok=True)
