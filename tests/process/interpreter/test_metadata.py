"""Reading what is installed, against importlib.metadata of each interpreter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest
from packaging.version import Version

from support import interpreters
from support.distributions import fill
from tox_sitediff.core.inventory import Inventory
from tox_sitediff.core.model import Broken, Distribution
from tox_sitediff.core.requirements import key
from tox_sitediff.interpreter.metadata import list_layers, read
from tox_sitediff.interpreter.probe import probe

if TYPE_CHECKING:
    from pathlib import Path


LIST: Final = """
import importlib.metadata, json
names = {item.metadata["Name"] for item in importlib.metadata.distributions()}
found = {}
for name in filter(None, names):
    effective = importlib.metadata.distribution(name)
    found[name] = [effective.version, str(effective._path), effective.requires or []]
print(json.dumps(found))
"""


def good(found: Distribution | Broken) -> Distribution:
    assert isinstance(found, Distribution)
    return found


# --- the interpreter's own view


def compare(python: Path, env: dict[str, str]) -> int:
    """Compare name by name with importlib.metadata of an interpreter; return how many names there were."""
    theirs: dict[str, tuple[str, str, list[str]]] = json.loads(interpreters.run(python, LIST, env=env))
    interpreter = probe(python, env, full=False)
    inventory = Inventory(list_layers(interpreter.layers), read)
    seen = {}
    for name, (version, path, requires) in theirs.items():
        found = good(next(inventory.copies(key(name))))
        assert (str(found.version), found.path) == (str(Version(version)), path)
        assert [line.split() for line in found.requires] == [line.split() for line in requires], name
        seen[found.name] = version
    assert set(seen) == {name for name in inventory.names() if inventory.effective(name)}
    return len(seen)


def test_the_python_of_the_system_sees_the_same(tmp_path: Path) -> None:
    python = interpreters.system()
    compare(python, interpreters.variables(HOME=str(tmp_path)))


def test_an_environment_over_the_python_of_the_system_sees_the_same(tmp_path: Path) -> None:
    python = interpreters.environment(tmp_path / "env", interpreters.system())
    site = interpreters.purelib(python)
    injected = tmp_path / "injected"
    for directory, name, version in (
        (site, "packaging", "99.0"),
        (site, "Own_Thing", "1.0"),
        (injected, "own.thing", "2.0"),
    ):
        fill(directory / f"{name}-{version}.dist-info", {"METADATA": f"Name: {name}\nVersion: {version}\n"})
    env = interpreters.variables(HOME=str(tmp_path), PYTHONPATH=str(injected))
    assert compare(python, env) >= 2


@pytest.mark.parametrize("version", interpreters.SUPPORTED)
def test_an_environment_over_each_interpreter_sees_the_same(tmp_path: Path, version: str) -> None:
    python = interpreters.environment(tmp_path / "env", interpreters.needed(version))
    fill(interpreters.purelib(python) / "demo-1.0.dist-info", {"METADATA": "Name: demo\nVersion: 1.0\n"})
    assert compare(python, interpreters.variables(HOME=str(tmp_path))) >= 1
