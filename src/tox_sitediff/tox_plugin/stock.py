"""Slim environments in the place of stock tox's: made by virtualenv, filled by our uv."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from tox.tox_env.python.virtual_env.api import VirtualEnv
from tox.tox_env.python.virtual_env.runner import VirtualEnvRunner

from .base_python import look_up
from .environment import SlimEnvironment
from .failures import as_failures
from .installer import SlimPip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from configparser import ConfigParser

    from python_discovery import PythonInfo as Interpreter
    from tox.tox_env.python.pip.pip_install import Pip
    from tox.tox_env.python.virtual_env.subprocess_adapter import SubprocessCreator
    from virtualenv.create.creator import Creator

    from ..uv.settings.pip import PipSettings
    from .known import KnownCreator

_SEEDING: Final = ("seeder", "pip", "setuptools", "wheel", "no_seed")
"""Options of virtualenv that say what is seeded."""


class SlimVirtualEnv(SlimEnvironment, VirtualEnv):
    """What all of them share."""

    SEEDS: tuple[str, ...] = ("pip",)

    _known: KnownCreator | None = None

    @property
    def creator(self) -> Creator | SubprocessCreator:
        """What makes the environment, or where it is there and as it was, what describes it."""
        if self._seen is None or self.conf.get("virtualenv_spec", str):
            return super().creator
        if self._known is None:
            from .known import known_creator  # of what is as it was

            self._known = known_creator(
                self.env_dir,
                self.conf.get("base_python", list[str]),
                hints=self.hints,
                variables=self.environment_variables,
                whole=lambda: super(SlimVirtualEnv, self).creator,
            )
        return super().creator if self._known is None else cast("Creator", self._known)

    @property
    def installer(self) -> Pip:
        """The installer."""
        if self._installer is None:
            self._installer = SlimPip(self)
        return self._installer

    def install_command(self, words: Sequence[str]) -> list[str]:
        """Make the whole command of the installer."""
        return self.installer.build_install_cmd(words)

    def find_uv(self) -> Path:
        """Return the uv that came with this package, or the one on PATH."""
        from ..uv.program import find_uv

        with as_failures():
            return find_uv()

    def uv_settings(self) -> PipSettings:
        """Translate pip's configuration, which would have counted here, for uv."""
        from ..uv.settings import choose

        found = choose.from_pip(
            self.environment_variables, prefix=self.env_dir, project=self.core.get("tox_root", Path)
        )
        for line in found.warnings:
            self.slim.environment.warn(line)
        return found

    def named_by(self, entry: str) -> Interpreter | None:
        """Find the interpreter that an entry of ``base_python`` names, as virtualenv does."""
        return look_up(entry, hints=self.hints, variables=self.virtualenv_env_vars())

    def virtualenv_env_vars(self) -> dict[str, str]:
        """Return virtualenv's settings: inherit, and seed nothing unless the user wants something seeded."""
        given = super().virtualenv_env_vars()
        return given if _wants_seeds(given) else {**given, "VIRTUALENV_NO_SEED": "True"}


def _wants_seeds(variables: Mapping[str, str]) -> bool:
    """Tell whether variables or the ``virtualenv.ini`` of the user say anything of what virtualenv is to seed."""
    if any(variables.get(f"VIRTUALENV_{name.upper()}") for name in _SEEDING):
        return True
    from virtualenv.config.ini import IniConfig  # loaded by virtualenv itself where it makes an environment

    settings = IniConfig(variables)
    parser: ConfigParser | None = getattr(settings, "config_parser", None)  # older ones have it where there is a file
    return parser is not None and any(parser.has_option(settings.section, name) for name in _SEEDING)


class SlimRunner(SlimVirtualEnv, VirtualEnvRunner):
    """Runs commands."""

    @staticmethod
    def id() -> str:
        """Return the name of the runner."""
        return "sitediff"
