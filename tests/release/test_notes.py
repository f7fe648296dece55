"""What is said of a release comes from the changelog, and a tag that names no release ends the workflow."""

from __future__ import annotations

import pytest

from release.notes import TagError, notes

CHANGELOG = """\
# Changelog

## [Unreleased]

## [1.1.0] - 2027-02-01

### Added

- A thing.

## [1.0.0] - 2027-01-01

First.
"""


def test_the_section_of_a_version_is_what_is_said() -> None:
    assert notes("v1.1.0", "1.1.0", CHANGELOG) == "### Added\n\n- A thing.\n"
    assert notes("v1.0.0", "1.0.0", CHANGELOG) == "First.\n"


@pytest.mark.parametrize(
    ("tag", "changelog", "said"),
    [
        ("v1.2.0", CHANGELOG, r"does not name the version of the package: it would be v1\.1\.0"),
        ("1.1.0", CHANGELOG, "does not name the version"),
        ("v1.1.0", CHANGELOG.replace(" - 2027-02-01", ""), "has no section"),
        ("v1.1.0", CHANGELOG.replace("### Added\n\n- A thing.\n", ""), "has no section"),
        (
            "v1.1.0",
            CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n- More.\n"),
            "still has something under Unreleased",
        ),
    ],
)
def test_what_is_no_release_is_refused(tag: str, changelog: str, said: str) -> None:
    """Attack: a tag too early, a section without its date, what was added after the section was closed."""
    with pytest.raises(TagError, match=said):
        notes(tag, "1.1.0", changelog)
