"""Print what CHANGELOG.md says of the release that a tag names.

    python tests/release/notes.py v1.2.3

Exit status 1, with the reason, where the tag does not name the version of the package, or the changelog has no section
of that version with a date, and an empty section Unreleased above it. Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
_SECTION: Final = re.compile(
    r"^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?[ \t]*\n(.*?)(?=^## \[|\Z)", re.DOTALL | re.MULTILINE
)


class TagError(Exception):
    """A tag does not name a release."""


def notes(tag: str, version: str, changelog: str) -> str:
    """Find what is said of a release.

    Args:
        tag: Such as ``v1.2.3``.
        version: That of the package.
        changelog: In the manner of Keep a Changelog: a section for each version, the newest first.

    Returns:
        The text of its section, in Markdown.

    Raises:
        TagError: It is not that version's, or nothing is said.
    """
    if tag != f"v{version}":
        raise TagError(f"the tag {tag} does not name the version of the package: it would be v{version}")
    sections = {name: (date, text.strip()) for name, date, text in _SECTION.findall(changelog)}
    date, text = sections.get(version, ("", ""))
    if not date or not text:
        raise TagError(f"CHANGELOG.md has no section `## [{version}] - YYYY-MM-DD` with something in it")
    if sections.get("Unreleased", ("", ""))[1]:
        raise TagError("CHANGELOG.md still has something under Unreleased: move it to the section of the release")
    return f"{text}\n"


def main() -> int:
    """Print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tag", help="the tag of the release")
    options = parser.parse_args()
    source = (ROOT / "src" / "tox_sitediff" / "__init__.py").read_text("utf-8")
    found = re.search(r'__version__: Final = "([^"]+)"', source)
    try:
        print(notes(options.tag, found[1] if found else "", (ROOT / "CHANGELOG.md").read_text("utf-8")), end="")
    except TagError as error:
        print(f"notes.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
