"""What is known of an environment of tox before it is made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from tox_sitediff.tox_plugin.session import _by_variable, _missing

if TYPE_CHECKING:
    from tox.config.main import Config
    from tox.config.sets import EnvConfigSet

NAME = "VIRTUALENV_SYSTEM_SITE_PACKAGES"


class Loader:
    """One place of the configuration, with the keys that are written there."""

    def __init__(self, **written: str | dict[str, str]) -> None:
        self._written = written

    def load_raw(self, key: str, config: Config, name: str) -> str | dict[str, str]:
        return self._written[key]


@pytest.mark.parametrize(
    ("outer", "loaders", "expected"),
    [
        (None, (), None),
        ("", (), None),
        ("0", (), False),
        ("yes", (), True),
        ("perhaps", (), None),
        (None, (Loader(set_env=f"A = 1\n{NAME} = false\nB = 2"),), False),
        (None, (Loader(setenv=f"  {NAME}=0"),), False),
        (None, (Loader(set_env={NAME: "0"}),), False),
        ("1", (Loader(set_env={NAME: "0"}),), False),
        ("0", (Loader(set_env={"A": "1"}), Loader(deps="x")), False),
        ("0", (Loader(set_env=f"{NAME} = true"),), True),
        (None, (Loader(set_env=f"X_{NAME} = 0\n{NAME}_X = 0"),), None),
    ],
)
def test_the_variable_that_the_key_has_its_default_from(
    outer: str | None, loaders: tuple[Loader, ...], expected: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment sets itself counts before what tox was given; what tox can't read is left to tox."""
    monkeypatch.delenv(NAME, raising=False)
    if outer is not None:
        monkeypatch.setenv(NAME, outer)
    conf = cast("EnvConfigSet", SimpleNamespace(loaders=loaders, env_name="a"))
    assert _by_variable(conf, cast("Config", None)) is expected


@pytest.mark.parametrize(
    ("modules", "later", "reason"),
    [
        (("entry",), ("packaging",), None),
        (("no_such_module",), (), "No module named"),
        (("entry",), ("no_such_module", "packaging"), "no_such_module not found"),
        (("entry",), ("no_such_parent.module",), "No module named"),
    ],
)
def test_what_is_not_there_is_noticed_before_an_environment_is_made(
    modules: tuple[str, ...], later: tuple[str, ...], reason: str | None
) -> None:
    """Of us and of other distributions, also of those that only an installation needs."""
    found = _missing(*modules, later=later)
    assert (found is None) is (reason is None)
    assert reason is None or reason in str(found)
