"""pip's settings one by one, and what uv has been told on the same subjects (edge).

Values never appear in a warning: an index or a proxy can hold a password.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...text import FALSE, TRUE
from .places import home_directory
from .uv_files import read_uv_config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from . import pip_names as tables
    from .pip_files import PipOption
    from .uv_files import Setting


def exists(path: Path, *, kind: Callable[[int], bool] | None = None) -> bool:
    """Tell whether there is something, without minding what can't be a path at all.

    Args:
        path: Where.
        kind: Takes the mode of what is there, and tells whether it is of the right kind; None for any.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return kind is None or kind(mode)


class PipReading:
    """What is read while pip's configuration is translated, and who else says something on the same subject."""

    def __init__(self, environment: Mapping[str, str], prefix: Path, project: Path, platform: str) -> None:
        """Prepare.

        Args:
            environment: The variables.
            prefix: The environment's directory.
            project: The directory in which the installation is started.
            platform: A value of ``sys.platform``.
        """
        self.variables: dict[str, str] = {}
        self.arguments: list[str] = []
        self.warnings: list[str] = []
        self.constrains = False
        self._environment = environment
        self._prefix = prefix
        self._project = project
        self._platform = platform
        self._last: dict[str, PipOption] = {}
        self._all: Sequence[PipOption] = ()

    @cached_property
    def _uv_settings(self) -> tuple[Setting, ...]:
        # Read only when there is something to translate: most machines have no configuration of pip at all.
        return read_uv_config(self._environment, project=self._project, platform=self._platform).settings

    def _free(self, family: tables.Family) -> bool:
        """Tell whether the user left a subject to pip's configuration."""
        return self._taken_by(family) is None

    def _taken_by(self, family: tables.Family, *, files_of_projects: bool = True) -> str | None:
        """Name the variable, or the key and its file, by which uv has been told something on a subject."""
        for name in sorted(family.variables):
            if self._environment.get(name):
                return name
        return next(
            (
                str(setting)
                for setting in self._uv_settings
                if setting.key in family.keys and (files_of_projects or not setting.of_project)
            ),
            None,
        )

    def _gives_way(self, option: PipOption, taken_by: str) -> None:
        self.warnings.append(f"pip's setting {option.name} ({option.origin}) gives way to uv's: {taken_by}")

    def _warn(self, option: PipOption, what: str) -> None:
        self.warnings.append(f"pip's setting {option.name} ({option.origin}) is not applied: {what}")

    def _flag(self, name: str) -> bool | None:
        """Read a truth value as pip does, None if there is none."""
        if (option := self._last.get(name)) is None:
            return None
        value = option.value.lower()
        if value not in TRUE | FALSE:
            self._warn(option, "it must be one of yes, no, true, false, 1 and 0")
            return None
        return value in TRUE

    def _words(self, name: str) -> list[str]:
        option = self._last.get(name)
        return option.value.split() if option else []

    def _local(self, value: str) -> Path | None:
        """Give the path that a value names, None for an address elsewhere."""
        if value.lower().startswith("file:"):
            try:
                from urllib.request import url2pathname  # which loads ssl

                return Path(url2pathname(urlsplit(value).path))
            except ValueError:
                return None
        if "://" in value:
            return None
        return self._project / self._expanded(value)

    def _expanded(self, value: str) -> Path:
        path = Path(value)
        if path.parts[:1] == ("~",):
            return home_directory(self._environment, self._platform).joinpath(*path.parts[1:])
        return path
