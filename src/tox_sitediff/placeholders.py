"""Telling uv what is inherited (edge): a minimal dist-info for an inherited distribution, while uv runs.

uv looks at the environment's own site-packages alone. A placeholder there makes its resolver count the inherited
copy as installed. It names no file but its own, so nothing that uv does with it can reach the base.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Self

from .metadata import read_text
from .records import INSTALLER, Distribution
from .requirements import InvalidRequirement, parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from packaging.utils import NormalizedName

    from .records import Origin


class Placeholders:
    """Placeholders in one environment, gone when the ``with`` block ends, whatever happened in it."""

    def __init__(self, site: Path) -> None:
        """Prepare, without writing anything.

        Args:
            site: The environment's purelib.
        """
        self._site = site
        self._made: dict[NormalizedName, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for path in self._made.values():
            remove_if_ours(path)
        self._made.clear()

    def __contains__(self, name: NormalizedName) -> bool:
        """Tell whether a placeholder of that name was made."""
        return name in self._made

    def add(self, distributions: Iterable[Distribution]) -> None:
        """Make placeholders.

        Args:
            distributions: Inherited distributions; those that have a placeholder already are left out.

        Raises:
            OSError: When the environment can't be written; what was made goes when the block ends.
        """
        for distribution in distributions:
            if distribution.name in self._made:
                continue
            # uv takes the version from the name of the directory
            folder = f"{distribution.name.replace('-', '_')}-{distribution.version}.dist-info"
            path = self._site / folder
            self._made[distribution.name] = path
            path.mkdir()
            # first, so that a run killed in between leaves something that the next one recognises
            (path / "INSTALLER").write_text(INSTALLER, encoding="utf-8")
            names = ["INSTALLER", "METADATA", "RECORD"]
            (path / "METADATA").write_text(_metadata(distribution), encoding="utf-8")
            if distribution.origin is not None and (text := _direct_url(distribution.origin)) is not None:
                (path / "direct_url.json").write_text(text, encoding="utf-8")
                names.append("direct_url.json")
            record = "".join(f"{folder}/{name},,\n" for name in names)
            (path / "RECORD").write_text(record, encoding="utf-8")


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


def _metadata(distribution: Distribution) -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {distribution.name}", f"Version: {distribution.version}"]
    lines += [f"Provides-Extra: {extra}" for extra in sorted(distribution.extras)]
    for line in distribution.requires:
        try:
            parse(line)
        except InvalidRequirement:
            # uv would refuse the whole command; where the line matters, the audit names it
            continue
        lines.append(f"Requires-Dist: {' '.join(line.split())}")
    return "\n".join((*lines, "", ""))


def remove_if_ours(path: Path) -> bool:
    """Remove a placeholder, or what is left of one.

    Args:
        path: A ``.dist-info`` directory.

    Returns:
        Whether it was one; anything else is left alone.
    """
    try:
        # killed early, one is empty or has but the beginning of its first file
        is_ours = read_text(path / "INSTALLER", limit=1024) == INSTALLER or set(os.listdir(path)) <= {"INSTALLER"}  # noqa: PTH208
    except OSError:
        return False
    if is_ours:
        shutil.rmtree(path, ignore_errors=True)
    return is_ours


def sweep(site: Path) -> int:
    """Remove what a killed run left.

    Args:
        site: The environment's purelib.

    Returns:
        How many placeholders there were.
    """
    try:
        names = os.listdir(site)  # noqa: PTH208
    except OSError:
        return 0
    return sum(remove_if_ours(site / name) for name in names if name.endswith(".dist-info"))
