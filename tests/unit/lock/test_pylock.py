"""Lock files: what is selected for one environment, and what of that is written for uv."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

from support.strategies import MARKERS
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.lock.pylock import Locked, read, reduced, select

HASHES = '{ sha256 = "00" }'


PLACE = Path("/project").resolve()


def table(name: str, rest: str = "", source: str = "") -> str:
    source = source or f'wheels = [{{ path = "dist/{name}-1.0-py3-none-any.whl", hashes = {HASHES} }}]'
    return f'[[packages]]\nname = "{name}"\nversion = "1.0"\n{rest}\n{source}\n'


def chosen(*tables: str, head: str = "", extras: tuple[str, ...] = (), groups: list[str] | None = None) -> list[Locked]:
    text = f'lock-version = "1.0"\ncreated-by = "tests"\n{head}\n{"".join(tables)}'
    lock = read(tomllib.loads(text), origin="pylock.toml")
    return list(select(lock, markers=MARKERS, extras=extras, groups=groups, directory=PLACE, origin="pylock.toml"))


@pytest.mark.parametrize(
    ("source", "requirement"),
    [
        ("", "a==1.0"),
        (f'sdist = {{ path = "a-1.0.tar.gz", hashes = {HASHES} }}', "a==1.0"),
        ('vcs = { type = "git", url = "https://host/a", commit-id = "1234" }', "a @ git+https://host/a@1234"),
        ('vcs = { type = "git", path = "a", commit-id = "1234" }', f"a @ git+{(PLACE / 'a').as_uri()}@1234"),
        (f'archive = {{ url = "https://host/a.zip", hashes = {HASHES} }}', "a @ https://host/a.zip"),
        (f'archive = {{ path = "../a.zip", hashes = {HASHES} }}', f"a @ {(PLACE.parent / 'a.zip').as_uri()}"),
        ('directory = { path = "a" }', "a"),
    ],
)
def test_what_an_installed_copy_has_to_meet(source: str, requirement: str) -> None:
    """The version where an index has it, else where it comes from."""
    (found,) = chosen(table("a", source=source))
    assert found.requirement == requirement
    assert found.is_local == source.startswith("directory")
    assert found.hashed == ("hashes" in source or not source)


def test_a_package_without_a_version_is_met_by_any() -> None:
    """A lock need not tell the version of a source tree."""
    (found,) = chosen(table("a").replace('version = "1.0"\n', ""))
    assert (found.version, found.requirement) == (None, "a")


def test_a_local_directory() -> None:
    """Its place is absolute, and its mode is known."""
    (found,) = chosen(table("a", source='directory = { path = "..", subdirectory = "a", editable = true }'))
    assert (found.place, found.editable) == (str(PLACE.parent / "a"), True)


@given(st.sets(st.sampled_from(["more", "most"])), st.sets(st.sampled_from(["dev", "docs"])))
def test_selection_follows_the_markers(extras: set[str], groups: set[str]) -> None:
    """A package is selected exactly where its marker holds for what is asked for."""
    markers = {
        "a": "'more' in extras",
        "b": "'dev' in dependency_groups or 'most' in extras",
        "c": "'docs' in dependency_groups and 'more' not in extras",
        "d": "python_version < '3'",
        "e": "sys_platform == 'linux'",
    }
    found = chosen(
        *(table(name, f'marker = "{marker}"') for name, marker in reversed(markers.items())),
        head='extras = ["more", "most"]\ndependency-groups = ["dev", "docs"]\ndefault-groups = ["dev"]',
        extras=tuple(extras),
        groups=sorted(groups),
    )
    values: dict[str, str | frozenset[str]] = {
        **MARKERS,
        "extras": frozenset(extras),
        "dependency_groups": frozenset(groups),
    }
    assert [item.name for item in found] == [
        name for name, marker in markers.items() if Marker(marker).evaluate(values, context="lock_file")
    ]


def test_default_groups_are_taken_where_none_are_named() -> None:
    """And no others."""
    tables = [table(name, f"marker = \"'{name}' in dependency_groups\"") for name in ("dev", "docs")]
    head = 'dependency-groups = ["dev", "docs"]\ndefault-groups = ["dev"]'
    assert [item.name for item in chosen(*tables, head=head)] == ["dev"]
    assert chosen(*tables, head=head, groups=[]) == []


@pytest.mark.parametrize(
    ("head", "tables", "extras", "message"),
    [
        ('requires-python = "<3"', [table("a")], (), "pylock.toml needs Python <3, and the environment has 3.12.1"),
        ("", [table("a", 'requires-python = "<3"')], (), "pylock.toml: a needs Python <3"),
        ("environments = [\"os_name == 'nt'\"]", [table("a")], (), "made for other environments than this one"),
        ("", [table("a"), table("a")], (), "more than one a for this environment"),
        ("", [table("a")], ("x",), "has no extra x: it has none"),
        ('extras = ["y"]', [table("a")], ("x",), "has no extra x: it has y"),
        ("", [table("a", "marker = \"platform_release >= '2' and extra == 'x'\"")], (), "can't be evaluated"),
    ],
)
def test_what_does_not_fit_is_refused(head: str, tables: list[str], extras: tuple[str, ...], message: str) -> None:
    """The message names the file, and what is wrong."""
    with pytest.raises(EnvironmentProblem, match=re.escape(message)):
        chosen(*tables, head=head, extras=extras)


def test_a_lock_for_this_environment_among_others_is_taken() -> None:
    """One of its environments has to be this one."""
    assert chosen(table("a"), head="environments = [\"os_name == 'nt'\", \"os_name == 'posix'\"]")


@pytest.mark.parametrize(("version", "message"), [("2.0", "version 1.0"), ("x", "not a valid pylock.toml")])
def test_a_file_of_another_kind_is_refused(version: str, message: str) -> None:
    """The version of the format is looked at first."""
    for packages in ([], [{"name": "a", "of": "another kind"}]):
        with pytest.raises(EnvironmentProblem, match=message):
            read({"lock-version": version, "created-by": "tests", "packages": packages}, origin="pylock.toml")


def test_what_is_written_for_uv_is_a_lock_of_the_same_packages_wherever_it_lies() -> None:
    """Read again in another place, and without the extras, it selects the same."""
    tables = [
        table("a", "marker = \"'more' in extras\""),
        table("b", source='directory = { path = "b", editable = true }'),
        table("c", source='vcs = { type = "git", path = "c", commit-id = "1234" }'),
    ]
    found = chosen(*tables, head='extras = ["more"]', extras=("more",))
    written = read(tomllib.loads(tomli_w.dumps(reduced(found))), origin="pylock.toml")
    again = select(written, markers=MARKERS, directory=Path("/elsewhere"), origin="pylock.toml")
    assert list(again) == found
