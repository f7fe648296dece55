"""The modules of the package: what each imports, which are pure, and which of them the tests have to cover."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

_SOURCES: Final = Path(__file__).resolve().parent / "src" / "tox_sitediff"


def _installed() -> Path:
    found = find_spec("tox_sitediff")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("tox_sitediff is neither here in src nor installed")
    return Path(found.origin).parent


PACKAGE: Final = _SOURCES if _SOURCES.is_dir() else _installed()
"""The sources, or where they are out of the way (tests/release/bare.py) the package that was made of them."""
READING: Final = ("lock/pylock", "uv/arguments", "uv/requirements_file")
"""What reads files, and else only decides: the tests reach every branch of these too."""
DECIDING: Final = ("engine/*", "lock/sync", "uv/pinned", "uv/remainder", "uv/unshadowable")
"""What decides while programs run: the tests reach nearly all of it, in the processes that they start."""
PURE: Final = frozenset(
    {
        *("__future__", "abc", "argparse", "ast", "base64", "bisect", "collections", "contextlib", "copy", "csv"),
        *("dataclasses", "datetime", "enum", "fnmatch", "functools", "graphlib", "hashlib", "heapq", "html"),
        *("http", "itertools", "json", "keyword", "math", "ntpath", "operator", "packaging", "posixpath", "re"),
        *("shlex", "string", "textwrap", "time", "tomllib", "types", "typing", "unicodedata", "urllib.parse"),
    }
)
"""What a pure module may import: nothing of it reaches a file, a process, the network or this process's settings."""
PATHS: Final = frozenset({"pathlib"})
"""Pure as long as none of the methods is called that look at the disk."""
LOOKING: Final = frozenset(
    {
        *("absolute", "chmod", "cwd", "exists", "expanduser", "glob", "hardlink_to", "home", "is_dir", "is_file"),
        *("is_symlink", "iterdir", "lstat", "mkdir", "open", "read_bytes", "read_text", "readlink", "rename", "rglob"),
        *("rmdir", "samefile", "stat", "symlink_to", "touch", "unlink", "walk", "write_bytes", "write_text"),
    }
)
"""The methods of a path that look at the disk, by names that nothing else has."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """One imported module.

    Attributes:
        name: Its name: ``core.model`` for one of ours, ``os`` for another.
        ours: Whether it is one of the package's.
        typing: Whether it is imported for type checkers alone.
        relative: Whether it is imported relative to the importing module.
        line: Where.
    """

    name: str
    ours: bool
    typing: bool
    relative: bool
    line: int


@cache
def modules(package: Path = PACKAGE) -> Mapping[str, Path]:
    """Find all modules of the package, by names like ``core.model``; the package itself is the empty one."""
    return {name_of(path, package): path for path in sorted(package.rglob("*.py"))}


def name_of(path: Path, package: Path = PACKAGE) -> str:
    """Name a module without the package's own name."""
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def parsed(path: Path) -> ast.Module:
    """Parse a file; the tree is not kept, it is large."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path, package: Path = PACKAGE) -> Iterable[Import]:
    """List what a module imports: at its top, within functions, and for type checkers alone."""
    known = modules(package).keys()
    folder = path.parent.relative_to(package).parts
    tree = parsed(path)
    found = []
    for_types = {id(inner) for node in statements(tree) if _is_for_types(node) for inner in statements(node)}
    for node in statements(tree):
        if isinstance(node, ast.Import):
            names = [(alias.name, 0) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*folder[: len(folder) - node.level + 1], *base.split(".")]).strip(".")
            names = [(f"{base}.{alias.name}".strip("."), node.level) for alias in node.names]
        else:
            continue
        for name, level in names:
            own = name.removeprefix(f"{package.name}.") if name.split(".")[0] == package.name else name
            ours = bool(level) or own != name or name == package.name
            if ours or isinstance(node, ast.ImportFrom):  # what is imported from a module may be one itself
                holder = own.rpartition(".")[0]
                own = own if ours and own in known else holder if not ours or holder in known else own
            found.append(
                Import(name=own, ours=ours, typing=id(node) in for_types, relative=bool(level), line=node.lineno)
            )
    return tuple(found)


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Walk over all statements below a node, also those within functions and branches."""
    for field in ("body", "orelse", "handlers", "finalbody", "cases"):
        for child in getattr(node, field, ()):
            if isinstance(child, ast.stmt):
                yield child
            yield from statements(child)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@cache
def reaches_outside(path: Path, package: Path = PACKAGE) -> Sequence[str]:
    """Say what of a module itself reaches a file, a process, the network or the settings of this process."""
    found = [
        f"line {item.line} imports {item.name}"
        for item in imports(path, package)
        if not (item.ours or item.typing or _allowed(item.name))
    ]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"open", "input", "exec"}:
            found.append(f"line {node.lineno} calls {node.func.id}()")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOOKING:
            found.append(f"line {node.lineno} calls .{node.func.attr}()")
    return found


def _allowed(name: str) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:count]) in PURE | PATHS for count in range(1, len(parts) + 1)) and name != "http.client"


@cache
def pure(package: Path = PACKAGE) -> AbstractSet[str]:
    """Name the modules that reach nothing outside, nor import one of ours that does."""
    paths = modules(package)
    needs = {
        name: {item.name for item in imports(path, package) if item.ours and not item.typing}
        for name, path in paths.items()
    }
    found = {name for name, path in paths.items() if not reaches_outside(path, package)}
    while True:
        kept = {name for name in found if needs[name] <= found}
        if kept == found:
            return found
        found = kept


def covered(package: Path = PACKAGE) -> list[Path]:
    """List the files of which the tests have to reach every branch: what is pure, and what but reads."""
    core = set(package.glob("core/**/*.py"))
    calm = {modules(package)[name] for name in pure(package)}
    return sorted(path for path in core | calm | _matching(READING, package) if path.name != "__init__.py")


def deciding(package: Path = PACKAGE) -> list[Path]:
    """List the files of which the tests have to reach nearly every branch: what decides while programs run."""
    return sorted(path for path in _matching(DECIDING, package) if path.name != "__init__.py")


def _matching(patterns: Iterable[str], package: Path) -> set[Path]:
    return {path for pattern in patterns for path in package.glob(f"{pattern}.py")}
