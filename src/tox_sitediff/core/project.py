"""A project's own requirements (pure): those of its ``pyproject.toml``, as ``uv sync`` and ``uv pip`` take them.

Tables: https://packaging.python.org/specifications/pyproject-toml/ and (groups) PEP 735; the groups that are taken by
default: ``tool.uv.default-groups``, uv's documentation, page "Managing dependencies".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.dependency_groups import DependencyGroupResolver

from ..errors import EnvironmentProblem
from ..values import frozen
from .requirements import InvalidRequirement, key, parse_anew

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.requirements import Requirement

_DEV: Final = "dev"


@frozen
class Selection:
    """Which parts of a project are asked for, in the terms of ``uv sync``.

    Attributes:
        extras: ``--extra``.
        all_extras: ``--all-extras``.
        no_extras: ``--no-extra``.
        groups: ``--group``.
        all_groups: ``--all-groups``.
        no_groups: ``--no-group``, and ``dev`` for ``--no-dev``.
        only_groups: ``--only-group``, and ``dev`` for ``--only-dev``: without the project itself.
        no_default_groups: ``--no-default-groups``.
    """

    extras: tuple[str, ...] = ()
    all_extras: bool = False
    no_extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    all_groups: bool = False
    no_groups: tuple[str, ...] = ()
    only_groups: tuple[str, ...] = ()
    no_default_groups: bool = False

    def chosen_extras(self, known: Iterable[str]) -> list[str]:
        """Return the normalised names of the extras that are asked for, of those that are known."""
        chosen = {*map(key, known)} if self.all_extras else {*map(key, self.extras)}
        return sorted(chosen - {*map(key, self.no_extras)})

    def chosen_groups(self, known: Iterable[str], default: Iterable[str]) -> list[str]:
        """Return the normalised names of the groups that are asked for, of those that are known."""
        if self.only_groups:
            chosen = {*map(key, self.only_groups)}
        else:
            chosen = {*map(key, self.groups)}
            chosen |= {*map(key, known)} if self.all_groups else set()
            chosen |= set() if self.no_default_groups else {*map(key, default)}
        return sorted(chosen - {*map(key, self.no_groups)})


@frozen
class Project:
    """What a ``pyproject.toml`` says.

    Attributes:
        origin: What messages call the file.
        name: The project's normalised name; empty where there is none.
        dynamic: The fields that nobody knows before the project is built.
        dependencies: Its requirements.
        extras: Requirements by the normalised name of the extra.
        groups: ``[dependency-groups]``, and the older ``tool.uv.dev-dependencies`` as part of ``dev``.
        default_groups: Normalised names of the groups that are taken by default.
    """

    origin: str
    name: str
    dynamic: frozenset[str]
    dependencies: tuple[str, ...]
    extras: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, Sequence[str | Mapping[str, str]]]
    default_groups: tuple[str, ...]

    def selected(self, selection: Selection) -> list[Requirement]:
        """Return what is asked for in the terms of ``uv sync``.

        Args:
            selection: Which parts.

        Returns:
            The requirements of the project's own, and of the extras and groups.

        Raises:
            EnvironmentProblem: When there is no such extra or group, a requirement can't be parsed, or the
                project's requirements are known only once it is built.
        """
        found: list[Requirement] = []
        if not selection.only_groups:
            extras = selection.chosen_extras(self.extras)
            for extra in extras:
                if extra not in self.extras and not self.dynamic:
                    raise EnvironmentProblem(f"{self.origin} has no extra {extra}: {_known(self.extras)}")
            found += self.required(extras)
        for group in selection.chosen_groups(self.groups, self.default_groups):
            found += self.group(group)
        return found

    def required(self, extras: Iterable[str]) -> list[Requirement]:
        """Return what the project itself requires.

        Args:
            extras: The extras that are asked for; one that it does not have asks for nothing.

        Returns:
            Its dependencies, and those of the extras, also where one extra names others of the same project.

        Raises:
            EnvironmentProblem: When a requirement can't be parsed, or is known only once the project is built.
        """
        queue = [key(extra) for extra in extras]
        for field in ("dependencies", *(["optional-dependencies"] if queue else ())):
            if field in self.dynamic:
                raise EnvironmentProblem(
                    f"{self.origin}: the project's {field} are dynamic, so nobody knows them before it is built; "
                    "sync without --prefer-base"
                )
        found = [self._parse(line) for line in self.dependencies]
        done = set()
        while queue:
            extra = queue.pop(0)
            if extra in done:
                continue
            done.add(extra)
            for requirement in map(self._parse, self.extras.get(extra, ())):
                if key(requirement.name) != self.name:
                    found.append(requirement)
                elif requirement.marker is None:
                    queue += sorted(map(key, requirement.extras))
                else:
                    raise EnvironmentProblem(
                        f"{self.origin}: the extra {extra} asks for others of the same project with a marker, which "
                        "only uv understands; sync without --prefer-base"
                    )
        return found

    def group(self, name: str) -> list[Requirement]:
        """Return what a dependency group asks for.

        Args:
            name: The group.

        Returns:
            The requirements, those of included groups among them.

        Raises:
            EnvironmentProblem: When there is no such group, or one that it includes, or it includes itself.
        """
        try:
            return list(DependencyGroupResolver(self.groups).resolve(name))
        except ExceptionGroup as errors:
            why = "; ".join(map(str, errors.exceptions))
            raise EnvironmentProblem(f"{self.origin}: {why} ({_known(self.groups)})") from errors

    def _parse(self, line: str) -> Requirement:
        try:
            return parse_anew(line)
        except InvalidRequirement as error:
            raise EnvironmentProblem(f"{self.origin}: {line!r} is not a requirement: {error}") from error


def _known(names: Iterable[str]) -> str:
    return f"it has {', '.join(sorted(names))}" if names else "it has none"


def read(data: Mapping[str, object], *, origin: str) -> Project:
    """Read a ``pyproject.toml``.

    Args:
        data: The file, parsed.
        origin: What messages call it.

    Returns:
        What it says.

    Raises:
        EnvironmentProblem: When a table is not what it should be.
    """
    project = _table(data, "project", origin)
    name = project.get("name", "")
    optional = _table(project, "optional-dependencies", origin)
    uv = _table(_table(data, "tool", origin), "uv", origin)
    groups = {
        group: _entries(entries, f"dependency-groups.{group}", origin)
        for group, entries in _table(data, "dependency-groups", origin).items()
    }
    dev = next((group for group in groups if key(group) == _DEV), _DEV)
    if older := _texts(uv.get("dev-dependencies", []), "tool.uv.dev-dependencies", origin):
        groups[dev] = (*groups.get(dev, ()), *older)
    default = uv.get("default-groups", [_DEV] if dev in groups else [])
    return Project(
        origin=origin,
        name=key(name) if isinstance(name, str) else "",
        dynamic=frozenset(_texts(project.get("dynamic", []), "project.dynamic", origin)),
        dependencies=_texts(project.get("dependencies", []), "project.dependencies", origin),
        extras={
            key(extra): _texts(lines, f"project.optional-dependencies.{extra}", origin)
            for extra, lines in optional.items()
        },
        groups=groups,
        default_groups=tuple(groups) if default == "all" else _texts(default, "tool.uv.default-groups", origin),
    )


def _table(data: Mapping[str, object], name: str, origin: str) -> Mapping[str, object]:
    found = data.get(name, {})
    if not isinstance(found, dict):
        raise EnvironmentProblem(f"{origin}: {name} is not a table")
    return found


def _texts(value: object, name: str, origin: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise EnvironmentProblem(f"{origin}: {name} is not a list of strings")
    return tuple(value)


def _entries(value: object, name: str, origin: str) -> tuple[str | dict[str, str], ...]:
    """Read a dependency group; what a table in it means is for the resolver of groups to tell."""
    if not isinstance(value, list) or not all(isinstance(item, str | dict) for item in value):
        raise EnvironmentProblem(f"{origin}: {name} is not a list of strings and tables")
    return tuple(
        item if isinstance(item, str) else {str(field): str(what) for field, what in item.items()} for item in value
    )
