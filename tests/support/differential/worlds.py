"""Random worlds: what an index offers, what a base holds, and what is asked for (pure).

Everything follows from a seed and a number. Worlds of neighbouring numbers share their index, because making one
takes longer than asking for something else.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.utils import NormalizedName

SHARED: Final = 10
"""How many worlds in a row have the same index."""
LAYERS: Final = ("base", "second", "user", "stacked", "injected", "own")
"""Where a copy may lie: the site-packages of the base, a directory that a ``.pth`` file there names, the user site, a
layer that the user stacked, a directory on ``PYTHONPATH``, and the environment itself, from an earlier command."""
DAMAGES: Final = ("no metadata", "no version", "bad version", "bad requirement")

_SPELLINGS: Final[Mapping[str, Sequence[str]]] = {
    "a": ("a", "A"),
    "b-x": ("b-x", "B_x", "b.X"),
    "c": ("c",),
    "d.e": ("d.e", "D-E", "d_e"),
    "f": ("f", "F"),
    "g": ("g",),
    "h_2": ("h_2", "H.2"),
    "k": ("k",),
    "m": ("m",),
}
_VERSIONS: Final = ("1.0", "1.5", "2.0", "2.0a1", "2.1rc1", "3.0", "3.0+local", "1.0.post1", "3.1.dev2")
_SPECIFIERS: Final = (
    *("",) * 24, ">=1.5", ">=1.5", "<2", "<2", "<=1.5", ">=2", ">=2", "!=1.5", "==1.0", "==2.0", "~=1.0", "<3", ">1,<3",
    "!=3.0+local", "==1.*", ">=2.0a1", "==2.1rc1", "===1.0", ">3", "<1",
)  # fmt: skip
_MARKERS: Final = (
    *("",) * 9, 'extra == "x"', 'extra == "x"', "extra == 'Y.z'", 'python_version < "3"', 'python_version >= "3.8"',
    'sys_platform == "nowhere"', 'extra == "x" and python_version >= "3"', 'os_name == "nt" or extra == "y-z"',
)  # fmt: skip
_NEVER: Final = '; python_version < "3"'
_ASKED_EXTRAS: Final = (*("",) * 7, "[x]", "[x]", "[y_z]", "[x,Y-Z]", "[none]")
_PYTHONS: Final = (*("",) * 40, ">=3.8", ">=3", ">=3.8,!=3.8.*", ">=3,<5", "<3", ">=4")


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A wheel.

    Attributes:
        name: Its name as its metadata spell it.
        version: Its version.
        requires: ``Requires-Dist`` values.
        extras: ``Provides-Extra`` values.
        python: ``Requires-Python``.
        announced: Whether the index says that too.
        yanked: Whether the index says that it is yanked (PEP 592).
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    python: str = ""
    announced: bool = False
    yanked: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """An installed distribution.

    Attributes:
        name: Its name as its metadata spell it.
        version: Its version.
        requires: What it requires.
        extras: The extras that it provides.
        layer: Where it lies, one of `LAYERS`.
        kind: ``dist-info``, ``egg-info`` or ``egg-info file``.
        origin: The number of the archive that its ``direct_url.json`` names, -1 for another URL; none without one.
        damage: What is wrong with it, one of `DAMAGES`, or nothing.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    layer: str = "base"
    kind: str = "dist-info"
    origin: int | None = None
    damage: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A requirement.

    Attributes:
        text: The requirement; of an archive, the name with its extras.
        archive: The number of the archive that it names by URL; none for an ordinary requirement.
        digest: Whether a ``right`` or a ``wrong`` hash stands in that URL, or none.
    """

    text: str
    archive: int | None = None
    digest: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """Everything that decides about an installation.

    Attributes:
        releases: What the index offers.
        archives: Wheels that lie elsewhere.
        copies: What is installed.
        declared: What is asked for.
        constraints: The lines of a constraints file.
        exclude: Names that are not to be taken from the base.
        pre: Whether pre-releases are asked for.
        neutral: Whether a setting that could decide about what is installed is known to be absent.
    """

    releases: tuple[Release, ...] = ()
    archives: tuple[Release, ...] = ()
    copies: tuple[Copy, ...] = ()
    declared: tuple[Ask, ...] = ()
    constraints: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pre: bool = False
    neutral: bool = True

    def __str__(self) -> str:
        """List it for people."""
        lines = [f"index: {_release(item)}" for item in self.releases]
        lines += [f"archive {at}: {_release(item)}" for at, item in enumerate(self.archives)]
        lines += [f"{item.layer}: {_copy(item)}" for item in self.copies]
        lines += [f"constraint: {line}" for line in self.constraints]
        lines += [f"exclude: {name}" for name in self.exclude]
        lines += [
            f"option: {text}" for text, is_set in (("--pre", self.pre), ("not neutral", not self.neutral)) if is_set
        ]
        lines += [
            f"declared: {ask.text}"
            + (
                f" @ archive {ask.archive}{f', {ask.digest} hash' if ask.digest else ''}"
                if ask.archive is not None
                else ""
            )
            for ask in self.declared
        ]
        return "\n".join(f"    {line}" for line in lines)


def _requires(lines: Sequence[str]) -> str:
    return f" requires {', '.join(lines)}" if lines else ""


def _release(item: Release) -> str:
    extras = f"[{','.join(item.extras)}]" if item.extras else ""
    python = f" python{item.python}{'' if item.announced else ' (not announced)'}" if item.python else ""
    return f"{item.name}{extras} {item.version}{python}{' yanked' if item.yanked else ''}{_requires(item.requires)}"


def _copy(item: Copy) -> str:
    extras = f"[{','.join(item.extras)}]" if item.extras else ""
    kind = "" if item.kind == "dist-info" else f" ({item.kind})"
    origin = (
        "" if item.origin is None else f" from {'archive ' + str(item.origin) if item.origin >= 0 else 'elsewhere'}"
    )
    damage = f" ({item.damage})" if item.damage else ""
    return f"{item.name}{extras} {item.version}{kind}{origin}{damage}{_requires(item.requires)}"


def world(seed: int, number: int) -> World:
    """Make a world.

    Args:
        seed: Of the campaign.
        number: Of the world in it.
    """
    # a name for each stream, so that what one draws does not shift the other
    offer = _Offer(random.Random(f"index {seed} {number // SHARED}"))
    return _Draw(random.Random(f"world {seed} {number}"), offer).world()


class _Offer:
    """An index and archives."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.names = chance.sample(sorted(_SPELLINGS), chance.randint(4, len(_SPELLINGS)))
        self.versions = {name: chance.sample(_VERSIONS, chance.choice([1, 2, 2, 3, 4])) for name in self.names}
        self.releases = tuple(
            self.release(name, version) for name, versions in self.versions.items() for version in versions
        )
        self.archives = tuple(
            self.release(chance.choice(self.names), chance.choice(_VERSIONS)) for _ in range(chance.choice([0, 1, 2]))
        )

    def spelled(self, name: str) -> str:
        return self.chance.choice(_SPELLINGS[name])

    def specifier(self, chance: random.Random, name: str, choices: Sequence[str] = _SPECIFIERS) -> str:
        """Draw a specifier, mostly one that something in the index meets."""
        specifier = chance.choice(choices)
        for _ in range(chance.choice([0, 6, 6, 6])):
            if any(SpecifierSet(specifier).filter(self.versions.get(name, ()))):
                break
            specifier = chance.choice(choices)
        return specifier

    def release(self, name: str, version: str) -> Release:
        chance = self.chance
        return Release(
            name=self.spelled(name),
            version=version,
            requires=tuple(self.line() for _ in range(chance.choice([0, 0, 0, 0, 1, 1, 2]))),
            extras=("x", "y-z"),
            python=chance.choice(_PYTHONS),
            announced=chance.random() < 0.5,
            yanked=chance.random() < 0.03,
        )

    def line(self) -> str:
        return self.line_by(self.chance)

    def line_by(self, chance: random.Random) -> str:
        """Draw a requirement."""
        name = chance.choice(self.names) if chance.random() < 0.995 else "nowhere"
        spelled = chance.choice(_SPELLINGS.get(name, (name,)))
        marker = chance.choice(_MARKERS)
        specifier = self.specifier(chance, name)
        return f"{spelled}{chance.choice(_ASKED_EXTRAS)}{specifier}{f'; {marker}' if marker else ''}"


class _Draw:
    """A base over an index, and requirements."""

    def __init__(self, chance: random.Random, offer: _Offer) -> None:
        self.chance = chance
        self.offer = offer

    def world(self) -> World:
        chance = self.chance
        declared = tuple(self.ask() for _ in range(chance.choice([1, 1, 2, 2, 3, 4])))
        copies = self.copies()
        return World(
            releases=self.offer.releases,
            archives=self.offer.archives,
            copies=copies,
            declared=declared,
            constraints=tuple(self.constraint() for _ in range(chance.choice([0, 0, 0, 0, 1, 2]))),
            exclude=tuple(dict.fromkeys(self.spelled() for _ in range(chance.choice([0, 0, 0, 0, 0, 0, 1, 2])))),
            pre=chance.random() < 0.04,
            neutral=chance.random() < 0.8,
        )

    def spelled(self) -> str:
        return self.chance.choice(_SPELLINGS[self.chance.choice(self.offer.names)])

    def constraint(self) -> str:
        chance = self.chance
        name = chance.choice(self.offer.names)
        specifier = self.offer.specifier(chance, name, [text for text in _SPECIFIERS if text])
        return f"{chance.choice(_SPELLINGS[name])}{specifier}{chance.choice(('', '', _NEVER))}"

    def ask(self) -> Ask:
        chance = self.chance
        extras = chance.choice(_ASKED_EXTRAS)
        if self.offer.archives and chance.random() < 0.1:
            at = chance.randrange(len(self.offer.archives))
            name = chance.choice(_SPELLINGS[_known(self.offer.archives[at].name)])
            return Ask(text=f"{name}{extras}", archive=at, digest=chance.choice([*("", "right") * 6, "wrong"]))
        marker = chance.choice([*("",) * 9, _NEVER, '; python_version >= "3"'])
        name = chance.choice(self.offer.names)
        specifier = self.offer.specifier(chance, name)
        return Ask(text=f"{chance.choice(_SPELLINGS[name])}{extras}{specifier}{marker}")

    def copies(self) -> tuple[Copy, ...]:
        chance = self.chance
        names = chance.sample(self.offer.names, chance.randint(0, len(self.offer.names)))
        found = [self.copy(name) for name in names]
        if chance.random() < 0.7:  # a base that somebody looked after
            there = {canonicalize_name(item.name): item.version for item in found}
            found = [
                replace(item, requires=tuple(line for line in item.requires if _fits(line, there))) for item in found
            ]
        if found and chance.random() < 0.15:  # a second copy: in the same place, or behind or before the first
            first = chance.choice(found)
            layer = chance.choice([first.layer, first.layer, *LAYERS])
            found.append(replace(self.copy(_known(first.name)), layer=layer))
        if found and chance.random() < 0.08:
            at = chance.randrange(len(found))
            found[at] = replace(found[at], damage=chance.choice(DAMAGES), kind="dist-info")
        return tuple(found)

    def copy(self, name: str) -> Copy:
        chance = self.chance
        known = [item for item in self.offer.releases if _known(item.name) == name]
        version = chance.choice(known).version if chance.random() < 0.7 else chance.choice(("0.5", *_VERSIONS, "9.0"))
        same = next((item.requires for item in known if item.version == version), None)
        requires = (
            same
            if same is not None and chance.random() < 0.8
            else tuple(self.offer.line_by(chance) for _ in range(chance.choice([0, 0, 1, 2])))
        )
        origin = None
        if chance.random() < 0.15:
            of_name = [at for at, item in enumerate(self.offer.archives) if _known(item.name) == name]
            origin = chance.choice([*of_name, -1])
            if origin >= 0 and chance.random() < 0.8:
                version, requires = self.offer.archives[origin].version, self.offer.archives[origin].requires
        layer = chance.choice([*("base",) * 10, "second", "second", "user", "stacked", "injected"])
        if chance.random() < 0.02:
            layer = "own"
        return Copy(
            name=chance.choice(_SPELLINGS[name]),
            version=version,
            requires=requires,
            extras=("x", "y-z"),
            layer=layer,
            kind="dist-info"
            if layer == "own" or origin is not None
            else chance.choice([*("dist-info",) * 8, "egg-info", "egg-info", "egg-info file"]),
            origin=origin,
        )


def _known(name: str) -> str:
    """Return the key of a spelling."""
    return next(key for key, spellings in _SPELLINGS.items() if canonicalize_name(name) == canonicalize_name(key))


def _fits(line: str, there: Mapping[NormalizedName, str]) -> bool:
    """Tell whether a base of these versions meets a requirement that applies whatever the extras."""
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return False
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        return True
    version = there.get(canonicalize_name(requirement.name))
    return version is not None and requirement.specifier.contains(version, prereleases=True)
