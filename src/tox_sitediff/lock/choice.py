"""Which copy of each name counts when a locked set meets a base (pure): the base's, or the lock's.

The same decision is made before anything is installed, and again after each step, from what is there then: so it needs
no metadata of what is not installed yet, and a run that was stopped goes on where it was.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..core.closure import same_origin, walk
from ..core.model import Distribution, Role
from ..core.requirements import key, parse, satisfied_by
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from packaging.utils import NormalizedName

    from ..core.closure import Closure, Root
    from .pylock import Locked


@frozen
class Choice:
    """What a locked set comes to over a base.

    Attributes:
        closure: The closure of what is asked for, with the copies that are to count, as far as these are there.
        missing: What is to be installed from the lock now.
        surplus: Names of the environment's own that are not to be there.
    """

    closure: Closure
    missing: tuple[Locked, ...]
    surplus: tuple[NormalizedName, ...]


@frozen
class Difference:
    """A package that is not as it is locked.

    Attributes:
        name: Its normalised name.
        locked: The version in the lock; None for what the lock does not have.
        found: The version that counts; None for what is not needed.
        location: Where that lies.
    """

    name: str
    locked: str | None
    found: str | None
    location: str | None

    def __str__(self) -> str:
        """Say it in words."""
        if self.found is None:
            return f"{self.name} {self.locked} is locked, and not needed with what the base has"
        where = f"{self.name} {self.found} from {self.location}"
        return f"{where} is not in the lock" if self.locked is None else f"{where}, locked is {self.locked}"


def choose(
    roots: Sequence[Root],
    *,
    locked: Mapping[NormalizedName, Locked],
    inherited: Callable[[NormalizedName], Distribution | None],
    own: Mapping[NormalizedName, Distribution],
    torn: Collection[NormalizedName] = (),
    markers: Mapping[str, str],
) -> Choice:
    """Let the base win wherever it meets what is asked for, and take the rest from the lock.

    Args:
        roots: What is asked for: pins for the locked set itself, or a project's own requirements.
        locked: The locked packages, by name.
        inherited: Returns the inherited copy of a name that may be used.
        own: What is installed in the environment.
        torn: Names of that which lack files.
        markers: The marker environment.

    Returns:
        The outcome. Where a copy of the base asks for something that neither the base nor the lock can give, it is
        that copy which is taken from the lock instead.
    """
    own_good = {
        name: found
        for name, found in own.items()
        if name not in torn and (name not in locked or is_as_locked(locked[name], found))
    }
    taken = {
        name
        for name, package in locked.items()
        if package.is_local or ((found := inherited(name)) is not None and not _is_usable(package, found))
    }

    def lookup(name: NormalizedName) -> Distribution | None:
        if name in taken:
            return own_good.get(name)
        return inherited(name) or (None if name in locked else own_good.get(name))

    while True:
        closure = walk(roots, lookup=lookup, environment=markers)
        more: set[NormalizedName] = set()
        for unmet in closure.unmet:
            if unmet.name in locked and unmet.name not in taken:
                more.add(unmet.name)
            elif unmet.found is not None or unmet.name not in locked:  # else it is about to be installed
                asking = (key(step.partition(" ")[0]) for step in reversed(unmet.chain))
                more |= {*[name for name in asking if name in locked and name not in taken][:1]}
        if more <= taken:
            break
        taken |= more
    missing = tuple(
        package for name, package in locked.items() if name in taken & closure.wanted and name not in own_good
    )
    kept = {name for name, (found, _) in closure.reached.items() if found.layer.role is Role.OWN}
    surplus = tuple(sorted(set(own) - kept - {package.name for package in missing}))
    return Choice(closure=closure, missing=missing, surplus=surplus)


def _is_usable(package: Locked, found: Distribution) -> bool:
    """Tell whether an inherited copy may stand for a locked one, as far as the source decides."""
    requirement = parse(package.requirement)
    return requirement.url is None or _is_from(requirement.url, found)


def _is_from(url: str, found: Distribution) -> bool:
    """Tell whether a distribution came from a URL, which can be quoted in more than one way."""
    origin = found.origin
    return origin is not None and same_origin(
        unquote(url), replace(found, origin=replace(origin, url=unquote(origin.url)))
    )


def is_as_locked(package: Locked, found: Distribution) -> bool:
    """Tell whether a distribution is what the lock asks for.

    Args:
        package: The locked package.
        found: A distribution of that name.

    Returns:
        Whether version or origin agree. Of a local directory: whether it was installed from there, in that mode.
    """
    if package.is_local:
        origin = found.origin
        return (
            origin is not None
            and origin.kind == "directory"
            and origin.editable == package.editable
            and unquote(origin.url).rstrip("/") == unquote(Path(package.place).as_uri())
        )
    requirement = parse(package.requirement)
    if requirement.url is not None:
        return _is_from(requirement.url, found)
    return satisfied_by(requirement, found.version)


def differences(locked: Mapping[NormalizedName, Locked], closure: Closure) -> tuple[Difference, ...]:
    """Tell what is not as it is locked.

    Args:
        locked: The locked packages, by name.
        closure: The closure of what was asked for.

    Returns:
        The differences, sorted by name.
    """
    found = []
    for name in sorted({*locked, *closure.reached}):
        package = locked.get(name)
        copy = closure.reached[name][0] if name in closure.reached else None
        version = None if copy is None else str(copy.version)
        expected = None if package is None else package.version
        if package is not None and (copy is not None if expected is None else expected == version):
            continue
        found.append(
            Difference(
                name=name,
                locked=expected,
                found=version,
                location=None if copy is None else copy.layer.path,
            )
        )
    return tuple(found)
