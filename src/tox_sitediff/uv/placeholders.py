"""Telling uv what is inherited (edge): a minimal dist-info for an inherited distribution, while uv runs.

uv looks at the environment's own site-packages alone. A placeholder there makes its resolver count the inherited
copy as installed. It names no file but its own, so nothing that uv does with it can reach the base.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from packaging.version import InvalidVersion, Version

from ..core.requirements import InvalidRequirement, parse
from ..files import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from packaging.utils import NormalizedName

    from ..core.model import Distribution, Origin

MARK: Final = "X-Placeholder: tox-sitediff"
"""The first line of a placeholder's ``METADATA``."""

_FILES: Final = ("METADATA", "RECORD", "WHEEL", "direct_url.json")
_ANY_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: tox-sitediff\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_FILE_LIMIT: Final = 64 * 1024 * 1024
# what nearly every requirement looks like; the others are parsed, which takes fifty times as long
_PLAIN: Final = r"""(?xa)[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?                # name
    [ ]*(?:\[[A-Za-z0-9]+(?:,[ ]*[A-Za-z0-9]+)*\])?           # extras
    [ ]*(?:(?:[<>]=?|[=!]=)[ ]*\d{1,9}(?:\.\d{1,9})*(?:,[ ]*(?:[<>]=?|!=)[ ]*\d{1,9}(?:\.\d{1,9})*)*)?
    [ ]*(?:;[ ]*extra[ ]*==[ ]*(["'])[A-Za-z0-9._-]+\1)?"""


class Placeholders:
    """Placeholders in one environment, gone when the ``with`` block ends, whatever happened in it."""

    def __init__(self, site: Path) -> None:
        """Prepare, without writing anything.

        Args:
            site: The environment's purelib.
        """
        self._site = site
        self._made: dict[NormalizedName, tuple[Distribution, Path]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def __contains__(self, name: NormalizedName) -> bool:
        """Tell whether a placeholder of that name was made."""
        return name in self._made

    def distributions(self) -> list[Distribution]:
        """Return what has a placeholder, in the order in which they were made."""
        return [distribution for distribution, _ in self._made.values()]

    def add(self, distributions: Iterable[Distribution], *, light: bool = False, wheels: bool = False) -> None:
        """Make placeholders.

        Args:
            distributions: Inherited distributions; those that have a placeholder already are left out.
            light: Leave out what they require whatever the extras: for where that is known to be met.
            wheels: Write what tells for which interpreters they were built, too, as ``uv pip check`` looks for it.

        Raises:
            OSError: When the environment can't be written; what was made goes when the block ends.
        """
        for distribution in distributions:
            if distribution.name in self._made:
                continue
            # uv takes the version from the name of the directory
            folder = f"{distribution.name.replace('-', '_')}-{distribution.version}.dist-info"
            path = os.path.join(self._site, folder)
            self._made[distribution.name] = (distribution, Path(path))
            os.mkdir(path)
            files = {"METADATA": _metadata(distribution, light=light)}
            if distribution.origin is not None and (text := _direct_url(distribution.origin)) is not None:
                files["direct_url.json"] = text
            if wheels:
                built = read_bytes(Path(distribution.path, "WHEEL"), limit=_FILE_LIMIT)
                files["WHEEL"] = _ANY_WHEEL if built is None else built.decode("utf-8", "replace")
            # METADATA goes last, here and in `remove_if_ours`: whatever is left of a placeholder is known by it
            files["RECORD"] = "".join(f"{folder}/{name},,\n" for name in ("RECORD", *reversed(files)))
            for name, content in files.items():
                with open(os.path.join(path, name), "wb") as file:
                    file.write(content.encode("utf-8", "replace"))

    def clear(self) -> None:
        """Remove all placeholders."""
        for _, path in self._made.values():
            remove_if_ours(path)
        self._made.clear()


def _direct_url(origin: Origin) -> str | None:
    """Write what proves an origin, from its checked parts: uv fails on a file that has anything odd in it.

    None for a directory, which never counts as the same (and conda's name build directories that nobody has), and for
    a VCS that uv does not know.
    """
    # the text was parsed when the origin was read
    data: dict[str, dict[str, object]] = json.loads(origin.text)
    parts: dict[str, object] = {"url": origin.url}
    if origin.kind == "archive":
        parts["archive_info"] = {}
    elif origin.kind == "vcs" and origin.commit is not None and data["vcs_info"].get("vcs") == "git":
        revision = data["vcs_info"].get("requested_revision")
        named = {"requested_revision": revision} if isinstance(revision, str) else {}
        parts["vcs_info"] = {"vcs": "git", "commit_id": origin.commit, **named}
    else:
        return None
    if isinstance(data.get("subdirectory"), str):
        parts["subdirectory"] = data["subdirectory"]
    return json.dumps(parts)


def _metadata(distribution: Distribution, *, light: bool) -> str:
    # the mark comes first, so that what a killed run left is known however little of it was written
    lines = [MARK, "Metadata-Version: 2.1", f"Name: {distribution.name}", f"Version: {distribution.version}"]
    lines += [f"Provides-Extra: {extra}" for extra in sorted(distribution.extras)]
    for line in distribution.requires:
        if light and "extra" not in line.partition(";")[2]:
            continue
        # uv would refuse the whole command for a line that it does not take; where it matters, the audit names it
        if re.fullmatch(_PLAIN, line) or _is_acceptable(line):
            lines.append(f"Requires-Dist: {' '.join(line.split())}")
    return "\n".join((*lines, "", ""))


def _is_acceptable(line: str) -> bool:
    """Tell whether uv takes a requirement: `packaging` reads some more, and uv wants no URL but of the user."""
    try:
        requirement = parse(line)
    except InvalidRequirement:
        return False
    specifier, marker = str(requirement.specifier), str(requirement.marker)
    return (
        requirement.url is None
        and all(name[-1].isalnum() for name in (requirement.name, *requirement.extras))
        and all(_is_version(item.version) for item in requirement.specifier if item.operator == "===")
        and "===" not in marker
        and not re.search("[0-9]{20}", specifier)  # larger than 64 bits
    )


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def remove_if_ours(path: Path) -> bool:
    """Remove a placeholder, or what is left of one.

    Args:
        path: A ``.dist-info`` directory.

    Returns:
        Whether it was one; anything else is left alone.
    """
    try:
        names = os.listdir(path)
    except OSError:
        return False
    if path.is_symlink() or not _is_ours(path, names):
        return False
    try:
        for name in sorted(names, key="METADATA".__eq__):
            (path / name).unlink()
        path.rmdir()
    except OSError:
        shutil.rmtree(path, ignore_errors=True)
    return True


def _is_ours(path: Path, names: list[str]) -> bool:
    contents = {name: read_bytes(path / name, limit=_FILE_LIMIT) for name in names if name in _FILES}
    metadata = contents.get("METADATA", b"")
    if metadata is None or metadata.startswith(mark := MARK.encode()):
        return metadata is not None
    if len(contents) < len(names):
        return False
    if names == ["METADATA"] and mark.startswith(metadata):
        return True  # killed early, there is but a part of the first file
    # a power cut empties or garbles what was written last; an installer's record has hashes, and names more files
    if rows := (contents.get("RECORD") or b"").strip(b"\0").decode("utf-8", "replace").splitlines():
        own = {f"{path.name}/{name},," for name in _FILES}
        return own.issuperset(rows) and not metadata.startswith(b"Metadata-Version")
    return all(content is not None and not content.strip(b"\0") for content in contents.values())


def sweep(site: Path) -> int:
    """Remove what a killed run left.

    Args:
        site: The environment's purelib.

    Returns:
        How many placeholders there were.
    """
    try:
        names = os.listdir(site)
    except OSError:
        return 0
    return sum(remove_if_ours(site / name) for name in names if name.endswith(".dist-info"))
