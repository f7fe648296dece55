"""Laws that hold whatever the base, the index and the requirements are: of the pure core, and of plans made with uv."""

from __future__ import annotations

import random
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from support.distributions import install
from support.naive import asked_for, naive, unmet
from support.remainders import WORLDS, Slim, UvFailed, make_slim, populate
from support.strategies import BASE, MARKERS, OWN, graph_roots, graphs, names, specifiers, stock
from tox_sitediff.core import outcome
from tox_sitediff.core.closure import Constraint, walk
from tox_sitediff.core.model import Interpreter
from tox_sitediff.core.requirements import parse
from tox_sitediff.core.state import Wanted
from tox_sitediff.times import Seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.utils import NormalizedName

    from tox_sitediff.core.closure import Root
    from tox_sitediff.core.model import Distribution
    from tox_sitediff.core.record import Record
    from tox_sitediff.core.snapshot import Snapshot

# --- the closure, and the record of it

_constraints = st.builds(
    lambda name, specifier, marker: f"{name}{specifier}{marker}",
    names,
    specifiers,
    st.sampled_from(["", "", '; python_version < "3.8"', '; os_name == "posix"']),
)


@given(declared=st.lists(graph_roots, max_size=4), graph=graphs(), constraints=st.lists(_constraints, max_size=4))
def test_constraints_refuse_exactly_the_versions_that_they_rule_out(
    declared: list[Root], graph: dict[NormalizedName, Distribution], constraints: list[str]
) -> None:
    """Against a naive fixed point: each requirement of the closure is unmet without constraints, or by one of them."""
    closure = walk(
        declared,
        lookup=graph.get,
        environment=MARKERS,
        constraints=[Constraint(requirement=parse(text), origin="limits.txt") for text in constraints],
    )
    wanted, reached, missing = naive(declared, graph)
    assert (set(closure.wanted), set(closure.reached)) == (wanted, reached)
    refused = {
        canonicalize_name(item.name)
        for item in map(parse, constraints)
        if asked_for(item)
        and item.name in graph
        and not item.specifier.contains(graph[canonicalize_name(item.name)].version, prereleases=True)
    }
    assert {name for name, _ in unmet(closure)} == {name for name, _ in missing} | (refused & wanted)
    by_constraint = {item.requirement for item in closure.unmet if item.reason.startswith("constrained")}
    assert by_constraint.isdisjoint(text for _, text in missing)


def record_of(declared: Sequence[Root], graph: dict[NormalizedName, Distribution]) -> Record:
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
        interpreter=interpreter,
        inventory=inventory,
        declared=[Wanted(text=str(item.requirement), audit=str(item.requirement)) for item in declared],
        closure=walk(declared, lookup=inventory.effective, environment=MARKERS),
        seconds=Seconds(),
    )


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
    assert record.bytes.full == (None if record.reused or record.installed else 0)


# --- plans


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Caches for all tests of a process."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture
def slim(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Slim:
    """An environment over an empty base, and an empty index."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared / "cache"))
    return make_slim(tmp_path, Path(sys.executable), shared)


def planned(slim: Slim, declared: Sequence[str], view: Snapshot) -> list[list[str]]:
    """Plan, and return what would be run to install."""
    commands: list[list[str]] = []
    slim.install(*declared, view=view, run=lambda command, _: commands.append(list(command)))
    return commands


def again(slim: Slim, declared: Sequence[str], before: Path) -> dict[str, str]:
    """Install into the environment as it was before."""
    slim.empty()
    shutil.copytree(before, slim.own, dirs_exist_ok=True)
    return slim.install(*declared)


@pytest.mark.parametrize("seed", [11, 12])
def test_laws_of_plans(slim: Slim, seed: int, tmp_path: Path) -> None:
    """In random worlds, with the real uv.

    The same plan is made twice from one view; after the installation there is nothing left to plan, nor to install;
    the order of declarations does not matter for that; what nobody asks for does not matter in the base; and of what
    would be installed, what requires nothing can be put into the base instead: then all the rest is installed, and no
    more.
    """
    observer = slim.observer()
    leaves = orderly = 0
    for number in range(WORLDS):
        chance = random.Random(f"{seed} {number}")
        declared = populate(slim, chance)
        label = f"world {seed} {number}: {declared}"
        before = tmp_path / f"before-{number}"
        shutil.copytree(slim.own, before)
        observer.look(slim.variables)
        view = observer.look_again(slim.variables)
        assert planned(slim, declared, view) == planned(slim, declared, view), label
        try:
            installed = slim.install(*declared, view=view)
        except UvFailed:
            continue
        view = observer.look_again(slim.variables)
        assert planned(slim, declared, view) == [], label
        assert slim.install(*declared, view=view) == installed, label

        # of several solutions uv takes another one, now and then, where the order is another, with and without a base
        orderly += again(slim, declared[::-1], before) == installed
        assert slim.audit(*declared).unmet == (), label
        assert planned(slim, declared, observer.look_again(slim.variables)) == [], label

        extra = install(slim.base, "unrelated", "1.0")
        assert again(slim, declared, before) == installed, label
        shutil.rmtree(extra)

        for name, version in installed.items():
            lines = (slim.own / f"{name}-{version}.dist-info" / "METADATA").read_text("utf-8")
            if "Requires-Dist" in lines or any(
                list(place.glob(f"{name}-*.dist-info")) for place in (before, slim.base)
            ):
                continue
            extra = install(slim.base, name, version, extras=["x"])
            rest = {other: there for other, there in installed.items() if other != name}
            assert again(slim, declared, before) == rest, f"{label}, with {name} {version} in the base"
            shutil.rmtree(extra)
            leaves += 1
            break
    assert leaves
    assert orderly
