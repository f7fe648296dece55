"""Arguments in an order that does not depend on how they were given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.uv.order import sort_arguments

NAMES = st.sampled_from(["b", "A>=1", "c[x]", "a_b==2", "d @ https://h.example/d-1.0-py3-none-any.whl"])


@pytest.mark.parametrize(
    ("arguments", "everything", "options", "asks"),
    [
        (["b", "a"], ["a", "b"], [], True),
        (["b>=1", "--pre", "A"], ["--pre", "A", "b>=1"], ["--pre"], True),
        (["-r", "x.txt", "b", "-i", "url", "a"], ["-i", "url", "-r", "x.txt", "a", "b"], ["-i", "url"], True),
        (["-rx.txt", "--index=url"], ["--index=url", "-rx.txt"], ["--index=url"], True),
        (["b", "--no-deps", "a"], ["--no-deps", "a", "b"], [], True),
        (["./b", "a"], ["a", "./b"], [], True),
        (["--", "b", "a"], ["a", "b"], [], True),
        (["--", "-odd", "a"], ["--", "a", "-odd"], [], True),
        (["-c", "limits.txt", "--offline"], ["--offline", "-c", "limits.txt"], ["--offline"], False),
        (["-e", ".", "--group", "dev", "--extra", "x"], ["-e", ".", "--group", "dev", "--extra", "x"], [], True),
        (["--all-extras"], ["--all-extras"], [], True),
        ([], [], [], False),
    ],
)
def test_sorted(arguments: list[str], everything: list[str], options: list[str], asks: bool) -> None:
    """Options first, then files and groups as they were given, then names; what has no name comes last."""
    found = sort_arguments(arguments)
    assert ([*found.all], [*found.options], found.asks) == (everything, options, asks)


@given(st.lists(NAMES, unique=True).flatmap(lambda names: st.tuples(st.just(names), st.permutations(names))))
def test_the_order_of_names_does_not_matter(names: tuple[list[str], list[str]]) -> None:
    one, other = names
    assert sort_arguments(one) == sort_arguments(other)
    assert sort_arguments(sort_arguments(one).all) == sort_arguments(one)
