"""What the processes of an environment noted of their imports, and what follows from it (edge: reads files)."""

from __future__ import annotations

import ast
import os
import warnings
from collections import Counter
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .. import files
from ..core import project as projects
from ..core import statements
from ..core.closure import Root, walk
from ..core.declared import roots_of
from ..core.places import environment_and_base, is_outside
from ..core.requirements import InvalidRequirement, applies, key, parse
from ..core.usage import Code, Load, Owners, Requirements, development, imports_of, is_shipped, judge
from ..errors import EnvironmentProblem
from ..files import read_bytes, read_toml
from . import own, ownership
from .noting import LOG_NAME, body
from .rules import children, module_of, unescape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from ..core.findings import Findings
    from ..core.project import Project
    from ..core.snapshot import Snapshot
    from ..core.state import Wanted
    from ..core.statements import Imports
    from ..core.usage import Spot
    from .farm import Listing

_LOG_LIMIT: Final = 16 * 1024 * 1024
_SOURCE_LIMIT: Final = 2 * 1024 * 1024
_DEPTH: Final = 8
"""Namespace packages within each other that are followed."""
_IMPORT: Final = 9
"""Fields of a note of an import."""


def clear(directory: Path) -> None:
    """Forget what processes noted, before a run, and give them a place for their notes again where that is gone.

    Args:
        directory: The environment's directory.
    """
    log = directory / LOG_NAME
    if not files.is_directory(log):
        with suppress(OSError):
            files.discard(log)
            log.mkdir()
        return
    for path in log.glob("*.txt"):
        with suppress(OSError):
            path.unlink()


def unnoted(directory: Path) -> str | None:
    """Tell why the processes of an environment could not note what they import; None where they could.

    Args:
        directory: The environment's directory.
    """
    log = directory / LOG_NAME
    if not files.is_directory(log):
        reason = "something else lies there" if os.path.lexists(log) else "it is gone"
    elif not os.access(log, os.W_OK):
        reason = "it can't be written"
    else:
        return None
    return f"what the commands import was to be noted in {log}, and could not be: {reason}; the next run mends that"


def collect(
    directory: Path, seen: Snapshot, *, declared: Sequence[Wanted] = (), is_complete: bool | None = None
) -> Findings:
    """Merge what the processes of an environment noted, and hold it against what is declared.

    Args:
        directory: The environment's directory.
        seen: What it sees.
        declared: All that is declared.
        is_complete: Whether all was run that there is; None where nobody knows, and then whatever ran is taken for it.

    Returns:
        What was found. Each undeclared module is named once, with the importer that says most.
    """
    loads, runs, ran = _notes(directory / LOG_NAME)
    listing = ownership.lister()
    site = own.directories(seen)
    owners = _owners(seen, site, listing)
    names = own.project_names(seen)
    places = environment_and_base(seen.interpreter.layers, seen.interpreter.base_prefix, own.source_directories(seen))
    installed = tuple(own.project_paths(seen, site, listing))
    code = Code(
        is_project=lambda file: file.startswith(installed) or is_outside(file, places),
        is_package=lambda file: _is_package(file, site, installed, project),
        source=cache(_source),
    )
    imports = imports_of(loads, ran, owners=owners, code=code)
    project = _project(item.file for item in imports if item.by_project)
    return judge(
        imports,
        runs,
        owners=owners,
        requirements=_requirements(seen, declared, names, owners, project),
        is_package=code.is_package,
        is_complete=bool(loads or runs or ran) if is_complete is None else is_complete,
    )


def _notes(log: Path) -> tuple[list[Load], list[Spot], list[str]]:
    """Read the notes: modules that were loaded, or run by name, and the project's files; a damaged line is none."""
    loads, runs, ran = [], [], []
    for path in sorted(log.glob("*.txt")):
        for line in os.fsdecode(read_bytes(path, _LOG_LIMIT) or b"").split("\n"):
            kind, *fields = (unescape(field) for field in line.split("\t"))
            if kind == "import" and len(fields) == _IMPORT - 1 and fields[0] and fields[3].isdecimal():
                module, where, file, number, point, mark, direct, named = fields
                loads.append(
                    Load(
                        module=module,
                        where=where,
                        file=file,
                        line=int(number),
                        entry_point=point,
                        by_project=bool(mark),
                        direct=bool(direct),
                        named=bool(named),
                    )
                )
            elif kind == "run" and len(fields) == 2 and fields[0]:  # noqa: PLR2004
                runs.append((fields[1], fields[0].partition(".")[0]))
            elif kind == "file" and len(fields) == 1:
                ran.append(fields[0])
    return loads, runs, ran


def _owners(seen: Snapshot, site: Sequence[str], listing: Listing) -> Owners:
    """Find out who has which module: what the environment was told of its base, and what it has itself by now."""
    found: dict[str, dict[Spot, list[str]]] = {"has": {}, "declares": {}, "own": {}}
    where = ""
    for line in os.fsdecode((body(seen.purelib) or b"").partition(b"\n\n")[2]).split("\n"):
        kind, *fields = (unescape(field) for field in line.split("\t"))
        if kind in {"of", "inside"}:
            where = "".join(fields)
        elif kind in {"has", "declares"} and fields:
            name = fields[0].partition(" ")[0]
            for module in fields[1:]:
                found[kind].setdefault((where, module), []).append(name)
    for claim in own.claims(seen, site, listing):
        for spot in _spots(claim.directory, claim.paths, listing):
            found["own"].setdefault(spot, []).append(claim.name)
    has, declares, mine = (
        {spot: tuple(dict.fromkeys(filter(None, names))) for spot, names in spots.items()} for spots in found.values()
    )
    return Owners(undeclared=has, declared=declares, own=mine, roots=tuple(site))


def _spots(directory: str, paths: Sequence[str], listing: Listing, depth: int = 0) -> Iterator[Spot]:
    """Name the modules that somebody has in a directory, and in namespace packages in it."""
    for child, below in children(directory, paths, listing).items():
        if (module := module_of(child)) is None:
            continue
        inner = os.path.join(directory, module)
        if child.endswith("/") and depth < _DEPTH and "__init__.py" not in below:
            yield from _spots(inner, below, listing, depth + 1)
        yield directory, module


def _source(file: str) -> Imports | None:
    """Read the imports of a file; None where that can't be done."""
    if not file.endswith(".py") or not os.path.isabs(file):
        return None
    content = read_bytes(file, _SOURCE_LIMIT)
    if content is None:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd in it is not for us to say
            return statements.of(ast.parse(content))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # it may be for another Python
        return None


# --- the project


def _project(its_files: Iterable[str]) -> tuple[Path, Project] | None:
    """Find what most of a project's files lie below: the directory of a ``pyproject.toml``, and what that says."""
    counts = Counter(root for file in its_files if (root := _root(os.path.dirname(file))) is not None)
    for root, _ in counts.most_common(1):
        with suppress(OSError, ValueError, EnvironmentProblem):
            return Path(root), projects.read(read_toml(Path(root, "pyproject.toml")), origin="pyproject.toml")
    return None


@cache
def _root(directory: str) -> str | None:
    if not os.path.isabs(directory):
        return None
    if os.path.isfile(os.path.join(directory, "pyproject.toml")):
        return directory
    above = os.path.dirname(directory)
    return None if above == directory else _root(above)


def _is_package(
    file: str, site: Sequence[str], installed: tuple[str, ...], project: tuple[Path, Project] | None
) -> bool:
    """Tell whether a file belongs to the package that the project's users get."""
    if file.startswith(installed):
        start = next(os.path.join(root, "") for root in site if file.startswith(os.path.join(root, "")))
        return is_shipped(file.removeprefix(start).replace(os.sep, "/"), "")
    if project is None:
        return False
    start = os.path.join(project[0], "")
    return file.startswith(start) and is_shipped(file.removeprefix(start).replace(os.sep, "/"), project[1].name)


def _requirements(
    seen: Snapshot,
    declared: Sequence[Wanted],
    its: frozenset[NormalizedName],
    owners: Owners,
    project: tuple[Path, Project] | None,
) -> Requirements:
    """Find out what is declared, by whom, and what it requires.

    Args:
        seen: What the environment sees.
        declared: All that is declared.
        its: The project's distributions.
        owners: Who has which module.
        project: Where the project lies, and what its ``pyproject.toml`` says.
    """
    markers = seen.interpreter.markers

    @cache
    def lines_of(name: str) -> Sequence[tuple[Requirement, frozenset[str]]]:
        found = seen.lookup(key(name))
        return () if found is None else tuple(_parsed(found.requires, found.extras))

    @cache
    def stated(name: str) -> frozenset[str]:
        return frozenset(key(item.name) for item, _ in lines_of(name))

    @cache
    def closure(name: str) -> frozenset[str]:
        return frozenset(walk([Root(requirement=parse(name))], lookup=seen.lookup, environment=markers).reached)

    roots = [root for root in roots_of(declared) if applies(root.requirement.marker, markers)]
    reached = walk(roots, lookup=seen.lookup, environment=markers)
    asked = {str(key(root.requirement.name)) for root in roots}
    lines = [line for name in sorted(its) for line in lines_of(name)]
    needed = {
        str(key(item.name))
        for name in its
        for item, _ in lines_of(name)
        if applies(item.marker, markers, reached.extras.get(name, ()))
    }
    # what all its users get, or can ask for; and what is for its development
    package = {str(key(item.name)) for item, extras in lines if not extras or extras - development(extras)}
    groups = {str(key(item.name)): min(extras) for item, extras in lines if extras and not extras - development(extras)}
    names = {str(name) for name in its}
    if project is not None:
        described = project[1]
        groups |= _groups(described)
        if not names and described.name and not described.dynamic & {"dependencies", "optional-dependencies"}:
            names = {str(described.name)}
            package = _names(described.dependencies)
            for extra in {*described.extras} - development(described.extras):
                package |= _names(described.extras[extra])
    direct = asked | {str(key(item.name)) for item, _ in lines}
    there = {name for spots in (owners.declared, owners.own) for names_ in spots.values() for name in names_}
    return Requirements(
        declared=frozenset(direct),
        judged=frozenset(
            name
            for name in ((asked | needed) & there) - names
            if not name.startswith("types-") and not name.endswith("-stubs")
            if not own.has_programs(seen, key(name))
        ),
        reached=frozenset(reached.reached),
        project=frozenset(names),
        package=frozenset(package) if names else None,
        groups={name: groups.get(name, "deps") for name in direct - package},
        stated=stated,
        closure=closure,
    )


def _parsed(lines: Iterable[str], extras: Iterable[str]) -> Iterator[tuple[Requirement, frozenset[str]]]:
    """Parse requirements, and find out for which extras alone each is."""
    for line in lines:
        with suppress(InvalidRequirement):
            requirement = parse(line)
            marker = str(requirement.marker or "")
            yield requirement, frozenset(key(extra) for extra in extras if _names_extra(marker, extra))


def _names_extra(marker: str, extra: str) -> bool:
    return "extra" in marker and any(f"{quote}{extra}{quote}" in marker for quote in "'\"")


def _names(lines: Iterable[str]) -> set[str]:
    found = set()
    for line in lines:
        with suppress(InvalidRequirement):
            found.add(str(key(parse(line).name)))
    return found


def _groups(project: Project) -> dict[str, str]:
    """Tell which group, or extra for development, names what."""
    found: dict[str, str] = {}
    for extra in sorted(development(project.extras)):
        found |= dict.fromkeys(_names(project.extras[extra]), extra)
    for group in sorted(project.groups, reverse=True):
        with suppress(EnvironmentProblem):
            found |= {str(key(item.name)): group for item in project.group(group)}
    return found
