"""A shadow of what an environment holds and inherits, for uv to look at in a dry run (edge).

uv looks at one site directory alone. In a shadow, a directory outside of every environment, lies a minimal dist-info
for each distribution that it is to count as installed; with ``--target SHADOW`` its resolver sees these and nothing
else, and whatever runs meanwhile (a build without isolation, another process) sees the environment and its base as
they are. Format: https://packaging.python.org/en/latest/specifications/recording-installed-packages/.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from packaging.version import InvalidVersion, Version

from ..core.fields import mapping
from ..core.model import Role
from ..core.requirements import InvalidRequirement, parse
from ..files import listing, parse_json, read_bytes
from ..interpreter.trees import directory_bytes
from ..user_cache import temporary_root

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from packaging.utils import NormalizedName

    from ..core.model import Distribution, Origin

_COPIED: Final = ("METADATA", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json", "uv_build.json", "uv_cache.json")
"""What uv reads of a distribution that it may have installed itself: what it was built from, and whether that is so."""
ANY_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: tox-sitediff\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
"""The WHEEL of what fits every interpreter."""
_FILE_LIMIT: Final = 64 * 1024 * 1024
# what nearly every requirement looks like; the others are parsed, which takes fifty times as long
_PLAIN: Final = re.compile(
    r"""(?xa)[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?                # name
    [ ]*(?:\[[A-Za-z0-9]+(?:,[ ]*[A-Za-z0-9]+)*\])?           # extras
    [ ]*(?:(?:[<>]=?|[=!]=)[ ]*\d{1,9}(?:\.\d{1,9})*(?:,[ ]*(?:[<>]=?|!=)[ ]*\d{1,9}(?:\.\d{1,9})*)*)?
    [ ]*(?:;[ ]*extra[ ]*==[ ]*(["'])[A-Za-z0-9._-]+\1)?"""
)


_PREFIX: Final = "sitediff-shadow-"
_NAME: Final = re.compile(f"{_PREFIX}[a-z0-9_]{{8}}")


class Shadow:
    """A shadow, gone when the ``with`` block ends; what a killed run leaves is harmless, and goes with `prune`.

    Attributes:
        directory: Where it lies; nobody else may write there.
    """

    def __init__(self, directory: Path | None = None) -> None:
        """Make the directory.

        Args:
            directory: One that exists and goes with its own maker; None for a new one.

        Raises:
            OSError: When it can't be made.
            EnvironmentProblem: When there is no place for it where nobody else could put another one.
        """
        self._is_own = directory is None
        self.directory = _new() if directory is None else directory
        self._shown: dict[NormalizedName, Distribution] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_own:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __contains__(self, name: NormalizedName) -> bool:
        """Tell whether a distribution of that name is shown."""
        return name in self._shown

    def inherited(self) -> list[NormalizedName]:
        """Name what is shown and inherited, sorted."""
        return sorted(name for name, found in self._shown.items() if found.layer.role is not Role.OWN)

    def show(self, distributions: Iterable[Distribution], *, whole: bool = False, light: bool = False) -> None:
        """Show distributions: own ones as uv left them, inherited ones as ``importlib.metadata`` sees them.

        Args:
            distributions: What uv is to count as installed; those that are shown already are left out.
            whole: Write what uv reads for people, too: for which interpreters they were built, and a list of files.
            light: Let inherited ones require nothing but what extras bring in, until they are restored.

        Raises:
            OSError: When the shadow can't be written.
        """
        for distribution in distributions:
            if distribution.name in self._shown:
                continue
            self._shown[distribution.name] = distribution
            # uv takes the version from the name of the directory
            folder = f"{distribution.name.replace('-', '_')}-{distribution.version}.dist-info"
            path = os.path.join(self.directory, folder)
            os.mkdir(path)
            contents = _contents(distribution, whole=whole, light=light)
            if whole:
                contents["RECORD"] = "".join(f"{folder}/{name},,\n" for name in (*contents, "RECORD")).encode()
            for name, content in contents.items():
                with open(os.path.join(path, name), "wb") as file:
                    file.write(content)

    def hide(self, name: NormalizedName) -> None:
        """Show a distribution no longer."""
        if (found := self._shown.pop(name, None)) is not None:
            shutil.rmtree(self.directory / f"{found.name.replace('-', '_')}-{found.version}.dist-info")

    def lighten(self, distributions: Iterable[Distribution]) -> None:
        """Let distributions that are shown require nothing but what extras bring in."""
        for found in distributions:
            folder = f"{found.name.replace('-', '_')}-{found.version}.dist-info"
            (self.directory / folder / "METADATA").write_bytes(metadata(found, light=True))

    def restore(self, distributions: Iterable[Distribution]) -> None:
        """Take that back."""
        for found in distributions:
            folder = f"{found.name.replace('-', '_')}-{found.version}.dist-info"
            (self.directory / folder / "METADATA").write_bytes(metadata(found, light=False))


def _new() -> Path:
    return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=temporary_root()))


def prune(root: str, *, age: float) -> tuple[int, int]:
    """Remove the shadows that killed runs left.

    Args:
        root: Where they lie, with files of others.
        age: How many seconds old one must be: what is younger may be in use.

    Returns:
        How many were removed, and how many bytes that freed.
    """
    count = freed = 0
    now = time.time()
    for name in filter(_NAME.fullmatch, sorted(listing(root))):
        path = os.path.join(root, name)
        with suppress(OSError):
            found = os.lstat(path)
            is_ours = stat.S_ISDIR(found.st_mode) and (sys.platform == "win32" or found.st_uid == os.getuid())
            # nothing but what is made here, whatever it is called
            if is_ours and now - found.st_mtime > age and all(one.endswith(".dist-info") for one in os.listdir(path)):
                held = directory_bytes(path).apparent
                shutil.rmtree(path)
                count, freed = count + 1, freed + held
    return count, freed


def _contents(distribution: Distribution, *, whole: bool, light: bool) -> dict[str, bytes]:
    if distribution.layer.role is Role.OWN and distribution.path.lower().endswith(".dist-info"):
        read = {name: read_bytes(os.path.join(distribution.path, name), _FILE_LIMIT) for name in _COPIED}
        return {name: content for name, content in read.items() if content is not None}
    files = {"METADATA": metadata(distribution, light=light)}
    if distribution.origin is not None and (text := _direct_url(distribution.origin)) is not None:
        files["direct_url.json"] = text.encode("utf-8", "replace")
    if whole:
        built = read_bytes(os.path.join(distribution.path, "WHEEL"), _FILE_LIMIT)
        files["WHEEL"] = ANY_WHEEL.encode() if built is None else built
    return files


def _direct_url(origin: Origin) -> str | None:
    """Write what proves an origin, from its checked parts: uv fails on a file that has anything odd in it.

    None for a directory, which never counts as the same (and conda's name build directories that nobody has), and for
    a VCS that uv does not know.
    """
    try:
        data = mapping(parse_json(origin.text), "direct_url.json")
        vcs = mapping(data.get("vcs_info", {}), "vcs_info")
    except ValueError:  # it was parsed when the origin was read, but may be nested too deeply for where we are now
        return None
    parts: dict[str, object] = {"url": origin.url}
    if origin.kind == "archive":
        parts["archive_info"] = {}
    elif origin.kind == "vcs" and origin.commit is not None and vcs.get("vcs") == "git":
        revision = vcs.get("requested_revision")
        named = {"requested_revision": revision} if isinstance(revision, str) else {}
        parts["vcs_info"] = {"vcs": "git", "commit_id": origin.commit, **named}
    else:
        return None
    if isinstance(data.get("subdirectory"), str):
        parts["subdirectory"] = data["subdirectory"]
    return json.dumps(parts)


def metadata(distribution: Distribution, *, light: bool) -> bytes:
    """Write the METADATA of a distribution, as ``importlib.metadata`` sees it.

    Args:
        distribution: The distribution.
        light: Leave out what it requires, but for what extras bring in.

    Returns:
        The content of the file.
    """
    lines = ["Metadata-Version: 2.1", f"Name: {distribution.name}", f"Version: {distribution.version}"]
    lines += [f"Provides-Extra: {extra}" for extra in sorted(distribution.extras)]
    for line in distribution.requires:
        if light and "extra" not in line.partition(";")[2]:
            continue
        # uv would refuse the whole command for a line that it does not take; where it matters, the audit names it
        if _PLAIN.fullmatch(line) or _is_acceptable(line):
            lines.append(f"Requires-Dist: {' '.join(line.split())}")
    return "\n".join((*lines, "", "")).encode("utf-8", "replace")


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
