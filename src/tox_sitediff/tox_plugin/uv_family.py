"""Slim environments in the place of tox-uv's: made and filled by its uv; its settings keep working."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tox_uv._installer import UvInstaller
from tox_uv._package import UvVenvCmdBuilder, UvVenvPep517Packager
from tox_uv._run import UvVenvRunner
from tox_uv._venv import UvVenv

from .environment import SlimEnvironment
from .installer import SlimInstaller

if TYPE_CHECKING:
    from tox.tox_env.python.api import Python

    from tox_sitediff.pip_settings import PipSettings


class SlimUvInstaller(SlimInstaller, UvInstaller):  # type: ignore[misc]  # both narrow the environment they serve
    """The installer."""


class SlimUvVenv(SlimEnvironment, UvVenv):
    """What all of them share."""

    @property
    def installer(self) -> SlimUvInstaller:
        """The installer."""
        if self._installer is None:
            self._installer = SlimUvInstaller(self)
        if not isinstance(self._installer, SlimUvInstaller):
            raise TypeError(self._installer)
        return self._installer

    def uv_program(self) -> Path:
        """Return tox-uv's uv."""
        return Path(self.uv)

    def uv_settings(self) -> PipSettings:
        """Add nothing: tox-uv leaves pip's configuration alone, and so do we."""
        from tox_sitediff import pip_settings, uv_config  # see Engine.install

        project = self.core.get("tox_root", Path)
        return pip_settings.PipSettings(
            constrains=uv_config.uv_config_may_decide(self.environment_variables, project=project)
        )


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


class SlimUvPackager(SlimUvVenv, UvVenvPep517Packager):
    """Builds packages; in tox-uv's place under its name, because a packaging environment has one type."""

    PACKAGING = True

    @classmethod
    def plain(cls) -> type[Python]:
        """Return tox-uv's own class."""
        return UvVenvPep517Packager


class SlimUvCommandBuilder(SlimUvVenv, UvVenvCmdBuilder):
    """Builds packages by commands."""

    PACKAGING = True

    @classmethod
    def plain(cls) -> type[Python]:
        """Return tox-uv's own class."""
        return UvVenvCmdBuilder
