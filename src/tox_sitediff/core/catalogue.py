"""All that a large directory holds in one text, of which little is asked for (pure).

To make an object of each of tens of thousands of names takes a hundred times as long as to find the few that count in
a sorted text, by halves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from .inventory import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator, KeysView, Sequence

    from packaging.utils import NormalizedName

    from .model import Entry, Layer

_MANY: Final = 200
"""After so many searches an index costs less than the next ones."""


def catalogue(names: Sequence[NormalizedName], files: Sequence[str]) -> str | None:
    """Write down what a directory holds.

    Args:
        names: Normalised names, in the order of the directory.
        files: Of each the metadata directory or file.

    Returns:
        A line for each, sorted by name, those of the same name in the order of the directory; None where a name is
        none that a line can hold.
    """
    pairs = sorted(zip(names, files, strict=True), key=lambda pair: pair[0])
    lines = [f"{name}/{file}" for name, file in pairs]
    text = "\n".join(["", *lines, ""])
    is_plain = text.isascii() and text.replace("\n", "").isprintable()
    return text if is_plain and (text.count("\n"), text.count("/")) == (len(lines) + 1, len(lines)) else None


class Catalogued(Listing):
    """What one layer holds, from what `catalogue` wrote; given in the order of names, not in that of the directory."""

    __slots__ = ("_count", "_index", "_searches", "_text")

    def __init__(self, layer: Layer, text: str, count: int, *, directory: str) -> None:
        """Take the text, without reading it.

        Args:
            layer: The layer.
            text: What `catalogue` wrote.
            count: How many names there are.
            directory: Where the files are, with a separator at its end.
        """
        self.layer = layer
        self._start = directory
        self._text, self._count = text, count
        self._index: Listing | None = None
        self._searches = 0

    def __len__(self) -> int:
        """Count the names."""
        return self._count

    def __contains__(self, name: NormalizedName) -> bool:
        """Tell whether there is metadata of that name, usable or not."""
        return bool(self._files_of(name))

    def __iter__(self) -> Iterator[Entry]:
        """Give all there is, sorted by name."""
        return iter(self._indexed())

    def names(self) -> KeysView[NormalizedName]:
        """Return all names."""
        return self._indexed().names()

    def of(self, name: NormalizedName) -> list[Entry]:
        """Return what there is of a name, in the order of the directory."""
        return [self._entry(name, file) for file in self._files_of(name)]

    def _indexed(self) -> Listing:
        if self._index is None:
            pairs = [line.partition("/") for line in self._text.split("\n")[1:-1]]
            names = cast("list[NormalizedName]", [name for name, _, _ in pairs])
            self._index = Listing(self.layer, names, [file for _, _, file in pairs], directory=self._start)
        return self._index

    def _files_of(self, name: NormalizedName) -> Sequence[str]:
        self._searches += 1
        if self._index is not None or self._searches > _MANY:
            return self._indexed().files_of(name)
        text, start = self._text, f"{name}/"
        # where lines begin: all before the first are of smaller names, none from the second on
        low, high = 1, len(text)
        while low < high:
            middle = (low + high) // 2
            at = text.rfind("\n", low - 1, middle) + 1
            if text[at : text.index("/", at)] < name:
                low = text.index("\n", middle) + 1
            else:
                high = at
        found = []
        while text.startswith(start, low):
            end = text.index("\n", low)
            found.append(text[low + len(start) : end])
            low = end + 1
        return found
