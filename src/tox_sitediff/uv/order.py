"""An order of arguments that does not depend on how they were given (pure): uv decides on what it meets first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.requirements import InvalidRequirement, key, parse_anew
from ..values import frozen
from .options import CONSTRAINTS, EDITABLE, FILES, option_of, takes_value

if TYPE_CHECKING:
    from collections.abc import Sequence


@frozen
class ArgumentKinds:
    """Arguments of ``uv pip install``, sorted.

    Attributes:
        all: All of them, in an order that does not depend on how they were given: names first.
        options: What is neither a requirement nor a file or group of such.
        asks: Whether they ask for anything at all.
    """

    all: tuple[str, ...]
    options: tuple[str, ...]
    asks: bool


def sort_arguments(arguments: Sequence[str]) -> ArgumentKinds:
    """Sort arguments of ``uv pip install``: uv decides on what is named first before it looks at the rest.

    Args:
        arguments: The arguments.

    Returns:
        The same, sorted.
    """
    named: list[str] = []
    asking: list[str] = []
    options: list[str] = []
    asks = False
    rest = iter(arguments)
    for argument in rest:
        option, value = option_of(argument)
        words = [argument, next(rest, "")] if takes_value(option) and value is None else [argument]
        if option == "--":
            named += rest
        elif not option.startswith("-"):
            named.append(argument)
        elif option in FILES | EDITABLE | CONSTRAINTS or option in {"--group", "--extra", "--all-extras"}:
            asking += words
            asks |= option not in CONSTRAINTS
        elif option != "--no-deps":
            options += words
    named.sort(key=_order)
    deep = [] if "--no-deps" not in arguments else ["--no-deps"]
    return ArgumentKinds(
        all=(*deep, *options, *asking, *(["--"] if any(word.startswith("-") for word in named) else []), *named),
        options=tuple(options),
        asks=asks or bool(named),
    )


def _order(text: str) -> tuple[bool, str, str]:
    """Sort by name; what has none before it is built comes last."""
    try:
        return False, key(parse_anew(text).name), text
    except InvalidRequirement:
        return True, "", text
