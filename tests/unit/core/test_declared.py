"""What is declared, as it adds up over several installations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from packaging.requirements import Requirement

from support.strategies import BASE, OWN, distribution, from_url, root, stock
from tox_sitediff.core.declared import Arguments, Declared, added, renewed, roots_of
from tox_sitediff.core.state import Wanted
from tox_sitediff.uv.arguments import parse_arguments

PROJECT = Path("/project").absolute()


def asked(*arguments: str) -> Arguments:
    return parse_arguments(arguments, directory=PROJECT, environment={})


def texts(wanted: tuple[Wanted, ...]) -> list[tuple[str, str]]:
    return [(item.text, item.audit) for item in wanted]


# --- declared


def test_what_is_declared_adds_up_and_each_stands_once() -> None:
    first = added((), asked("a>=1", "b"), stock())
    second = added(first, asked("b", "c[x]; python_version > '3'"), stock())
    marked = 'c[x]; python_version > "3"'
    assert texts(second) == [("a>=1", "a>=1"), ("b", "b"), (marked, marked)]


def test_whether_hashes_and_dependencies_were_asked_for_is_kept() -> None:
    item = Declared(text="a==1", requirement=Requirement("a==1"), hashed=True)
    found = added((), Arguments(declared=(item,), constraints=(), deep=False, plain=True), stock())
    assert found == (Wanted(text="a==1", audit="a==1", deep=False, hashed=True),)


def test_a_newer_wish_renews_what_it_contradicts() -> None:
    """Of the same distribution alone, and only where what is there now does not meet the older wish."""
    before = added((), asked("a==1", "a[x]", "b>9", "C!=1", "d!=1", "./here"), stock())
    now = stock(distribution("a", "2.0", layer=OWN), *(distribution(name, "1.0") for name in "bcd"))
    still = renewed(before, asked("a==2", "c", "D<2", "gone", "./there"), now)
    assert [item.audit for item in still] == ["a[x]", "b>9", "C!=1", ""]
    assert renewed(before, asked("a==2"), stock()) == before


def test_an_origin_replaces_an_older_one_of_the_same_distribution_and_is_audited_by_name() -> None:
    old = added(
        (), asked("Demo[x] @ https://host.example/demo-1.0.zip", "demo>=1", "other @ https://h.example/o.zip"), stock()
    )
    new = added(old, asked('demo[y,x] @ https://host.example/demo-2.0.zip ; os_name == "posix"'), stock())
    assert texts(new) == [
        ("demo>=1", "demo>=1"),
        ("other @ https://h.example/o.zip", "other"),
        (
            'demo[x,y] @ https://host.example/demo-2.0.zip ; os_name == "posix"',
            'demo[x,y]; os_name == "posix"',
        ),
    ]


def test_what_has_no_name_is_known_by_the_origin_of_what_was_installed() -> None:
    inventory = stock(
        distribution("unrelated", layer=OWN),
        from_url("demo", (PROJECT / "pkg").as_uri(), "directory"),
        from_url("tool", "https://host.example/tool.git", "vcs"),
        replace(from_url("base", (PROJECT / "base").as_uri(), "directory"), layer=BASE),
    )
    found = added(
        (), asked("-e", "./pkg[x,y]", "git+https://host.example/tool.git@v1#egg=tool", str(PROJECT / "base")), inventory
    )
    assert texts(found) == [
        (f"demo[x,y] @ {(PROJECT / 'pkg').as_uri()}", "demo[x,y]"),
        ("tool @ https://host.example/tool.git", "tool"),
        (str(PROJECT / "base"), ""),
    ]


def test_an_origin_that_can_not_stand_in_a_requirement_leaves_it_without_a_name() -> None:
    item = Declared(text="x", requirement=None, sources=frozenset({"https://host.example/a b"}))
    inventory = stock(from_url("demo", "https://host.example/a b"))
    assert texts(added((), Arguments(declared=(item,), constraints=(), deep=True, plain=False), inventory)) == [
        ("x", "")
    ]


def test_what_has_no_name_and_what_can_not_be_read_is_not_audited() -> None:
    wanted = [
        Wanted(text="a", audit="a>=1", deep=False),
        Wanted(text="./x", audit=""),
        Wanted(text="broken", audit="broken >< 1"),
    ]
    assert roots_of(wanted) == [root("a>=1", deep=False)]
