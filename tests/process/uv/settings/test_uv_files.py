"""What a real uv makes of the settings that count as harmless."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from support.machine import MAIN, Machine, make_machine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return make_machine(tmp_path, monkeypatch)


# Whether uv may be left asleep.


HARMLESS = {
    "UV_CACHE_DIR": "{root}/cache",
    "UV_INDEX_URL": MAIN,
    "UV_OFFLINE": "1",
    "UV_RESOLUTION": "highest",
    "UV_PRERELEASE": "disallow",
    "UV_EXCLUDE_NEWER": "2001-01-01",
    "UV_NO_BINARY_PACKAGE": "foo",
    "UV_NO_BUILD": "1",
    "UV_HTTP_TIMEOUT": "3",
    "UV_FORK_STRATEGY": "fewest",
    "UV_NO_SOURCES": "1",
    "UV_CONCURRENT_BUILDS": "1",
    "UV_INDEX_OURS_PASSWORD": "x",
    "UV_REQUIRE_BUILD_HASHES": "1",
    "UV_LINK_MODE": "copy",
    "UV_NO_VERIFY_HASHES": "1",
}


def installed_foo(machine: Machine) -> Path:
    """Make an environment in which foo 2.0a1 is installed."""
    directory = machine.root / "venv"
    subprocess.run([find_uv_bin(), "venv", "-q", "--python", sys.executable, str(directory)], check=True, timeout=60)
    (site,) = directory.rglob("site-packages")
    info = site / "foo-2.0a1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foo\nVersion: 2.0a1\n")
    (info / "RECORD").write_text("")
    return directory


def test_what_counts_as_harmless_is_so_for_uv(machine: Machine) -> None:
    """With each variable of the white list uv itself keeps what is installed, without a network."""
    directory = installed_foo(machine)
    for name, value in HARMLESS.items():
        variables = {name: value.format(root=machine.root)}
        assert not machine.decides(variables)
        done = subprocess.run(
            [find_uv_bin(), "pip", "install", "--python", str(directory), "--offline", "foo"],
            env={**machine.base, "UV_CACHE_DIR": str(machine.root / "cache"), **variables},
            cwd=machine.project,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, "Checked 1 package" in done.stderr) == (0, True), (name, done.stderr)


@pytest.mark.parametrize("value", ["lowest", "lowest-direct"])
def test_the_lowest_versions_are_a_decision(machine: Machine, value: str) -> None:
    """uv itself keeps what is installed; but who tests the oldest versions does not mean the base's (row 27)."""
    assert machine.decides({"UV_RESOLUTION": value})
    for text in (f'resolution = "{value}"\n', f'[pip]\nresolution = "{value}"\n'):
        machine.write("project/uv.toml", text)
        assert machine.decides()
        assert not machine.decides({"UV_RESOLUTION": "highest"})
