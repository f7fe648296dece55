"""Requirements and markers (pure): parsing, extras, and whether a version satisfies.

Grammar: PEP 508 and the dependency specifiers specification; versions: PEP 440.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from packaging.markers import Environment, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.version import Version

__all__ = ["InvalidRequirement", "applies", "key", "parse", "relevant", "satisfied_by"]

# a comparison with an extra, not one that stands in a string
_ONLY_FOR_EXTRA: Final = re.compile(r"""(?:[^'"]|'[^']*'|"[^"]*")*?\bextra\s*==\s*(['"])(?P<extra>[^'"]+)\1""")
_OR: Final = re.compile(r"\bor\b")


@lru_cache(maxsize=16384)
def parse(text: str) -> Requirement:
    """Parse a requirement.

    Args:
        text: A requirement as in PEP 508, such as ``numpy>=1.26; python_version >= "3.9"``.

    Returns:
        The requirement; shared between callers, not to be changed.

    Raises:
        InvalidRequirement: When the text is not a requirement; the message quotes it.
    """
    return Requirement(text)


@lru_cache(maxsize=8192)
def key(name: str) -> NormalizedName:
    """Normalise the name of a distribution or an extra (PEP 503).

    Args:
        name: The name, as written.

    Returns:
        The name in lower case, with runs of ``-``, ``_`` and ``.`` as one ``-``.
    """
    return canonicalize_name(name)


def applies(marker: Marker | None, environment: Mapping[str, str], extras: Iterable[str] = ()) -> bool:
    """Evaluate a marker for an environment and the extras that were asked for.

    Args:
        marker: The marker; none always applies.
        environment: The marker environment of the target interpreter (PEP 508).
        extras: Normalised names of the extras that were asked for.

    Returns:
        Whether the marker holds without an extra, or with one of them.
    """
    if marker is None:
        return True
    # the keys come from the target interpreter's own report, which has them all
    values = Environment(**environment)  # type: ignore[typeddict-item]
    for extra in ("", *extras):
        try:
            if marker.evaluate({**values, "extra": extra}):
                return True
        except (UndefinedComparison, UndefinedEnvironmentName):
            continue
    return False


def relevant(lines: Iterable[str], extras: frozenset[str]) -> Iterator[str]:
    """Leave out the requirements that only an extra that nobody asked for can bring in.

    A rich base has thousands of such lines; parsing and evaluating each is most of what a plan would cost.

    Args:
        lines: ``Requires-Dist`` values.
        extras: Normalised names of the extras that were asked for.

    Yields:
        The lines that have to be parsed and evaluated.
    """
    for line in lines:
        head, semicolon, marker = line.partition(";")
        if (
            semicolon
            and "extra" in marker
            and (found := _ONLY_FOR_EXTRA.match(marker))
            and not _OR.search(marker)
            and "@" not in head  # a URL may hold a semicolon
            and key(found["extra"]) not in extras
        ):
            continue
        yield line


def satisfied_by(requirement: Requirement, version: Version) -> bool:
    """Tell whether an installed version is good enough.

    Args:
        requirement: The requirement; its marker and URL are not looked at.
        version: The installed version.

    Returns:
        True where pip would keep it. Pre-releases that are installed count, as pip and uv count them.
    """
    return not requirement.specifier or requirement.specifier.contains(version, prereleases=True)
