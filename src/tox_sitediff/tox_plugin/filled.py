"""What fills a slim tox environment, and what its commands get: variables, and the places of programs."""

from __future__ import annotations

import glob
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tox.execute.request import StdinSource

from ..errors import NamelessProject
from . import cache, session
from .bytecode import LeavesNoBytecode
from .failures import as_failures
from .unlogged import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tox.execute.api import Execute, Outcome
    from tox.tox_env.api import ToxEnvCreateArgs

    from ..core.request import Request
    from ..engine.slim import Slim
    from ..uv.settings.pip import PipSettings
    from .commands import InstallCommand


class Filled(LeavesNoBytecode):
    """Stands before one of tox's own environment classes."""

    SEEDS: tuple[str, ...] = ()
    """What an environment of this kind holds in tox without anybody declaring it."""

    def __init__(self, create_args: ToxEnvCreateArgs) -> None:
        """Prepare; what is beside tox's variables is worked out once they are asked for."""
        self._install_variables: dict[str, str] | None = None
        self._cache: Mapping[str, str] | None = None
        self._activated: Mapping[str, str] = {}
        self._is_complete: dict[str, str] | None = None
        super().__init__(create_args)

    @property
    def slim(self) -> Slim:
        """This environment, as the engine has it."""
        raise NotImplementedError

    def say(self, line: str) -> None:
        """Say something of the environment."""
        raise NotImplementedError

    def uv_program(self) -> Path:
        """Return the uv that fills this environment."""
        raise NotImplementedError

    def uv_settings(self) -> PipSettings:
        """Return what further settings uv gets, and whether any can make an installed distribution not good enough."""
        raise NotImplementedError

    def say_where_cache_is(self) -> None:
        """Say, once in a run, that uv has no cache where it would be."""
        if self._cache and (current := session.of(self.options)) is not None:
            line = f"uv can't write its cache; it lies in {', '.join(self._cache.values())} now"
            if current.said.is_news(line):
                self.say(line)

    # --- what commands get

    @property
    def environment_variables(self) -> dict[str, str]:
        """The variables of commands; while an installer runs, those of the installer."""
        if self._install_variables is not None:
            return self._install_variables
        variables = super().environment_variables
        if variables is not self._is_complete:  # tox's own, alive: what a plugin changes in them stays
            self._is_complete = variables
            if self._cache is None:
                self._cache = cache.elsewhere(variables, uv=self.uv_program, core=self.core)
            for name, value in (*self._cache.items(), *self._activated.items()):
                variables.setdefault(name, value)
            hide_secrets(variables)
        return variables

    def activate(self, prefix: Path) -> None:
        """Have commands get what activating a conda base would set, unless the user wants none of it.

        Args:
            prefix: The prefix of the base.
        """
        if not (self.conf.get("sitediff_activate", bool) and (prefix / "conda-meta").is_dir()):
            return
        from ..environment.activation import activation  # which no other base needs

        self._activated = activation(prefix, variables=self.environment_variables, warn=self.say)
        if not self._activated:
            return
        self._is_complete = None
        known = session.of(self.options)
        line = f"{prefix} counts as activated: {', '.join(self._activated)} (sitediff_activate = false: not)"
        if known is None or known.said.is_news(line):
            self.say(line)

    def prepend_env_var_path(self) -> list[Path]:
        """Return what goes before PATH: the environment's programs, on Windows over conda the base's DLLs too."""
        paths = super().prepend_env_var_path()  # type: ignore[safe-super]  # tox's class comes next in the order
        if sys.platform == "win32":
            from ..environment.conda import dll_directories

            paths += dll_directories(Path(self.slim.environment.look(full=False).interpreter.base_prefix))
        return paths

    @property
    def _allow_externals(self) -> list[str]:
        result = super()._allow_externals
        result.append(glob.escape(os.fspath(self.uv_program())))
        return result

    def _default_pass_env(self) -> list[str]:
        return [*super()._default_pass_env(), "UV_*"]

    # --- installation

    def execute(
        self,
        cmd: Sequence[Path | str],
        stdin: StdinSource,
        show: bool | None = None,  # noqa: FBT001  # as tox has it
        cwd: Path | None = None,
        run_id: str = "",
        executor: Execute | None = None,
        **more: bool,  # of newer releases
    ) -> Outcome:
        """Execute a command; what would install something goes through the engine."""
        from .commands import installation, nothing_left

        command = installation(cmd, run_id)
        if command is None:
            return super().execute(cmd, stdin, show, cwd, run_id, executor, **more)
        with as_failures(), nothing_left(command, run_id, stdin=stdin, root=self.core.get("tox_root", Path)) as outcome:
            self._fill(command, run_id)
        return outcome

    def _fill(self, command: InstallCommand, run_id: str) -> None:
        from ..uv.command import is_uv_install
        from .seeds import PIP, by_pip, install_pip  # see Slim.installation

        request = self.request(command.arguments, command.build)
        # an install_command of the user's, which tox would have found pip for
        if not is_uv_install(command) and not self.slim.provide([PIP]):
            install_pip(self, request.settings)
        run = partial(self.execute_with, run_id=run_id)
        try:
            self.slim.installation(request).install(run)
        except NamelessProject:
            if PIP not in self.slim.target.seeds:
                raise
            # in stock tox pip installs it, as UNKNOWN
            self.say("the project has no name, which uv refuses: pip installs it")
            self.slim.installation(by_pip(self, command.arguments)).install(run)

    def request(self, arguments: Sequence[str], build: Callable[[Sequence[str]], list[str]]) -> Request:
        """Translate an installation for the engine.

        Args:
            arguments: What is declared.
            build: Makes the whole command of the installer.
        """
        from ..core.advice import Ways
        from ..engine.request import make_request  # see Slim.installation

        return make_request(
            arguments,
            build=build,
            target=self.slim.target,
            variables=self.environment_variables,
            settings=self.uv_settings(),
            ways=Ways(
                declare="add '{}' to deps",
                give_up="take {} out of what is declared",
                exclude="sitediff_exclude = {}",
                verify="sitediff_exclude = {}",
                again="tox -r, if something else changed the environment",
            ),
        )

    def execute_with(self, command: Sequence[str], variables: Mapping[str, str], *, run_id: str) -> None:
        """Execute an installer with variables of its own, and fail as tox does where it fails."""
        self.say_where_cache_is()
        self._install_variables = dict(variables)
        hide_secrets(self._install_variables)
        try:
            outcome = super().execute(command, stdin=StdinSource.OFF, run_id=run_id)
        finally:
            self._install_variables = None
        outcome.assert_success()

    def freeze(self) -> list[str]:
        """List what the environment sees, as ``pip freeze`` in it would."""
        with as_failures():
            return self.slim.environment.freeze()
