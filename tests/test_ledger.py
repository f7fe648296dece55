"""Turning what was found into what is written down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.strategies import BASE, MARKERS, OWN, distribution, from_url, graphs, root, stock
from tox_sitediff.core.closure import walk
from tox_sitediff.core.declared import Arguments, Declared, added, renewed, roots_of
from tox_sitediff.core.inventory import Inventory
from tox_sitediff.core.model import Interpreter, Layer, NotedImport, Role
from tox_sitediff.core.outcome import conflicts, make_record, undeclared
from tox_sitediff.core.record import Conflict, Record, Shadowed
from tox_sitediff.core.state import Wanted
from tox_sitediff.interpreter.metadata import list_layer, read
from tox_sitediff.times import Seconds
from tox_sitediff.uv.arguments import parse_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.utils import NormalizedName

    from tox_sitediff.core.model import Distribution

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


# --- conflicts


def found_conflicts(*found: Distribution) -> list[str]:
    inventory = stock(*found)
    own = {item.name: item for item in inventory.own()}
    behind = {name: copy for name in own if (copy := inventory.inherited(name)) is not None}
    return [str(item) for item in conflicts(own, behind, inventory, MARKERS)]


NEW = distribution("numpy", "2.5.5", layer=OWN)
OLD = distribution("numpy", "1.26.4")


def test_what_breaks_because_something_is_shadowed_is_named_once() -> None:
    scipy = distribution("scipy", "1.12.0", "NumPy (>=1.22,<1.29)", "numpy<1.29,>=1.22; os_name == 'posix'", "other")
    assert found_conflicts(NEW, OLD, scipy) == ["base scipy 1.12.0 needs numpy<1.29,>=1.22, now sees 2.5.5"]


def test_a_name_is_recognised_however_it_is_written() -> None:
    own = distribution("foo-bar", "2.0", layer=OWN)
    old, user = distribution("foo-bar", "1.0"), distribution("user", "1.0", "Foo__.Bar<2")
    assert found_conflicts(own, old, user) == ["base user 1.0 needs foo-bar<2, now sees 2.0"]


def test_what_was_broken_before_or_does_not_apply_or_is_not_of_the_base_is_no_conflict() -> None:
    assert not found_conflicts(
        NEW,
        OLD,
        distribution("content", "1.0", "numpy>=1"),
        distribution("never", "1.0", "numpy<1"),
        distribution("windows", "1.0", "numpy<2; os_name == 'nt'"),
        distribution("extra", "1.0", "numpy<2; extra == 'x'"),
        distribution("damaged", "1.0", "numpy >< 1", "", "; x"),
        distribution("similar", "1.0", "numpy-stubs<1"),
        distribution("mine", "1.0", "numpy<2", layer=OWN),
    )
    assert not found_conflicts(NEW, distribution("scipy", "1.0", "numpy<2"))


@given(graph=graphs(), new=graphs())
def test_a_conflict_is_a_requirement_that_the_base_met_and_the_environment_does_not(
    graph: Mapping[NormalizedName, Distribution], new: Mapping[NormalizedName, Distribution]
) -> None:
    base = {name: replace(item, layer=BASE, path=f"/base/{name}") for name, item in graph.items()}
    own = {name: replace(item, layer=OWN, path=f"/own/{name}") for name, item in new.items()}
    behind = {name: base[name] for name in own if name in base}
    expected = set()
    for name, item in base.items():
        if name in own:
            continue
        for line in item.requires:
            requirement = Requirement(line)
            needed = canonicalize_name(requirement.name)
            holds = requirement.marker is None or requirement.marker.evaluate({**MARKERS, "extra": ""})
            before, after = base.get(needed), own.get(needed)
            if before is None or after is None or not holds:
                continue
            if requirement.specifier.contains(before.version, prereleases=True) and not requirement.specifier.contains(
                after.version, prereleases=True
            ):
                expected.add((name, f"{needed}{requirement.specifier}", str(after.version)))
    found = conflicts(own, behind, stock(*own.values(), *base.values()), MARKERS)
    assert {(item.name, item.requires, item.found) for item in found} == expected
    assert len(set(found)) == len(found)
    assert [item.name for item in found] == sorted(item.name for item in found)


# --- the record and the list


def interpreter(*layers: Layer) -> Interpreter:
    return Interpreter(
        executable="/env/bin/python",
        version="3.12.1",
        implementation="cpython",
        prefix="/env",
        base_prefix="/base",
        base_executable="/base/bin/python",
        layers=layers,
        markers=MARKERS,
        purelib="/env/lib/site-packages",
        scripts="/env/bin",
    )


def install(site: Path, name: str, version: str, *requires: str, size: int = 100) -> None:
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {line}" for line in requires)]
    (folder / "METADATA").write_text("\n".join(lines), encoding="utf-8")
    (folder / "INSTALLER").write_text("uv", encoding="utf-8")
    (folder / "RECORD").write_text(f"{name}.py,,{size}\n", encoding="utf-8")


def make(tmp_path: Path, *declared: Wanted) -> Record:
    own = Layer(path=str(tmp_path / "own"), role=Role.OWN)
    base = Layer(path=str(tmp_path / "base"), role=Role.BASE)
    inventory = Inventory([*list_layer(own), *list_layer(base)], read)
    closure = walk(roots_of(declared), lookup=inventory.effective, environment=MARKERS)
    return make_record(
        name="py312",
        created="2026-07-01T12:00:00Z",
        interpreter=interpreter(own, base),
        inventory=inventory,
        declared=declared,
        closure=closure,
        seconds=Seconds(total=1.5),
    )


def test_the_record_says_what_is_reused_installed_shadowed_and_broken(tmp_path: Path) -> None:
    install(tmp_path / "base", "pandas", "2.1.4", "numpy>=1", size=1000)
    install(tmp_path / "base", "numpy", "1.26.4", size=5000)
    install(tmp_path / "base", "scipy", "1.12.0", "numpy<2")
    install(tmp_path / "own", "numpy", "2.5.5", size=7000)
    install(tmp_path / "own", "leftover", "1.0", size=1)
    made = make(tmp_path, Wanted(text="pandas", audit="pandas"), Wanted(text="numpy>=2", audit="numpy>=2", hashed=True))
    assert made.declared == ("numpy>=2", "pandas")
    assert [(item.name, item.version, item.location, item.bytes, item.why, item.verified) for item in made.reused] == [
        ("pandas", "2.1.4", str(tmp_path / "base"), 1000, ("pandas",), True)
    ]
    assert [(item.name, item.version, item.bytes, item.why) for item in made.installed] == [
        ("leftover", "1.0", 1, ()),
        ("numpy", "2.5.5", 7000, ("numpy",)),
    ]
    assert made.shadowed == (Shadowed(name="numpy", base_version="1.26.4", version="2.5.5"),)
    assert made.conflicts == (Conflict(name="scipy", version="1.12.0", requires="numpy<2", found="2.5.5"),)
    assert (made.bytes.reused, made.bytes.installed, made.bytes.full, made.bytes.environment) == (
        1000,
        7001,
        8001,
        None,
    )
    assert (made.python.executable, made.env, made.seconds.total) == ("/base/bin/python", "py312", 1.5)


def test_what_is_reused_although_a_hash_was_asked_for_is_marked_as_not_verified(tmp_path: Path) -> None:
    install(tmp_path / "base", "a", "1.0", "b")
    install(tmp_path / "base", "b", "1.0")
    (tmp_path / "base" / "b-1.0.dist-info" / "RECORD").unlink()
    made = make(tmp_path, Wanted(text="A==1.0", audit="A==1.0", hashed=True))
    assert [(item.name, item.verified, item.why, item.bytes) for item in made.reused] == [
        ("a", False, ("a",), 100),
        ("b", True, ("a", "b"), None),
    ]
    assert made.bytes.reused is None


# --- what was imported without being declared


@pytest.mark.parametrize(
    ("note", "name", "imported_by"),
    [
        (
            NotedImport(name="pyyaml", version="6.0", module="yaml", imported_by="/t.py:3"),
            "pyyaml",
            "/t.py:3: import yaml",
        ),
        (
            NotedImport(
                name="noisy", version="1", module="noisy", imported_by="/t.py:3", entry_point="pytest11: noise"
            ),
            "noisy",
            "/t.py:3: entry point pytest11: noise",
        ),
        (
            NotedImport(name="", version="", module="_Loose", imported_by="/t.py:3"),
            "loose",
            "/t.py:3: import _Loose, which is in no distribution",
        ),
        (NotedImport(name="six", version="1", module="six", imported_by=""), "six", "unknown: import six"),
    ],
)
def test_what_was_imported_is_named_with_its_importer(note: NotedImport, name: str, imported_by: str) -> None:
    """A distribution, or the module where it is in none (without what no name may begin with), and who did it."""
    assert [(item.name, item.imported_by) for item in undeclared([note])] == [(name, imported_by)]
