"""Lock files (pure): what a ``pylock.toml`` asks for in one environment, and the part of it that is to be installed.

Format: the pylock.toml specification (PEP 751), https://packaging.python.org/specifications/pylock-toml/. A ``uv.lock``
is read through ``uv export``, which writes the same format.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from packaging.pylock import Pylock, PylockValidationError
from packaging.version import InvalidVersion, Version

from ..core.requirements import UNDEFINED, key
from ..errors import EnvironmentProblem
from ..uv.lock_file import absolute
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.markers import EvaluateContext, Marker
    from packaging.pylock import Package
    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    _Values = dict[str, str | frozenset[str]]
    _Tables = Sequence[Mapping[str, object]]

_SELECTING: Final = frozenset({"marker", "dependencies", "attestation-identities"})


@frozen
class Locked:
    """One package of a lock file that an environment is to have.

    Attributes:
        name: Its normalised name.
        version: Its version; None where only its source tells.
        requirement: What an installed copy has to meet: ``name==version``, or ``name @ url``; the name alone of a
            local directory, which only the installer can tell to be up to date.
        is_local: Whether it is a local directory, such as the project itself.
        place: That directory.
        editable: Whether it is to be installed in editable mode.
        hashed: Whether its files have hashes, which what is installed already was not checked against.
        entry: Its table in the lock file, with absolute paths and without what selected it.
    """

    name: NormalizedName
    version: str | None
    requirement: str
    is_local: bool = False
    place: str = ""
    editable: bool = False
    hashed: bool = False
    entry: Mapping[str, object]


def read(data: Mapping[str, object], *, origin: str) -> Pylock:
    """Validate a ``pylock.toml``.

    Args:
        data: The file, parsed.
        origin: What messages call it.

    Returns:
        The lock.

    Raises:
        EnvironmentProblem: When it is of another version of the format, or does not follow it.
    """
    # first of all: what is wrong with a file of another version is that it is one
    if _is_of_another_version(version := data.get("lock-version")):
        raise EnvironmentProblem(
            f"{origin} is of version {version} of its format, and 1.0 is what can be read; make it anew with a tool "
            "that writes version 1.0, such as uv export --format pylock.toml"
        )
    try:
        return Pylock.from_dict(data)
    except (PylockValidationError, ValueError, RecursionError) as error:
        raise EnvironmentProblem(f"{origin} is not a valid pylock.toml: {error}; make it anew") from error


def _is_of_another_version(version: object) -> bool:
    """Tell whether a version of the format is one whose files may mean something else (PEP 751)."""
    try:
        return isinstance(version, str) and Version(version).major != 1
    except InvalidVersion:
        return False


def select(
    lock: Pylock,
    *,
    markers: Mapping[str, str],
    extras: Iterable[str] = (),
    groups: Iterable[str] | None = None,
    directory: Path,
    origin: str,
) -> tuple[Locked, ...]:
    """Select what one environment is to have, as the specification tells installers, sources apart: uv chooses these.

    Args:
        lock: The lock.
        markers: The marker environment of the target interpreter (PEP 508).
        extras: Extras of the project that are asked for.
        groups: Dependency groups that are asked for; None for those that the lock takes by default.
        directory: What relative paths are relative to.
        origin: What messages call the file.

    Returns:
        The packages, sorted by name.

    Raises:
        EnvironmentProblem: When the lock does not know what is asked for, is for other environments, or is ambiguous.
    """
    wanted = frozenset(map(key, extras))
    chosen = frozenset(map(key, (lock.default_groups or ()) if groups is None else groups))
    _refuse_unknown("extra", wanted, lock.extras or (), origin)
    _refuse_unknown("dependency group", chosen, [*(lock.dependency_groups or ()), *(lock.default_groups or ())], origin)
    version = markers["python_full_version"].removesuffix("+")
    _refuse_python(lock.requires_python, version, origin)
    values: _Values = dict(markers)
    if lock.environments is not None and not any(
        _holds(marker, values, "requirement", origin) for marker in lock.environments
    ):
        raise EnvironmentProblem(
            f"{origin} was made for other environments than this one (its `environments`: "
            f"{'; '.join(map(str, lock.environments))}); make it anew, or use another interpreter"
        )
    values |= {"extras": wanted, "dependency_groups": chosen}
    found: dict[NormalizedName, Locked] = {}
    for package, table in zip(lock.packages, cast("_Tables", lock.to_dict()["packages"]), strict=True):
        if package.marker is not None and not _holds(package.marker, values, "lock_file", origin):
            continue
        _refuse_python(package.requires_python, version, f"{origin}: {package.name}")
        if package.name in found:
            raise EnvironmentProblem(
                f"{origin} has more than one {package.name} for this environment; make it anew with markers that "
                "exclude each other"
            )
        found[package.name] = _locked(package, table, directory)
    return tuple(found[name] for name in sorted(found))


def _holds(marker: Marker, values: _Values, context: EvaluateContext, origin: str) -> bool:
    try:
        return marker.evaluate(values, context=context)
    except UNDEFINED as error:
        raise EnvironmentProblem(f"{origin}: the marker {marker} can't be evaluated: {error}; make it anew") from error


def _refuse_unknown(what: str, asked: Iterable[str], known: Sequence[str], origin: str) -> None:
    if unknown := sorted({*asked} - {*map(key, known)}):
        has = f"it has {', '.join(sorted(known))}" if known else "it has none"
        raise EnvironmentProblem(f"{origin} has no {what} {', '.join(unknown)}: {has}")


def _refuse_python(needed: SpecifierSet | None, version: str, origin: str) -> None:
    if needed is not None and not needed.contains(version, prereleases=True):
        raise EnvironmentProblem(
            f"{origin} needs Python {needed}, and the environment has {version}; use another interpreter"
        )


def _locked(package: Package, table: Mapping[str, object], directory: Path) -> Locked:
    kept = {name: value for name, value in table.items() if name not in _SELECTING}
    entry = cast("Mapping[str, object]", absolute(kept, directory))
    version = None if package.version is None else str(package.version)
    if package.directory is not None:
        place = os.path.normpath(directory / package.directory.path / (package.directory.subdirectory or ""))
        return Locked(
            name=package.name,
            version=version,
            requirement=package.name,
            is_local=True,
            place=place,
            editable=bool(package.directory.editable),
            entry=entry,
        )
    files = (package.archive, package.sdist, *(package.wheels or ()))
    return Locked(
        name=package.name,
        version=version,
        requirement=_requirement(package, directory),
        hashed=any(file is not None and file.hashes for file in files),
        entry=entry,
    )


def _requirement(package: Package, directory: Path) -> str:
    if (vcs := package.vcs) is not None:
        place = vcs.url or (directory / (vcs.path or "")).as_uri()
        return f"{package.name} @ {vcs.type}+{place}@{vcs.commit_id}"
    if (archive := package.archive) is not None:
        return f"{package.name} @ {archive.url or Path(os.path.normpath(directory / (archive.path or ''))).as_uri()}"
    return f"{package.name}=={package.version}" if package.version is not None else package.name


def reduced(packages: Iterable[Locked]) -> dict[str, object]:
    """Make a lock file of some of the packages, for uv to install.

    Args:
        packages: These.

    Returns:
        A ``pylock.toml``, to be written as TOML. All that it holds is to be installed, wherever the file lies.
    """
    return {
        "lock-version": "1.0",
        "created-by": "tox-sitediff",
        "packages": [dict(package.entry) for package in packages],
    }
