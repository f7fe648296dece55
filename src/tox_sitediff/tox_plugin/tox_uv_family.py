"""Slim environments in the place of tox-uv's: made and filled by its uv; its settings keep working."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tox.tox_env.python.pylock import Pylock
from tox_uv._installer import UvInstaller
from tox_uv._package import UvVenvCmdBuilder, UvVenvPep517Packager
from tox_uv._run import UvVenvRunner
from tox_uv._venv import UvVenv

from ..files import read_toml
from .environment import SlimEnvironment
from .installer import SlimInstaller
from .packaging import PackagingEnvironment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tox.tox_env.installer import InstallArguments
    from tox.tox_env.python.api import Python, PythonInfo

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
        preference = self.conf.get("uv_python_preference", str)
        return self.env_version_spec(), () if preference == "none" else ("--python-preference", preference)

    def _get_python(self, base_python: list[str]) -> PythonInfo | None:
        try:
            return super()._get_python(base_python)
        except RuntimeError:  # a path where there is no interpreter: tox has a message for that, and may skip
            return None

    def uv_program(self) -> Path:
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

    @classmethod
    def plain(cls) -> type[Python]:
        """Return tox-uv's own class."""
        return UvVenvRunner


class SlimUvPackager(PackagingEnvironment, SlimUvVenv, UvVenvPep517Packager):
    """Builds packages; in tox-uv's place under its name, because a packaging environment has one type."""

    @classmethod
    def plain(cls) -> type[Python]:
        """Return tox-uv's own class."""
        return UvVenvPep517Packager


class SlimUvCommandBuilder(PackagingEnvironment, SlimUvVenv, UvVenvCmdBuilder):
    """Builds packages by commands."""

    @classmethod
    def plain(cls) -> type[Python]:
        """Return tox-uv's own class."""
        return UvVenvCmdBuilder
