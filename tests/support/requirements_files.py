"""A directory with requirements files, and what the arguments of an installer declare there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tox_sitediff.uv.arguments import parse_arguments

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tox_sitediff.core.declared import Arguments


class Project:
    """A directory with requirements files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, content: str | bytes) -> str:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def parse(self, *arguments: str, **variables: str) -> Arguments:
        return parse_arguments(arguments, directory=self.path, environment=variables)

    def declared(self, *arguments: str, **variables: str) -> list[str]:
        """Return what is declared, where that is all that is asked for."""
        found = self.parse(*arguments, **variables)
        assert found.plain
        return [str(item.requirement) for item in found.declared]


def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Make it, and let another directory be the current one."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)  # relative paths are the project's, wherever tox was started
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project")
