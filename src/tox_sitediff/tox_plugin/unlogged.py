"""Variables of which tox's log shows everything but what is secret in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..text import redacted

if TYPE_CHECKING:
    from collections.abc import MutableMapping


class Unlogged(str):
    """A value that programs get as it is, and that is redacted wherever a text is made of it, as tox's log is."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        """Return what may be shown."""
        return format(redacted(self), form)

    def __repr__(self) -> str:
        """Return what may be shown."""
        return repr(redacted(self))


def hide_secrets(variables: MutableMapping[str, str]) -> None:
    """Keep the secrets of variables out of what is logged of them.

    tox hides the values of variables whose names sound secret; an index with a password in it has no such name.

    Args:
        variables: The variables, changed where they are.
    """
    for name, value in variables.items():
        if "@" in value and type(value) is str and redacted(value) != value:
            variables[name] = Unlogged(value)
