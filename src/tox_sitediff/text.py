"""Text that is safe to show, sizes for people to read, and words that people write (leaf)."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP: Final = 1000
LONGEST: Final = 2000
"""Characters of a line that are shown at most: what the base says of itself may be hostile."""
TRUE: Final = frozenset({"1", "on", "t", "true", "y", "yes"})
"""Words that switch something on, in lower case: the same for uv, for pip, and for us."""
FALSE: Final = frozenset({"0", "f", "false", "n", "no", "off"})
"""Words that switch something off."""

HIDDEN: Final = "****"
"""What stands in the place of a secret, as pip and uv write it."""
# patterns as strings: most runs show nothing of which they would be needed, and compiling takes time
_USER: Final = r"""(?xa)
    (?<![A-Za-z0-9+.-]) (?P<scheme>[A-Za-z0-9+.-]*) : (?: //+ | (?<=(?i:http):)[/\\]+ | (?<=(?i:https):)[/\\]+ )
    (?: (?P<user>[^\s/\\?\#:@]*) (?: : (?P<password>[^\s/\\?\#]*))? @  # as RFC 3986 has it, with any @ in a password
      | (?P<odd>[^\s/\\?\#:@\[]*) : (?![0-9]{0,5}(?:[/\\?\#]|$|\s)) \S*@ )  # not encoded: no port is like that
    """
_ANONYMOUS: Final = r"(?<=//)[^/?#\s]*\*{4}:?@"
_VARIABLE: Final = r"\$\{[A-Za-z0-9_]+\}"
_NOBODY: Final = frozenset({"", "git", "hg", "svn"})
"""Users that a version control system has for everybody."""
_OF_A_TOKEN: Final = frozenset({"", "x-oauth-basic"})
"""Passwords of those who give a token for the user."""
_WINDOW: Final = 4096
"""Characters behind those that are shown in which a user part may end."""


def redacted(text: str) -> str:
    """Take the secrets out of all URLs in a text: what a user part holds beside a name for everybody.

    ``https://me:s3cret@host/`` becomes ``https://me:****@host/``, and ``https://t0ken@host/`` ``https://****@host/``.
    ``git@`` stays, a user of ssh without a password, and ``${VARIABLE}``, which is no secret but its name.

    Args:
        text: Any text, with or without URLs.

    Returns:
        The same without a secret; what was redacted before stays as it is.
    """
    return re.sub(_USER, _hide, text) if "@" in text and ":" in text else text


def _hide(found: re.Match[str]) -> str:
    user, password, odd = found["user"], found["password"], found["odd"]
    start = found[0][: found.start("user" if odd is None else "odd") - found.start()]
    if odd is not None:
        return f"{start}{odd}:{HIDDEN}@"
    if password is None:
        known = user in _NOBODY or "ssh" in found["scheme"].lower() or re.fullmatch(_VARIABLE, user)
        return f"{start}{user if known else HIDDEN}@"
    if password in _OF_A_TOKEN:
        return f"{start}{user if not user or re.fullmatch(_VARIABLE, user) else HIDDEN}:{password}@"
    return f"{start}{user}:{password if re.fullmatch(_VARIABLE, password) else HIDDEN}@"


def anonymous(url: str) -> str:
    """Leave out of a URL the user part that holds a secret, as ``direct_url.json`` does (PEP 610).

    Args:
        url: A URL, redacted or not.
    """
    return re.sub(_ANONYMOUS, "", redacted(url).replace(f"{HIDDEN}:x-oauth-basic@", f"{HIDDEN}@"))


def printable(text: str, limit: int | None = 300) -> str:
    """Make foreign text safe to show.

    Args:
        text: The text.
        limit: How many characters are shown; None for all.

    Returns:
        The text without line ends, control characters and terminal escapes, which become visible, and without secrets.
    """
    if limit is not None:
        text = text[: limit + _WINDOW]
    text = redacted(text)
    if limit is not None:
        text = text[: limit + 1]
    shown = text if text.isprintable() else "".join(map(_visible, text))
    return shown if limit is None or len(shown) <= limit else f"{shown[:limit]}..."


def _visible(char: str) -> str:
    return char if char.isprintable() else repr(char)[1:-1]


def lines(text: str, limit: int | None = LONGEST) -> str:
    """Make each line of a text safe to show, and keep the line ends; a limit is one of each line."""
    return "\n".join(printable(line, limit) for line in text.split("\n"))


def in_markdown(text: str) -> str:
    """Make foreign text safe in Markdown, also in a cell of a table.

    Args:
        text: The text.

    Returns:
        A code span, in which no image, link, mention or HTML is one (https://github.github.com/gfm/#code-spans). What
        could end it, or the cell, is shown as other characters are that can't be printed.
    """
    # a backslash would not do: in a table, the one before it may take it for its own
    shown = printable(text).replace("`", r"\x60").replace("|", r"\x7c")
    return f"`{shown or ' '}`"


def counted(count: int, noun: str) -> str:
    """Write how many there are of something, such as ``1 distribution`` or ``2 distributions``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def is_on(word: str) -> bool:
    """Tell whether a word, as of a variable, switches something on; one that is neither here nor there does not."""
    return word.strip().lower() in TRUE


def is_off(word: str) -> bool:
    """Tell whether a word, as of a variable, switches something off."""
    return word.strip().lower() in FALSE


def size(count: int | None) -> str:
    """Write a number of bytes.

    Args:
        count: Bytes; None where unknown.

    Returns:
        Such as ``312.4 MB`` (decimal units), or ``?``.
    """
    if count is None:
        return "?"
    value, unit = float(count), 0
    # as rounded for display, so that 999 999 bytes are 1.0 MB rather than 1000.0 kB
    while abs(round(value, 1 if unit else 0)) >= _STEP and unit < len(_UNITS) - 1:
        value /= _STEP
        unit += 1
    return f"{value:.1f} {_UNITS[unit]}" if unit else f"{count} B"
