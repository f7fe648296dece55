"""Packaging environments of tox's own that leave no bytecode: they are tox's in everything else."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from tox.tox_env.python.virtual_env.package.cmd_builder import VirtualEnvCmdBuilder
from tox.tox_env.python.virtual_env.package.pyproject import Pep517VirtualEnvPackager

from tox_sitediff.tox_plugin import bytecode

if TYPE_CHECKING:
    from tox.tox_env.python.api import Python


@pytest.mark.parametrize("own", [Pep517VirtualEnvPackager, VirtualEnvCmdBuilder])
def test_the_class_is_called_as_toxs_own(own: type[Python]) -> None:
    """tox makes an environment anew whose class has another name."""
    found = bytecode.leaving_none(own)
    assert isinstance(found, type)
    assert found is not own
    assert issubclass(found, own)
    assert (found.__name__, found.id()) == (own.__name__, own.id())
    assert bytecode.leaving_none(own) is found


@pytest.mark.parametrize(("spec", "told"), [("virtualenv<21", "1"), ("", None)])
def test_a_virtualenv_of_another_version_is_asked_with_the_variables_of_tox(
    spec: str, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tox starts the interpreter by itself then, and takes no variables for that; here it only tells which it has."""
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        monkeypatch.delenv(name, raising=False)

    class Below:
        @property
        def session(self) -> str | None:
            return os.environ.get("PYTHONDONTWRITEBYTECODE")

    def get(name: str, kind: type[str]) -> str:
        assert (name, kind) == ("virtualenv_spec", str)
        return spec

    kind: type[bytecode.LeavesNoBytecode] = type("Kind", (bytecode.LeavesNoBytecode, Below), {})
    monkeypatch.setattr(kind, "__abstractmethods__", frozenset())
    environment = object.__new__(kind)
    monkeypatch.setattr(environment, "conf", SimpleNamespace(get=get), raising=False)
    assert str(environment.session) == str(told)
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
