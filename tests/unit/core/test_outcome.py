"""What came of an installation: the record, what broke, what was imported."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.strategies import (
    BASE,
    MARKERS,
    OWN,
    distribution,
    graph_roots,
    graphs,
    stock,
)
from tox_sitediff.core import outcome
from tox_sitediff.core.closure import walk
from tox_sitediff.core.declared import roots_of
from tox_sitediff.core.inventory import Inventory
from tox_sitediff.core.model import Interpreter, Layer, Role, Size
from tox_sitediff.core.outcome import conflicts, machine_of, make_record, python_of
from tox_sitediff.core.record import Conflict, Record, Shadowed
from tox_sitediff.core.snapshot import Snapshot
from tox_sitediff.core.state import Wanted
from tox_sitediff.interpreter.metadata import list_layer, read
from tox_sitediff.interpreter.sizes import distribution_size
from tox_sitediff.times import Seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from packaging.utils import NormalizedName

    from tox_sitediff.core.closure import Root
    from tox_sitediff.core.model import Distribution
    from tox_sitediff.core.outcome import SizeOf
    from tox_sitediff.core.record import Record


def record_of(
    declared: Sequence[Root], graph: dict[NormalizedName, Distribution], *, size_of: SizeOf = distribution_size
) -> Record:
    """Make the record of an environment that sees a graph."""
    inventory = stock(*graph.values())
    interpreter = Interpreter(
        executable="/env/bin/python",
        version="3.12.1",
        implementation="cpython",
        prefix="/env",
        base_prefix="/base",
        base_executable="/base/bin/python",
        layers=(OWN, BASE),
        markers=MARKERS,
        purelib=OWN.path,
        scripts="/env/bin",
    )
    return outcome.make_record(
        name="e",
        created="2024-01-01T00:00:00Z",
        seen=Snapshot(interpreter=interpreter, inventory=inventory, exclude=frozenset()),
        declared=[Wanted(text=str(item.requirement), audit=str(item.requirement)) for item in declared],
        closure=walk(declared, lookup=inventory.effective, environment=MARKERS),
        seconds=Seconds(),
        size_of=size_of,
    )


# --- the closure, and the record of it


@given(declared=st.lists(graph_roots, max_size=4), graph=graphs(), data=st.data())
def test_the_record_does_not_depend_on_the_order_of_declarations(
    declared: list[Root], graph: dict[NormalizedName, Distribution], data: st.DataObject
) -> None:
    """Declared in another order, the record is the same but for which of several reasons is given."""
    one, other = record_of(declared, graph), record_of(data.draw(st.permutations(declared)), graph)
    without = [
        replace(
            record,
            reused=tuple(replace(item, why=()) for item in record.reused),
            installed=tuple(replace(item, why=()) for item in record.installed),
        )
        for record in (one, other)
    ]
    assert without[0] == without[1]


@given(declared=st.lists(graph_roots, max_size=4), graph=graphs())
def test_what_a_record_lists_is_normalised_sorted_and_adds_up(
    declared: list[Root], graph: dict[NormalizedName, Distribution]
) -> None:
    """Reused is what was reached and inherited, installed is what is the environment's; sums are sums, or unknown."""
    record = record_of(declared, graph)
    closure = walk(declared, lookup=graph.get, environment=MARKERS)
    for listed in (record.reused, record.installed, record.shadowed, record.conflicts):
        listed_names = [item.name for item in listed]
        assert listed_names == sorted(listed_names)
        assert listed_names == [canonicalize_name(name) for name in listed_names]
    assert list(record.declared) == sorted(record.declared)
    assert {item.name for item in record.reused} == {
        name for name, (found, _) in closure.reached.items() if found.layer == BASE
    }
    assert {item.name for item in record.installed} == {name for name, found in graph.items() if found.layer == OWN}
    # none of them lies on a disk, so nothing is known of sizes; of no distributions it is
    for items, total in ((record.reused, record.bytes.reused), (record.installed, record.bytes.installed)):
        assert {item.bytes for item in items} <= {None}
        assert total == (None if items else 0)
        assert {item.files for item in items} <= {None}
    assert record.bytes.full == record.files.full == (None if record.reused or record.installed else 0)


@given(declared=st.lists(graph_roots, max_size=4), graph=graphs())
def test_files_are_recorded_beside_bytes(declared: list[Root], graph: dict[NormalizedName, Distribution]) -> None:
    """Of each distribution, and their sums; and what the environment runs on."""
    record = record_of(declared, graph, size_of=lambda _: Size(bytes=5, files=2))
    for items, held, files in (
        (record.reused, record.bytes.reused, record.files.reused),
        (record.installed, record.bytes.installed, record.files.installed),
    ):
        assert {(item.bytes, item.files) for item in items} <= {(5, 2)}
        assert (held, files) == (5 * len(items), 2 * len(items))
    assert record.files.full == 2 * len((*record.reused, *record.installed))
    assert str(record.machine) == "Linux x86_64"
    assert record.machine == machine_of(MARKERS)


def test_a_machine_is_named_as_far_as_it_is_known() -> None:
    assert str(machine_of({"sys_platform": "linux"})) == "linux"
    assert str(machine_of({})) == ""


def test_of_an_interpreter_that_knows_no_base_its_own_program_counts() -> None:
    interpreter = Interpreter(
        executable="/odd/python",
        version="3.9.1",
        implementation="pypy",
        prefix="/odd",
        base_prefix="/odd",
        base_executable="",
        purelib=OWN.path,
        layers=(OWN, BASE),
        markers=MARKERS,
        scripts="/odd/bin",
    )
    found = python_of(Snapshot(interpreter=interpreter, inventory=stock(), exclude=frozenset()))
    assert (found.executable, found.version, found.implementation, found.base_prefix) == (
        "/odd/python", "3.9.1", "pypy", "/odd"
    )  # fmt: skip


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
    inventory = Inventory([list_layer(own), list_layer(base)], read)
    closure = walk(roots_of(declared), lookup=inventory.effective, environment=MARKERS)
    return make_record(
        name="py312",
        created="2026-07-01T12:00:00Z",
        seen=Snapshot(interpreter=interpreter(own, base), inventory=inventory, exclude=frozenset()),
        declared=declared,
        closure=closure,
        seconds=Seconds(total=1.5),
        size_of=distribution_size,
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
        ("b", False, ("a", "b"), None),
    ]
    assert made.bytes.reused is None


def test_what_only_needs_no_hash_is_no_less_verified_for_what_does(tmp_path: Path) -> None:
    """Of two steps one asked for hashes: all that it needs is not verified, what the other one alone needs is."""
    for name, needs in (("a", ["b"]), ("b", []), ("c", ["b", "d"]), ("d", [])):
        install(tmp_path / "base", name, "1.0", *needs)
    made = make(tmp_path, Wanted(text="c", audit="c"), Wanted(text="a==1.0", audit="a==1.0", hashed=True))
    assert {item.name: item.verified for item in made.reused} == {"a": False, "b": False, "c": True, "d": True}
