"""Reading what is installed from disk (edge): listings, metadata, origins and sizes.

Formats: https://packaging.python.org/en/latest/specifications/recording-installed-packages/ and
https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html (``.egg-info``). What is read may be hostile or
damaged: only regular files are opened, only so much of them is read, and a problem is a value, not an exception.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import VERSION_PATTERN, InvalidVersion, Version

from ..core.inventory import Listing
from ..core.model import Broken, Distribution, Entry, Layer, Origin, Role
from ..core.requirements import key
from ..files import open_regular, parse_json, read_text
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from packaging.utils import NormalizedName

    from .memo import Memo


_READ: Final = ("METADATA", "PKG-INFO", "requires.txt", "direct_url.json")
"""What `read` looks at."""
_SUFFIXES: Final = (".dist-info", ".egg-info")
PATH_FILES: Final = (".pth", ".start")
"""Ends of the names of files in a site directory that decide about ``sys.path``."""
_HEADER_LIMIT: Final = 4 * 1024 * 1024
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_TOO_LARGE: Final = re.compile("[0-9]{20}")
_NAME_LIMIT: Final = 255
_FIELD: Final = re.compile(r"^(version|requires-dist|provides-extra):(.*(?:\n[ \t].*)*+)", re.IGNORECASE | re.MULTILINE)
_NO_FIELD: Final = re.compile(r"^(?![ \t]|[!-9;-~]+:)", re.MULTILINE)


@frozen
class Listed:
    """What lies in one directory and counts, in the order of the directory.

    Attributes:
        names: Normalised names, by the file names of metadata.
        files: Of each the ``.dist-info`` or ``.egg-info``.
        path_files: The ``.pth`` and ``.start`` files.
        total: How many files there are altogether.
    """

    names: Sequence[NormalizedName]
    files: Sequence[str]
    path_files: Sequence[str]
    total: int


def list_directory(path: str) -> Listed:
    """List a directory, without reading what is in it.

    Args:
        path: The directory; one that is missing or can't be listed holds nothing.
    """
    try:
        found = os.listdir(path)
    except (OSError, ValueError):
        found = []
    lowered = "\n".join(found).lower().split("\n")  # at once, see `_keys`
    if len(lowered) != len(found):
        lowered = [name.lower() for name in found]
    files = [name for name, lower in zip(found, lowered, strict=True) if lower.endswith(_SUFFIXES)]
    projects = [file.rpartition(".")[0].partition("-")[0] for file in files]
    if path.lower().endswith(".egg"):
        inside = [name for name in found if name.lower() == "egg-info"]
        files += inside
        projects += [os.path.basename(path).rpartition(".")[0].partition("-")[0]] * len(inside)
    path_files = [name for name in found if name.endswith(PATH_FILES)]
    return Listed(names=_keys(projects), files=files, path_files=path_files, total=len(found))


def list_layer(layer: Layer) -> Listing:
    """List the metadata of one directory of ``sys.path``, in the order of the directory, without reading it.

    Args:
        layer: The directory; one that is missing or can't be listed holds nothing.

    Returns:
        Each ``.dist-info`` and ``.egg-info``, by the name that its file name carries.
    """
    return listing_of(layer, list_directory(layer.path))


def listing_of(layer: Layer, listed: Listed) -> Listing:
    """Take what was listed of a directory for a layer."""
    return Listing(layer, listed.names, listed.files, directory=os.path.join(layer.path, ""))


def list_layers(layers: Iterable[Layer]) -> list[Listing]:
    """List the metadata of all layers, in order."""
    return list(map(list_layer, layers))


def _keys(projects: Sequence[str]) -> list[NormalizedName]:
    """Normalise names, all at once: one at a time takes ten times as long, and a base may have tens of thousands."""
    found = canonicalize_name("\n".join(projects)).split("\n")
    if len(found) != len(projects):  # there are none, or one holds a line end
        return list(map(canonicalize_name, projects))
    return cast("list[NormalizedName]", found)


def read(entry: Entry) -> Distribution | Broken:
    """Read the metadata of one entry as ``importlib.metadata`` does.

    Args:
        entry: What a listing named.

    Returns:
        The distribution, or what is wrong with it.
    """
    if not _NAME.fullmatch(entry.name):
        return Broken(entry=entry, reason="its name is not a valid distribution name")
    header: str | None = None
    for candidate in ("METADATA", "PKG-INFO", ""):
        # an empty file counts as none
        if header := _header(os.path.join(entry.path, candidate) if candidate else entry.path):
            break
    if not header:
        return Broken(entry=entry, reason="it has no readable METADATA", is_left_over=True)
    fields = _fields(header)
    text = next(iter(fields.get("version", ())), "").strip()
    if not text:
        return Broken(entry=entry, reason="its METADATA has no Version")
    version = _version(text)
    if isinstance(version, str):
        return Broken(entry=entry, reason=f"its version {text[:80]!r} {version}")
    if len(f"{entry.name}-{version}.dist-info") > _NAME_LIMIT:
        return Broken(entry=entry, reason="its name and version are too long for the name of a directory")
    requires = tuple(line.strip() for line in fields.get("requires-dist", ()))
    extras = {key(extra.strip()) for extra in fields.get("provides-extra", ())}
    if not requires and (listed := read_text(os.path.join(entry.path, "requires.txt"))) is not None:
        requires = tuple(egg_requirements(listed))
        extras |= {key(section.partition(":")[0]) for section, _ in _sections(listed)}
    return Distribution(
        name=entry.name,
        version=version,
        path=entry.path,
        layer=entry.layer,
        requires=requires,
        extras=frozenset(extra for extra in extras if _NAME.fullmatch(extra)),
        origin=_origin(entry.path, entry.name, version),
    )


def _version(text: str) -> Version | str:
    """Parse a version, or say what is wrong with it."""
    # first of all: Python too has a limit, and another error for it
    if re.fullmatch(VERSION_PATTERN, text, re.VERBOSE | re.IGNORECASE) and _TOO_LARGE.search(text):
        return "has a number that is too large for uv"
    try:
        return Version(text)
    except InvalidVersion:
        return "is not valid (PEP 440)"


def _header(path: str) -> str | None:
    """Read a metadata file up to its first empty line."""
    try:
        with open_regular(path) as file:
            content = file.read(65536)
            while (end := _empty_line(content)) < 0 and len(content) < _HEADER_LIMIT:
                if not (more := file.read(1024 * 1024)):
                    break
                content += more
    except (OSError, ValueError):
        return None
    if end < 0 and len(content) >= _HEADER_LIMIT:
        return None
    return content[: end if end >= 0 else None].removesuffix(b"\r").decode("utf-8", "replace")


def _empty_line(content: bytes) -> int:
    """Tell where the line before the first empty one ends; -1 where there is none."""
    # an expression for both takes several times as long, which counts: all that is inherited is read at each run
    ends = [at for ending in (b"\n\n", b"\n\r\n") if (at := content.find(ending)) >= 0]
    return min(ends, default=-1)


def _fields(header: str) -> dict[str, list[str]]:
    """Find the header fields that are used (RFC 822); what is neither a field nor continues one ends the header."""
    # expressions, because a licence of a thousand lines stands in the way
    end = _NO_FIELD.search(header)
    fields: dict[str, list[str]] = {}
    for found in _FIELD.finditer(header, 0, end.start() if end else len(header)):
        fields.setdefault(found[1].lower(), []).append(" ".join(line.strip() for line in found[2].split("\n")))
    return fields


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Read ``requires.txt``: the name of the section, and the line."""
    section = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            yield section, line


def egg_requirements(text: str) -> Iterator[str]:
    """Turn an egg's ``requires.txt`` into ``Requires-Dist`` values, as ``importlib.metadata`` does.

    Args:
        text: The file: requirements in sections ``[extra:marker]``.

    Yields:
        Requirements with their section as a marker.
    """
    for section, line in _sections(text):
        extra, _, marker = section.partition(":")
        parts = [f"({marker})" if extra else marker] if marker else []
        if extra:
            parts.append(f'extra == "{extra}"')
        # a URL ends only at white space
        separator = " " if "@" in line else ""
        yield f"{line}{separator}; {' and '.join(parts)}" if parts else line


def reader(memo: Memo) -> Callable[[Entry], Distribution | Broken]:
    """Make what reads as `read` does, and remembers what it read outside of the environment.

    Args:
        memo: What remembers it.
    """
    made: dict[Entry, tuple[object, Distribution]] = {}

    def remembered(entry: Entry) -> Distribution | Broken:
        if entry.layer.role is Role.OWN:
            return read(entry)
        found = memo.recall("metadata", entry.path, _READ, lambda: _written(read(entry)))
        before, distribution = made.get(entry, (None, None))
        if distribution is None or before is not found:
            if (distribution := _restored(entry, found)) is None:
                return read(entry)
            made[entry] = (found, distribution)
        return distribution

    return remembered


def _written(found: Distribution | Broken) -> object:
    if isinstance(found, Broken):
        return None
    origin = None if found.origin is None else found.origin.text
    return [str(found.version), [*found.requires], sorted(found.extras), origin]


def _restored(entry: Entry, data: object) -> Distribution | None:
    match data:
        case [str(version), [*requires], [*extras], (str() | None) as origin] if not isinstance(_version(version), str):
            known = Version(version)
            return Distribution(
                name=entry.name,
                version=known,
                path=entry.path,
                layer=entry.layer,
                requires=tuple(map(str, requires)),
                extras=frozenset(map(str, extras)),
                origin=None if origin is None else _parsed_origin(origin, entry.name, known),
            )
    return None


def _origin(path: str, name: str, version: Version) -> Origin | None:
    """Read ``direct_url.json``; one that is malformed, or of the wheel of something else, is none.

    https://packaging.python.org/en/latest/specifications/direct-url-data-structure/
    """
    text = read_text(os.path.join(path, "direct_url.json"), limit=1024 * 1024)
    return _parsed_origin(text, name, version) if text else None


def _parsed_origin(text: str, name: str, version: Version) -> Origin | None:
    from packaging.direct_url import DirectUrl, DirectUrlValidationError  # most distributions come from an index

    try:
        data = parse_json(text)
        found = DirectUrl.from_dict(data) if isinstance(data, dict) else None
        urlsplit("" if found is None else found.url)  # which not every packaging looks at
    except (DirectUrlValidationError, ValueError):
        return None
    if found is None or (found.archive_info is not None and not _may_hold(found.url, name, version)):
        return None
    vcs, directory = found.vcs_info, found.dir_info
    return Origin(
        url=found.url,
        kind="vcs" if vcs is not None else "archive" if directory is None else "directory",
        commit=None if vcs is None else vcs.commit_id,
        editable=directory is not None and directory.editable is True,
        text=text,
    )


def _may_hold(url: str, name: str, version: Version) -> bool:
    """Tell whether the archive behind a URL can hold a distribution, as far as a wheel's name says so."""
    try:
        named, of_version, _, _ = parse_wheel_filename(unquote(url.partition("#")[0].rpartition("/")[2]))
    except ValueError:  # no wheel, or not a valid name of one
        return True
    return (named, of_version) == (name, version)
