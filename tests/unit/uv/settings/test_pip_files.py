"""Where pip's settings come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.machine import MAIN, Machine, make_machine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return make_machine(tmp_path, monkeypatch)


# Where pip's settings come from.


@pytest.mark.parametrize(
    ("platform", "variables", "path"),
    [
        ("linux", {}, "etc/xdg/pip/pip.conf"),
        ("linux", {}, "etc/pip.conf"),
        ("linux", {"XDG_CONFIG_DIRS": "{root}/a:relative:{root}/b"}, "a/pip/pip.conf"),
        ("linux", {"XDG_CONFIG_DIRS": "{root}/a:relative:{root}/b"}, "b/pip/pip.conf"),
        ("linux", {}, "home/.pip/pip.conf"),
        ("linux", {}, "home/.config/pip/pip.conf"),
        ("linux", {"XDG_CONFIG_HOME": "{root}/xdg"}, "xdg/pip/pip.conf"),
        ("linux", {}, "prefix/pip.conf"),
        ("linux", {"PIP_CONFIG_FILE": "{root}/own.cfg"}, "own.cfg"),
        ("darwin", {"XDG_DATA_DIRS": "{root}/share"}, "share/pip/pip.conf"),
        ("darwin", {}, "home/Library/Application Support/pip/pip.conf"),
        ("darwin", {}, "home/.config/pip/pip.conf"),
        ("darwin", {}, "home/.pip/pip.conf"),
        ("win32", {"ProgramData": "{root}/all"}, "all/pip/pip.ini"),
        ("win32", {}, "home/AppData/Roaming/pip/pip.ini"),
        ("win32", {"AppData": "{root}/roaming"}, "roaming/pip/pip.ini"),
        ("win32", {}, "home/pip/pip.ini"),
        ("win32", {}, "prefix/pip.ini"),
    ],
)
def test_every_place_of_every_platform_is_read(
    machine: Machine, platform: str, variables: dict[str, str], path: str
) -> None:
    """An index in any file that pip reads on that platform reaches uv."""
    machine.write(path, f"[global]\nindex-url = {MAIN}\n")
    given_variables = {name: value.format(root=machine.root) for name, value in variables.items()}
    settings = machine.settings(given_variables, platform=platform)
    assert settings.variables == {"UV_INDEX_URL": MAIN}
    assert not settings.warnings


def test_later_places_win_and_sections_win_over_places(machine: Machine) -> None:
    """Global, user, environment, named file, variable; [install] of any file beats [global] of all."""
    places = ["etc/pip.conf", "home/.pip/pip.conf", "home/.config/pip/pip.conf", "prefix/pip.conf"]
    for number, place in enumerate(places):
        machine.write(place, f"[global]\ntimeout = {number}\n")
        assert machine.options()["timeout"] == str(number)
    named = machine.write("named.conf", "[global]\ntimeout = 10\n")
    assert machine.options({"PIP_CONFIG_FILE": str(named)})["timeout"] == "10"
    machine.write("etc/pip.conf", "[install]\ntimeout = 11\n")
    assert machine.options({"PIP_CONFIG_FILE": str(named)})["timeout"] == "11"
    assert machine.options({"PIP_TIMEOUT": "12"})["timeout"] == "12"
    assert machine.options({"PIP_TIMEOUT": ""})["timeout"] == "11"


def test_a_named_file_replaces_the_users_and_the_null_device_replaces_all(machine: Machine) -> None:
    """PIP_CONFIG_FILE hides the user's files if it exists, and with os.devnull every file."""
    machine.write("home/.pip/pip.conf", "[global]\nretries = 1\n")
    machine.write("prefix/pip.conf", "[global]\ntimeout = 2\n")
    named = machine.write("named.conf", "[global]\npre = 1\n")
    assert machine.options({"PIP_CONFIG_FILE": str(named)}).keys() == {"timeout", "pre", "config-file"}
    assert "retries" in machine.options({"PIP_CONFIG_FILE": str(machine.root / "missing")})
    assert machine.options({"PIP_CONFIG_FILE": "/dev/null"}).keys() == {"config-file"}


# What people are told.


@pytest.mark.parametrize("content", [b"index-url = x\n", b"[global\n", b"[global]\n\xff\xfe\xfa = 1\n", b"[a]\n[a]\n"])
def test_a_malformed_file_is_one_warning(machine: Machine, content: bytes) -> None:
    """A file at which pip would stop is named, and the others still count."""
    path = machine.prefix / "pip.conf"
    path.write_bytes(content)
    settings = machine.settings({"PIP_RETRIES": "3"})
    assert settings.variables == {"UV_HTTP_RETRIES": "3"}
    assert len(settings.warnings) == 1
    assert str(path) in settings.warnings[0]
