"""What a pyproject.toml asks an installer for."""

from __future__ import annotations

import tomllib

import pytest

from tox_sitediff.pyproject import group, requirements

PROJECT = """
[project]
name = "Demo"
dependencies = ["a>=1", "b; python_version > '3'"]
[project.optional-dependencies]
X = ["c"]
y = ["demo[x,y]", "d"]
odd = ["demo[x]; python_version > '3'"]
[dependency-groups]
test = [{include-group = "tools"}, "e"]
tools = ["f"]
loop = [{include-group = "loop"}]
"""
DOCUMENT = tomllib.loads(PROJECT)


def names(*extras: str, all_extras: bool = False) -> list[str]:
    return [found.name for found in requirements(DOCUMENT, extras=extras, all_extras=all_extras)]


def test_dependencies_and_extras_also_those_that_name_the_project_itself() -> None:
    assert names() == ["a", "b"]
    assert names("x") == ["a", "b", "c"]
    assert names("Y") == ["a", "b", "d", "c"]
    assert names("x", "y") == ["a", "b", "c", "d"]
    assert names("unknown") == ["a", "b"]  # which uv refuses
    assert requirements({}, extras=()) == []
    both = {"project": {"name": "n", "optional-dependencies": {"x": ["c"], "y": ["d"]}}}
    assert [found.name for found in requirements(both, extras=(), all_extras=True)] == ["c", "d"]


def test_a_group_and_those_that_it_includes() -> None:
    assert [found.name for found in group(DOCUMENT, "Test")] == ["f", "e"]


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        ("[project]\ndynamic = ['dependencies']", ""),
        ("[project]\ndynamic = ['optional-dependencies']", "x"),
        ("[project]\ndependencies = 'a'", ""),
        ("[project]\ndependencies = [1.5]", ""),
        ("[project]\ndependencies = ['a b']", ""),
        ("project = 1", ""),
        (PROJECT, "odd"),
    ],
)
def test_what_can_not_be_told_without_a_build_or_a_mistake_is_left_to_uv(text: str, extra: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        requirements(tomllib.loads(text), extras=[extra])


@pytest.mark.parametrize("name", ["loop", "unknown"])
def test_a_group_that_uv_would_refuse(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        group(DOCUMENT, name)
