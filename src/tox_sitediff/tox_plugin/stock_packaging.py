"""Slim environments in the place of those in which stock tox builds packages: few runs have one."""

from __future__ import annotations

from tox.tox_env.python.virtual_env.package.cmd_builder import VirtualEnvCmdBuilder
from tox.tox_env.python.virtual_env.package.pyproject import Pep517VirtualEnvPackager

from .packaging import PackagingEnvironment
from .stock import SlimVirtualEnv


class SlimPackager(PackagingEnvironment, SlimVirtualEnv, Pep517VirtualEnvPackager):
    """Builds packages; in tox's place under tox's name, because a packaging environment has one type."""


class SlimCommandBuilder(PackagingEnvironment, SlimVirtualEnv, VirtualEnvCmdBuilder):
    """Builds packages by commands."""
