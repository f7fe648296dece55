"""What is declared of what an environment inherits (pure): by directory, the modules.

The unit is the top-level module, or the portion of a namespace package (PEP 420): what lies below a regular package of
a declared distribution is found as ever, unless an undeclared distribution has put something there too.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

from ..values import frozen, mutable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_MODULES: Final = (".py", ".pyc", ".pyd", ".so")
_DEPTH: Final = 8
"""Namespace packages within each other that are followed."""


@frozen
class Claim:
    """What one distribution has in one inherited directory.

    Attributes:
        name: Its normalised name; empty for what only names modules.
        label: How people are told of it, with its version.
        directory: The directory of ``sys.path``.
        paths: Its files, relative to that, with slashes; one that ends in a slash is a directory with all it holds.
        visible: Whether the environment may see it.
        has_metadata: Whether its metadata lies there too.
    """

    name: str
    label: str
    directory: str
    paths: Sequence[str]
    visible: bool
    has_metadata: bool = True


@mutable
class Rules:
    """What is declared of one directory.

    Attributes:
        modules: Modules right in it.
        is_package: Whether it is a regular package, with modules that nobody asks about.
        owners: Other modules, by the label of the distribution that has them.
        declared: Those that are declared, by the same.
    """

    modules: set[str] = field(default_factory=set)
    is_package: bool = False
    owners: dict[str, set[str]] = field(default_factory=dict)
    declared: dict[str, set[str]] = field(default_factory=dict)


def module_of(child: str) -> str | None:
    """Name the module that a file, or with a slash behind it a directory, can be imported as."""
    if child.endswith("/"):
        name = child[:-1]
        return name if "." not in name and name != "__pycache__" and _is_plain(name) else None
    if not child.endswith(_MODULES):
        return None
    name = child.partition(".")[0]
    return name if _is_plain(name) else None


def _is_plain(name: str) -> bool:
    return bool(name) and not any(letter.isspace() for letter in name)


def build(
    directories: Iterable[str], claims: Sequence[Claim], listing: Callable[[str], Sequence[str]]
) -> dict[str, Rules]:
    """Work out what is declared.

    Args:
        directories: The inherited directories of ``sys.path``.
        claims: What the distributions have in them.
        listing: Names what lies in a directory, directories with a slash behind them; nothing where it can't be listed.

    Returns:
        Rules by directory: for those of ``sys.path``, for each namespace package in them, and for each package that
        declared and undeclared distributions share.
    """
    found: dict[str, Rules] = {}
    for directory in directories:
        here = [claim for claim in claims if claim.directory == directory]
        found.setdefault(directory, Rules())
        _descend(found, directory, [(claim, claim.paths) for claim in here], listing, depth=0)
    return found


def _descend(
    found: dict[str, Rules],
    directory: str,
    claims: Sequence[tuple[Claim, Sequence[str]]],
    listing: Callable[[str], Sequence[str]],
    *,
    depth: int,
    whole: bool = False,
) -> None:
    """Fill in the rules of a directory, and of those in it that need some.

    Args:
        found: Takes the rules.
        directory: The directory.
        claims: Claims and their paths, relative to the directory; an empty one claims all of it.
        listing: As for `build`.
        depth: How deep this is.
        whole: Whether it is a regular package, where all may be seen but what undeclared distributions alone have.
    """
    rules = found.setdefault(directory, Rules())
    rules.is_package = whole
    seen: set[str] = set()
    hidden: set[str] = set()
    inner: dict[str, list[tuple[Claim, Sequence[str]]]] = {}
    for claim, paths in claims:
        parts = children(directory, paths, listing)
        modules = {name for child in parts if (name := module_of(child)) is not None}
        (seen if claim.visible else hidden).update(modules)
        (rules.declared if claim.visible else rules.owners).setdefault(claim.label, set()).update(modules)
        for child, below in parts.items():
            if child.endswith("/") and module_of(child) is not None:
                inner.setdefault(child[:-1], []).append((claim, below))
    if whole:
        seen |= {name for child in listing(directory) if (name := module_of(child)) is not None} - (hidden - seen)
    rules.modules |= seen
    rules.owners = {label: rest for label, modules in rules.owners.items() if (rest := modules - seen)}
    rules.declared = {label: modules for label, modules in rules.declared.items() if modules}
    for name, owners in inner.items():
        path = f"{directory}/{name}" if "/" in directory else f"{directory}\\{name}"
        is_shared = len({claim.visible for claim, _ in owners}) > 1
        is_package = any(module_of(child) == "__init__" for child in listing(path))
        if depth < _DEPTH and (is_shared or not is_package):
            _descend(found, path, owners, listing, depth=depth + 1, whole=is_package)


def children(
    directory: str, paths: Sequence[str], listing: Callable[[str], Sequence[str]]
) -> Mapping[str, Sequence[str]]:
    """Sort paths by their first part.

    Args:
        directory: What they are relative to.
        paths: The paths; an empty one stands for all that is there.
        listing: As for `build`.

    Returns:
        A file's name, or a directory's with a slash, and what is claimed below that.
    """
    found: dict[str, list[str]] = {}
    for path in paths:
        if not path:
            for child in listing(directory):
                found.setdefault(child, []).append("")
            continue
        first, slash, rest = path.partition("/")
        below = found.setdefault(first + slash, [])
        if slash:
            below.append(rest)
    return found


def has_module(claim: Claim, name: str, listing: Callable[[str], Sequence[str]]) -> bool:
    """Tell whether a distribution has a module.

    Args:
        claim: What it has in one directory.
        name: The module's name; with dots, that of one in a package.
        listing: As for `build`.
    """
    directory, paths = claim.directory, claim.paths
    *packages, last = name.split(".")
    for package in packages:
        found = children(directory, paths, listing)
        directory = f"{directory}/{package}"
        paths = found.get(f"{package}/", ())
    return any(module_of(child) == last for child in children(directory, paths, listing))


# --- the file


@frozen
class Whose:
    """Whose files lie where, as far as the hook has to know.

    Attributes:
        foreign: What the paths of files begin with that are not the project's.
        project: What those of its own begin with all the same: of its package, where that is installed.
        finds: The modules that a finder of an editable install provides, by the directory that it lies in.
    """

    foreign: Sequence[str] = ()
    project: Sequence[str] = ()
    finds: Mapping[str, Sequence[str]] = field(default_factory=dict)


def text(rules: Mapping[str, Rules], *, on_path: Sequence[str], log: str, whose: Whose) -> tuple[str, str]:
    """Write rules for the hook.

    Args:
        rules: What `build` made.
        on_path: The inherited directories of ``sys.path``.
        log: Where processes note what they import.
        whose: Whose files lie where.

    Returns:
        What is to be noted; and for who reads the notes, who has what.
    """
    lines = [_line("log", log), _line("foreign", *whose.foreign), _line("project", *whose.project)]
    lines += [_line("finds", path, *sorted(modules)) for path, modules in sorted(whose.finds.items())]
    owners = []
    for path in dict.fromkeys((*on_path, *rules)):
        one = rules.get(path, Rules())
        lines.append(_line("notes", path, *(sorted(one.modules) if one.is_package else ())))
        owners.append(_line("of" if path in on_path else "inside", path))
        owners += [_line("has", label, *sorted(modules)) for label, modules in sorted(one.owners.items())]
        owners += [_line("declares", label, *sorted(modules)) for label, modules in sorted(one.declared.items())]
    return "\n".join(lines), "\n".join(owners)


def _line(*fields: str) -> str:
    return "\t".join(map(escape, fields))


def escape(field_: str) -> str:
    """Write a field so that neither tab nor line end is in it."""
    return field_.replace("%", "%25").replace("\n", "%0A").replace("\t", "%09")


def unescape(field_: str) -> str:
    """Read what `escape` wrote."""
    return field_.replace("%09", "\t").replace("%0A", "\n").replace("%25", "%")


def checksum(content: bytes) -> int:
    """Sum up a file; the hook does the same, with what an interpreter has at its start."""
    return int.from_bytes(content, "big") % 4294967291
