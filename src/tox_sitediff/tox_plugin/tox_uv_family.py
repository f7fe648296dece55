"""Slim environments in the place of tox-uv's: made and filled by its uv; its settings keep working."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tox.tox_env.python.pylock import Pylock
from tox_uv._installer import UvInstaller
from tox_uv._package import UvVenvCmdBuilder, UvVenvPep517Packager
from tox_uv._run import UvVenvRunner
from tox_uv._venv import UvVenv

from ..environment.find import is_on_machine
from ..environment.over import over
from ..files import read_toml
from .base_python import hinted, is_program, look_up, request, resolved, says_more
from .environment import SlimEnvironment
from .failures import as_failures
from .installer import SlimInstaller
from .packaging import PackagingEnvironment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_discovery import PythonInfo as Interpreter
    from tox.tox_env.installer import InstallArguments
    from tox.tox_env.python.api import PythonInfo

    from ..uv.settings.pip import PipSettings


class SlimUvInstaller(SlimInstaller, UvInstaller):  # type: ignore[misc]  # both narrow the environment they serve
    """The installer."""

    def install(self, arguments: InstallArguments, section: str, of_type: str) -> None:
        """Install, from a lock file too: tox turns it into requirements, which tox-uv leaves to pip."""
        if isinstance(arguments, Pylock):
            self._install_pylock(arguments, section, of_type)
        else:
            super().install(arguments, section, of_type)

    def build_install_cmd(self, args: Sequence[str]) -> list[str]:
        """Build the install command; of ``package = uv`` the package anew, but not all that it needs."""
        if "--reinstall" in args and "--no-deps" not in args and (name := self._project_name()) is not None:
            anew = f"--reinstall-package={name}"
            args = [anew if word == "--reinstall" else word for word in args]
        return super().build_install_cmd(args)

    def _project_name(self) -> str | None:
        """Return the static name of the project; None where only its build backend knows it."""
        try:
            project = read_toml(self._env.core.get("tox_root", Path) / "pyproject.toml").get("project")
        except (OSError, ValueError):
            return None
        return str(project["name"]) if isinstance(project, dict) and "name" in project else None


class SlimUvVenv(SlimEnvironment, UvVenv):
    """What all of them share."""

    _instead: Path | None = None
    """The interpreter that uv gets in place of the one that was named, which leads it to another prefix."""

    @property
    def installer(self) -> UvInstaller:
        """The installer; that of a plugin where one has put its own in place."""
        if self._installer is None:
            self._installer = SlimUvInstaller(self)
        return self._installer

    def install_command(self, words: Sequence[str]) -> list[str]:
        """Make the whole command of the installer."""
        return self.installer.build_install_cmd(words)

    def base_request(self) -> tuple[str, Sequence[str]]:
        """Name the base as tox-uv does."""
        return self.env_version_spec(), self._preference()

    def _preference(self) -> tuple[str, ...]:
        preference = self.conf.get("uv_python_preference", str)
        return () if preference == "none" else ("--python-preference", preference)

    # --- which interpreter is the base: of a path or a program what tox resolves, of all else what uv does

    def named_by(self, entry: str) -> Interpreter | None:
        """Find the interpreter that an entry of ``base_python`` names; None where uv is left to find it too."""
        if os.path.isabs(entry):  # whatever PATH is: it may lead through the environment, which is not there yet
            return look_up(entry, hints=(), variables=os.environ)
        if is_program(entry):
            return look_up(entry, hints=self.hints, variables=self.environment_variables)
        return hinted(entry, hints=self.hints)

    def _get_python(self, base_python: list[str]) -> PythonInfo | None:
        left: list[str] = []
        for entry in base_python:
            if (found := self.named_by(entry)) is not None:
                return resolved(found)
            if is_program(entry):
                continue
            if len(base_python) == 1 or self._uv_finds(entry):
                return self._left_to_uv(entry)
            left.append(entry)
        # uv may fetch it, or else say what it misses
        return self._left_to_uv(left[0]) if left else None

    def _left_to_uv(self, entry: str) -> PythonInfo | None:
        found = super()._get_python([entry])
        if found is not None and says_more(entry):
            found.extra["request"] = request(entry)
        return found

    def _uv_finds(self, entry: str) -> bool:
        """Tell whether uv finds an interpreter on this machine for an entry that is one of several."""
        return is_on_machine(
            request(entry),
            uv=self.uv_program(),
            environment=self.environment_variables,
            directory=self.core.get("tox_root", Path),
            options=self._preference(),
        )

    def env_version_spec(self) -> str:
        """Return what ``uv venv`` takes as ``--python``."""
        if self._instead is not None:
            return os.fspath(self._instead)
        asked = self.base_python.extra.get("request")
        return str(asked) if asked else super().env_version_spec()

    def create_python_env(self) -> None:
        """Create the environment, over the interpreter whose packages it is to have."""
        named = self.base_python.extra.get("executable")
        self.say_where_cache_is()

        def make(interpreter: Path | None) -> None:
            self._instead = interpreter if interpreter != given else None
            super(SlimUvVenv, self).create_python_env()
            self.slim.environment.forget()

        given = Path(named) if named else None
        with as_failures():
            over(
                given,
                make=make,
                look=lambda: self.slim.environment.look().interpreter,
                variables=self.environment_variables,
            )

    def find_uv(self) -> Path:
        """Return tox-uv's uv."""
        return Path(self.uv)

    def uv_settings(self) -> PipSettings:
        """Add nothing: tox-uv leaves pip's configuration alone, and so do we."""
        from ..uv.settings import choose

        return choose.from_uv(self.environment_variables, project=self.core.get("tox_root", Path))


class SlimUvRunner(SlimUvVenv, UvVenvRunner):
    """Runs commands."""

    @staticmethod
    def id() -> str:
        """Return the name of the runner."""
        return "sitediff-uv"


class SlimUvPackager(PackagingEnvironment, SlimUvVenv, UvVenvPep517Packager):
    """Builds packages; in tox-uv's place under its name, because a packaging environment has one type."""


class SlimUvCommandBuilder(PackagingEnvironment, SlimUvVenv, UvVenvCmdBuilder):
    """Builds packages by commands."""
