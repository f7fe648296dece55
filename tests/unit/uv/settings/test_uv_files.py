"""uv's own settings: where they come from, and whether they may decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.machine import Machine, make_machine
from tox_sitediff.files import read_toml
from tox_sitediff.uv.settings import uv_files
from tox_sitediff.uv.settings.uv_files import read_uv_config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return make_machine(tmp_path, monkeypatch)


# Whose word counts.


def test_a_member_of_a_workspace_is_set_up_by_the_root(machine: Machine) -> None:
    """uv reads the workspace's root and not the member; a directory that is no member speaks for itself."""
    machine.write("pyproject.toml", '[tool.uv]\noffline = true\n[tool.uv.workspace]\nmembers = ["pro*"]\n')
    machine.write("project/pyproject.toml", '[project]\nname = "a"\n[tool.uv]\nno-cache = true\n')
    assert read_uv_config(machine.base, project=machine.project, platform="linux").keys == {"offline", "workspace"}
    machine.write("pyproject.toml", '[tool.uv]\noffline = true\n[tool.uv.workspace]\nmembers = ["lib/*"]\n')
    assert read_uv_config(machine.base, project=machine.project, platform="linux").keys == {"no-cache"}


def test_constraints_are_named_with_where_they_are_set(machine: Machine) -> None:
    """In files that a variable names, and in uv's configuration; what can't be read is uv's to say."""
    machine.write("project/limits.txt", "a<2\n-c more.txt\n")
    machine.write("project/more.txt", "b==1\n")
    project = machine.write("project/pyproject.toml", '[tool.uv]\nconstraint-dependencies = ["c>1", "d >< 1", 7]\n')
    variables = {**machine.base, "UV_CONSTRAINT": "limits.txt missing.txt"}
    assert [(str(item), item.origin) for item in uv_files.constraints(variables, project=machine.project)] == [
        ("a<2", "limits.txt (UV_CONSTRAINT)"),
        ("b==1", "limits.txt (UV_CONSTRAINT)"),
        ("c>1", f"constraint-dependencies in {project}"),
    ]
    assert uv_files.constraints({**machine.base, "UV_NO_CONFIG": "1"}, project=machine.project) == []


@pytest.mark.parametrize(
    ("variable", "project", "user", "expected"),
    [
        ("", "", "", False),
        ("1", "", "", True),
        ("false", "[pip]\nrequire-hashes = true\n", "", False),
        ("", "[pip]\nrequire-hashes = true\n", "", True),
        ("", "[pip]\nrequire-hashes = false\n", "[pip]\nrequire-hashes = true\n", False),
        ("", "offline = true\n", "[pip]\nrequire-hashes = true\n", True),
        ("", "[pip]\nrequire-hashes = 'x'\n", "", False),
    ],
)
def test_whether_uv_is_set_up_to_want_hashes(
    machine: Machine, variable: str, project: str, user: str, expected: bool
) -> None:
    """The variable counts most, then the project's file, then the user's."""
    machine.write("project/uv.toml", project)
    machine.write("home/.config/uv/uv.toml", user)
    variables = {**machine.base, "UV_REQUIRE_HASHES": variable}
    assert uv_files.requires_hashes(variables, project=machine.project) is expected


# Whether uv may be left asleep.


@pytest.mark.parametrize("name", ["UV_CONSTRAINT", "UV_OVERRIDE", "UV_REQUIRE_HASHES", "UV_TORCH_BACKEND", "UV_FUTURE"])
def test_other_variables_may_decide(machine: Machine, name: str) -> None:
    """What constrains, and what is not known, wakes uv; an empty variable does not."""
    assert machine.decides({name: "1"})
    assert not machine.decides({name: ""})


@pytest.mark.parametrize(
    ("text", "decides"),
    [
        ("offline = true\nindex-url = 'x'\n[pip]\nno-binary = ['x']\n", False),
        ("prerelease = 'allow'\ncache-keys = []\n", False),
        ("constraint-dependencies = ['x']", True),
        ("override-dependencies = ['x']", True),
        ("exclude-dependencies = ['x']", True),
        ("reinstall = true", True),
        ("upgrade = true", True),
        ("[pip]\nupgrade = true", True),
        ("[pip]\nno-deps = true", True),
        ("[pip]\nextra = ['x']", True),
        ("config-settings = { x = 'y' }", True),
        ("future = 1", True),
        ("pip = 1", True),
        ("this is not TOML", True),
    ],
)
def test_files_of_uv_may_decide(machine: Machine, text: str, decides: bool) -> None:
    """Only keys that leave installed distributions alone let uv sleep; a broken file does not."""
    machine.write("project/uv.toml", text)
    assert machine.decides() is decides


def test_a_broken_project_may_decide(machine: Machine) -> None:
    """A pyproject.toml that can't be parsed could say anything; one that says nothing to uv says nothing."""
    machine.write("project/pyproject.toml", '[project]\nname = "x"\n[tool.other]\nx = 1\n')
    assert not machine.decides()
    machine.write("project/pyproject.toml", "[project\n")
    assert machine.decides()


def test_a_file_is_parsed_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is asked; one that was just changed is read each time, since its times may not tell."""
    parsed: list[Path] = []

    def parse(path: Path) -> Mapping[str, object]:
        parsed.append(path)
        return read_toml(path)

    def keys() -> frozenset[str]:
        return read_uv_config({}, project=tmp_path).keys

    monkeypatch.setattr(uv_files, "read_toml", parse)
    file = tmp_path / "uv.toml"
    file.write_text("offline = true\n")
    first = keys()
    assert keys() == first == {"offline"}
    assert parsed == [file, file]
    monkeypatch.setattr(uv_files, "_UNSETTLED", 0)
    assert keys() == keys() == first
    assert parsed == [file] * 3
    file.write_text("no-cache = true\n# longer")
    assert keys() == {"no-cache"}
