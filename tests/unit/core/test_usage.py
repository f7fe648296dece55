"""What was imported, held against what is declared."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.core import statements
from tox_sitediff.core.findings import Findings, Kind
from tox_sitediff.core.usage import (
    Code,
    Load,
    Owners,
    Requirements,
    development,
    imports_of,
    is_shipped,
    judge,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tox_sitediff.core.statements import Imports

BASE: Final = "/base/site"
OWN: Final = "/env/site"
OWNERS: Final = Owners(
    undeclared={(BASE, "extra"): ("extra",), (BASE, "more"): ("more",), (f"{BASE}/space", "in"): ("space-in",)},
    declared={(BASE, "a"): ("a",), (BASE, "b"): ("b",), (BASE, "c"): ("c",), (BASE, "bare"): ()},
    own={(OWN, "demo"): ("demo",), (OWN, "own"): ("own",), (f"{OWN}/space", "mine"): ("mine",)},
    roots=(OWN,),
)
TRIED: Final = "try:\n    import {}\nexcept ImportError:\n    pass\n"
TEST: Final = "/work/tests/test_it.py"


def requirements(**more: frozenset[str]) -> Requirements:
    """a is declared, and needs b, which needs c; own is declared for tests, and mine in the environment's list."""
    needs = {"a": {"b"}, "b": {"c"}, "own": {"extra"}}
    closures = {"a": {"a", "b", "c"}, "b": {"b", "c"}}
    values = {
        "declared": frozenset({"a", "own", "mine"}),
        "judged": frozenset({"a", "own", "mine"}),
        "reached": frozenset({"a", "b", "c", "own", "mine", "demo"}),
        "project": frozenset({"demo"}),
        **more,
    }
    return Requirements(
        declared=values["declared"],
        judged=values["judged"],
        reached=values["reached"],
        project=values["project"],
        package=more.get("package", frozenset({"a"})),
        groups={"own": "test", "mine": "deps"},
        stated=lambda name: frozenset(needs.get(name, ())),
        closure=lambda name: frozenset(closures.get(name, {name})),
    )


def load(module: str, file: str, line: int = 1, **more: str | bool) -> Load:
    places = {"demo": OWN, "own": OWN, "space.mine": f"{OWN}/space", "space.in": f"{BASE}/space"}
    return Load(
        module=module,
        where=places.get(module, BASE),
        file=file,
        line=line,
        entry_point=str(more.get("entry_point", "")),
        by_project=bool(more.get("by_project", False)),
        direct=bool(more.get("direct", True)),
        named=bool(more.get("named", False)),
    )


def found(
    loads: Sequence[Load],
    sources: Mapping[str, str] | None = None,
    *,
    is_complete: bool = True,
    wanted: Requirements | None = None,
) -> Findings:
    """Judge, with files of these contents, of which those below /work ran."""
    sources = sources or {}

    def source(file: str) -> Imports | None:
        return statements.of(ast.parse(sources[file])) if file in sources else None

    code = Code(
        is_project=lambda file: file.startswith(("/work/", f"{OWN}/demo/")),
        is_package=lambda file: file.startswith((f"{OWN}/demo/", "/work/src/")),
        source=source,
    )
    ran = [file for file in sources if code.is_project(file)]
    return judge(
        imports_of(loads, ran, owners=OWNERS, code=code),
        [(BASE, "c")],
        owners=OWNERS,
        requirements=wanted or requirements(),
        is_package=code.is_package,
        is_complete=is_complete,
    )


def test_of_importers_the_project_counts_before_an_entry_point_and_whoever_was_first() -> None:
    """And an import that is not optional before one that is."""
    loads = [
        load("extra", "/base/site/a/x.py", 1),
        load("extra", "/base/site/pluggy.py", 2, entry_point="pytest11: extra"),
        load("extra", TEST, 3),
        load("more", "", 0),
        load("unknown", "python -c", 1, by_project=True),
        load("bare", TEST, 4),
        load("space.in", TEST, 5),
    ]
    items = found(loads).undeclared
    assert [
        (item.name, item.imported_by, item.by_project, item.entry_point, item.in_distribution) for item in items
    ] == [
        ("extra", f"{TEST}:3", True, "pytest11: extra", True),
        ("more", "unknown", False, "", True),
        ("space-in", f"{TEST}:5", True, "", True),
        ("unknown", "python -c:1", True, "", False),
    ]
    assert found(loads[:2]).undeclared[0].imported_by == "/base/site/pluggy.py:2"
    (item,) = found(
        [load("extra", TEST, 2)], {TEST: "try:\n    import extra\nexcept ImportError:\n    import extra\n"}
    ).undeclared
    assert (item.imported_by, item.optional) == (f"{TEST}:4", False)


def test_what_was_loaded_before_is_found_in_the_files_that_ran() -> None:
    """A statement counts for what some process loaded; one that names something else does not import it."""
    loads = [load("extra", "/base/site/a/x.py"), load("b", "/base/site/a/x.py")]
    sources = {TEST: "import extra.deep\nfrom b import x\nimport more, away\n"}
    items = found(loads, sources).undeclared
    assert [(item.name, item.imported_by, item.kind) for item in items] == [
        ("extra", f"{TEST}:1", Kind.BASE),
        ("b", f"{TEST}:2", Kind.TRANSITIVE),
    ]


def test_what_compiled_code_imports_is_not_put_down_to_the_line_that_loads_it() -> None:
    """No frame tells of it: the line imports another module; where something is passed over, the line asked for it."""
    sources = {TEST: "import a\n"}
    assert [item.by_project for item in found([load("extra", TEST)], sources).undeclared] == [False]
    assert [item.by_project for item in found([load("extra", TEST, direct=False)], sources).undeclared] == [True]
    assert [item.by_project for item in found([load("extra", TEST, 2)], sources).undeclared] == [True]
    assert [item.by_project for item in found([load("extra", TEST, named=True)], sources).undeclared] == [True]


def test_only_the_project_s_own_imports_are_transitive() -> None:
    """Not those of what is declared, nor of declared things, nor of an entry point; one that is not optional counts."""
    loads = [
        load("a", TEST),
        load("b", "/base/site/a/x.py"),
        load("c", TEST, entry_point="x: c"),
        load("demo", TEST),
        load("own", TEST),
    ]
    assert found(loads).undeclared == ()
    guarded = "try:\n    import b\nexcept ImportError:\n    pass\n"
    (item,) = found(loads, {TEST: guarded}).undeclared
    assert (item.name, item.optional, item.kind, item.by_project) == ("b", True, Kind.TRANSITIVE, True)
    (item,) = found(loads, {TEST: f"{guarded}import b\n"}).undeclared
    assert (item.imported_by, item.optional) == (f"{TEST}:5", False)
    stays = found(loads, {TEST: f"import b\n{guarded}"}).undeclared
    assert [item.imported_by for item in stays] == [f"{TEST}:1"]
    assert found([load("b", TEST)], wanted=requirements(reached=frozenset({"a"}))).undeclared == ()


def test_what_is_declared_and_not_used() -> None:
    """Imported by anybody, loaded, or run by name is used; where not all ran, nothing is unused."""
    result = found([load("space.mine", "/base/site/x.py", entry_point="x: y")])
    assert (result.used, result.unused) == (("mine",), ("a", "own"))
    result = found([], is_complete=False)
    assert (result.used, result.unused) == ((), ())
    assert found([], wanted=requirements(judged=frozenset({"c"}))).used == ("c",)


def test_what_the_package_imports_and_is_declared_for_development() -> None:
    """Not in tests, nor optional, nor what the package requires; where nobody knows what that is, nothing is."""
    package = f"{OWN}/demo/x.py"
    code = "import a\nimport own\ntry:\n    import space.mine\nexcept ImportError:\n    pass\nimport own\nimport demo\n"
    loads = [load("a", "x"), load("own", "x"), load("space.mine", "x"), load("demo", TEST)]
    (item,) = found(loads, {package: code, TEST: "import space.mine\n"}).misplaced
    assert (item.name, item.module, item.imported_by, item.group) == ("own", "own", f"{package}:2", "test")
    (item,) = found([load("space.mine", "/work/src/demo.py", 3)]).misplaced
    assert (item.name, item.group) == ("mine", "deps")
    nobody = requirements()
    nobody = Requirements(
        declared=nobody.declared,
        judged=nobody.judged,
        reached=nobody.reached,
        project=nobody.project,
        package=None,
        groups={},
        stated=nobody.stated,
        closure=nobody.closure,
    )
    assert found(loads, {package: code}, wanted=nobody).misplaced == ()


def test_what_distributions_import_without_requiring_it() -> None:
    """By a statement that names it; of what is declared; not what they require, nor their own modules."""
    files = {
        "/base/site/a/x.py": "import b\nimport c\nimport extra\nimport a\n" + TRIED.format("more"),
        "/env/site/own.py": "import extra\n",
        "/base/site/extra/y.py": "import a\n",
        f"{OWN}/demo/x.py": "import extra\n",
    }
    loads = [
        load("b", "/base/site/a/x.py", 1),
        load("c", "/base/site/a/x.py", 2),
        load("extra", "/base/site/a/x.py", 3),
        load("a", "/base/site/a/x.py", 4),
        load("more", "/base/site/a/x.py", 6),
        load("loose", "/base/site/a/x.py", 3),
        load("extra", "/env/site/own.py", 1),
        load("a", "/base/site/extra/y.py", 1),
        load("extra", f"{OWN}/demo/x.py", 1),
        load("more", "/base/site/a/z.py", 6),
        load("more", "/base/site/a/x.py", 6, entry_point="x: more"),
    ]
    result = found(loads, files)
    assert [(item.name, item.needs, item.kind, item.optional, item.imported_by) for item in result.unstated] == [
        ("a", "c", Kind.TRANSITIVE, False, "/base/site/a/x.py:2"),
        ("a", "extra", Kind.BASE, False, "/base/site/a/x.py:3"),
        ("a", "more", Kind.BASE, True, "/base/site/a/x.py:6"),
    ]
    assert {item.name: item.needed_by for item in result.undeclared} == {"extra": ("a",), "more": (), "loose": ()}


def test_an_import_without_a_way_out_counts_more() -> None:
    """Of several of the same distribution, whatever their order."""
    files = {"/base/site/a/x.py": "try:\n    import more\nexcept ImportError:\n    import more\n"}
    loads = [load("more", "/base/site/a/x.py", line) for line in (2, 4)]
    for given_ in (loads, loads[::-1], loads + loads):
        (item,) = found(given_, files).unstated
        assert (item.optional, item.imported_by) == (False, "/base/site/a/x.py:4")


@given(st.lists(st.sampled_from(["a", "b", "extra", "own"])), st.booleans())
def test_a_name_is_used_or_unused_and_never_both(modules: list[str], is_complete: bool) -> None:
    """Of what is judged; the oracle counts the modules that were loaded."""
    result = found([load(module, TEST) for module in modules], is_complete=is_complete)
    judged = {"a", "own", "mine"}
    assert {*result.used} == judged & {*modules}
    assert {*result.unused} == (judged - {*modules} if is_complete else set())


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("/base/site/a/deep/x.py", ("a",)),
        ("/base/site/space/in/x.py", ("space-in",)),
        ("C:\\base\\site\\a.py", ()),
        ("/elsewhere/a.py", ()),
        ("x.py", ()),
        ("", ()),
    ],
)
def test_whose_a_file_is(file: str, wanted: tuple[str, ...]) -> None:
    """The innermost directory that is divided between distributions decides."""
    assert OWNERS.of_file(file) == wanted


def test_what_lies_in_the_environment_is_not_the_base_s() -> None:
    """Neither in its site directory, nor in a namespace package there; one with a longer name is another directory."""
    spots = [(OWN, "x"), (f"{OWN}/space", "x"), (f"{OWN}2", "x"), (BASE, "a"), (BASE, "bare"), (BASE, "x")]
    assert [OWNERS.is_undeclared(spot) for spot in spots] == [False, False, True, False, False, True]


def test_which_extras_are_for_development() -> None:
    names = {"test", "tests-extra", "dev", "docs", "svg", "testament"}
    assert development(names) == {"test", "tests-extra", "dev", "docs"}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("src/demo/x.py", True),
        ("src/demo.py", True),
        ("demo/x.py", True),
        ("demo.py", True),
        ("other.py", False),
        ("setup.py", False),
        ("src/demo/tests/x.py", False),
        ("tests/x.py", False),
        ("docs/conf.py", False),
        ("demo/test_x.py", False),
        ("demo/x_test.py", False),
        ("demo/conftest.py", False),
    ],
)
def test_what_a_project_s_users_get(path: str, wanted: bool) -> None:
    assert is_shipped(path, "demo") is wanted
