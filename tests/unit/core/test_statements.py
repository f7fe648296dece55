"""The import statements of a file, and what it does without."""

from __future__ import annotations

import ast
from textwrap import dedent, indent
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.core.statements import Imports, of


def read(code: str) -> Imports:
    return of(ast.parse(dedent(code)))


@pytest.mark.parametrize(
    ("code", "names", "optional"),
    [
        ("import a.b, c as d", {"a.b", "c"}, False),
        ("from a.b import c, d", {"a.b", "a.b.c", "a.b.d"}, False),
        ("from . import a", set(), False),
        ("from .a import b", set(), False),
        ("import importlib\nimportlib.import_module('a.b')", {"a.b"}, False),
        ("__import__('a')", {"a"}, False),
        ("pytest.importorskip('a')", {"a"}, True),
        ("import_module('.a', 'b')", set(), False),
        ("def f():\n    import a", {"a"}, False),
        ("with open('x'):\n    import a", {"a"}, False),
        ("with contextlib.suppress(ImportError):\n    import a", {"a"}, True),
        ("with suppress(OSError):\n    import a", {"a"}, False),
        ("try:\n    import a\nexcept ImportError:\n    pass", {"a"}, True),
        ("try:\n    import a\nexcept (OSError, builtins.ModuleNotFoundError):\n    pass", {"a"}, True),
        ("try:\n    import a\nexcept:\n    pass", {"a"}, True),
        ("try:\n    import a\nexcept OSError:\n    pass", {"a"}, False),
        ("try:\n    import a\nexcept ImportError as error:\n    raise OSError from error", {"a"}, False),
        ("try:\n    import a\nexcept ImportError:\n    raise", {"a"}, False),
        ("try:\n    import a\nexcept ImportError:\n    raise unittest.SkipTest", {"a"}, True),
        ("try:\n    import a\nexcept ImportError:\n    raise skip('')", {"a"}, True),
        ("try:\n    pass\nexcept ImportError:\n    import a", {"a"}, False),
        ("try:\n    pass\nexcept ImportError:\n    pass\nelse:\n    import a", {"a"}, False),
        ("if typing.TYPE_CHECKING:\n    pass\nelse:\n    import a", {"a"}, False),
    ],
)
def test_what_a_statement_names(code: str, names: set[str], optional: bool) -> None:
    """The modules, and whether the file goes on without them."""
    last = read(code).statements
    assert [({*item.names}, item.optional) for item in last if item.names != {"importlib"}] == [(names, optional)]


@pytest.mark.parametrize(
    "code",
    [
        "if TYPE_CHECKING:\n    import a",
        "import_module(name)",
        "import_module()",
        "import_module(1)",
        "f()('a')",
        "print('a')",
    ],
)
def test_what_is_no_import(code: str) -> None:
    """For type checkers alone; names that are worked out; other calls."""
    assert read(code).statements == ()


def test_what_stands_on_a_line() -> None:
    """Each line of a statement, and of what is guarded, also where no statement says what is imported."""
    found = read(
        """\
        from a import (
            b,
        )
        try:
            c = load("d")
            import e
        except ImportError:
            pass
        """
    )
    assert [[sorted(item.names) for item in found.at(line)] for line in (1, 2, 3, 4, 5, 6)] == [
        *[[["a", "a.b"]]] * 3,
        [],
        [],
        [["e"]],
    ]
    assert [found.is_guarded(line) for line in range(1, 9)] == [False] * 4 + [True, True, False, False]
    assert read("importorskip('a')").is_guarded(1)


@pytest.mark.parametrize(
    ("module", "wanted"), [("a", True), ("a.b", True), ("a.b.c", True), ("a.b.d", False), ("aa", False)]
)
def test_a_statement_loads_the_packages_too(module: str, wanted: bool) -> None:
    """``import a.b.c`` loads a, a.b and a.b.c."""
    (item,) = read("import a.b.c").statements
    assert item.loads(module) is wanted


BLOCKS: Final = {
    "if x:": False,
    "for x in y:": False,
    "def f():": False,
    "class C:": False,
    "with suppress(ImportError):": True,
    "with x:": False,
}


@given(st.lists(st.sampled_from(list(BLOCKS)), max_size=6))
def test_an_import_is_optional_where_any_block_around_it_says_so(blocks: list[str]) -> None:
    """Nested as deep as may be; the oracle asks each block."""
    code = "import a"
    for block in reversed(blocks):
        code = f"{block}\n{indent(code, '    ')}"
    ((item,), found) = (read(code).statements, read(code))
    assert item.optional == found.is_guarded(item.first) == any(BLOCKS[block] for block in blocks)
    assert item.first == len(blocks) + 1
