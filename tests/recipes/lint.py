"""Check the workflows, the action, the recipes for CI and the issue forms with the linters of the field, offline.

    python tests/recipes/lint.py

actionlint (with shellcheck) and zizmor read what is for GitHub; check-jsonschema has the schemas of GitHub, GitLab and
Azure; a grammar of Groovy reads the Jenkinsfile. All come with the dependency group `lint`. Exit status 1 where one of
them finds something, 2 where one is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
WORKFLOWS: Final = (".github/workflows/*.yml", "docs/ci/github/*.yml")
ZIZMOR: Final = (*WORKFLOWS, "action.yml", ".github/dependabot.yml")
SCHEMAS: Final = {
    "github-workflows": WORKFLOWS,
    "github-actions": ("action.yml",),
    "github-issue-forms": (".github/ISSUE_TEMPLATE/[!c]*.yml",),
    "github-issue-config": (".github/ISSUE_TEMPLATE/config.yml",),
    "dependabot": (".github/dependabot.yml",),
    "gitlab-ci": ("docs/ci/gitlab.yml",),
    "azure-pipelines": ("docs/ci/azure.yml",),
}
"""What check-jsonschema brings a schema for."""
GROOVY: Final = "docs/ci/Jenkinsfile"


class MissingError(Exception):
    """A linter is not installed here."""


def files(root: Path, patterns: Sequence[str]) -> list[str]:
    """List the files of patterns, as paths below the root.

    Raises:
        MissingError: There is none: then nothing would be checked.
    """
    found = sorted({path.relative_to(root).as_posix() for pattern in patterns for path in root.glob(pattern)})
    if not found:
        raise MissingError(f"no file of {', '.join(patterns)} in {root}")
    return found


def program(name: str) -> str:
    """Find a program of this Python's environment, or on PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if (found := shutil.which(name, path=path)) is None:
        raise MissingError(f"{name} is not installed: it comes with the dependency group lint")
    return found


def commands(root: Path) -> Iterator[list[str]]:
    """Name the commands that check the files below a root."""
    shellcheck = program("shellcheck")
    yield [program("actionlint"), "-no-color", "-shellcheck", shellcheck, *files(root, WORKFLOWS)]
    # every finding is wanted that needs no network; what is accepted has its reason beside it or in zizmor.yml
    yield [program("zizmor"), "--offline", "--no-progress", "--quiet", "--color=never", *files(root, ZIZMOR)]


def schema_faults(root: Path) -> list[str]:
    """Tell what is not of the form that its service takes, as check-jsonschema says; here, since it starts slowly."""
    try:
        from check_jsonschema import main  # type: ignore[import-untyped]
        from click.testing import CliRunner
    except ImportError as error:
        raise MissingError(f"{error.name} is not installed: it comes with the dependency group lint") from error
    found = []
    for schema, patterns in SCHEMAS.items():
        regular = ["--regex-variant", "nonunicode"]  # that of Azure has escapes that the stricter one refuses
        paths = [str(root / name) for name in files(root, patterns)]
        done = CliRunner().invoke(main, [*regular, "--builtin-schema", f"vendor.{schema}", *paths])
        if done.exit_code:
            found.append(f"check-jsonschema:\n{done.output}{done.exception or ''}".rstrip())
    return found


def groovy_faults(text: bytes) -> list[str]:
    """Tell where a Jenkinsfile is not Groovy."""
    try:
        import tree_sitter
        import tree_sitter_groovy
    except ImportError as error:
        raise MissingError(f"{error.name} is not installed: it comes with the dependency group lint") from error
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language()))
    queue, found = [parser.parse(text).root_node], []
    while queue:
        node = queue.pop()
        queue += node.children
        if node.is_error or node.is_missing:
            found.append(f"{GROOVY}:{node.start_point[0] + 1}: not Groovy")
    return sorted(found)


def lint(root: Path) -> list[str]:
    """Run all linters; what they find.

    Args:
        root: The repository, or a copy of it.

    Raises:
        MissingError: One is not installed.
    """
    found = []
    for command in commands(root):
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            found.append(f"{Path(command[0]).stem}:\n{done.stdout}{done.stderr}".rstrip())
    return found + schema_faults(root) + groovy_faults((root / GROOVY).read_bytes())


def main() -> int:
    """Run them over the repository."""
    try:
        found = lint(ROOT)
    except MissingError as missing:
        print(f"lint.py: {missing}", file=sys.stderr)
        return 2
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
