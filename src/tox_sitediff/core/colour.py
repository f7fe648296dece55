"""Colour for what people get to read (pure): what is plain, and safe to show, gets it last.

So nothing that is foreign ever brings an escape sequence along: it can be coloured, and no more.
"""

from __future__ import annotations

import re
from typing import Final

BOLD: Final = "\x1b[1m"
RED: Final = "\x1b[31m"
GREEN: Final = "\x1b[32m"
CYAN: Final = "\x1b[36m"
RESET: Final = "\x1b[0m"

_HEAD: Final = re.compile(r"(?:environment|distribution|base|machine|compared with before)(?: {2,}[a-z]+(?: [a-z]+)*)+")
_CELL: Final = re.compile(r"(?<=  )(reused(?: \[[0-9]+\])?|installed|built)(?= {2}| \(base: |$)")
_SAVED: Final = re.compile(r"^(.*  )(>?[0-9.]+ (?:B|kB|MB|GB|TB|PB))(?=  |$)")
_FAILED: Final = re.compile(r"(?<=  )installation failed$")
_ERROR: Final = re.compile(r"^((?:sitediff: )?)(error:)")
_WAY_OUT: Final = re.compile(r"^( +)(way out:)")


def coloured(text: str) -> str:
    """Colour tables and messages of ours.

    Args:
        text: Lines without control characters.

    Returns:
        The same with escape sequences (ECMA-48, "Select Graphic Rendition") around what matters.
    """
    lines: list[str] = []
    head = ""
    for line in text.split("\n"):
        if not line:
            head = ""
        if _HEAD.fullmatch(line):
            head = line
            lines.append(f"{BOLD}{line}{RESET}")
        elif head:
            lines.append(_row(line, counts=" saved" in head, plans=" would be" in head))
        else:
            lines.append(_WAY_OUT.sub(rf"\1{CYAN}\2{RESET}", _ERROR.sub(rf"\1{BOLD}{RED}\2{RESET}", line)))
    return "\n".join(lines)


def _row(line: str, *, counts: bool, plans: bool) -> str:
    if counts:
        line = _SAVED.sub(rf"\1{GREEN}\2{RESET}", line)
        return _FAILED.sub(f"{RED}installation failed{RESET}", line)
    if plans:
        return _CELL.sub(lambda found: f"{GREEN if found[1].startswith('reused') else CYAN}{found[1]}{RESET}", line, 1)
    return line
