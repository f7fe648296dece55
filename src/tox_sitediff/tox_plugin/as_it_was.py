"""Whether all is as it was when a slim environment was looked at last, and what is done where it is."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from .. import __version__
from ..core.fingerprint import FILE_NAME, LEFT_OUT, STATE_NAME, digest
from ..core.summary import RECORD_NAME
from ..environment.bytecode import chosen
from ..files import sweep
from ..interpreter.fingerprint import are_same, mark, unchanged
from ..interpreter.trees import directory_bytes
from ..report import JOBS
from ..user_cache import refusal
from . import session
from .filled import Filled
from .seeds import PIP, wants_pip

if TYPE_CHECKING:
    from tox.tox_env.api import ToxEnvCreateArgs

    from ..core.fingerprint import Mark, Seen

INFORMATION: Final = ".tox-info.json"
"""What tox keeps of an environment."""


class AsItWas(Filled):
    """The part of a slim environment that knows it from an earlier run."""

    def __init__(self, create_args: ToxEnvCreateArgs) -> None:
        """Prepare, without looking at anything."""
        self._seen: Seen | None = None
        self._record_mark: Mark = None
        self._inputs: str | None = None
        super().__init__(create_args)

    def _deciding(self) -> str:
        """Make a hash of what decides about what the environment sees, and is no file."""
        variables = self.environment_variables
        ids = [os.geteuid(), os.getegid(), *os.getgroups()] if sys.platform != "win32" else []
        # an entry of one of them may be relative
        place = os.getcwd() if any(map(variables.get, ("PYTHONPATH", "LD_LIBRARY_PATH"))) else ""
        layers = self.conf.get("sitediff_layers", list[str])
        exclude = self.conf.get("sitediff_exclude", list[str])
        visibility = self.conf.get("sitediff_visibility", str)
        inputs = [__version__, sys.prefix, ids, place, os.path.abspath(self.env_dir), layers, exclude, visibility]
        return digest(inputs, variables)

    def _find_unchanged(self) -> None:
        """Look whether all is as it was when the environment was looked at last."""
        if not (self.env_dir / FILE_NAME).exists():
            return
        self._inputs = self._deciding()
        python = self.env_dir / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        self._seen = unchanged(self.env_dir, python, self._inputs)
        self._record_mark = mark(os.fspath(self.env_dir / RECORD_NAME))
        if self._seen is not None and self._seen.facts.lacks_pip and PIP in map(canonicalize_name, self.SEEDS):
            self._seen = None if wants_pip(self) else self._seen

    def _go_on(self, seen: Seen) -> None:
        """Do with an environment in which all is as it was what has to be done in each run."""
        facts = seen.facts
        sweep(self.env_dir, (RECORD_NAME, STATE_NAME, FILE_NAME, INFORMATION))
        self._say_refusal()
        _, implementation, version = facts.summary.base
        self._bytecode = chosen(facts.inherited, facts.compiled, version=version, implementation=implementation)
        self.activate(Path(facts.base_prefix))

    def _is_as_it_was(self, seen: Seen) -> bool:
        """Tell whether the environment's commands left it as it was, and nobody wants all of its record."""
        return (
            not self.journal  # tox's own report
            and JOBS.isdisjoint(os.environ)  # the system that runs this job
            and are_same(seen, seen.own)
            and mark(os.fspath(self.env_dir / RECORD_NAME)) == self._record_mark
            and directory_bytes(self.env_dir, leave_out=LEFT_OUT).numbers() == [*seen.held]
        )

    def uv_program(self) -> Path:
        """Return the uv that fills the environment: as noted, where all is as it was."""
        if self._seen is not None and os.path.isfile(self._seen.facts.uv):
            return Path(self._seen.facts.uv)
        return self.find_uv()

    def find_uv(self) -> Path:
        """Find the uv that fills the environment."""
        raise NotImplementedError

    def _say_refusal(self) -> None:
        known = session.of(self.options)
        if (line := refusal()) is not None and (known is None or known.said.is_news(line)):
            logging.warning("sitediff: %s", line)
