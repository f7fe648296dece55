"""Requirements files, as tox reads them, with the variables of the environment that they are for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tox.tox_env.python.pip.req.file import RequirementsFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# https://pip.pypa.io/en/stable/reference/requirements-file-format/#using-environment-variables
_VARIABLE: Final = re.compile(r"\$\{([A-Z0-9_]+)\}")


class RequirementsWithVariables(RequirementsFile):
    """A requirements file, in which ``${NAME}`` stands for a variable that is not this process's own.

    tox takes such variables too, but only from 4.67.5 on.
    """

    def __init__(self, path: Path, environment: Mapping[str, str], *, constraint: bool) -> None:
        """Prepare; nothing is read before it is asked for.

        Args:
            path: The file.
            environment: The variables. One that is not there, or empty, leaves the text as it is, as in pip.
            constraint: Whether what the file names are constraints.
        """
        super().__init__(path, constraint)
        self._variables = environment

    def _expand_env_variables(self, lines_enum: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        for number, line in lines_enum:
            yield number, _VARIABLE.sub(lambda found: self._variables.get(found[1]) or found[0], line)
