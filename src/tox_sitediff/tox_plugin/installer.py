"""The installer of slim environments: tox's own bookkeeping, whose commands say what they were made from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tox.config.types import Command
from tox.tox_env.python.pip.pip_install import Pip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tox.config.main import Config

    from .environment import SlimEnvironment


class SlimInstaller(Pip):
    """Stands before tox's installer, or before tox-uv's."""

    if TYPE_CHECKING:
        _env: SlimEnvironment

    def build_install_cmd(self, args: Sequence[str]) -> list[str]:
        """Build the install command, which the environment takes for what the engine is to do."""
        from .commands import InstallCommand  # not needed unless something is installed

        return InstallCommand(args, self.command)

    def command(self, args: Sequence[str]) -> list[str]:
        """Build the words of the install command."""
        return super().build_install_cmd(args)

    def installed(self) -> list[str]:
        """List what the environment sees; a ``list_dependencies_command`` of the user's wins."""
        command = self._env.conf.get("list_dependencies_command", Command)
        if command.args != Command(self.freeze_cmd()).args:
            return super().installed()
        return self._env.freeze()


class SlimPip(SlimInstaller):
    """The installer of environments that stock tox would fill with pip: pip's arguments, uv's work."""

    def default_install_command(self, conf: Config, env_name: str | None) -> Command:  # noqa: ARG002
        """Return the command that installs where the user names none."""
        return Command([os.fspath(self._env.uv_program()), "pip", "install", "{opts}", "{packages}"])

    def post_process_install_command(self, cmd: Command) -> Command:
        """Put the options that the configuration asks for into the install command."""
        from ..uv.command import is_uv

        if not is_uv(cmd.args):
            return super().post_process_install_command(cmd)
        options = ["--prerelease", "allow"] if self._env.conf.get("pip_pre", bool) else []
        if "{opts}" in cmd.args:
            at = cmd.args.index("{opts}")
            cmd.args[at : at + 1] = options
        else:
            cmd.args.extend(options)
        return cmd

    def command(self, args: Sequence[str]) -> list[str]:
        """Build the words of the install command; options that only pip knows are left out for uv."""
        from ..uv.command import is_uv
        from ..uv.options import without_pip_only  # not needed unless something is installed

        command = self._env.conf.get("install_command", Command).args
        return super().command(without_pip_only(args) if is_uv(command) else args)
