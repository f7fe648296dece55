"""The import statements of a file (pure): what each names, and whether the file does without it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MISSING: Final = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
"""What an import that fails is caught by."""
_BY_NAME: Final = frozenset({"import_module", "__import__", "importorskip"})
"""Functions that import what their first argument names."""


@frozen
class Statement:
    """One import.

    Attributes:
        names: The modules that it may load, with dots; none for what lies in the same package.
        first: Its first line.
        last: Its last one.
        optional: Whether the file does without them.
    """

    names: frozenset[str]
    first: int
    last: int
    optional: bool

    def loads(self, module: str) -> bool:
        """Tell whether a module, with the packages that it lies in, is loaded by it."""
        return any(name == module or name.startswith(f"{module}.") for name in self.names)


@frozen
class Imports:
    """All imports of a file, without those for type checkers alone.

    Attributes:
        statements: The imports, in no order.
        guarded: First and last lines of what goes on where an import in it fails.
    """

    statements: tuple[Statement, ...]
    guarded: tuple[tuple[int, int], ...]

    def at(self, line: int) -> list[Statement]:
        """Return the imports on a line."""
        return [item for item in self.statements if item.first <= line <= item.last]

    def is_guarded(self, line: int) -> bool:
        """Tell whether the file goes on where what a line imports is missing."""
        return any(first <= line <= last for first, last in self.guarded) or any(
            item.optional for item in self.at(line)
        )


def of(tree: ast.Module) -> Imports:
    """Find the imports of a file.

    Args:
        tree: The file, parsed.
    """
    statements: list[Statement] = []
    guarded: list[tuple[int, int]] = []
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, optional = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
            names, skips = _named(node)
            if names is not None:
                last = node.end_lineno or node.lineno
                statements.append(Statement(names=names, first=node.lineno, last=last, optional=optional or skips))
        inner: Iterable[ast.AST] = ast.iter_child_nodes(node)
        covered: list[ast.stmt] = []
        if isinstance(node, ast.Try | ast.With) and _catches(node):
            covered = node.body
            guarded.append((covered[0].lineno, covered[-1].end_lineno or covered[-1].lineno))
        elif isinstance(node, ast.If) and _is_for_checkers(node.test):
            inner = node.orelse
        stack += [(child, optional or child in covered) for child in inner]
    return Imports(statements=tuple(statements), guarded=tuple(guarded))


def _named(node: ast.Import | ast.ImportFrom | ast.Call) -> tuple[frozenset[str] | None, bool]:
    """Name what is imported, and tell whether a test is skipped without it; None for a call that imports nothing."""
    if isinstance(node, ast.Import):
        return frozenset(alias.name for alias in node.names), False
    if isinstance(node, ast.ImportFrom):
        if node.level or node.module is None:
            return frozenset(), False
        return frozenset({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}), False
    function = node.func
    name = (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
    first = node.args[0] if node.args else None
    if name not in _BY_NAME or not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return None, False
    return frozenset({first.value} if not first.value.startswith(".") else ()), name == "importorskip"


def _catches(node: ast.Try | ast.With) -> bool:
    """Tell whether the file goes on where something in a block can't be imported."""
    if isinstance(node, ast.With):
        calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
        return any(_last_name(call.func) == "suppress" and any(map(_is_missing, call.args)) for call in calls)
    return any(
        (handler.type is None or any(map(_is_missing, _parts(handler.type))))
        and not any(isinstance(line, ast.Raise) and not _skips(line) for line in handler.body)
        for handler in node.handlers
    )


def _skips(node: ast.Raise) -> bool:
    """Tell whether a test is skipped by it (``unittest.SkipTest``, or what stands for it)."""
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return raised is not None and "skip" in _last_name(raised).lower()


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Tuple):
        yield from node.elts
    else:
        yield node


def _is_missing(node: ast.expr) -> bool:
    return _last_name(node) in _MISSING


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_for_checkers(test: ast.expr) -> bool:
    return _last_name(test) == "TYPE_CHECKING"
