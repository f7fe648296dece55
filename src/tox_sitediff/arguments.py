"""The arguments of an installer (edge: reads requirements files): what is declared, and how.

The arguments are those of ``uv pip install``, most of which are pip's. Requirements files are parsed by tox's own
parser (format: https://pip.pypa.io/en/stable/reference/requirements-file-format/).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.error import URLError

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from tox.tox_env.python.pip.req.file import RequirementsFile

from .closure import Root
from .requirements import key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

_FILES: Final = frozenset({"-r", "--requirement", "--requirements"})
_CONSTRAINTS: Final = frozenset({"-c", "--constraint", "--constraints"})
_EDITABLE: Final = frozenset({"-e", "--editable"})
# options that say where to look and how to build, never whether what is installed is good enough
_HARMLESS_WITH_VALUE: Final = frozenset({
    "-C", "-f", "-i", "-p", "--allow-insecure-host", "--cache-dir", "--color", "--config-setting",
    "--config-settings", "--default-index", "--extra-index-url", "--find-links", "--index", "--index-strategy",
    "--index-url", "--keyring-provider", "--link-mode", "--no-binary", "--no-build-isolation-package",
    "--no-build-package", "--only-binary", "--prerelease", "--python", "--trusted-host",
})  # fmt: skip
_HARMLESS: Final = frozenset({
    "-n", "-q", "-v", "-vv", "--compile", "--compile-bytecode", "--no-build-isolation", "--no-cache",
    "--no-cache-dir", "--no-compile", "--no-index", "--no-progress", "--offline", "--pre", "--quiet", "--refresh",
    "--system-certs", "--native-tls", "--verbose",
})  # fmt: skip
# pip's, which uv refuses although they change nothing that matters here
_PIP_ONLY: Final = frozenset({"--prefer-binary"})
_PIP_ONLY_WITH_VALUE: Final = frozenset({"--use-feature", "--use-deprecated", "--progress-bar"})
_IGNORING: Final = frozenset({"--override", "--overrides", "--exclude", "--excludes"})
# options that may make uv judge otherwise; named here only because the next word is their value
_DECIDING_WITH_VALUE: Final = frozenset({
    "-P", "-b", "-t", "--build-constraint", "--build-constraints", "--cert", "--config-file",
    "--config-settings-package", "--directory", "--exclude-newer", "--exclude-newer-package",
    "--extra", "--fork-strategy", "--group", "--no-editable-package", "--no-sources-package", "--output-format",
    "--prefix", "--prerelease-package", "--project", "--python-platform",
    "--python-version", "--refresh-package", "--reinstall-package", "--resolution", "--target", "--torch-backend",
    "--upgrade-group", "--upgrade-package",
})  # fmt: skip
_SHORT: Final = frozenset({"-r", "-c", "-e", "-i", "-f", "-C", "-p", "-P", "-b", "-t"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """One declared requirement.

    Attributes:
        text: The requirement as a string; for a path, the path.
        requirement: Parsed, where it has a name.
        hashed: Whether hashes were asked for.
    """

    text: str
    requirement: Requirement | None
    hashed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Arguments:
    """What the arguments of an installer declare.

    Attributes:
        declared: The requirements.
        constraints: Constraints with a name and no URL.
        deep: False under ``--no-deps``.
        plain: Whether all that is asked for is that the requirements be met: no upgrade, no reinstallation, nothing
            unknown. Only then may the installer not be started at all.
        ignored: Names that uv was told to resolve otherwise than the metadata say (overrides, excludes).
    """

    declared: tuple[Declared, ...]
    constraints: tuple[Requirement, ...]
    deep: bool
    plain: bool
    ignored: frozenset[NormalizedName] = frozenset()

    def roots(self) -> list[Root]:
        """Return the named requirements as roots of a closure."""
        return [
            Root(requirement=item.requirement, deep=self.deep) for item in self.declared if item.requirement is not None
        ]


def named(text: str) -> Requirement | None:
    """Parse a requirement, or the file name of a wheel or sdist, into a requirement with a name; none for others."""
    try:
        return Requirement(text)
    except InvalidRequirement:
        pass
    path, _, extras = text.partition("[")
    extras = f"[{extras}" if extras else ""
    file = os.path.basename(path.partition("#")[0])  # noqa: PTH119
    try:
        name = parse_wheel_filename(file)[0] if file.endswith(".whl") else parse_sdist_filename(file)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    url = path if "://" in path else Path(os.path.abspath(path)).as_uri()  # noqa: PTH100
    return Requirement(f"{name}{extras} @ {url}")


def parse_arguments(arguments: Sequence[str], *, directory: Path, environment: Mapping[str, str]) -> Arguments:
    """Work out what the arguments of ``uv pip install`` (or of pip's) declare.

    Args:
        arguments: The arguments, without the command itself.
        directory: What relative paths are relative to.
        environment: The variables that requirements files may use.

    Returns:
        The requirements and constraints. What can't be parsed is left for uv to judge: then ``plain`` is false.
    """
    state = _Reader(directory=directory, environment=environment)
    rest = iter(arguments)
    for argument in rest:
        state.take(argument, rest)
    return Arguments(
        declared=tuple(state.declared),
        constraints=tuple(state.constraints),
        deep=state.deep,
        plain=state.plain,
        ignored=frozenset(state.ignored),
    )


def names_in(file: Path, environment: Mapping[str, str]) -> frozenset[NormalizedName]:
    """Read the names that a file of requirements mentions, whatever their markers.

    Args:
        file: A file in the format of requirements files.
        environment: The variables that it may use.

    Returns:
        The normalised names; none where it can't be read, which the installer will say.
    """
    try:
        found = RequirementsFile(file, True, lambda: environment).requirements  # noqa: FBT003
        return frozenset(key(Requirement(str(item.requirement)).name) for item in found)
    except (ValueError, OSError, URLError, SystemExit):
        return frozenset()


class _Reader:
    def __init__(self, *, directory: Path, environment: Mapping[str, str]) -> None:
        self.directory = directory
        self.environment = environment
        self.declared: list[Declared] = []
        self.constraints: list[Requirement] = []
        self.ignored: set[NormalizedName] = set()
        self.deep = True
        self.plain = True

    def take(self, argument: str, rest: Iterator[str]) -> None:
        option, value = _split(argument)
        if not option.startswith("-") or option == "-":
            self._declare(argument, hashed=False)
        elif option in _FILES | _CONSTRAINTS:
            self._file(value if value is not None else next(rest, ""), constraint=option in _CONSTRAINTS)
        elif option in _EDITABLE:
            self._declare(value if value is not None else next(rest, ""), hashed=False, editable=True)
        elif option in _IGNORING:
            self.plain = False
            file = value if value is not None else next(rest, "")
            self.ignored |= names_in(self.directory / file, self.environment)
        elif option == "--no-deps":
            self.deep = False
        elif option in _HARMLESS_WITH_VALUE | _PIP_ONLY_WITH_VALUE:
            if value is None:
                next(rest, "")
        elif option not in _HARMLESS | _PIP_ONLY:
            self.plain = False
            if option in _DECIDING_WITH_VALUE and value is None:
                next(rest, "")

    def _declare(self, text: str, *, hashed: bool, editable: bool = False) -> None:
        requirement = None if editable else named(text)
        if requirement is None or requirement.url is not None:
            self.plain = self.plain and requirement is not None
        self.declared.append(Declared(text=text, requirement=requirement, hashed=hashed))

    def _file(self, name: str, *, constraint: bool) -> None:
        if "://" in name:  # uv fetches it; fetching it twice could give two answers
            self.plain = False
            return
        file = RequirementsFile(self.directory / name, constraint, lambda: self.environment)
        try:
            requirements = file.requirements
            options = vars(file.options)
        except (ValueError, OSError, URLError, SystemExit):
            self.plain = False
            return
        if options.get("require_hashes"):
            self.plain = False
        for item in requirements:
            if item.options.get("is_constraint"):
                self._constrain(str(item.requirement))
            else:
                self._declare(
                    str(item.requirement),
                    hashed=bool(item.options.get("hash")),
                    editable=bool(item.options.get("is_editable")),
                )

    def _constrain(self, text: str) -> None:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            self.plain = False
            return
        if requirement.url is not None:
            self.plain = False
        self.constraints.append(requirement)


def _split(argument: str) -> tuple[str, str | None]:
    if argument.startswith("--"):
        option, equals, value = argument.partition("=")
        return option, value if equals else None
    if argument[:2] in _SHORT and len(argument) > 2:  # noqa: PLR2004
        return argument[:2], argument[2:].lstrip("= ")
    return argument, None


def without_pip_only(arguments: Sequence[str]) -> list[str]:
    """Drop the options of pip that uv refuses and that change nothing about what is installed.

    Args:
        arguments: Arguments that were meant for pip.

    Returns:
        The same arguments without them.
    """
    kept = []
    rest = iter(arguments)
    for argument in rest:
        option, value = _split(argument)
        if option in _PIP_ONLY:
            continue
        if option in _PIP_ONLY_WITH_VALUE:
            if value is None:
                next(rest, "")
            continue
        kept.append(argument)
    return kept
