"""What was imported, held against what is declared (pure).

Two sources come together. Processes noted which modules they loaded, each with whoever was first to import it: nobody
else shows up, because for all others it is there already. The project's own files that ran are read too: of what was
loaded, they import what their statements say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from ..values import frozen
from .findings import Findings, Kind, Misplaced, Undeclared, Unstated
from .requirements import key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from .statements import Imports

    Source = Callable[[str], Imports | None]

Spot: TypeAlias = "tuple[str, str]"
"""A module's place: a directory of ``sys.path``, or of a namespace package, and the name of what lies right in it."""


@frozen
class Load:
    """A module that a process loaded.

    Attributes:
        module: Its name, with the packages that it lies in.
        where: The directory that it was found in.
        file: Who imported it: a file, or what else is known; empty where nothing is.
        line: The line in it.
        entry_point: ``group: name`` of the entry point that was loaded; empty where it was a plain import.
        by_project: Whether the project did so, without being a file: a notebook, ``python -c``.
        direct: Whether it did so itself, and had nothing do it.
        named: Whether its code names the module.
    """

    module: str
    where: str
    file: str
    line: int
    entry_point: str = ""
    by_project: bool = False
    direct: bool = True
    named: bool = False

    @property
    def spot(self) -> Spot:
        """Its place."""
        return self.where, self.module.rpartition(".")[2]


@frozen
class Owners:
    """Which distribution has which module.

    Attributes:
        undeclared: Of the base, and not in the closure of what is declared: normalised names, by place.
        declared: Of the base, and in the closure; places with no name belong to what may be seen all the same.
        own: Of the environment's own.
        roots: The environment's own site directories.
    """

    undeclared: Mapping[Spot, tuple[str, ...]]
    declared: Mapping[Spot, tuple[str, ...]]
    own: Mapping[Spot, tuple[str, ...]]
    roots: tuple[str, ...] = ()

    def is_undeclared(self, spot: Spot) -> bool:
        """Tell whether a module is the base's, and not declared."""
        return spot not in self.declared and not self._is_own(spot[0])

    def _is_own(self, where: str) -> bool:
        return any(where.startswith(root) and where[len(root) :][:1] in {"", "/", "\\"} for root in self.roots)

    def names(self, spot: Spot) -> tuple[str, ...]:
        """Name the distributions that have a module."""
        return self.own.get(spot) or self.declared.get(spot) or self.undeclared.get(spot, ())

    def of_file(self, file: str) -> tuple[str, ...]:
        """Name the distributions that a file belongs to; of directories the innermost that is divided decides."""
        end = len(file)
        while (at := max(file.rfind("/", 0, end), file.rfind("\\", 0, end))) > 0:
            if found := self.names((file[:at], file[at + 1 : end].partition(".")[0])):
                return found
            end = at
        return ()


@frozen
class Requirements:
    """What is declared, and what that requires; names are normalised.

    Attributes:
        declared: What is declared by itself, or the project requires, whatever the marker or extra.
        judged: What of that has to be used, or is not needed.
        reached: The closure.
        project: The project's own distributions.
        package: What the project's package requires, and its users' extras do; None where nobody knows.
        groups: What is declared for its development: the group or extra that names it.
        stated: Names what a distribution requires by itself, whatever the marker or extra.
        closure: Names all that a distribution requires.
    """

    declared: frozenset[str]
    judged: frozenset[str]
    reached: frozenset[str]
    project: frozenset[str]
    package: frozenset[str] | None
    groups: Mapping[str, str]
    stated: Callable[[str], frozenset[str]]
    closure: Callable[[str], frozenset[str]]


@frozen
class Code:
    """Whose files are whose.

    Attributes:
        is_project: Tells whether a file is the project's own.
        is_package: Tells whether it belongs to the package that its users get, and not to its tests.
        source: Reads the imports of a file; None where that can't be done.
    """

    is_project: Callable[[str], bool]
    is_package: Callable[[str], bool]
    source: Source


@frozen
class Import:
    """Somebody imports a module.

    Attributes:
        spot: The module's place.
        module: Its name, with the packages that it lies in.
        file: Who imports it.
        line: Where.
        by_project: Whether that is the project.
        by: The distributions whose file it is.
        entry_point: As of `Load`.
        literal: Whether a statement there names the module.
        optional: Whether the importer does without it.
    """

    spot: Spot
    module: str
    file: str
    line: int
    by_project: bool
    by: tuple[str, ...]
    entry_point: str = ""
    literal: bool = True
    optional: bool = False

    @property
    def label(self) -> str:
        """Write the place of the import."""
        return f"{self.file}:{self.line}" if self.file else "unknown"


def imports_of(loads: Iterable[Load], files: Iterable[str], *, owners: Owners, code: Code) -> list[Import]:
    """Tell who imports what.

    Args:
        loads: What processes loaded, in their order.
        files: The project's files that ran.
        owners: Who has which module.
        code: Whose files are whose.

    Returns:
        What was noted first, then what else the project's files say.
    """
    found = [_of_load(load, owners, code) for load in loads]
    spots = {item.module: item.spot for item in found}
    for file in dict.fromkeys((*(item.file for item in found if item.by_project), *files)):
        source = code.source(file)
        for statement in () if source is None else sorted(source.statements, key=lambda item: item.first):
            names = {name[:end] for name in statement.names for end in _ends(name)} & spots.keys()
            found += [
                Import(
                    spot=spots[name],
                    module=name,
                    file=file,
                    line=statement.first,
                    by_project=True,
                    by=owners.of_file(file),
                    optional=statement.optional,
                )
                for name in sorted(names)
            ]
    return found


def _ends(name: str) -> Iterator[int]:
    """Say where the names of a module's packages end, and its own."""
    yield from (at for at, letter in enumerate(name) if letter == ".")
    yield len(name)


def _of_load(load: Load, owners: Owners, code: Code) -> Import:
    source = code.source(load.file)
    there = [] if source is None else source.at(load.line)
    literal = load.named or any(item.loads(load.module) for item in there)
    # a statement that names something else: it loads compiled code, which imports without a trace
    is_hidden = load.direct and bool(there) and not literal
    return Import(
        spot=load.spot,
        module=load.module,
        file=load.file,
        line=load.line,
        by_project=load.by_project or (not is_hidden and code.is_project(load.file)),
        by=owners.of_file(load.file),
        entry_point=load.entry_point,
        literal=literal,
        optional=source is not None and source.is_guarded(load.line),
    )


def judge(
    imports: Sequence[Import],
    runs: Iterable[Spot],
    *,
    owners: Owners,
    requirements: Requirements,
    is_package: Callable[[str], bool],
    is_complete: bool,
) -> Findings:
    """Hold what was imported against what is declared.

    Args:
        imports: Who imports what.
        runs: Modules that were run by name (``python -m``).
        owners: Who has which module.
        requirements: What is declared.
        is_package: Tells whether a file belongs to the package that the project's users get.
        is_complete: Whether all was run that there is: otherwise nothing is called unused.
    """
    used = {name for item in imports for name in owners.names(item.spot)}
    used |= {name for spot in runs for name in owners.names(spot)}
    judged = requirements.judged
    return Findings(
        undeclared=(*_undeclared(imports, owners, requirements), *_transitive(imports, owners, requirements)),
        unused=tuple(sorted(judged - used)) if is_complete else (),
        used=tuple(sorted(judged & used)),
        misplaced=tuple(_misplaced(imports, owners, requirements, is_package)),
        unstated=tuple(_unstated(imports, owners, requirements)),
    )


def _undeclared(imports: Sequence[Import], owners: Owners, requirements: Requirements) -> list[Undeclared]:
    """Of each module of the base the importer that says most: the project, an entry point, whoever was first."""
    found: dict[Spot, tuple[tuple[bool, bool, bool, int], Import]] = {}
    points: dict[Spot, str] = {}
    needed: dict[Spot, set[str]] = {}
    for order, item in enumerate(imports):
        if not owners.is_undeclared(item.spot):
            continue
        # an entry point that is loaded says more than who loads it
        rank = (not item.by_project, not item.entry_point, item.optional, order)
        if item.spot not in found or rank < found[item.spot][0]:
            found[item.spot] = rank, item
        if item.entry_point:
            points.setdefault(item.spot, item.entry_point)
        elif item.literal and not item.optional and not item.by_project:
            having = {*owners.names(item.spot)}
            needed.setdefault(item.spot, set()).update(
                by for by in item.by if by in requirements.reached and not having & requirements.stated(by)
            )
    items = []
    for spot, (_, item) in found.items():
        names = owners.names(spot)
        items.append(
            Undeclared(
                name=names[0] if names else key(item.module.lstrip("_")),
                module=item.module,
                imported_by=item.label,
                optional=item.optional,
                by_project=item.by_project,
                entry_point=points.get(spot, ""),
                in_distribution=bool(names),
                needed_by=tuple(sorted(needed.get(spot, ()))) if names else (),
            )
        )
    return sorted(items, key=lambda item: (not item.in_distribution, item.name, item.module, item.imported_by))


def _transitive(imports: Sequence[Import], owners: Owners, requirements: Requirements) -> list[Undeclared]:
    """Of each distribution that only something else needs the import of the project that is not optional."""
    found: dict[str, tuple[tuple[bool, int], Import]] = {}
    known = requirements.declared | requirements.project
    for order, item in enumerate(imports):
        having = owners.names(item.spot)
        if not item.by_project or item.entry_point or known & {*having} or not requirements.reached & {*having}:
            continue
        importance = item.optional, order
        if having[0] not in found or importance < found[having[0]][0]:
            found[having[0]] = importance, item
    return [
        Undeclared(
            name=name,
            module=item.module,
            imported_by=item.label,
            kind=Kind.TRANSITIVE,
            optional=item.optional,
            by_project=True,
        )
        for name, (_, item) in sorted(found.items())
    ]


def _misplaced(
    imports: Sequence[Import], owners: Owners, requirements: Requirements, is_package: Callable[[str], bool]
) -> Iterator[Misplaced]:
    """Of each distribution that is declared for development alone the first import of the package."""
    if requirements.package is None:
        return
    found: dict[str, Import] = {}
    for item in imports:
        its = {*owners.names(item.spot)}
        if item.by_project and not item.optional and not item.entry_point and is_package(item.file):
            if its & (requirements.package | requirements.project):
                continue
            for name in sorted(its & requirements.groups.keys()):
                found.setdefault(name, item)
    for name, item in sorted(found.items()):
        yield Misplaced(name=name, module=item.module, imported_by=item.label, group=requirements.groups[name])


def _unstated(imports: Sequence[Import], owners: Owners, requirements: Requirements) -> list[Unstated]:
    """Of each distribution and what it imports without requiring it, the import that is not optional."""
    found: dict[tuple[str, str], Unstated] = {}
    for item in imports:
        if item.by_project or item.entry_point or not item.literal:
            continue
        needs = owners.names(item.spot)
        for name in item.by:
            if name not in requirements.reached or name in requirements.project or not needs or name in needs:
                continue
            if {*needs} & requirements.stated(name):
                continue
            spot = name, needs[0]
            if spot in found and (item.optional or not found[spot].optional):
                continue
            found[spot] = Unstated(
                name=name,
                needs=needs[0],
                module=item.module,
                imported_by=item.label,
                kind=Kind.TRANSITIVE if needs[0] in requirements.closure(name) else Kind.BASE,
                optional=item.optional,
            )
    return [found[spot] for spot in sorted(found)]


def development(names: Collection[str]) -> set[str]:
    """Select the extras that are for the project's development, and not for its users.

    Args:
        names: Normalised names of extras.
    """
    return {name for name in names if name.partition("-")[0] in _DEVELOPMENT}


_DEVELOPMENT: Final = frozenset(
    {
        *("bench", "benchmark", "benchmarks", "build", "check", "checks", "ci", "cov", "coverage", "dev", "devel"),
        *("develop", "development", "doc", "docs", "documentation", "example", "examples", "format", "lint", "linting"),
        *("mypy", "nox", "qa", "quality", "release", "style", "test", "testing", "tests", "tox", "type", "types"),
        *("typecheck", "typing"),
    }
)
_BESIDE: Final = frozenset(
    {
        *("bench", "benchmark", "benchmarks", "ci", "doc", "docs", "example", "examples", "script", "scripts", "test"),
        *("testing", "tests", "tools"),
    }
)


def is_shipped(path: str, name: str) -> bool:
    """Tell whether a file of a project belongs to the package that its users get.

    Args:
        path: The file, relative to the project's directory or to the site directory, with slashes.
        name: The project's normalised name.
    """
    *folders, file = path.removeprefix("src/").split("/")
    stem = file.removesuffix(".py")
    if {*folders} & _BESIDE or stem.startswith("test_") or stem.endswith("_test") or stem in {"conftest", "setup"}:
        return False
    return bool(folders) or path.startswith("src/") or key(stem) == name
