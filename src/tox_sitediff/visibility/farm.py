"""What a view holds (pure): a farm of links to what an environment may see of what it inherits.

The unit is that of an installer: a file or directory right in a site directory. It is linked as a whole where declared
distributions alone have it. A directory of a namespace package (PEP 420), and one that undeclared distributions have
files in too, is a real directory, with links in it.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import field
from typing import TYPE_CHECKING, Final

from ..core import fields
from ..files import parse_json
from ..values import frozen, mutable
from .rules import module_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .rules import Claim

    Listing = Callable[[str], Sequence[str]]
    Claims = Sequence[tuple[bool, Sequence[str]]]

_DEPTH: Final = 8
"""Directories within each other that are followed."""
_METADATA: Final = (".dist-info/", ".egg-info/", ".egg-info")
_STARTS: Final = (".pth", ".start")


@frozen
class Farm:
    """What a view holds.

    Attributes:
        links: What each link leads to, by its place in the view, with slashes; a directory's ends in a slash.
        texts: Files that are not as where they come from, by their place.
        paths: Directories that belong on ``sys.path`` behind the view, as they are.
        names: The distributions that can be seen by it.
        python: The version of Python that it is for, such as ``3.12.1``; empty for any.
    """

    links: Mapping[str, str]
    texts: Mapping[str, str]
    paths: tuple[str, ...]
    names: tuple[str, ...]
    python: str = ""

    @property
    def starts(self) -> bool:
        """Whether it has files that the site module reads at each start."""
        return any(place.endswith(_STARTS) and "/" not in place for place in (*self.links, *self.texts))

    def directories(self) -> list[str]:
        """Name the real directories in the view, the outer ones first; the first one is the view."""
        found = {""}
        for place in self.links:
            *parents, _ = place.rstrip("/").split("/")
            found.update("/".join(parents[:end]) for end in range(1, len(parents) + 1))
        return sorted(found)

    def manifest(self, more: Mapping[str, str]) -> str:
        """Write it down.

        Args:
            more: What else decides whether two views are the same.
        """
        data = {
            "schema": 1,
            "python": self.python,
            **more,
            "names": self.names,
            "paths": self.paths,
            "texts": dict(sorted(self.texts.items())),
            "links": dict(sorted(self.links.items())),
        }
        return json.dumps(data, ensure_ascii=True, indent=0) + "\n"


def parse(manifest: str) -> Farm:
    """Read what `Farm.manifest` wrote.

    Raises:
        ValueError: When it is something else, which its digest alone does not rule out: anybody can work that out.
    """
    data = fields.mapping(parse_json(manifest), "manifest")
    return Farm(
        links=_of_text(data, "links"),
        texts=_of_text(data, "texts"),
        paths=fields.texts(data, "paths"),
        names=fields.texts(data, "names"),
        python=fields.text(data, "python"),
    )


def _of_text(data: Mapping[str, object], name: str) -> Mapping[str, str]:
    found = fields.mapping(data.get(name), name)
    return {place: fields.text(found, place) for place in found}


def digest(manifest: str) -> str:
    """Name a view by what is in it."""
    return hashlib.sha256(manifest.encode("ascii")).hexdigest()[:24]


@mutable
class _Growing:
    """A farm that is being worked out.

    Attributes:
        links: As of `Farm`.
        spaces: Namespace packages, by their place.
        modules: From which directory each module is taken, by its place.
    """

    links: dict[str, str] = field(default_factory=dict)
    spaces: set[str] = field(default_factory=set)
    modules: dict[str, str] = field(default_factory=dict)


def plan(
    directories: Iterable[str],
    claims: Sequence[Claim],
    metadata: Mapping[str, str],
    *,
    listing: Listing,
    read: Callable[[str], str],
) -> Farm:
    """Work out what a view holds.

    Args:
        directories: The inherited directories of ``sys.path``, in its order: of two modules the first one counts.
        claims: What the distributions have in them.
        metadata: The metadata that may be seen: paths, and the normalised names.
        listing: Names what lies in a directory, directories with a slash behind them; nothing where it can't be listed.
        read: Reads a ``.pth`` file; empty where that can't be done.

    Returns:
        The farm. What does not exist is not in it.
    """
    growing = _Growing()
    paths = []
    for directory in directories:
        here = [claim for claim in claims if claim.directory == directory]
        if any(claim.visible and "" in claim.paths for claim in here):
            paths.append(directory)  # of a single distribution: an egg, or what a path file of its own adds
            continue
        _fill(growing, "", directory, [(claim.visible, claim.paths) for claim in here], listing, depth=0)
        for path in sorted(metadata):
            parent, name = os.path.split(path)
            if parent == directory:
                growing.links.setdefault(name if f"{name}/" not in listing(directory) else f"{name}/", path)
    texts = {}
    tops = {place.partition("/")[0] for place in growing.links}
    for place in [place for place in growing.links if place.endswith(".pth") and "/" not in place]:
        source = growing.links[place]
        text = read(source)
        if (changed := absolute(text, os.path.dirname(source), tops)) != text:
            del growing.links[place]
            texts[place] = changed
    return Farm(
        links=growing.links, texts=texts, paths=tuple(dict.fromkeys(paths)), names=tuple(sorted(metadata.values()))
    )


def absolute(text: str, directory: str, there: Iterable[str]) -> str:
    """Rewrite a ``.pth`` file for another place.

    Args:
        text: What it says.
        directory: Where it lies.
        there: What lies beside it in the new place too.

    Returns:
        The same, with paths that are relative to something else made absolute.
    """
    lines = []
    for line in text.splitlines():
        first = line.replace("\\", "/").removeprefix("./").partition("/")[0].rstrip()
        is_path = bool(line.strip()) and not line.startswith(("#", "import ", "import\t"))
        if is_path and not os.path.isabs(line) and first not in there:
            lines.append(os.path.normpath(os.path.join(directory, line.rstrip())))
        else:
            lines.append(line)
    return text if lines == text.splitlines() else "\n".join([*lines, ""])


def _fill(
    growing: _Growing,
    place: str,
    directory: str,
    claims: Claims,
    listing: Listing,
    *,
    depth: int,
    whole: bool = False,
) -> None:
    """Take in what of a directory may be seen.

    Args:
        growing: Takes the links.
        place: The directory's place in the view; empty, or with a slash behind it.
        directory: The directory.
        claims: Whether who claims it may be seen, and paths, relative to the directory; an empty one claims all of it.
        listing: As for `plan`.
        depth: How deep this is.
        whole: Whether all may be seen but what undeclared distributions alone have.
    """
    owners_of: dict[str, list[tuple[bool, Sequence[str]]]] = {}
    for visible, paths in claims:
        for child in _first_parts(directory, paths, listing):
            owners_of.setdefault(child, []).append((visible, paths))
    for child in listing(directory):
        owners = owners_of.get(child, [])
        if not _is_seen(child, owners, whole=whole, depth=depth):
            continue
        module = module_of(child)
        is_first = growing.modules.setdefault(place + (module or child), directory) == directory
        source = f"{directory}/{child.removesuffix('/')}"
        is_inner = child.endswith("/") and bool(owners) and depth < _DEPTH
        is_space = is_inner and module is not None and not _is_regular(child, source, owners, listing)
        is_shared = len({visible for visible, _ in owners}) > 1
        if not is_inner or not (is_shared or is_space):
            if is_first:
                growing.links[place + child] = source
        elif is_first or (is_space and place + child in growing.spaces):
            # portions of a namespace package come together, all else hides what comes behind it
            if is_space:
                growing.spaces.add(place + child)
            inner = [(visible, _below(child, paths)) for visible, paths in owners]
            _fill(growing, place + child, source, inner, listing, depth=depth + 1, whole=not is_space)


def _is_seen(child: str, owners: Claims, *, whole: bool, depth: int) -> bool:
    if child == "__pycache__/" or (not depth and child.endswith(_METADATA)):
        return False
    return any(visible for visible, _ in owners) or (whole and not owners)


def _is_regular(child: str, source: str, owners: Claims, listing: Listing) -> bool:
    """Tell whether a directory is a regular package; most are, by what their distribution lists."""
    return any(f"{child}__init__.py" in paths for _, paths in owners) or any(
        module_of(one) == "__init__" for one in listing(source)
    )


def _first_parts(directory: str, paths: Sequence[str], listing: Listing) -> set[str]:
    """Name files, and directories with a slash, that paths begin with; see `rules.children`, which is slower."""
    found = set()
    last = "/"
    for path in paths:
        if path.startswith(last):  # most of thousands of paths lie in the directory of the one before
            continue
        if path:
            first, slash, _ = path.partition("/")
            found.add(first + slash)
            last = first + slash if slash else "/"
        else:
            found.update(listing(directory))
    return found


def _below(child: str, paths: Sequence[str]) -> list[str]:
    """Say what is claimed in a directory."""
    return [path[len(child) :] for path in paths if path.startswith(child) or not path]
