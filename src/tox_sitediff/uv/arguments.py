"""The arguments of an installer (edge: reads requirements files): what is declared, and how.

The arguments are those of ``uv pip install``, most of which are pip's. Requirements files are parsed by tox's own
parser (format: https://pip.pypa.io/en/stable/reference/requirements-file-format/).
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.utils import parse_sdist_filename, parse_wheel_filename

from ..core import project
from ..core.closure import Constraint
from ..core.declared import Arguments, Declared
from ..core.requirements import InvalidRequirement, parse_anew
from ..errors import EnvironmentProblem
from ..files import read_toml
from ..text import anonymous, redacted
from .requirements_file import PUBLIC_INDEX, UNREADABLE, LocalFile, names_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName


FILES: Final = frozenset({"-r", "--requirement", "--requirements"})
CONSTRAINTS: Final = frozenset({"-c", "--constraint", "--constraints"})
EDITABLE: Final = frozenset({"-e", "--editable"})
# options that say where to look and how to build, never whether what is installed is good enough
_HARMLESS_WITH_VALUE: Final = frozenset({
    "-C", "-f", "-i", "-p", "--allow-insecure-host", "--cache-dir", "--color", "--config-setting",
    "--config-settings", "--default-index", "--extra-index-url", "--find-links", "--index", "--index-strategy",
    "--index-url", "--keyring-provider", "--link-mode", "--no-binary", "--no-build-isolation-package",
    "--no-build-package", "--only-binary", "--prerelease", "--python", "--resolution", "--trusted-host",
})  # fmt: skip
_HARMLESS: Final = frozenset({
    "-n", "-q", "-v", "-vv", "--compile", "--compile-bytecode", "--no-build-isolation", "--no-cache",
    "--no-cache-dir", "--no-compile", "--no-index", "--no-progress", "--offline", "--pre", "--quiet", "--refresh",
    "--system-certs", "--native-tls", "--verbose",
})  # fmt: skip
# those of uv and of pip that may well say that; here to know their value from a requirement
_DECIDING_WITH_VALUE: Final = frozenset({
    "-P", "-b", "-d", "-t", "--abi", "--build-constraint", "--build-constraints", "--cert", "--client-cert",
    "--config-file", "--config-settings-package", "--directory", "--exclude", "--exclude-newer",
    "--exclude-newer-package", "--excludes", "--exists-action", "--extra", "--fork-strategy", "--global-option",
    "--group", "--implementation", "--log", "--no-editable-package", "--no-sources-package", "--output-format",
    "--override", "--overrides", "--platform", "--prefix", "--prerelease-package", "--project", "--proxy",
    "--python-platform", "--python-version", "--refresh-package", "--reinstall-package", "--report",
    "--requirements-from-script", "--retries", "--root", "--root-user-action", "--src", "--target", "--timeout",
    "--torch-backend", "--upgrade-group", "--upgrade-package", "--upgrade-strategy", "--uploaded-prior-to",
})  # fmt: skip
# pip's, which uv refuses although they change nothing that matters here
_PIP_ONLY: Final = frozenset({
    "--debug", "--no-clean", "--no-input", "--no-python-version-warning", "--no-warn-conflicts",
    "--no-warn-script-location", "--prefer-binary", "--use-pep517",
})  # fmt: skip
_PIP_ONLY_WITH_VALUE: Final = frozenset({
    "--log", "--progress-bar", "--retries", "--root-user-action", "--timeout", "--use-deprecated", "--use-feature",
})  # fmt: skip
RENEWING: Final = frozenset({
    "-P", "-U", "--force-reinstall", "--reinstall", "--reinstall-package", "--upgrade", "--upgrade-package",
})  # fmt: skip
"""What says which distributions are to be taken anew, and nothing of where from."""
_IGNORING: Final = frozenset({"--override", "--overrides", "--exclude", "--excludes"})
_WITH_VALUE: Final = FILES | CONSTRAINTS | EDITABLE | _HARMLESS_WITH_VALUE | _DECIDING_WITH_VALUE | _PIP_ONLY_WITH_VALUE
_PROJECT: Final = "pyproject.toml"
_UNREADABLE: Final = (EnvironmentProblem, OSError, ValueError)
_ARCHIVES: Final = (".whl", ".tar.gz", ".zip")
_WITH_EXTRAS: Final = re.compile(r"(?P<place>.*?)(?P<extras>\[[^\[\]]*\])?", re.DOTALL)


def named(text: str, directory: Path) -> Requirement | None:
    """Find out what a requirement without a marker of its own is called.

    Args:
        text: A requirement, or the path or URL of a wheel or sdist, maybe with extras.
        directory: What relative paths are relative to.

    Returns:
        A requirement with a name; None for what has no name before it is built.
    """
    try:
        requirement = parse_anew(text)
    except InvalidRequirement:
        return _archive(text, directory)
    if requirement.url is not None and "://" not in requirement.url:  # uv takes a path there too
        requirement.url = _uri(requirement.url, directory)
    # the name of a file in the current directory looks like that of a distribution
    return (text.endswith(_ARCHIVES) and requirement.url is None and _archive(text, directory)) or requirement


def _archive(text: str, directory: Path) -> Requirement | None:
    place, extras = _split_extras(text)
    file = os.path.basename(place.partition("#")[0])
    try:
        name = parse_wheel_filename(file)[0] if file.endswith(".whl") else parse_sdist_filename(file)[0]
        return parse_anew(f"{name}{extras} @ {place if '://' in place else _uri(place, directory)}")
    except ValueError:  # no such file name, no such requirement, or a number that Python does not convert
        return None


def _split_extras(text: str) -> tuple[str, str]:
    found = _WITH_EXTRAS.fullmatch(text)
    return (text, "") if found is None else (found["place"], found["extras"] or "")


def _uri(path: str, directory: Path) -> str:
    return Path(os.path.abspath(directory / path)).as_uri()


def _sources(place: str, directory: Path) -> frozenset[str]:
    """Name the URLs that ``direct_url.json`` may give for what is installed from a path or URL."""
    if "://" in place:
        url = anonymous(place).partition("#")[0].removeprefix("git+")
        found = {url, url.rpartition("@")[0]} - {""}
    else:
        try:
            found = {_uri(place, directory), _uri(os.path.realpath(directory / place), directory)}
        except ValueError:  # a NUL in it
            return frozenset()
    return frozenset(url.rstrip("/") for url in found)


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
    state.take_projects()
    return Arguments(
        declared=tuple(state.declared),
        constraints=tuple(state.constraints),
        deep=state.deep,
        plain=state.plain,
        pinnable=state.pinnable,
        resolution=state.resolution,
        ignored=frozenset(state.ignored),
        hashes=state.hashes,
        names_index=state.names_index,
        unread=tuple(state.unread),
    )


def _shown(file: str, directory: Path) -> str:
    """Name a file, or a URL, as people would who are in a directory."""
    if "://" in file:
        return redacted(file)
    path = Path(os.path.abspath(file))  # not resolved: a link is called what it is called
    return os.fspath(path.relative_to(directory) if path.is_relative_to(directory) else path)


def _project(path: Path) -> project.Project:
    return project.read(read_toml(path), origin=os.fspath(path))


class _Reader:
    def __init__(self, *, directory: Path, environment: Mapping[str, str]) -> None:
        self.directory = directory
        self.environment = environment
        self.declared: list[Declared] = []
        self.constraints: list[Constraint] = []
        self.ignored: set[NormalizedName] = set()
        self.deep = True
        self.plain = True
        self.pinnable = True
        self.projects: list[Path] = []
        self.extras: list[str] = []
        self.all_extras = False
        self.resolution: str | None = None
        self.groups: list[str] = []
        self.hashes = False
        self.names_index = False
        self.unread: list[str] = []

    def take(self, argument: str, rest: Iterator[str]) -> None:
        option, value = option_of(argument)
        if option in _WITH_VALUE and value is None:
            value = next(rest, "")
        if not option.startswith("-") or option == "-":
            self._declare(argument)
        elif option == "--":
            for text in rest:
                self._declare(text)
        elif option in FILES | CONSTRAINTS:
            self._file(value or "", constraint=option in CONSTRAINTS)
        elif option in EDITABLE:
            self._declare(value or "", editable=True)
        elif option in _IGNORING:
            self.plain = self.pinnable = False
            self.ignored |= names_in(self.directory / (value or ""), self.environment)
        else:
            self._switch(option, value)

    def _switch(self, option: str, value: str | None) -> None:
        if option == "--no-deps":
            self.deep = False
        elif option not in _HARMLESS | _HARMLESS_WITH_VALUE | _PIP_ONLY | _PIP_ONLY_WITH_VALUE:
            self.plain = False
            self.pinnable &= option in RENEWING
        self.hashes |= option == "--require-hashes"
        if option == "--resolution":
            self.resolution = value
            self.plain &= not (value or "").startswith("lowest")
        elif option == "--extra":
            self.extras.append(value or "")
        elif option == "--group":
            self.groups.append(value or "")
        self.all_extras |= option == "--all-extras"

    def _declare(self, text: str, *, hashed: bool = False, editable: bool = False) -> None:
        text = redacted(text)  # what is installed is what stands in the arguments; here it is only told
        requirement = named(text, self.directory)
        if editable:
            self.plain = False
        if hashed or editable or requirement is None or requirement.url is not None:
            self.pinnable = False
        # what is editable is a directory, whatever it is called
        if requirement is not None and (requirement.url is not None or not editable):
            self.declared.append(Declared(text=text, requirement=requirement, hashed=hashed))
            return
        self.plain = False
        place, extras = _split_extras(text)
        sources = _sources(place, self.directory)
        if "://" not in text:
            text = os.path.join(self.directory, text)
        self.declared.append(Declared(text=text, requirement=None, hashed=hashed, sources=sources, extras=extras))

    def _file(self, name: str, *, constraint: bool) -> None:
        path = self.directory / name
        # uv fetches a URL, and reads a pipe: doing it twice could give two answers
        if "://" in name or not os.path.isfile(path):
            self.plain = self.pinnable = False
            self.unread.append(redacted(name))
            return
        if path.name == _PROJECT and not constraint:
            self.projects.append(path)
            return
        file = LocalFile(path, self.environment, constraint=constraint)
        try:
            requirements = file.requirements
            options = vars(file.options)
        except UNREADABLE:
            self.plain = self.pinnable = False
            return
        if file.unread:
            self.plain = self.pinnable = False
            self.unread += map(redacted, file.unread)
        self.names_index |= (options.get("index_url") or [PUBLIC_INDEX])[0] != PUBLIC_INDEX
        if any(options.values()):  # an index of its own, what may be built
            self.pinnable = False
        if options.get("require_hashes"):
            self.plain = False
            self.hashes = True
        for item in requirements:
            if item.options.get("is_constraint"):
                self._constrain(str(item.requirement), origin=_shown(item.from_file, self.directory))
            else:
                self._declare(
                    str(item.requirement),
                    hashed=bool(item.options.get("hash")),
                    editable=bool(item.options.get("is_editable")),
                )

    def take_projects(self) -> None:
        """Take what projects and groups ask for, now that all extras are known; uv judges what can't be read."""
        if self.projects or self.groups:
            self.plain = self.pinnable = False  # [tool.uv.sources] may lead elsewhere
        for path in self.projects:
            with suppress(*_UNREADABLE):
                known = _project(path)
                for found in known.required(known.extras if self.all_extras else self.extras):
                    self._declare(str(found))
        for name in self.groups:
            place, colon, group = name.rpartition(":")
            with suppress(*_UNREADABLE):
                for found in _project(self.directory / (place if colon else _PROJECT)).group(group):
                    self._declare(str(found))

    def _constrain(self, text: str, *, origin: str) -> None:
        try:
            requirement = parse_anew(redacted(text))
        except InvalidRequirement:
            self.plain = False
            return
        if requirement.url is not None:
            self.plain = False
        self.constraints.append(Constraint(requirement=requirement, origin=origin))


def option_of(argument: str) -> tuple[str, str | None]:
    """Take an argument apart.

    Args:
        argument: One argument of ``uv pip install``, or of pip's.

    Returns:
        The option, and the value that is in the same argument, if any.
    """
    if argument.startswith("--"):
        option, equals, value = argument.partition("=")
        return option, value if equals else None
    if argument[:2] in _WITH_VALUE and len(argument) > 2:  # noqa: PLR2004
        return argument[:2], argument[2:].lstrip("= ")
    return argument, None


def takes_value(option: str) -> bool:
    """Tell whether an option of ``uv pip install`` (or of pip's) has a value."""
    return option in _WITH_VALUE


def without_pip_only(arguments: Sequence[str]) -> list[str]:
    """Drop the options of pip that uv refuses and that change nothing about what is installed.

    Args:
        arguments: Arguments that were meant for pip.

    Returns:
        The same arguments without them.
    """
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        option, value = option_of(argument)
        if option == "--":
            return [*kept, argument, *rest]
        if option in _PIP_ONLY:
            continue
        if option in _PIP_ONLY_WITH_VALUE:
            if value is None:
                next(rest, "")
            continue
        kept.append(argument)
    return kept
