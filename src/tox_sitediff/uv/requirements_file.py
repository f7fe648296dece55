"""Requirements files, as far as they lie on this machine (edge: reads them).

They are parsed by tox's own parser (format: https://pip.pypa.io/en/stable/reference/requirements-file-format/).
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from tox.tox_env.python.pip.req.file import RequirementsFile

from ..core.closure import Constraint
from ..core.requirements import key, parse_anew
from ..text import redacted

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

UNREADABLE: Final = (ValueError, OSError, RecursionError)
"""What the parser raises for a file that is not there, or not as it should be."""
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


class LocalFile(RequirementsWithVariables):
    """A requirements file, of which all that is elsewhere is left for uv: it knows the user's proxy and passwords.

    Attributes:
        unread: The URLs of that, once the file was read.
        names_index: Whether the file names the main index, once it was read.
        no_index: Whether it wants none, as pip has it: wherever that stands, every index is ignored.
    """

    def __init__(self, path: Path, environment: Mapping[str, str], *, constraint: bool) -> None:
        """Prepare, without reading anything.

        Args:
            path: The file.
            environment: The variables that it may use.
            constraint: Whether it holds constraints.
        """
        super().__init__(path, environment, constraint=constraint)
        self.unread: list[str] = []
        self.names_index = False
        self.no_index = False

    def _merge_option_line(self, base_opt: Namespace, opt: Namespace, filename: str) -> None:
        self.names_index |= bool(opt.index_url)
        self.no_index |= opt.no_index is True
        super()._merge_option_line(base_opt, opt, filename)

    def _get_file_content(self, url: str) -> str:
        # a file: URL is a file
        if "://" in url and not url.lower().startswith("file:"):
            self.unread.append(url)
            return ""
        return super()._get_file_content(url)


def names_in(file: Path, environment: Mapping[str, str]) -> frozenset[NormalizedName]:
    """Read the names that a file of requirements mentions, whatever their markers.

    Args:
        file: A file in the format of requirements files.
        environment: The variables that it may use.

    Returns:
        The normalised names; none where it can't be read, which the installer will say.
    """
    return frozenset(key(item.requirement.name) for item in constraints_in(file, environment, origin=""))


def constraints_in(file: Path, environment: Mapping[str, str], *, origin: str) -> list[Constraint]:
    """Read a file of constraints.

    Args:
        file: A file in the format of requirements files.
        environment: The variables that it may use.
        origin: What people are told that its constraints come from.

    Returns:
        Its constraints; none where it can't be read, which the installer will say.
    """
    if not os.path.isfile(file):  # a pipe is for uv to read
        return []
    try:
        found = LocalFile(file, environment, constraint=True).requirements
        return [Constraint(requirement=parse_anew(redacted(str(item.requirement))), origin=origin) for item in found]
    except UNREADABLE:
        return []
