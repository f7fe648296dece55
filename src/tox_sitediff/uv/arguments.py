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

from packaging.pylock import is_valid_pylock_path
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from ..core.closure import Constraint
from ..core.declared import Arguments, Declared
from ..core.requirements import InvalidRequirement, key, parse_anew
from ..errors import EnvironmentProblem
from ..files import read_text, read_toml
from ..text import anonymous, redacted
from .options import CONSTRAINTS, EDITABLE, FILES, IGNORING, LOOKING, RENEWING, is_harmless, option_of, takes_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from ..core.inline import Script
    from ..core.project import Project

_PROJECT: Final = "pyproject.toml"
_BUILT: Final = frozenset({"setup.py", "setup.cfg"})
"""What uv builds to learn what is required."""
_SCRIPTS: Final = frozenset({".py", ".pyw"})
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
        locks=tuple(state.locks),
        extras=None if state.all_extras else tuple(state.extras),
        groups=tuple(state.groups),
        unknown=tuple(state.unknown),
        only_looks=state.only_looks,
        exact=state.exact,
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


def _project(path: Path) -> Project:
    from ..core import project  # where one is named

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
        self.project = environment.get("UV_PROJECT", "")
        self.locks: list[Path] = []
        self.unknown: list[str] = []
        self.only_looks = False
        self.exact = False
        self.hashes = False
        self.names_index = False
        self.unread: list[str] = []

    def take(self, argument: str, rest: Iterator[str]) -> None:
        option, value = option_of(argument)
        if value is None and takes_value(option):
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
        elif option in IGNORING:
            from .requirements_file import names_in  # see _file

            self.plain = self.pinnable = False
            self.ignored |= names_in(self.directory / (value or ""), self.environment)
        else:
            self._switch(option, value)

    def _switch(self, option: str, value: str | None) -> None:
        if option == "--no-deps":
            self.deep = False
        elif not is_harmless(option):
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
        elif option == "--project":
            self.project = value or ""
        self.all_extras |= option == "--all-extras"
        self.only_looks |= option in LOOKING
        self.exact |= option == "--exact"

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
        if self._is_elsewhere(name, constraint=constraint) or (not constraint and self._is_no_list(path)):
            self.plain = self.pinnable = False
            return
        from .requirements_file import UNREADABLE, LocalFile  # tox's parser takes longer to load than all of ours

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
        self.names_index |= file.names_index and not file.no_index
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

    def _is_elsewhere(self, name: str, *, constraint: bool) -> bool:
        """Tell whether only uv is to read something: with a URL or a pipe, doing it twice could give two answers."""
        if "://" in name:
            self.unread.append(redacted(name))
            return True
        if os.path.isfile(self.directory / name):
            return False
        if name and not constraint:
            self.unknown.append(_shown(name, self.directory))
        return True

    def _is_no_list(self, path: Path) -> bool:
        """Take a file that is no list of requirements, as uv tells them apart, by the name."""
        if path.name == _PROJECT:
            self.projects.append(path)
        elif is_valid_pylock_path(path):
            self.locks.append(path)
        elif path.name in _BUILT:
            self.unknown.append(_shown(os.fspath(path), self.directory))
        else:
            from ..core import inline  # few name a script

            script = inline.read(read_text(path) or "") if path.suffix.lower() in _SCRIPTS | {""} else None
            if script is not None:
                self._script(script, origin=_shown(os.fspath(path), self.directory))
            return script is not None or path.suffix.lower() in _SCRIPTS
        return True

    def _script(self, script: Script, *, origin: str) -> None:
        for requirement in script.dependencies:
            self._declare(str(requirement))
        self.constraints += [Constraint(requirement=item, origin=origin) for item in script.constraints]
        self.ignored |= {key(item.name) for item in script.ignored}

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
                default = os.path.join(self.project, _PROJECT)
                for found in _project(self.directory / (place if colon else default)).group(group):
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
