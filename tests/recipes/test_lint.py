"""The linters of the field find nothing in workflows, action, recipes and forms; and they would."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Final

import pytest

from recipes.lint import GROOVY, ROOT, SCHEMAS, ZIZMOR, MissingError, commands, files, lint

if TYPE_CHECKING:
    from pathlib import Path

try:
    list(commands(ROOT))
except MissingError as missing:
    pytest.skip(str(missing), allow_module_level=True)
pytest.importorskip("tree_sitter_groovy", reason="of the dependency group lint")

PLACEHOLDER: Final = re.compile(r"\bOWNER/")
PINNED: Final = re.compile(r"uses: (?:\./|[\w.-]+/[\w./-]+@[0-9a-f]{40} # )")


def test_they_find_nothing() -> None:
    """actionlint with shellcheck, zizmor, the schemas and the grammar, without a network."""
    assert lint(ROOT) == []


FAULTS: Final = {
    "docs/ci/github/container.yml": ("runs-on: ubuntu-24.04", "runs-on: ubuntu-0.04", "actionlint"),
    "docs/ci/github/miniforge.yml": ('"$TOOLS/tox" run', "$TOOLS/tox run", "SC2086"),
    "docs/ci/github/offline.yml": ('"$RUNNER_TEMP/tools/bin/sitediff" report', "echo ${{ github.head_ref }}", "zizmor"),
    "docs/ci/github/matrix.yml": (
        "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1",
        "actions/checkout@v7",
        "zizmor",
    ),
    "docs/ci/gitlab.yml": ("stage: test", "stages: test", "check-jsonschema"),
    "docs/ci/azure.yml": ("- publish:", "- publishes:", "check-jsonschema"),
    "action.yml": ("using: composite", "using: composed", "check-jsonschema"),
    ".github/ISSUE_TEMPLATE/bug.yml": ("type: dropdown", "type: drop", "check-jsonschema"),
    GROOVY: ("agent none", "agent none }", f"{GROOVY}:"),
}
"""By file: what is written wrongly there, how, and who notices."""


def test_each_of_them_finds_what_is_wrong(tmp_path: Path) -> None:
    """Attack: one fault in each file. Every linter has its own to find."""
    patterns = [*ZIZMOR, *(pattern for group in SCHEMAS.values() for pattern in group), GROOVY, "zizmor.yml"]
    for name in files(ROOT, patterns):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    for name, (right, wrong, _) in FAULTS.items():
        text = (tmp_path / name).read_text("utf-8")
        assert right in text, name
        (tmp_path / name).write_text(text.replace(right, wrong), "utf-8")
    said = "\n".join(lint(tmp_path))
    assert [(name, who) for name, (_, _, who) in FAULTS.items() if name not in said or who not in said] == []


def test_actions_are_pinned_by_commit() -> None:
    """With the release beside it; everywhere, the recipes too, since they are copied."""
    loose = [
        f"{name}: {line.strip()}"
        for name in files(ROOT, [*ZIZMOR, "docs/ci/*.md"])
        for line in (ROOT / name).read_text("utf-8").splitlines()
        if "uses: " in line and not PINNED.search(line)
    ]
    assert loose == []


def test_the_placeholder_is_said_to_be_one() -> None:
    """The project has no public address yet: where one has to stand, the file says that it is none."""
    named = files(ROOT, ["*.md", "docs/**/*", ".github/**/*", "*.yml", ".pre-commit-hooks.yaml"])
    texts = {name: (ROOT / name).read_text("utf-8") for name in named if (ROOT / name).is_file()}
    found = [name for name, text in texts.items() if PLACEHOLDER.search(text)]
    assert found
    assert [name for name in found if "placeholder" not in texts[name]] == []


def test_nothing_to_check_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no file of"):
        lint(tmp_path)
