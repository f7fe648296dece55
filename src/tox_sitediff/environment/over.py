"""Whether an environment inherits from the interpreter that it was made over (edge).

Python looks for its prefix beside the interpreter that ``pyvenv.cfg`` names, and falls back to the one that it was
compiled for. Where an environment was made over a link that leads to a relocated copy of a Python, there is nothing
beside the link, and the packages would come from wherever that Python was copied from.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import EnvironmentProblem
from ..interpreter.base import behind_link, lies_in
from ..interpreter.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..core.model import Interpreter


def leads_elsewhere(python: Path) -> bool:
    """Tell whether an interpreter is a link to one in another directory, which as a rule does no harm."""
    return os.path.islink(python) and os.path.realpath(python.parent) != os.path.dirname(os.path.realpath(python))


def other_base(seen: Interpreter, named: Path | None, variables: Mapping[str, str]) -> Path | None:
    """Tell whether an environment inherits from another prefix than that of the interpreter it was made over.

    Args:
        seen: What its interpreter says of itself.
        named: The interpreter that it was made over; None for the one that its own is a link to.
        variables: The variables that its commands get.

    Returns:
        That interpreter, with all links followed; None where all is well, which as a rule takes no question to it.
    """
    below = behind_link(seen.executable, seen.prefix) if named is None else os.fspath(named)
    if below is None or lies_in(below, seen.base_prefix) or not os.path.isfile(below):
        return None
    own = probe(Path(below), variables, full=False).base_prefix
    return None if _is_same(own, seen.base_prefix) else Path(os.path.realpath(below))


def over(
    named: Path | None,
    *,
    make: Callable[[Path | None], None],
    look: Callable[[], Interpreter],
    variables: Mapping[str, str],
) -> None:
    """Make an environment that inherits from the prefix of the interpreter that is named.

    Args:
        named: The interpreter; None where whoever makes the environment finds one.
        make: Makes the environment over an interpreter, in the place of one that was made before.
        look: Asks the environment's interpreter.
        variables: The variables that its commands get.

    Raises:
        EnvironmentProblem: When it can't be had.
    """
    make(named)
    real = other_base(look(), named, variables)
    if real is None:
        return
    make(real)
    seen = look()
    if other_base(seen, real, variables) is not None:
        raise EnvironmentProblem(strayed(real, seen))


def strayed(named: Path, seen: Interpreter) -> str:
    """Say that an environment inherits from another base than the one that was named."""
    return (
        f"an environment over {named} inherits from {seen.base_prefix}, which is another Python; name the interpreter "
        f"by the path at which it was installed, or see why it takes {seen.base_prefix} for its own place"
    )


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
