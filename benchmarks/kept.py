"""What a long benchmark found so far, kept on the disk: one that was ended goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, TypeVar

from tools import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")


def source() -> str:
    """Hash the code of tox-sitediff: its version stays the same while it is worked on."""
    digest = hashlib.sha256()
    package = ROOT / "src" / "tox_sitediff"
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


class Kept:
    """Findings by name, in a file, as long as they are about the same."""

    def __init__(self, path: Path, about: object) -> None:
        """Read what is there.

        Args:
            path: The file.
            about: What the findings hold for, as JSON; what was found about anything else is forgotten.
        """
        self._path = path
        self._about = json.dumps(about, sort_keys=True)
        self._found: dict[str, object] = {}
        try:
            kept = json.loads(path.read_text("utf-8"))
            if kept["about"] == self._about:
                self._found = kept["found"]
        except (OSError, ValueError, LookupError, TypeError):
            pass  # nothing is there yet, or was written to its end

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def take(self, name: str, find: Callable[[], T], *, is_anew: bool = False) -> T:
        """Tell what was found, or find it and keep it; what ``find`` raises is raised, and nothing kept.

        Args:
            name: Of the finding.
            find: Finds it; what it returns must come out of JSON as it went in.
            is_anew: Whether to find it again in any case.
        """
        if is_anew or name not in self._found:
            self._found[name] = find()
            text = json.dumps({"about": self._about, "found": self._found})
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside = self._path.with_name(f"{self._path.name}.new")
            beside.write_text(text, "utf-8")
            os.replace(beside, self._path)
        found: T = json.loads(json.dumps(self._found[name]))
        return found
