"""What an environment sees, name by name (pure): ordered layers, the effective copy, what hides behind it.

The rules are those of ``importlib.metadata``: the first directory of ``sys.path`` that holds a distribution wins,
and a distribution is looked up by the normalised name that its metadata directory carries
(https://packaging.python.org/en/latest/specifications/recording-installed-packages/).
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from ..text import redacted
from .model import Broken, Distribution, Entry, Layer, Role
from .requirements import InvalidRequirement, parse, relevant

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, KeysView, Sequence

    from packaging.utils import NormalizedName


def classify(
    paths: Iterable[str],
    *,
    own: frozenset[str],
    user: str | None,
    base: frozenset[str],
) -> tuple[Layer, ...]:
    """Give each directory of ``sys.path`` its role.

    Args:
        paths: ``sys.path`` in its order, without the script directory.
        own: The environment's site directories.
        user: The user site, where it is enabled.
        base: The site directories of the base interpreter.

    Returns:
        The layers in the same order, each directory once. Of an interpreter that is no environment, all is the base's
        but for the user site.
    """
    ordered = list(dict.fromkeys(paths))
    if own.isdisjoint(ordered):
        return tuple(Layer(path=path, role=Role.USER if path == user else Role.BASE) for path in ordered)
    first_own = next(at for at, path in enumerate(ordered) if path in own)
    first_base = next((at for at, path in enumerate(ordered) if path in base and at > first_own), len(ordered))
    first_user = next((at for at, path in enumerate(ordered) if path == user and at > first_own), first_base)
    layers = []
    for at, path in enumerate(ordered):
        if path in own:
            role = Role.OWN
        elif at < first_own:
            role = Role.INJECTED
        elif path == user:
            role = Role.USER
        elif at < min(first_base, first_user):
            role = Role.EXTRA
        elif at < first_base:
            role = Role.USER
        else:
            role = Role.BASE
        layers.append(Layer(path=path, role=role))
    return tuple(layers)


class Listing:
    """What one layer holds, name by name.

    Of a large base nobody asks for most of it: so names and files are kept as they were listed, and an entry is made
    where one is asked for.

    Attributes:
        layer: The layer.
    """

    __slots__ = ("_files", "_names", "_one", "_several", "_start", "layer")

    def __init__(
        self, layer: Layer, names: Sequence[NormalizedName], files: Sequence[str], *, directory: str = ""
    ) -> None:
        """Index what was listed.

        Args:
            layer: The layer.
            names: Normalised names, in the order of the directory.
            files: Of each the metadata directory or file.
            directory: Where these are, with a separator at its end; empty where they are whole paths.
        """
        self.layer = layer
        self._names, self._files, self._start = names, files, directory
        self._one = dict(zip(names, files, strict=True))
        self._several: dict[NormalizedName, list[str]] = {}
        if len(self._one) < len(names):
            for name, file in zip(names, files, strict=True):
                self._several.setdefault(name, []).append(file)

    def __len__(self) -> int:
        """Count the names."""
        return len(self._one)

    def __contains__(self, name: NormalizedName) -> bool:
        """Tell whether there is metadata of that name, usable or not."""
        return name in self._one

    def __iter__(self) -> Iterator[Entry]:
        """Give all there is, in the order of the directory."""
        for name, file in zip(self._names, self._files, strict=True):
            yield self._entry(name, file)

    def names(self) -> KeysView[NormalizedName]:
        """Return all names."""
        return self._one.keys()

    def of(self, name: NormalizedName) -> list[Entry]:
        """Return what there is of a name, in the order of the directory."""
        return [self._entry(name, file) for file in self.files_of(name)]

    def files_of(self, name: NormalizedName) -> Sequence[str]:
        """Return the metadata directories and files of a name, in the order of the directory."""
        if name not in self._one:
            return ()
        return self._several.get(name) or [self._one[name]]

    def _entry(self, name: NormalizedName, file: str) -> Entry:
        return Entry(name=name, path=self._start + file, layer=self.layer)


def listings(entries: Iterable[Entry]) -> list[Listing]:
    """Put entries together that follow each other and lie in the same layer.

    Args:
        entries: What layers hold, in the order of ``sys.path`` and of each directory.
    """
    found = []
    for layer, group in groupby(entries, attrgetter("layer")):
        held = list(group)
        found.append(Listing(layer, [entry.name for entry in held], [entry.path for entry in held]))
    return found


class Inventory:
    """The distributions that an environment's interpreter sees; metadata is read when a name is asked for."""

    def __init__(self, listed: Sequence[Listing], read: Callable[[Entry], Distribution | Broken]) -> None:
        """Take what was listed.

        Args:
            listed: What each layer holds, in the order of ``sys.path``.
            read: Reads the metadata of one entry.
        """
        self._listed = listed
        self._read = read
        self._entries: dict[NormalizedName, Sequence[Entry]] = {}
        self._known: dict[str, Distribution | Broken] = {}
        self._sound: set[str] = set()

    def __contains__(self, name: NormalizedName) -> bool:
        """Tell whether any layer holds metadata of that name, usable or not."""
        return any(name in listing for listing in self._listed)

    def names(self) -> list[NormalizedName]:
        """Return all names, sorted."""
        return sorted(_names(self._listed))

    def has(self, role: Role) -> bool:
        """Tell whether layers of a role hold metadata of anything, usable or not."""
        return any(listing.layer.role is role and listing.names() for listing in self._listed)

    def entries(self, name: NormalizedName) -> Sequence[Entry]:
        """Return what the layers hold of a name, the first one first."""
        if name not in self._entries:
            self._entries[name] = [entry for listing in self._listed for entry in listing.of(name)]
        return self._entries[name]

    def _of(self, entry: Entry) -> Distribution | Broken:
        if entry.path not in self._known:
            self._known[entry.path] = self._read(entry)
        return self._known[entry.path]

    def copies(self, name: NormalizedName) -> Iterator[Distribution]:
        """Read the usable copies of a name, in the order of ``sys.path``."""
        for entry in self.entries(name):
            if isinstance(found := self._of(entry), Distribution):
                yield found

    def look_at(self, name: NormalizedName) -> Iterator[Distribution | Broken]:
        """Read all copies of a name, usable or not, in the order of ``sys.path``."""
        for entry in self.entries(name):
            found = self._of(entry)
            if isinstance(found, Distribution):
                self._is_sound(found)  # which may mark it as broken
            yield self._of(entry)

    def effective(self, name: NormalizedName, *, inherit: bool = True) -> Distribution | None:
        """Return the copy of a name that the interpreter would use.

        Args:
            name: The normalised name.
            inherit: False to look at the environment's own copies alone.

        Returns:
            The first usable copy; None where there is none, or an unusable one is inherited before it, whose modules
            would be imported in its place. An inherited one with a requirement that nothing can read is not usable:
            what it needs could not be found out, by pip or by anybody.
        """
        return self._first(entry for entry in self.entries(name) if inherit or entry.layer.role is Role.OWN)

    def foremost(self, name: NormalizedName) -> Distribution | None:
        """Return the copy of a name that the interpreter would use, whether or not its requirements can be read."""
        return self._first(self.entries(name), whatever_it_requires=True)

    def _first(self, entries: Iterable[Entry], *, whatever_it_requires: bool = False) -> Distribution | None:
        for entry in entries:
            found = self._of(entry)
            if isinstance(found, Distribution) and (whatever_it_requires or self._is_sound(found)):
                return found
            found = self._of(entry)
            # of what is left over there are no modules; what is broken in the environment itself is replaced
            if isinstance(found, Broken) and not found.is_left_over and entry.layer.role is not Role.OWN:
                return None
        return None

    def _is_sound(self, found: Distribution) -> bool:
        if found.layer.role is Role.OWN or found.path in self._sound:
            return True
        for line in relevant(found.requires, frozenset()):
            try:
                parse(line)
            except InvalidRequirement:
                entry = Entry(name=found.name, path=found.path, layer=found.layer)
                self._known[found.path] = Broken(
                    entry=entry, reason=f"its requirement {line[:80]!r} is not valid (PEP 508)"
                )
                return False
        self._sound.add(found.path)
        return True

    def rivals(self, found: Distribution) -> list[Distribution]:
        """Return the other copies of a distribution in the same directory that say another version."""
        return [
            copy
            for copy in self.copies(found.name)
            if copy.layer == found.layer and copy.path != found.path and copy.version != found.version
        ]

    def inherited(self, name: NormalizedName) -> Distribution | None:
        """Return the copy of a name that the interpreter would use without the environment's own directories."""
        return self._first(entry for entry in self.entries(name) if entry.layer.role is not Role.OWN)

    def own(self) -> list[Distribution]:
        """Read all that is installed in the environment itself, sorted by name; broken ones are left out."""
        names = _names(listing for listing in self._listed if listing.layer.role is Role.OWN)
        found = ((name, self.effective(name, inherit=False)) for name in sorted(names))
        return [copy for _, copy in found if copy is not None]

    def offered(self) -> int:
        """Count the names that are offered from outside the environment."""
        held = [listing for listing in self._listed if listing.layer.role is not Role.OWN and len(listing)]
        if not held:
            return 0
        # of a large base nobody wants all names: those beside it are looked up in it
        largest = max(held, key=len)
        return len(largest) + sum(
            name not in largest for name in _names(listing for listing in held if listing is not largest)
        )

    def freeze(self) -> list[str]:
        """List what an environment sees as ``pip freeze`` writes it.

        Returns:
            ``name==version``, or ``name @ url`` for what was installed into the environment from a URL, sorted by name.
            Origins in the base are left out: conda's name build directories that nobody has.
        """
        lines = []
        for name in self.names():
            if (found := self.effective(name)) is None:
                continue
            # an origin is what a file says: one that would not stay on its line is left out
            if found.origin is not None and found.layer.role is Role.OWN and found.origin.url.isprintable():
                lines.append(f"{name} @ {redacted(found.origin.url)}")
            else:
                lines.append(f"{name}=={found.version}")
        return lines

    def broken(self) -> list[Broken]:
        """Return the unusable metadata that was met so far, sorted by path."""
        return sorted(
            (found for found in self._known.values() if isinstance(found, Broken)), key=lambda found: found.entry.path
        )


def _names(listed: Iterable[Listing]) -> Collection[NormalizedName]:
    held = [listing.names() for listing in listed if len(listing)]
    if len(held) == 1:  # as in most interpreters
        return held[0]
    nothing: frozenset[NormalizedName] = frozenset()
    return nothing.union(*held)
