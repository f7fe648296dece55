"""What stays behind where an environment is moved or copied (edge): scripts that run the interpreter there."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from ..files import listing, read_bytes

if TYPE_CHECKING:
    from pathlib import Path

_LIMIT: Final = 1024 * 1024
_HEAD: Final = 4096
_WAYS_IN: Final = re.compile(r"(?:de)?activate.*|pydoc\.bat", re.IGNORECASE)
"""What makers of environments write: it never works in another place, and nothing that is installed needs it."""


def left_behind(scripts: Path, before: str) -> list[str]:
    """Name the scripts of an environment that run the interpreter of the place where it was made.

    Args:
        scripts: Its ``bin`` or ``Scripts``.
        before: The directory in which it was made.

    Returns:
        Their names, sorted; none of an environment that is relocatable, or was not moved.
    """
    python = os.path.join(os.fsencode(before), b"")
    return [
        name
        for name in sorted(listing(scripts))
        if not _WAYS_IN.fullmatch(name) and python in _interpreter(read_bytes(scripts / name, _LIMIT) or b"")
    ]


def _interpreter(content: bytes) -> bytes:
    """Return the part of a script that names its interpreter; nothing of what is none."""
    if content.startswith(b"#!"):
        return content[:_HEAD]
    # a launcher of Windows has that line behind its program, before the script
    return content[content.rfind(b"#!") :][:_HEAD] if content.startswith(b"MZ") and b"#!" in content else b""
