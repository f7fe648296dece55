"""Environments of which nothing that tox starts writes bytecode into the base.

What tox runs in an environment gets variables for that; isolated interpreters, which read none, get options instead.
Before the environment is there, virtualenv asks interpreters what they are: that is told to write none too.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING

from tox.tox_env.python.api import Python

from ..core.isolated import is_decided, with_options, without_bytecode
from ..environment.bytecode import NO_BYTECODE, no_bytecode, plain_bytecode_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from tox.execute.api import Execute, ExecuteStatus
    from tox.execute.request import StdinSource
    from tox.tox_env.api import ToxEnv, ToxEnvCreateArgs
    from tox.tox_env.package import PackageToxEnv
    from tox.tox_env.python.virtual_env.subprocess_adapter import SubprocessSession
    from tox.tox_env.runner import RunToxEnv
    from virtualenv.discovery.py_info import PythonInfo
    from virtualenv.run.session import Session


class LeavesNoBytecode(Python):
    """Stands before one of tox's own environment classes."""

    def __init__(self, create_args: ToxEnvCreateArgs) -> None:
        """Prepare; what becomes of bytecode is chosen once the environment is there."""
        self._bytecode: Mapping[str, str] | None = None
        self._has_bytecode: dict[str, str] | None = None
        super().__init__(create_args)

    @property
    def keeps_base(self) -> bool:
        """Whether the base is to be kept from bytecode."""
        return True

    @property
    def environment_variables(self) -> dict[str, str]:
        """The variables of commands: tox's own, alive, so that what a plugin changes in them stays."""
        variables = super().environment_variables
        if self._bytecode and variables is not self._has_bytecode:
            self._has_bytecode = variables
            if not is_decided(variables):
                variables.update(self._bytecode)
        return variables

    @contextmanager
    def execute_async(
        self,
        cmd: Sequence[Path | str],
        stdin: StdinSource,
        show: bool | None = None,  # noqa: FBT001  # as tox has it
        cwd: Path | None = None,
        run_id: str = "",
        executor: Execute | None = None,
        **more: bool,  # of newer releases
    ) -> Generator[ExecuteStatus, None, None]:
        """Execute a command; an interpreter that reads no variables gets options in their place."""
        words = [os.fspath(word) for word in cmd]
        if self._bytecode is not None:
            words = with_options(words, self.environment_variables)
        elif self.keeps_base:  # nobody knows yet what the base is like
            words = without_bytecode(words)
        with super().execute_async(words, stdin, show, cwd, run_id, executor, **more) as status:
            yield status

    def virtualenv_env_vars(self) -> dict[str, str]:
        """Return virtualenv's variables: also what it asks interpreters writes nothing beside them."""
        given: dict[str, str] = super().virtualenv_env_vars()  # type: ignore[misc]  # of tox's class, which calls it
        return {**given, **NO_BYTECODE}

    @property
    def session(self) -> Session | SubprocessSession:
        """The session of virtualenv; one outside of this process asks interpreters with the variables of tox."""
        with no_bytecode() if self.conf.get("virtualenv_spec", str) else nullcontext():
            found: Session | SubprocessSession = super().session  # type: ignore[misc]  # of tox's class, which has it
        return found

    # a base_python that is a path is asked while the configuration is read: by tox, and by tox-uv under its own name

    @staticmethod
    def get_virtualenv_py_info(path: Path) -> PythonInfo:
        """Ask an interpreter what it is, as tox does."""
        return _ask(path)

    @staticmethod
    def _get_virtualenv_py_info(path: Path) -> PythonInfo:
        return _ask(path)


def _ask(path: Path) -> PythonInfo:
    from virtualenv.app_data import make_app_data
    from virtualenv.discovery.cached_py_info import from_exe
    from virtualenv.discovery.py_info import PythonInfo

    cache_directory = make_app_data(None, read_only=False, env=os.environ)
    result = from_exe(PythonInfo, cache_directory, os.fspath(path), env={**os.environ, **NO_BYTECODE})
    if result is None:
        raise RuntimeError(f"could not query python information for {path}")
    return result


class PlainPackaging(LeavesNoBytecode):
    """Stands before tox's packaging environments where these are not slim: what they build is built as by stock tox."""

    def __init__(self, create_args: ToxEnvCreateArgs) -> None:
        """Prepare."""
        self._serves_slim = False
        super().__init__(create_args)

    @property
    def keeps_base(self) -> bool:
        """Whether it builds for a slim environment: for others all is as it would be without us."""
        return self._serves_slim

    def register_run_env(self, run_env: RunToxEnv) -> Generator[tuple[str, str], PackageToxEnv, None]:
        """Register an environment that it builds for."""
        self._serves_slim |= isinstance(run_env, LeavesNoBytecode)
        found: Generator[tuple[str, str], PackageToxEnv, None]
        found = super().register_run_env(run_env)  # type: ignore[misc]  # of tox's class, which comes behind this one
        return found

    def ensure_python_env(self) -> None:
        """Create the environment, and see what keeps bytecode out of the library below it."""
        super().ensure_python_env()
        self._bytecode = plain_bytecode_variables(self.env_dir) if self.keeps_base else {}


@cache
def leaving_none(own: Callable[[ToxEnvCreateArgs], ToxEnv]) -> Callable[[ToxEnvCreateArgs], ToxEnv]:
    """Derive from a class of tox's for environments that build packages one that builds the same, and no bytecode."""
    if not isinstance(own, type):
        return own
    # under the same name: tox would make an environment anew whose class has another one
    return type(own.__name__, (PlainPackaging, own), {"__module__": __name__})
