"""What tox loads of the plugin, and what it adds to tox's parser only where somebody asks for it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from _house import PACKAGE
from packaging.requirements import Requirement
from tox.config.cli.parser import ToxParser

from tox_sitediff.tox_plugin import entry
from tox_sitediff.tox_plugin.stand_in import StandIn


def requirement_of_the_project(name: str) -> Requirement:
    text = (PACKAGE.parent.parent / "pyproject.toml").read_text("utf-8")
    lines = tomllib.loads(text)["project"]["dependencies"]
    return next(found for found in map(Requirement, lines) if found.name == name)


def test_what_is_loaded_here_is_the_plugin() -> None:
    """And nothing but hooks: pluggy looks at each name in each run of tox, which takes longer than all else here."""
    loaded, again = entry.loaded, entry.load()
    assert isinstance(loaded, ModuleType)
    assert isinstance(again, ModuleType)
    assert loaded.__name__ == again.__name__ == entry.__name__
    assert loaded.__file__ == entry.__file__
    hooks = {name for name in vars(entry) if name.startswith("tox_")}
    assert {name for name in dir(loaded) if not name.startswith("__")} == hooks
    assert hooks >= {"tox_add_option", "tox_register_tox_env", "tox_add_core_config", "tox_append_version_info"}


@pytest.mark.skipif(not Path(PACKAGE.parent.parent / "pyproject.toml").exists(), reason="the checkout is not here")
def test_the_oldest_tox_is_the_one_that_is_required() -> None:
    assert str(requirement_of_the_project("tox").specifier) == f">={entry.OLDEST.removesuffix('.0')}"


def test_a_tox_that_is_older_gets_what_stands_in() -> None:
    found = entry.load(oldest="1000")
    assert isinstance(found, StandIn)
    assert "older than 1000" in found.tox_append_version_info()


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ToxParser:
    """A parser of tox's with our hook, and no configuration of this machine's user."""
    monkeypatch.setenv("TOX_USER_CONFIG_FILE", str(tmp_path / "config.ini"))
    return ToxParser.core()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), False),
        (("run", "-e", "a", "-vv"), False),
        (("--version",), False),
        (("--no-sitediff",), True),
        (("--no-site",), True),
        (("run", "--no-sitediff"), True),
        (("sitediff", "plan"), True),
        (("-e", "a", "sitediff", "report"), True),
        (("-h",), True),
        (("--help",), True),
        (("run", "-vh"), True),
        (("--hel",), True),
    ],
)
def test_options_are_added_where_somebody_may_ask_for_them(
    words: tuple[str, ...], expected: bool, parser: ToxParser
) -> None:
    """A part of an option counts as argparse has it; in all other runs they would only take time."""
    entry.tox_add_option(parser)
    parser.fix_defaults()
    try:
        found, rest = parser.parse_known_args(words)
    except SystemExit:  # tox's own help, for lack of its commands
        rest = []
    else:
        assert getattr(found, "no_sitediff", False) is any(word.startswith("--no") for word in words)
    assert ("sitediff" in parser.handlers) is expected
    assert not any("sitediff" in word for word in rest)


@pytest.mark.parametrize("name", ["TOX_NO_SITEDIFF", "TOXNO_SITEDIFF", "_ARGCOMPLETE"])
def test_options_are_there_where_a_variable_has_to_do_with_them(
    name: str, parser: ToxParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tox takes every option from a variable too, and what completes words for a shell wants all of them."""
    monkeypatch.setenv(name, "1")
    entry.tox_add_option(parser)
    parser.fix_defaults()
    assert "sitediff" in parser.handlers
    assert parser.get_default("no_sitediff") is (name != "_ARGCOMPLETE")


def test_options_are_there_where_a_file_of_the_user_may_name_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config.ini").write_text("[tox]\nno_sitediff = true\n")
    monkeypatch.setenv("TOX_USER_CONFIG_FILE", str(tmp_path / "config.ini"))
    parser = ToxParser.core()
    entry.tox_add_option(parser)
    parser.fix_defaults()
    assert parser.get_default("no_sitediff") is True
