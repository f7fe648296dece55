"""What is used of tox that is not public: all of it is on the list, with its reason, and is still there."""

from __future__ import annotations

import ast
import importlib
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import pytest
from _house import PACKAGE, parsed
from packaging.specifiers import SpecifierSet
from tox.tox_env.python.pip.pip_install import Pip
from tox.tox_env.python.virtual_env.package.pyproject import Pep517VirtualEnvPackager
from tox.tox_env.python.virtual_env.runner import VirtualEnvRunner

from tox_sitediff.tox_plugin.private import OF_TOX, OF_TOX_UV, SEEN_WITH


def used() -> set[str]:
    """Name all that begins with an underscore in the front end, and is not the front end's own."""
    found = set()
    own = set()
    for path in sorted((PACKAGE / "tox_plugin").glob("*.py")):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
                if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name) and node.value.id == "self":
                    own.add(node.attr)
            elif isinstance(node, ast.FunctionDef):
                found.add(node.name)
                own.add(node.name)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tox_uv._"):
                found.add(str(node.module))
    private = {name for name in found if name.startswith("_") and not name.startswith("__")}
    tox = {name for kind in (VirtualEnvRunner, Pep517VirtualEnvPackager, Pip) for name in dir(kind)} | {
        "_installer",
        "_env",
    }
    return {name for name in private if name in tox or name not in own} | {name for name in found if "._" in name}


def test_the_list_has_all_that_is_used() -> None:
    assert used() - OF_TOX_UV.keys() == set(OF_TOX)


def test_all_of_it_is_there() -> None:
    """Where this fails, a release of tox or tox-uv has moved something: look at the reason that the list gives."""
    kinds = (VirtualEnvRunner, Pip)
    for name in OF_TOX:
        is_there = any(hasattr(kind, name) for kind in kinds) or name in {"_env", "_installer"}  # of instances
        assert is_there, f"{name} is gone from tox {version('tox')}; it was seen with {SEEN_WITH['tox']}"
    for name in OF_TOX_UV:
        if name.startswith("tox_uv.") and find_spec("tox_uv"):
            importlib.import_module(name)


@pytest.mark.parametrize("name", SEEN_WITH)
def test_the_range_that_it_was_seen_with(name: str) -> None:
    """A release outside of it is not wrong, but nobody has looked: run the end-to-end tests, and move the range."""
    try:
        found = version(name)
    except PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    assert SpecifierSet(SEEN_WITH[name]).contains(found), f"{name} {found}"
