"""Which files of inherited directories belong to which distribution (edge: reads metadata and lists directories).

From ``RECORD`` and ``installed-files.txt``; where there is neither (Debian's ``.egg-info`` files), from the base's own
package manager, ``top_level.txt`` or the directory listing; and from the ``.pth`` files of editable installs. None of
it is trusted: only so much is read, and what lies outside the inherited directories is left out.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from ..core.requirements import key
from ..files import read_text
from ..interpreter import contents
from .rules import Claim, module_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..core.model import Entry

_PATH_FILE_LIMIT: Final = 64 * 1024
_KNOWN: Final = {"distutils-precedence.pth": "setuptools"}
"""Path files that bear another name than the distribution which no list gives them to."""
_MAPPED: Final = re.compile(r"""^MAPPING[^=\n]*=\s*\{([^}\n]*)\}""", re.MULTILINE)
_KEY: Final = re.compile(r"""['"]([\w.]+)['"]\s*:\s*['"]([^'"\n]*)['"]""")


def lister() -> Callable[[str], Sequence[str]]:
    """Return a function that names what lies in a directory, directories with a slash, and remembers it."""

    @cache
    def listing(path: str) -> Sequence[str]:
        try:
            with os.scandir(path) as found:
                return [entry.name + "/" if _is_directory(entry) else entry.name for entry in found]
        except (OSError, ValueError):
            return []

    return listing


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def claims(
    entries: Iterable[Entry],
    directories: Sequence[str],
    visible: frozenset[str],
    listing: Callable[[str], Sequence[str]],
    packaged: Callable[[str], Sequence[str] | None],
) -> Iterator[Claim]:
    """Find out what each distribution has in the inherited directories.

    Args:
        entries: The metadata in these directories.
        directories: The directories.
        visible: Paths of the metadata of what may be seen.
        listing: Names what lies in a directory.
        packaged: Names the files of a distribution by its metadata, where the base's own package manager knows them.

    Yields:
        Claims: one for the directory of the metadata, and one for each other directory with files of it.
    """
    nested = [
        (outer, inner, inner[len(outer) :].strip("/\\").replace("\\", "/") + "/")
        for outer in directories
        for inner in directories
        if inner != outer and inner.startswith(os.path.join(outer, ""))
    ]
    for entry in entries:
        site, info = os.path.split(entry.path)
        label = f"{entry.name} {version}".rstrip() if (version := _version(info)) else str(entry.name)
        found = _by_directory(site, _paths(entry, listing, packaged), directories)
        for outer, inner, prefix in nested:
            if below := [path[len(prefix) :] for path in found.get(outer, ()) if path.startswith(prefix)]:
                found.setdefault(inner, []).extend(below)
        for directory, paths in found.items():
            yield Claim(
                name=entry.name,
                label=label,
                directory=directory,
                paths=paths,
                visible=entry.path in visible,
                has_metadata=directory == site,
            )


def bare_claims(packages: Mapping[str, Sequence[str]], directories: Sequence[str]) -> Iterator[Claim]:
    """Claim what may be seen of packages that have modules, and no metadata.

    Args:
        packages: Their files, by the package.
        directories: The inherited directories.

    Yields:
        Claims: one for each directory with files of it.
    """
    for files in packages.values():
        found: dict[str, list[str]] = {}
        for path in files:
            if (place := _elsewhere("", path, directories)) is not None:
                found.setdefault(place[0], []).append(place[1])
        for directory, paths in found.items():
            yield Claim(name="", label="", directory=directory, paths=paths, visible=True, has_metadata=False)


def _by_directory(site: str, paths: Iterable[str], directories: Sequence[str]) -> dict[str, list[str]]:
    """Sort the files of a distribution by the inherited directory that they lie in, and take in what path files add."""
    found: dict[str, list[str]] = {site: []}
    for path in paths:
        if not path.startswith(("..", "/")) and ":" not in path:
            found[site].append(path)
        elif (elsewhere := _elsewhere(site, path, directories)) is not None:
            found.setdefault(elsewhere[0], []).append(elsewhere[1])
    for name in [path for path in found[site] if path.endswith(".pth") and "/" not in path]:
        for target in _added(site, name):
            if target in directories:
                found.setdefault(target, []).append("")
    return found


def _version(info: str) -> str:
    """Read the version from the name of a metadata directory, as far as it is there."""
    return info.rpartition(".")[0].partition("-")[2].partition("-")[0]


def _elsewhere(site: str, path: str, directories: Sequence[str]) -> tuple[str, str] | None:
    """Say in which inherited directory a file lies that is not in its distribution's own."""
    full = os.path.normpath(os.path.join(site, path))
    for directory in directories:
        start = os.path.join(directory, "")
        if full.startswith(start):
            return directory, full[len(start) :].replace(os.sep, "/")
    return None


def added(metadata: str) -> Iterator[str]:
    """Name the directories that the path files of a distribution add.

    Args:
        metadata: Its metadata directory.
    """
    listed = contents.listed(metadata)
    for path in () if listed is None else listed.paths:
        if path.endswith(".pth") and "/" not in path:
            yield from _added(os.path.dirname(metadata), path)


def _added(site: str, name: str) -> Iterator[str]:
    """Name the directories that a path file adds."""
    for line in (read_text(os.path.join(site, name), _PATH_FILE_LIMIT) or "").splitlines():
        if line.strip() and not line.startswith(("#", "import ", "import\t")):
            yield os.path.normpath(os.path.join(site, line.rstrip()))


def _paths(
    entry: Entry, listing: Callable[[str], Sequence[str]], packaged: Callable[[str], Sequence[str] | None]
) -> Sequence[str]:
    """Name the files of a distribution relative to where its metadata lies."""
    site, info = os.path.split(entry.path)
    if info.lower() == "egg-info":
        return [""]  # an egg is a directory of its own
    if (listed := contents.listed(entry.path)) is not None:
        return [path.replace("\\", "/") for path in listed.paths]
    if (files := packaged(entry.path)) is not None:
        start = os.path.join(site, "")
        return [path.removeprefix(start).replace(os.sep, "/") for path in files]
    return _guessed(entry, site, info, listing)


def _guessed(entry: Entry, site: str, info: str, listing: Callable[[str], Sequence[str]]) -> Sequence[str]:
    """Name what a distribution without a list of its files has: what top_level.txt says, or what bears its name."""
    there = listing(site)
    stem = info.rpartition(".")[0].partition("-")[0]
    spaces = contents.namespace_packages(entry.path)
    names = {name.replace("\\", "/") for name in contents.top_level(entry.path)}
    if not names:
        short = re.sub(r"(?i)^(?:python|py)[-_.]?|[-_.]?python$", "", stem)
        wanted = {key(stem), key(short)}
        names = {name for child in there if (name := module_of(child)) is not None and key(name) in wanted}
        if "." in stem:
            names.add(stem.replace(".", "/"))
    found = []
    for name in names - set(spaces):
        inside = name if "/" in name else ""
        if inside:
            found += [f"{name}/", f"{name}.py"]
        else:
            found += [child for child in there if module_of(child) == name]
    for space in spaces:
        # of a namespace package, what bears the rest of the name: zope.interface has zope/interface
        within = space.replace(".", "/")
        rest = key(stem).removeprefix(f"{key(space)}-")
        children = listing(os.path.join(site, *within.split("/")))
        own = [child for child in children if key(module_of(child) or "") == rest or module_of(child) == "__init__"]
        found += [f"{within}/{child}" for child in own]
    for child in there:
        if child.endswith(".pth") and (
            _KNOWN.get(child) == entry.name or key(child.removesuffix(".pth").partition("-")[0]) == entry.name
        ):
            found.append(child)
    return found


def mapped(directory: str, paths: Iterable[str]) -> Iterator[str]:
    """Name the modules that the finder of an editable install of setuptools provides, as far as they are still there.

    Args:
        directory: Where it lies.
        paths: The files of a distribution.

    Yields:
        Names of top-level modules.
    """
    for path in paths:
        if path.startswith("__editable___") and path.endswith("_finder.py"):
            source = read_text(os.path.join(directory, path), 1024 * 1024) or ""
            for found in _MAPPED.finditer(source):
                for name, target in _KEY.findall(found[1]):
                    place = target.replace("\\\\", "\\")
                    if any(os.path.exists(f"{place}{end}") for end in ("", ".py")):
                        yield name.partition(".")[0]
