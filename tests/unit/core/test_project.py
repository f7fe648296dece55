"""A project's own requirements."""

from __future__ import annotations

import re
import tomllib

import pytest

from tox_sitediff.core.project import Project, Selection, read
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.lock.options import SyncOptions, parse

TEXT = """\
[project]
name = "My_Demo"
dependencies = ["a>=1"]
optional-dependencies.More_Extra = ["b"]
[dependency-groups]
dev = ["c", { include-group = "docs" }]
docs = ["d"]
other = ["e"]
"""


def project(text: str = TEXT) -> Project:
    return read(tomllib.loads(text), origin="pyproject.toml")


def selected(*words: str, text: str = TEXT, **variables: str) -> list[str]:
    return [str(item) for item in project(text).selected(parse(words, variables=variables).selection)]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("", "a>=1 c d"),
        ("--no-dev", "a>=1"),
        ("--no-default-groups", "a>=1"),
        ("--no-dev --extra more-extra --group other", "a>=1 b e"),
        ("--all-extras --all-groups", "a>=1 b c d d e"),
        ("--all-extras --no-extra more.extra --no-group dev", "a>=1"),
        ("--only-group other", "e"),
        ("--only-dev", "c d"),
    ],
)
def test_parts_are_selected_as_uv_does(options: str, found: str) -> None:
    """The names of extras and groups count in any spelling."""
    assert selected(*options.split()) == found.split()


def test_variables_stand_for_options() -> None:
    """Those that uv reads for the same."""
    assert selected(UV_NO_DEV="1") == selected(UV_NO_GROUP="dev") == selected(UV_NO_DEFAULT_GROUPS="true") == ["a>=1"]
    assert selected(UV_NO_DEV="0") == ["a>=1", "c", "d"]


def test_tables_of_uv() -> None:
    """Older development dependencies are part of the group dev; default groups can be others, or all."""
    older = "[tool.uv]\ndev-dependencies = ['x']\n"
    assert selected(text=f"{TEXT}{older}") == ["a>=1", "c", "d", "x"]
    assert selected(text=older) == ["x"]
    assert selected(text=f"{TEXT}[tool.uv]\ndefault-groups = ['other']\n") == ["a>=1", "e"]
    assert selected(text=f"{TEXT}[tool.uv]\ndefault-groups = 'all'\n") == ["a>=1", "c", "d", "d", "e"]
    assert selected(text=f"[dependency-groups]\nDEV = ['c']\n{older}") == ["c", "x"]


SELF = """
[project]
name = "Demo"
dependencies = ["a"]
[project.optional-dependencies]
X = ["c"]
y = ["demo[x,y]", "d"]
odd = ["demo[x]; python_version > '3'"]
"""


def test_an_extra_may_name_others_of_the_same_project() -> None:
    """Each counts once; one that there is not asks for nothing, for which uv refuses it."""
    assert selected("--extra", "Y", text=SELF) == ["a", "d", "c"]
    assert selected("--extra", "x", "--extra", "y", text=SELF) == ["a", "c", "d"]
    assert [str(item) for item in project(SELF).required(["unknown", "x"])] == ["a", "c"]


def test_what_is_dynamic_matters_only_where_it_is_asked_for() -> None:
    text = "[project]\nname = 'demo'\ndependencies = ['a']\ndynamic = ['version', 'optional-dependencies']"
    assert selected(text=text) == ["a"]
    with pytest.raises(EnvironmentProblem, match="the project's optional-dependencies are dynamic"):
        selected("--extra", "x", text=text)


def test_a_file_without_a_project() -> None:
    """It has groups at most."""
    assert project("").selected(Selection()) == []


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (TEXT, "--extra x", "pyproject.toml has no extra x: it has more-extra"),
        ("", "--extra x", "pyproject.toml has no extra x: it has none"),
        (TEXT, "--group x", "(it has dev, docs, other)"),
        ('project.dependencies = ["=="]', "", "'==' is not a requirement"),
        ('project.dynamic = ["dependencies"]', "", "the project's dependencies are dynamic"),
        (SELF, "--extra odd", "the extra odd asks for others of the same project with a marker"),
        ("[project]\nname = 1\ndependencies = ['a b']", "", "'a b' is not a requirement"),
        ("project = 1", "", "project is not a table"),
        ("dependency-groups = 1", "", "dependency-groups is not a table"),
        ("dependency-groups.dev = 1", "", "dependency-groups.dev is not a list of strings and tables"),
        ("dependency-groups.dev = [1]", "", "dependency-groups.dev is not a list of strings and tables"),
        ("dependency-groups.dev = [{ include-group = 1 }]", "", "Dependency group '1' not found"),
        ("dependency-groups.dev = [{ include-group = 'dev' }]", "", "Cyclic dependency group include"),
        ("project.dependencies = 1", "", "project.dependencies is not a list of strings"),
        ("project.dependencies = [1]", "", "project.dependencies is not a list of strings"),
    ],
)
def test_what_is_wrong_is_named(text: str, options: str, message: str) -> None:
    """With the file."""
    with pytest.raises(EnvironmentProblem, match=re.escape(message)):
        selected(*options.split(), text=text)


def options(*words: str) -> SyncOptions:
    return parse(words, variables={})
