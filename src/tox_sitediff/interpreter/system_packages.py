"""What a base's own package manager knows of its distributions (edge: reads what it noted): needs, and files.

Debian takes requirements out of the metadata of its Python packages, and conda's packages may need more than theirs
say: both know better from their own packages. So it is with data files: Debian's metadata have no list, or one of the
build, and what a recipe of conda's adds after pip was through is in no RECORD.

- dpkg: ``status`` and ``info/NAME.list`` in ``/var/lib/dpkg``, see dpkg(1) and
  https://www.debian.org/doc/debian-policy/ch-relationships.html;
- conda: one JSON file for each package in ``conda-meta`` of the base's prefix.

What is read may be damaged: what can't be understood says nothing.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from ..core.model import Role
from ..core.requirements import key
from ..files import listing, parse_json, read_bytes, read_text
from ..values import frozen
from .beside import is_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..core.model import Interpreter

DPKG: Final = "/var/lib/dpkg"
_LIMIT: Final = 64 * 1024 * 1024
_METADATA: Final = r"\n(/[^\n]*/(?:dist|site)-packages/[^/\n]*\.(?:dist|egg)-info)(?=\n)"
"""Right in a site directory: packages have others' vendored in their own."""
_FIELD: Final = r"\n(Package|Status|Architecture|Provides|Pre-Depends|Depends):[ \t]*(.*(?:\n[ \t].*)*)"
_INTERPRETER: Final = r"(?:lib)?(?:python|pypy)[0-9.]*(?:-minimal|-stdlib)?"
"""What all packages with modules need: what such a package needs in turn says nothing of these."""
_PYTHON: Final = r"\b(?:python|pypy)3"
_DEBIAN: Final = r"/usr/lib/(?:python|pypy)3[^/]*/"
_OWNED: Final = rb"(?:lib/(?:python|pypy)[^/]*|Lib)/site-packages/[^/]*\.(?:dist|egg)-info"
_MARKS: Final = ((b'-info/METADATA"', 5), (b'-info/PKG-INFO"', 5), (b'.egg-info"', 9))
"""Ends of the names of metadata, and how much of each belongs to the directory, or file, that they are."""
_DATA: Final = rb'"((?:share|etc)/[^"]*)"'
_OTHERS: Final = (
    *("etc/conda/", "share/bug/", "share/dh-python/", "share/doc/", "share/doc-base/", "share/lintian/"),
    *("share/menu/", "share/metainfo/", "share/perl5/", "share/pyshared/", "share/python/", "share/python3/"),
)
"""What a package has, and a wheel has not."""
_FILE: Final = r"(?P<name>.+)-[^-]+-[^-]+\.json"


class _Manager(Protocol):
    """A package manager.

    Attributes:
        owned: The metadata directories (and files) of each of its packages that has some.
    """

    @property
    def owned(self) -> Mapping[str, Sequence[str]]: ...

    def needs(self, package: str) -> Iterable[str]:
        """Name the installed packages that one needs."""
        ...

    def files(self, package: str) -> Iterable[str]:
        """Name the files of an installed package, by their full paths."""
        ...

    def data(self, package: str) -> Iterable[tuple[str, str]]:
        """Name what it has below ``share`` and ``etc``: the place below a prefix, and the full path."""
        ...


@frozen
class Needed:
    """What distributions need by their packages.

    Attributes:
        metadata: Paths of the metadata of others, as the package manager wrote them.
        bare: Packages without any metadata that have modules, and their files in the site directories.
    """

    metadata: frozenset[str]
    bare: Mapping[str, Sequence[str]]


class Dpkg:
    """The packages of Debian and its kin."""

    def __init__(self, directory: str = DPKG) -> None:
        """Look at nothing yet.

        Args:
            directory: Where dpkg keeps its notes.
        """
        self._directory = directory

    @cached_property
    def _installed(self) -> Mapping[str, Mapping[str, str]]:
        """The fields of each installed package."""
        text = read_text(os.path.join(self._directory, "status"), _LIMIT) or ""
        found = {}
        for stanza in text.split("\n\n"):
            if "\nStatus: " in stanza:
                fields = {field: value.strip() for field, value in re.findall(_FIELD, f"\n{stanza}")}
                if fields.get("Status", "").endswith(" installed") and "Package" in fields:
                    found[fields["Package"]] = fields
        return found

    @cached_property
    def _provided(self) -> Mapping[str, Sequence[str]]:
        """Who provides what is no package of its own."""
        found: dict[str, list[str]] = {}
        for name, fields in self._installed.items():
            for group in _groups(fields.get("Provides", "")):
                for provided in group:
                    found.setdefault(provided, []).append(name)
        return found

    @cached_property
    def owned(self) -> Mapping[str, Sequence[str]]:
        """The metadata of each package."""
        found = {}
        for name, fields in self._installed.items():
            # what has modules needs an interpreter; the lists of all others are not read
            if re.search(_PYTHON, fields.get("Depends", "")) is None:
                continue
            if paths := re.findall(_METADATA, f"\n{self._list(name)}\n"):
                found[name] = paths
        return found

    def _list(self, package: str) -> str:
        """Read the list of a package, which bears its architecture where there may be several of them."""
        for name in (package, f"{package}:{self._installed.get(package, {}).get('Architecture', '')}"):
            if (text := read_text(os.path.join(self._directory, "info", f"{name}.list"), _LIMIT)) is not None:
                return text
        return ""

    def needs(self, package: str) -> Iterator[str]:
        """Name the installed packages that one needs: of alternatives the first that is there."""
        fields = self._installed.get(package, {})
        for field in ("Pre-Depends", "Depends"):
            for group in _groups(fields.get(field, "")):
                there = (self._there(name) for name in group)
                yield from next(filter(None, there), ())

    def files(self, package: str) -> list[str]:
        """Name the files of an installed package; the directories in its list are left out."""
        lines = self._list(package).split("\n")
        directories = {os.path.dirname(line) for line in lines}
        return [line for line in lines if line and line not in directories]

    def data(self, package: str) -> Iterator[tuple[str, str]]:
        """Name its data files; Debian's policy has settings in ``/etc``, beside the prefix."""
        for path in self.files(package):
            if path.startswith(("/usr/share/", "/etc/")):
                yield path.removeprefix("/usr").removeprefix("/"), path

    def _there(self, name: str) -> Sequence[str]:
        return [name] if name in self._installed else self._provided.get(name, ())


def _groups(field: str) -> Iterator[list[str]]:
    """Read a relationship field: names of packages, and of their alternatives, without versions and architectures."""
    for group in field.split(","):
        words = [alternative.split() for alternative in group.split("|")]
        if names := [found[0].partition("(")[0].partition(":")[0] for found in words if found]:
            yield names


class Conda:
    """The packages of a conda prefix."""

    def __init__(self, prefix: str) -> None:
        """Look at nothing yet.

        Args:
            prefix: The directory with ``conda-meta`` in it.
        """
        self._prefix = prefix
        self._directory = os.path.join(prefix, "conda-meta")

    @cached_property
    def _files(self) -> Mapping[str, str]:
        """The file of each package."""
        names = sorted(listing(self._directory))
        return {match["name"]: name for name in names if (match := re.fullmatch(_FILE, name)) is not None}

    @cached_property
    def owned(self) -> Mapping[str, Sequence[str]]:
        """The metadata of each package; to parse all of their lists would take most of the time."""
        found = {}
        for package, name in self._files.items():
            places = {os.fsdecode(place) for place in _ending(self._content(name)) if re.fullmatch(_OWNED, place)}
            if places:
                found[package] = [os.path.normpath(os.path.join(self._prefix, place)) for place in sorted(places)]
        return found

    def _content(self, name: str) -> bytes:
        return read_bytes(os.path.join(self._directory, name), _LIMIT) or b""

    def _noted(self, package: str, field: str) -> Iterator[str]:
        """Read a field of a package's file that is a list of strings."""
        try:
            data = parse_json(read_text(os.path.join(self._directory, self._files[package]), _LIMIT) or "")
        except (KeyError, ValueError):
            return
        found = data.get(field) if isinstance(data, dict) else None
        yield from (item for item in found if isinstance(item, str)) if isinstance(found, list) else ()

    def needs(self, package: str) -> Iterator[str]:
        """Name the installed packages that one needs."""
        for text in self._noted(package, "depends"):
            if (name := re.split(r"[\s=<>!~\[]", text, maxsplit=1)[0]) in self._files:
                yield name

    def files(self, package: str) -> Iterator[str]:
        """Name the files of an installed package."""
        return (os.path.normpath(os.path.join(self._prefix, place)) for place in self._noted(package, "files"))

    def data(self, package: str) -> Iterator[tuple[str, str]]:
        """Name its data files; to parse the whole would take most of the time."""
        for match in dict.fromkeys(re.findall(_DATA, self._content(self._files.get(package, "")))):
            with suppress(ValueError):
                place = json.loads(b'"%b"' % match)
                yield place, os.path.join(self._prefix, *place.split("/"))


def _ending(content: bytes) -> Iterator[bytes]:
    """Find, in JSON, the names of metadata: what a regular expression finds too, in a fraction of the time."""
    for mark, kept in _MARKS:
        at = content.find(mark)
        while at >= 0:
            yield content[content.rfind(b'"', 0, at) + 1 : at + kept]
            at = content.find(mark, at + kept)


class SystemPackages:
    """What the package managers of a base know."""

    def __init__(self, managers: Sequence[_Manager], sites: Iterable[str]) -> None:
        """Take the package managers, and the site directories of the base."""
        self._managers = managers
        self._sites = tuple(os.path.join(site, "") for site in sites)

    def needs(self, paths: Iterable[str]) -> Needed:
        """Tell what distributions need.

        Args:
            paths: Paths of their metadata, as the interpreter sees them.

        Returns:
            What the packages of these need, and what those of it that are without metadata need in turn.
        """
        asked = [*paths]
        metadata: set[str] = set()
        bare: dict[str, Sequence[str]] = {}
        for manager, packages in self._packages:
            stack = [package for path in asked if (package := packages.get(os.path.normcase(path))) is not None]
            done = set(stack)
            while stack:
                for needed in manager.needs(stack.pop()):
                    if needed in done:
                        continue
                    done.add(needed)
                    if owned := manager.owned.get(needed):
                        metadata.update(owned)
                    elif not re.fullmatch(_INTERPRETER, needed):
                        stack.append(needed)
                        if files := self._in_sites(manager, needed):
                            bare[needed] = files
        return Needed(metadata=frozenset(metadata), bare=bare)

    def files(self, path: str) -> Sequence[str] | None:
        """Name the files of a distribution.

        Args:
            path: Its metadata.

        Returns:
            The files of its package in the site directories, by their full paths; None where it has none, or that has
            other distributions too.
        """
        for manager, packages in self._packages:
            if (package := packages.get(os.path.normcase(path))) is not None:
                owned = {_stem(one) for one in manager.owned[package]}
                return self._in_sites(manager, package) if len(owned) == 1 else None
        return None

    def data(self, path: str) -> Iterator[tuple[str, str]]:
        """Name the data files of a distribution, whether or not they are there: those of its package.

        Args:
            path: Its metadata.

        Yields:
            The place below a prefix, with slashes, and the full path; documentation, and what else is of use to the
            package manager alone, is left out.
        """
        for manager, packages in self._packages:
            if (package := packages.get(os.path.normcase(path))) is not None:
                for place, source in manager.data(package):
                    if is_data(place) and not place.startswith(_OTHERS):
                        yield place, source

    def _in_sites(self, manager: _Manager, package: str) -> Sequence[str]:
        return [path for path in manager.files(package) if path.startswith(self._sites)]

    @cached_property
    def _packages(self) -> list[tuple[_Manager, Mapping[str, str]]]:
        """Which package each metadata belongs to, manager by manager."""
        return [
            (manager, {os.path.normcase(path): package for package, paths in manager.owned.items() for path in paths})
            for manager in self._managers
        ]


def _stem(path: str) -> str:
    """Tell two distributions from two metadata of one."""
    return key(os.path.basename(path).rpartition(".")[0].partition("-")[0])


def packages_of(interpreter: Interpreter) -> SystemPackages:
    """Find the package managers of the base that an environment inherits from.

    Args:
        interpreter: The environment's interpreter.
    """
    sites = [layer.path for layer in interpreter.layers if layer.role in {Role.BASE, Role.USER}]
    return system_packages(interpreter.base_prefix, sites)


def system_packages(prefix: str, sites: Sequence[str], *, dpkg: str = DPKG) -> SystemPackages:
    """Find the package managers of a base.

    Args:
        prefix: The directory of the base interpreter.
        sites: Its site directories.
        dpkg: Where dpkg keeps its notes; they count where a site directory is one that Debian's packages fill.
    """
    managers: list[_Manager] = []
    if os.path.isdir(os.path.join(prefix, "conda-meta")):
        managers.append(Conda(prefix))
    if any(re.match(_DEBIAN, os.path.join(site, "")) for site in sites):
        managers.append(Dpkg(dpkg))
    return SystemPackages(managers, sites)
