"""Which interpreter the user names as the base of an environment, and whether the environment got it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tox.tox_env.python.api import Python

from .base_python import answers, is_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_discovery import PythonInfo as Found

    from ..core.model import Interpreter


class NamedBase(Python):
    """The part of a slim environment that has to do with ``base_python``."""

    @property
    def hints(self) -> Sequence[str]:
        """The interpreters that are tried before others (``--discover``)."""
        return list(getattr(self.options, "discover", None) or ())

    def named_by(self, entry: str) -> Found | None:
        """Find the interpreter that an entry of ``base_python`` names; None where there is none."""
        raise NotImplementedError

    def bases_named(self) -> list[str]:
        """Return what the configuration says of the base; nothing where it says nothing."""
        given = {name for loader in self.conf.loaders for name in loader.found_keys() | set(loader.overrides)}
        for names in (("base_python", "basepython"), ("default_base_python",)):
            if not given.isdisjoint(names):
                return self.conf.get(names[0], list[str])
        return []

    @classmethod
    def _validate_base_python(
        cls,
        env_name: str,
        base_pythons: list[str],
        ignore_base_python_conflict: bool,  # noqa: FBT001  # tox's
    ) -> list[str]:
        # of what is no interpreter tox could not tell a version, and would end in a traceback
        compared = [entry for entry in base_pythons if answers(entry)]
        found = super()._validate_base_python(env_name, compared, ignore_base_python_conflict)
        return base_pythons if found == compared else found

    def environment_named(self) -> tuple[Path | None, str]:
        """Find the virtual environment that the user names as the base, if that is what tox took.

        Returns:
            Its interpreter, and where it is named; None where the base is no virtual environment's.
        """
        named = self._environments_named()
        if not named:
            return None, ""
        from ..environment.pyvenv import environment_of  # few are named so

        # the entries before it may be what tox took
        entries = self.conf.get("base_python", list[str])
        taken = next((found for entry in entries if (found := self.named_by(entry)) is not None), None)
        if taken is None or taken.executable is None:
            return None, ""
        python = Path(taken.executable)
        below = environment_of(python)
        return (python, named[below]) if below in named else (None, "")

    def _environments_named(self) -> dict[Path | None, str]:
        """Collect the virtual environments that are named by a path, and where.

        A name is looked up by tox, which means the interpreter below; only a path names an environment. So does not
        the interpreter of tox itself, which is the base where the user says nothing.
        """
        given = {name for loader in self.conf.loaders for name in loader.found_keys() | set(loader.overrides)}
        entries = [("--discover", path) for path in self.hints]
        for names in (("default_base_python",), ("base_python", "basepython")):
            if not given.isdisjoint(names):
                entries += [(names[0], entry) for entry in self.conf.get(names[0], list[str]) if is_path(entry)]
        if not entries:
            return {}
        from ..environment.pyvenv import environment_of

        found = {environment_of(Path(os.path.abspath(entry))): where for where, entry in entries}
        return {directory: where for directory, where in found.items() if directory is not None}

    def demand_base(self, seen: Interpreter) -> None:
        """Make sure that an environment inherits from the interpreter that tox resolved.

        Args:
            seen: What the environment's interpreter says of itself.

        Raises:
            EnvironmentProblem: When it does not.
        """
        from ..environment.over import other_base, strayed  # of an environment that was just made
        from ..errors import EnvironmentProblem

        if named := self.base_python.extra.get("executable"):
            python = Path(named)
            if other_base(seen, python, self.environment_variables) is not None:
                raise EnvironmentProblem(strayed(python, seen))
