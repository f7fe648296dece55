"""A project's own requirements (pure): those of its ``pyproject.toml``, as ``uv sync`` selects them.

Tables: https://packaging.python.org/specifications/pyproject-toml/ and (groups) PEP 735; the groups that are taken by
default: ``tool.uv.default-groups``, uv's documentation, page "Managing dependencies".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from packaging.dependency_groups import DependencyGroupResolver

from .errors import EnvironmentProblem
from .requirements import InvalidRequirement, key, parse_anew

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.requirements import Requirement

_DEV: Final = "dev"


@dataclass(frozen=True, kw_only=True, slots=True)
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """What a ``pyproject.toml`` says.

    Attributes:
        origin: What messages call the file.
        dependencies: Its requirements; none where they are dynamic.
        extras: Requirements by the normalised name of the extra.
        groups: ``[dependency-groups]``, and the older ``tool.uv.dev-dependencies`` as part of ``dev``.
        default_groups: Normalised names of the groups that are taken by default.
    """

    origin: str
    dependencies: tuple[str, ...] | None
    extras: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, Sequence[str | Mapping[str, str]]]
    default_groups: tuple[str, ...]

    def requirements(self, selection: Selection) -> list[Requirement]:
        """Return what is asked for.

        Args:
            selection: Which parts.

        Returns:
            The requirements of the project's own, and of the extras and groups.

        Raises:
            EnvironmentProblem: When there is no such extra or group, a requirement can't be parsed, or the
                project's requirements are known only once it is built.
        """
        lines: list[str] = []
        if not selection.only_groups:
            if self.dependencies is None:
                raise EnvironmentProblem(
                    f"{self.origin}: the project's dependencies are dynamic, so nobody knows them before it is built; "
                    "sync without --prefer-base"
                )
            lines += self.dependencies
            for extra in selection.chosen_extras(self.extras):
                if extra not in self.extras:
                    raise EnvironmentProblem(f"{self.origin} has no extra {extra}: {_known(self.extras)}")
                lines += self.extras[extra]
        found = [self._parse(line) for line in lines]
        chosen = selection.chosen_groups(self.groups, self.default_groups)
        try:
            resolver = DependencyGroupResolver(self.groups)
            for group in chosen:
                found += resolver.resolve(group)
        except ExceptionGroup as errors:
            why = "; ".join(map(str, errors.exceptions))
            raise EnvironmentProblem(f"{self.origin}: {why} ({_known(self.groups)})") from errors
        return found

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
    dynamic = _texts(project.get("dynamic", []), "project.dynamic", origin)
    optional = _table(project, "optional-dependencies", origin)
    uv = _table(_table(data, "tool", origin), "uv", origin)
    groups = cast("dict[str, Sequence[str | Mapping[str, str]]]", dict(_table(data, "dependency-groups", origin)))
    if older := _texts(uv.get("dev-dependencies", []), "tool.uv.dev-dependencies", origin):
        groups[_DEV] = [*groups.get(_DEV, ()), *older]
    default = uv.get("default-groups", [_DEV] if _DEV in {*map(key, groups)} else [])
    return Project(
        origin=origin,
        dependencies=None
        if "dependencies" in dynamic
        else _texts(project.get("dependencies", []), "project.dependencies", origin),
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
