"""Slim environments in the place of those of tox-uv's lock runner: what its ``uv sync`` is asked for, less the base's.

tox-uv makes the command from its keys (``extras``, ``dependency_groups``, ``uv_sync_flags``, ``package`` and so on),
and that command is what gets translated: so a key of tox-uv's that is new means the same here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tox_uv._run_lock import UvVenvLockRunner

from .commands import nothing_left
from .failures import as_failures
from .tox_uv_family import SlimUvVenv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tox.execute.api import Execute, Outcome
    from tox.execute.request import StdinSource

    from ..lock.sync import Source, Sync

_RUN_ID: Final = "uv-sync"
_OURS: Final = frozenset({"-p", "--python", "--python-preference"})
"""Options that name the interpreter: the environment has it already."""


class SlimUvLockRunner(SlimUvVenv, UvVenvLockRunner):
    """Runs commands; under tox-uv's name, because nobody gets it without asking for it."""

    def execute(
        self,
        cmd: Sequence[Path | str],
        stdin: StdinSource,
        show: bool | None = None,  # noqa: FBT001  # as tox has it
        cwd: Path | None = None,
        run_id: str = "",
        executor: Execute | None = None,
        **more: bool,
    ) -> Outcome:
        """Execute a command; ``uv sync`` goes through the engine."""
        if run_id != _RUN_ID:
            return super().execute(cmd, stdin, show, cwd, run_id, executor, **more)
        command = [os.fspath(word) for word in cmd]
        root = self.core.get("tox_root", Path)
        with as_failures(), nothing_left(command, run_id, stdin=stdin, root=root) as outcome:
            differences = self._sync(command).carry_out(
                lambda given, settings: self.execute_with(given, settings, run_id="install_lock")
            )
        for item in differences:
            self.slim.environment.warn(f"not as locked: {item}")
        return outcome

    def locked(self) -> Sync:
        """Return what a run would do with the lock file."""
        return self._sync(self._build_uv_sync_cmd(None))

    def _sync(self, command: Sequence[str]) -> Sync:
        from ..lock import sync
        from ..lock.export import export
        from ..lock.options import parse

        directory, words = self._arguments(command)
        options = parse(words, variables=self.environment_variables)
        slim = self.slim
        install = self.request(options.install, lambda given: [self.uv, "pip", "install", *given])
        start = [self.uv, "pip", "uninstall", "--python", os.fspath(slim.target.python)]
        packages = sync.load(
            _source(directory),
            options,
            markers=slim.environment.look().interpreter.markers,
            export=export(self.uv_program(), slim.target.python, install.settings, tell=slim.environment.warn),
            tell=slim.environment.warn,
        )
        return sync.Sync(
            sync.Wish(packages=packages, requires=None, options=options),
            install=slim.installation(install),
            remove=slim.installation(self.request((), lambda given: [*start, *given])),
        )

    def _arguments(self, command: Sequence[str]) -> tuple[Path, list[str]]:
        """Take from tox-uv's command where the project is, and what is asked for."""
        directory = self.conf.get("change_dir", Path)
        directory = directory if directory.is_dir() else self.core.get("tox_root", Path)
        words: list[str] = []
        # tox-uv would install all anew in an environment that is new
        anew = self.conf.get("recreate", bool) and "--reinstall" not in self.conf.get("uv_sync_flags", list[str])
        rest = iter(command[command.index("sync") + 1 :])
        for word in rest:
            if word == "--directory":
                directory /= next(rest)
            elif word in _OURS:
                next(rest, "")
            elif not (anew and word == "--reinstall"):
                words.append(word)
        return directory, words


def _source(directory: Path) -> Source:
    """Find ``uv.lock``, here or above in the workspace; where there is none, uv makes it or says why not."""
    from ..lock.sync import Source

    found = next((parent for parent in (directory, *directory.parents) if (parent / "uv.lock").is_file()), directory)
    return Source(path=found / "uv.lock", start=directory)
