"""Requirements and markers (pure): parsing, extras, and whether a version satisfies.

Grammar: PEP 508 and the dependency specifiers specification; versions: PEP 440.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Final

from packaging.markers import Environment, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import NormalizedName, canonicalize_name

from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.version import Version

__all__ = ["UNDEFINED", "InvalidRequirement", "applies", "key", "parse", "parse_anew", "relevant", "satisfied_by"]

# before packaging 26.3 a variable that is not there is a KeyError, and one with many values in the wrong place fails an
# assertion
UNDEFINED: Final = (UndefinedComparison, UndefinedEnvironmentName, KeyError, AssertionError)
"""How the evaluation of a marker fails that means nothing."""

# a comparison with an extra, not one that stands in a string
_ONLY_FOR_EXTRA: Final = re.compile(r"""(?:[^'"]|'[^']*'|"[^"]*")*?\bextra\s*==\s*(['"])(?P<extra>[^'"]+)\1""")
_OR: Final = re.compile(r"\bor\b")
# Python converts numbers of up to 640 digits whatever it was told (sys.set_int_max_str_digits), longer ones not always
_LITERAL: Final = re.compile(r"""'([^']*)'|"([^"]*)\"""")
# the first two say what the third one, a string that is no name of an extra, would hide from them
_NAMED_EXTRA: Final = re.compile(
    r"""(?P<before>\bextra\s*[!=]=\s*)(?P<right>'[^']*'|"[^"]*")"""
    r"""|(?P<left>'[^']*'|"[^"]*")(?P<after>\s*[!=]=\s*extra\b)"""
    r"""|'[^']*'|"[^"]*\""""
)
_MEMBER: Final = re.compile(r"\bin\b")
_FEW: Final = 4
_QUOTED: Final = 80
_ENDLESS_NUMBER: Final = re.compile("[0-9]{600}")
# packaging from 26.4 on refuses what is deeper than 200, and quotes all of it; before, Python's own limit decided
_DEEP: Final = 100
_PARENTHESIS: Final = re.compile("[()]")


def parse_anew(text: str) -> Requirement:
    """Parse a requirement into an object of its own; see `parse`."""
    if _ENDLESS_NUMBER.search(text):  # which would fail later, when versions are compared
        raise InvalidRequirement(f"{text[:_QUOTED]!r}... has a number that is too large")
    if text.count("(") > _DEEP and _depth(text) > _DEEP:
        raise InvalidRequirement(f"{text[:_QUOTED]!r}... has a marker that is nested too deeply")
    return Requirement(with_normalised_extras(text))


def with_normalised_extras(text: str) -> str:
    """Normalise the names of extras in a marker with parentheses, which packaging does from 26.3 on.

    Args:
        text: A requirement.

    Returns:
        The same, with ``(extra == "foo-bar")`` for ``(extra == "Foo_Bar")``.
    """
    head, semicolon, marker = text.partition(";")
    if "(" not in marker or "extra" not in marker:
        return text
    return f"{head}{semicolon}{_NAMED_EXTRA.sub(_normalised, marker)}"


def _normalised(found: re.Match[str]) -> str:
    if name := found["right"] or found["left"]:
        return f"{found['before'] or ''}{name[0]}{key(name[1:-1])}{name[0]}{found['after'] or ''}"
    return found[0]


def _depth(text: str) -> int:
    return max(accumulate(1 if found == "(" else -1 for found in _PARENTHESIS.findall(text)))


@lru_cache(maxsize=16384)
def parse(text: str) -> Requirement:
    """Parse a requirement.

    Args:
        text: A requirement as in PEP 508, such as ``numpy>=1.26; python_version >= "3.9"``.

    Returns:
        The requirement; shared between callers, not to be changed.

    Raises:
        InvalidRequirement: When the text is not a requirement, or one that can't be evaluated; the message quotes it.
    """
    return parse_anew(text)


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
        except UNDEFINED:
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


@frozen
class Conditional:
    """Requirements of one distribution, by what their markers say of extras.

    Asked for one extra after the other, a distribution with thousands of them would be read thousands of times.

    Attributes:
        lines: ``Requires-Dist`` values.
        mentioning: Where in them the extras stand that a marker names, by normalised name.
        others: Where the lines stand that any further extra may bring in.
    """

    lines: tuple[str, ...]
    mentioning: Mapping[NormalizedName, tuple[int, ...]]
    others: tuple[int, ...]

    @classmethod
    def of(cls, lines: tuple[str, ...]) -> Conditional:
        """Sort lines by the extras that their markers name."""
        mentioning: dict[NormalizedName, list[int]] = {}
        others = []
        for at, line in enumerate(lines):
            if "extra" not in line:
                continue
            named = _literals(line)
            if named is None or "" in named:
                others.append(at)
            for extra in named or ():
                mentioning.setdefault(extra, []).append(at)
        return cls(
            lines=lines, mentioning={extra: tuple(found) for extra, found in mentioning.items()}, others=tuple(others)
        )

    def further(self, extras: Iterable[NormalizedName]) -> list[str]:
        """Return the lines that these extras may bring in where others were asked for before, in their order."""
        return [
            self.lines[at]
            for at in sorted({*self.others, *(at for extra in extras for at in self.mentioning.get(extra, ()))})
        ]


def _literals(line: str) -> set[NormalizedName] | None:
    """Return the extras that a line names; None where not equality alone decides."""
    return None if _MEMBER.search(line) else {key(first or second) for first, second in _LITERAL.findall(line)}


def deciding(line: str, extras: frozenset[NormalizedName]) -> frozenset[NormalizedName]:
    """Leave out extras that make no difference to a line: of those that it does not name, one stands for all.

    Args:
        line: A ``Requires-Dist`` value.
        extras: The extras that were asked for.

    Returns:
        Extras of which one brings the line in if any does.
    """
    if len(extras) <= _FEW or (named := _literals(line)) is None:
        return extras
    return extras & named | frozenset(islice(extras - named, 1))


def satisfied_by(requirement: Requirement, version: Version) -> bool:
    """Tell whether an installed version is good enough.

    Args:
        requirement: The requirement; its marker and URL are not looked at.
        version: The installed version.

    Returns:
        True where pip would keep it. Pre-releases that are installed count, as pip and uv count them.
    """
    return not requirement.specifier or requirement.specifier.contains(version, prereleases=True)
