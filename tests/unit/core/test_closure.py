"""The closure of declared requirements, against a naive fixed point."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.naive import asked_for, naive, unmet
from support.strategies import BASE, MARKERS, OWN, distribution, graph_roots, graphs, names, root, specifiers
from tox_sitediff.core import closure as closures
from tox_sitediff.core.closure import Constraint, applying, same_origin, source, walk
from tox_sitediff.core.model import Origin
from tox_sitediff.core.requirements import applies, parse, relevant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.markers import Marker
    from packaging.utils import NormalizedName

    from tox_sitediff.core.closure import Closure, Root
    from tox_sitediff.core.model import Distribution


roots = st.lists(graph_roots, max_size=4)


def close(declared: Sequence[Root], graph: Mapping[NormalizedName, Distribution], *constraints: str) -> Closure:
    return walk(
        declared,
        lookup=graph.get,
        environment=MARKERS,
        constraints=[Constraint(requirement=Requirement(text), origin="limits.txt") for text in constraints],
    )


@given(declared=roots, graph=graphs())
def test_the_walk_finds_what_a_naive_fixed_point_finds(
    declared: list[Root], graph: dict[NormalizedName, Distribution]
) -> None:
    closure = close(declared, graph)
    wanted, reached, missing = naive(declared, graph)
    assert set(closure.wanted) == wanted
    assert set(closure.reached) == reached
    assert unmet(closure) == missing


@given(declared=roots, graph=graphs())
def test_every_chain_leads_from_a_declared_requirement_along_requirements(
    declared: list[Root], graph: dict[NormalizedName, Distribution]
) -> None:
    for name, (found, chain) in close(declared, graph).reached.items():
        assert found is graph[name]
        assert chain[-1] == name
        assert chain[0] in {canonicalize_name(item.requirement.name) for item in declared}
        for parent, child in itertools.pairwise(chain):
            needed = {canonicalize_name(Requirement(line).name) for line in graph[canonicalize_name(parent)].requires}
            assert child in needed


@given(declared=roots, graph=graphs(), name=names)
def test_adding_a_distribution_that_requires_nothing_never_leaves_more_unmet(
    declared: list[Root], graph: dict[NormalizedName, Distribution], name: NormalizedName
) -> None:
    if name not in graph:
        more = {**graph, name: distribution(name)}
        assert unmet(close(declared, more)) <= unmet(close(declared, graph))


@given(declared=roots, graph=graphs(), data=st.data())
def test_the_order_of_declarations_and_requirements_does_not_matter(
    declared: list[Root], graph: dict[NormalizedName, Distribution], data: st.DataObject
) -> None:
    shuffled = {
        name: replace(found, requires=tuple(data.draw(st.permutations(found.requires))))
        for name, found in graph.items()
    }
    one, other = close(declared, graph), close(data.draw(st.permutations(declared)), shuffled)
    assert one.wanted == other.wanted
    assert one.extras == other.extras
    assert set(one.reached) == set(other.reached)
    assert unmet(one) == unmet(other)


@given(declared=roots, graph=graphs())
def test_asking_twice_is_asking_once(declared: list[Root], graph: dict[NormalizedName, Distribution]) -> None:
    assert close([*declared, *declared], graph) == close(declared, graph)
    assert close(declared, graph) == close(declared, graph)


def test_a_chain_of_a_thousand_and_a_cycle_end() -> None:
    graph = {canonicalize_name(f"n{at}"): distribution(f"n{at}", "1.0", f"n{(at + 1) % 1000}[x]") for at in range(1000)}
    closure = close([root("n0")], graph)
    assert len(closure.reached) == 1000
    assert closure.reached[canonicalize_name("n999")][1][:2] == ("n0", "n1")
    assert not closure.unmet


def test_the_message_of_a_gap_names_the_chain_and_what_was_found() -> None:
    graph = {
        canonicalize_name(found.name): found
        for found in (
            distribution("demo", "1.0", "pandas", layer=OWN),
            distribution("pandas", "2.1.4", 'numpy<2; python_version >= "3.9"', "tzdata"),
            distribution("numpy", "2.5.5", layer=OWN),
        )
    }
    assert [str(gap) for gap in close([root("demo")], graph).unmet] == [
        "demo 1.0 -> pandas 2.1.4 -> numpy<2: found 2.5.5 in the environment",
        "demo 1.0 -> pandas 2.1.4 -> tzdata: not found",
    ]
    graph[canonicalize_name("numpy")] = distribution("numpy", "2.5.5", layer=BASE)
    assert str(close([root("pandas")], graph).unmet[0]) == (
        "pandas 2.1.4 -> numpy<2: found 2.5.5 in /base/lib/site-packages"
    )


def test_constraints_judge_whatever_is_reached_where_their_marker_applies() -> None:
    graph = {found.name: found for found in (distribution("a", "1.0", "b"), distribution("b", "2.0"))}
    assert [str(gap) for gap in close([root("a")], graph, "B<2", 'a>3; sys_platform == "win32"').unmet] == [
        "a 1.0 -> b: found 2.0 in /base/lib/site-packages (constrained to <2 by limits.txt)"
    ]
    assert not close([root("a")], graph, "b>=2", "b<3", "c==1").unmet


def test_constraints_that_count_by_name() -> None:
    """Where the marker applies, and anything is ruled out at all."""
    lines = ("B<2", 'b>3; sys_platform == "win32"', "b", "b>1", "c @ https://host.example/c.zip")
    limits = [Constraint(requirement=Requirement(text), origin="limits.txt") for text in lines]
    assert {name: [*map(str, found)] for name, found in applying(limits, MARKERS).items()} == {
        "b": ["B<2", "b>1"],
        "c": ["c @ https://host.example/c.zip"],
    }


def test_a_broken_requirement_of_something_reached_is_a_gap_that_quotes_it() -> None:
    graph = {canonicalize_name("a"): distribution("a", "1.0", "b >< 1", 'c ><; extra == "x"')}
    assert [str(gap) for gap in close([root("a")], graph).unmet] == ["a 1.0 -> 'b >< 1': not a valid requirement"]


def test_without_dependencies_only_what_is_declared_counts() -> None:
    graph = {canonicalize_name("a"): distribution("a", "1.0", "missing")}
    assert not close([root("a", deep=False)], graph).unmet
    assert len(close([root("a", deep=False), root("a")], graph).unmet) == 1


ARCHIVE = Origin(url="https://host.example/a-1.0.tar.gz", kind="archive")


COMMIT = "0123456789abcdef0123456789abcdef01234567"


REPOSITORY = Origin(url="https://host.example/a.git", kind="vcs", commit=COMMIT)


DIRECTORY = Origin(url="file:///src/a", kind="directory")


@pytest.mark.parametrize(
    ("url", "origin", "expected"),
    [
        ("https://host.example/a-1.0.tar.gz", ARCHIVE, True),
        ("https://host.example/a-1.0.tar.gz#sha256=00", ARCHIVE, True),
        ("https://host.example/a-1.1.tar.gz", ARCHIVE, False),
        ("https://host.example/a-1.0.tar.gz", None, False),
        (f"git+https://host.example/a.git@{COMMIT}", REPOSITORY, True),
        (f"git+https://host.example/a.git@{COMMIT}#egg=a", REPOSITORY, True),
        (f"git+https://host.example/a.git@0{COMMIT}", REPOSITORY, False),
        (f"git+https://other.example/a.git@{COMMIT}", REPOSITORY, False),
        ("git+https://host.example/a.git@main", REPOSITORY, False),
        ("git+https://host.example/a.git", REPOSITORY, False),
        ("git+https://host.example/a.git@", replace(REPOSITORY, commit=None), False),
        ("git+https://host.example/a.git@", replace(REPOSITORY, commit=""), False),
        ("git+https://host.example/a.git@main", replace(REPOSITORY, commit="main"), False),
        ("file:///src/a", DIRECTORY, False),
    ],
)
def test_a_url_is_met_by_the_same_archive_and_the_same_commit_alone(
    url: str, origin: Origin | None, expected: bool
) -> None:
    found = replace(distribution("a"), origin=origin)
    assert same_origin(url, found) is expected
    gaps = close([root(f"a @ {url}")], {found.name: found}).unmet
    assert [str(gap) for gap in gaps] == (
        [] if expected else [f"a @ {url}: found 1.0 in /base/lib/site-packages (not installed from {url})"]
    )


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (None, None),
        (Origin(url="https://host.example/a.zip", kind="archive"), "https://host.example/a.zip"),
        (Origin(url="https://host.example/a.git", kind="vcs", commit="abc"), "git+https://host.example/a.git@abc"),
    ],
)
def test_what_came_from_elsewhere_can_be_had_from_there_again(origin: Origin | None, expected: str | None) -> None:
    assert source(replace(distribution("a"), origin=origin)) == expected


@pytest.mark.parametrize("known", ["https://host.example/a.zip", "https://me:0ther@host.example/a.zip"])
def test_an_origin_is_the_same_whoever_fetches_it(known: str) -> None:
    """direct_url.json holds no password, and what is asked for is told without one."""
    found = replace(distribution("a"), origin=Origin(url=known, kind="archive", text="{}"))
    gaps = close(
        [root("a @ https://me:s3cret@host.example/a.zip"), root("b @ https://me:s3cret@h/b.zip")], {found.name: found}
    )
    assert [str(gap) for gap in gaps.unmet] == ["b @ https://me:****@h/b.zip: not found"]
    other = close([root("a @ https://me:s3cret@h/a.zip")], {found.name: found})
    assert "s3cret" not in str(other.unmet)
    assert "not installed from https://me:****@h/a.zip" in str(other.unmet[0])


def test_two_urls_that_differ_behind_a_semicolon_are_two_gaps() -> None:
    gaps = close([root("a @ https://host.example/;a"), root('a @ https://host.example/;b ; os_name == "posix"')], {})
    assert [gap.requirement for gap in gaps.unmet] == ["a @ https://host.example/;a", "a @ https://host.example/;b"]


def test_what_a_marker_rules_out_is_neither_wanted_nor_missing() -> None:
    lines = ('gone; python_version < "3.8"', 'b; python_version >= "3.8"')
    graph = {item.name: item for item in (distribution("a", "1.0", *lines), distribution("b"))}
    found = walk([root("a"), root('gone; os_name == "nt"')], lookup=graph.get, environment=MARKERS)
    assert sorted(found.wanted) == ["a", "b"]
    assert found.unmet == ()


def test_many_extras_are_each_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Extras that ask for each other, one by one or all at once: no square of their number, of lines or of markers."""
    count = 500
    lines_read = evaluated = 0

    def count_lines(lines: Iterable[str], extras: frozenset[str]) -> Iterator[str]:
        nonlocal lines_read
        for line in relevant(lines, extras):
            lines_read += 1
            yield line

    def count_evaluations(marker: Marker | None, environment: Mapping[str, str], extras: Iterable[str] = ()) -> bool:
        nonlocal evaluated
        extras = tuple(extras)
        evaluated += 1 + len(extras)
        return applies(marker, environment, extras)

    monkeypatch.setattr(closures, "relevant", count_lines)
    monkeypatch.setattr(closures, "applies", count_evaluations)
    ring = [f'a[x{number + 1}]; extra == "x{number}"' for number in range(count)]
    leaves = [f'leaf{number}; extra == "x{number}" or extra == "y{number}"' for number in range(count)]
    every = ",".join(f"x{number}" for number in range(count))
    for declared, lines in (("a[x0]", ring), (f"a[{every}]", []), ("a[all]", [f'a[{every}]; extra == "all"'])):
        graph = {canonicalize_name("a"): distribution("a", "1.0", *lines, *leaves)}
        lines_read = evaluated = 0
        assert len(close([root(declared)], graph).unmet) == count
        # (ring) a line of the ring and a leaf for each extra, and all leaves once more at the first look
        assert lines_read <= 3 * count + 2
        assert evaluated <= 3 * (3 * count + 2)


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
