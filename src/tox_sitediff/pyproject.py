"""What ``-r pyproject.toml``, ``--extra`` and ``--group`` ask an installer for (pure).

Tables: https://packaging.python.org/specifications/pyproject-toml/ and, for groups, PEP 735.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from packaging.dependency_groups import resolve_dependency_groups

from .requirements import key, parse_anew

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from packaging.requirements import Requirement

_UNKNOWN_BEFORE_IT_IS_BUILT: Final = frozenset({"dependencies", "optional-dependencies"})


def requirements(
    document: Mapping[str, object], *, extras: Collection[str], all_extras: bool = False
) -> list[Requirement]:
    """Name what a project requires.

    Args:
        document: Its ``pyproject.toml``.
        extras: The extras that are asked for.
        all_extras: Whether all of them are.

    Returns:
        Its dependencies, and those of the extras, also where one extra names others of the same project.

    Raises:
        ValueError: When the file does not tell, or not in the form that the specification gives.
    """
    project = _table(document, "project")
    if _UNKNOWN_BEFORE_IT_IS_BUILT.intersection(_texts(project.get("dynamic", []))):
        raise ValueError("known only when the project is built")
    optional = {key(extra): _texts(lines) for extra, lines in _table(project, "optional-dependencies").items()}
    found = [parse_anew(line) for line in _texts(project.get("dependencies", []))]
    queue = list(optional if all_extras else map(key, extras))
    done = set()
    while queue:
        extra = queue.pop(0)
        if extra in done:
            continue
        done.add(extra)
        for requirement in map(parse_anew, optional.get(extra, ())):
            if key(requirement.name) != key(str(project.get("name"))):
                found.append(requirement)
            elif requirement.marker is None:
                queue += sorted(map(key, requirement.extras))
            else:
                raise ValueError("an extra of the project itself that comes with a marker")
    return found


def group(document: Mapping[str, object], name: str) -> list[Requirement]:
    """Name what a dependency group requires.

    Args:
        document: A ``pyproject.toml``.
        name: The group.

    Returns:
        The requirements, those of included groups among them.

    Raises:
        ValueError: When there is no such group, or the table is malformed.
    """
    groups = {known: _entries(entries) for known, entries in _table(document, "dependency-groups").items()}
    try:
        return [parse_anew(line) for line in resolve_dependency_groups(groups, name)]
    except ExceptionGroup as errors:
        raise ValueError(str(errors.exceptions[0])) from errors


def _table(data: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = data.get(name, {})
    if not isinstance(found, dict):
        raise ValueError(f"{name} is not a table")  # noqa: TRY004  # of the file, not of a caller
    return found


def _list(value: object) -> Iterable[object]:
    if not isinstance(value, list):
        raise ValueError("not a list")  # noqa: TRY004  # as above
    return value


def _texts(value: object) -> tuple[str, ...]:
    found = tuple(item for item in _list(value) if isinstance(item, str))
    if len(found) < len(tuple(_list(value))):
        raise ValueError("not a list of strings")
    return found


def _entries(value: object) -> list[str | dict[str, str]]:
    return [
        {str(name): str(what) for name, what in item.items()} if isinstance(item, dict) else str(item)
        for item in _list(value)
    ]
