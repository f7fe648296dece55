"""What an environment relies on, and whether that is still there (pure).

Kept apart from the record because it is all that a run with nothing to do needs.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from .model import Role
from .requirements import key
from .state import Relied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from packaging.utils import NormalizedName

    from .closure import Closure
    from .inventory import Inventory
    from .model import Distribution, Interpreter
    from .state import State


def rely(closure: Closure) -> dict[str, Relied]:
    """Note what of the base an environment relies on.

    Args:
        closure: The closure of what is declared.

    Returns:
        By name, what has to stay as it is.
    """
    return {
        name: Relied(path=found.path, version=str(found.version), digest=_digest(found.requires))
        for name, (found, _) in sorted(closure.reached.items())
        if found.layer.role is not Role.OWN
    }


def _is_as_before(found: Distribution | None, relied: Relied) -> bool:
    return found is not None and (found.path, str(found.version), _digest(found.requires)) == (
        relied.path,
        relied.version,
        relied.digest,
    )


def _is_unseen(relied: Relied, inventory: Inventory, name: NormalizedName, is_there: Callable[[str], bool]) -> bool:
    """Tell whether a distribution lies where it did, in a directory that is none of ``sys.path`` now."""
    return all(entry.path != relied.path for entry in inventory.entries(name)) and is_there(relied.path)


def _digest(requires: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(requires).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def drift(state: State, inventory: Inventory, *, is_there: Callable[[str], bool] = lambda path: not path) -> str | None:
    """Tell what of the base changed since an environment was filled.

    Args:
        state: What the environment relies on.
        inventory: What it sees now.
        is_there: Tells of a path outside of the base whether there is something: then what is not seen any more need
            not be gone.

    Returns:
        The first change that touches it, in words; None where there is none.
    """
    for text, relied in state.relied.items():
        name = key(text)
        if _is_as_before(inventory.foremost(name), relied):
            continue  # and what it requires could be read then; to read it again takes most of the time
        found = inventory.effective(name)
        if (found is None or found.layer.role is not Role.OWN) and _is_unseen(relied, inventory, name, is_there):
            return (
                f"{name} {relied.version} is not seen any more, but still there in {Path(relied.path).parent}: "
                "set what puts that on sys.path, such as PYTHONPATH, or load its module"
            )
        if found is None:
            why = next(
                (f"unusable: {broken.reason}" for broken in inventory.broken() if broken.entry.name == name), "gone"
            )
            return f"the base changed: {name} {relied.version} is {why}"
        if found.path == relied.path and str(found.version) == relied.version:
            return f"the base changed: {name} {relied.version} has other requirements now"
        if found.layer.role is Role.OWN:
            continue  # installed since, by a command of the user's
        old = f"{relied.version} in {Path(relied.path).parent}"
        return f"the base changed: {name} was {old}, is {found.version} in {found.layer.path} now"
    for distribution in inventory.own():
        first = inventory.effective(distribution.name)
        if first is not None and first.layer.role is Role.INJECTED:
            return f"{first.path} now stands before {distribution.name} {distribution.version} of the environment"
    return None


def other_interpreter(before: Sequence[tuple[str, str]], now: Interpreter) -> str | None:
    """Tell whether an environment's interpreter is another one than that which it was made and filled for.

    Args:
        before: For which implementation (in any case; empty where it is not known) and version that was.
        now: What its interpreter says of itself.

    Returns:
        What was installed for the other one is not seen any more, in words; None where it is the same but for a patch.
    """
    for implementation, version in before:
        same_kind = implementation.lower() in {"", now.implementation}
        if not same_kind or _minor(version) != _minor(now.version):
            was = f"{implementation.lower() or now.implementation} {version}"
            return f"it was made for {was}, and its interpreter is {now.implementation} {now.version} now"
    return None


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
