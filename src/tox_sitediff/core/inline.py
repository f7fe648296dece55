"""Inline script metadata (pure): what a Python script says that it requires.

Format: https://packaging.python.org/en/latest/specifications/inline-script-metadata/ (PEP 723).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ..files import parse_toml
from ..values import frozen
from .requirements import InvalidRequirement, parse_anew

if TYPE_CHECKING:
    from packaging.requirements import Requirement

# the specification's own, by lines, so that none is looked at twice
_START: Final = "# /// script"
_END: Final = "# ///"
_LINE: Final = re.compile(r"#(?: (?P<content>.*))?")


@frozen
class Script:
    """What the metadata of a script say.

    Attributes:
        dependencies: What it requires.
        requires_python: Which versions of Python it supports, a specifier set; empty for any.
        constraints: What limits that (``[tool.uv]``).
        ignored: Requirements that uv takes in the place of others, and names that it leaves out (``[tool.uv]``).
    """

    dependencies: tuple[Requirement, ...]
    requires_python: str = ""
    constraints: tuple[Requirement, ...] = ()
    ignored: tuple[Requirement, ...] = ()


def read(text: str) -> Script | None:
    """Read the metadata of a script.

    Args:
        text: The script.

    Returns:
        What they say; None where there are none, or they are not as they should be.
    """
    blocks = list(_blocks(text))
    if len(blocks) != 1:
        return None
    try:
        data = parse_toml("\n".join(blocks[0]).encode("utf-8", "surrogatepass"))
        settings = _table(_table(data.get("tool")).get("uv"))
        supported = data.get("requires-python", "")
        return Script(
            requires_python=supported if isinstance(supported, str) else "",
            dependencies=_requirements(data, "dependencies"),
            constraints=_requirements(settings, "constraint-dependencies"),
            ignored=(
                *_requirements(settings, "override-dependencies"),
                *_requirements(settings, "exclude-dependencies"),
            ),
        )
    except (InvalidRequirement, ValueError):
        return None


def _blocks(text: str) -> list[list[str]]:
    """Return the lines of each block of metadata; one ends at the last line that can end it."""
    found: list[list[str]] = []
    lines = [line.rstrip("\r") for line in text.split("\n")]
    at = 0
    while at < len(lines):
        if lines[at].rstrip() != _START:
            at += 1
            continue
        at += 1
        block: list[str] = []
        ends = 0
        while at < len(lines) and (match := _LINE.fullmatch(lines[at])) is not None:
            if lines[at].rstrip() == _END:
                ends = len(block)
            block.append(match["content"] or "")
            at += 1
        if ends:  # without a line of its own it is no block
            found.append(block[:ends])
    return found


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _requirements(table: dict[str, object], name: str) -> tuple[Requirement, ...]:
    listed = table.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise ValueError(name)
    return tuple(map(parse_anew, listed))
