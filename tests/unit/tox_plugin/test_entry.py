"""Where the plugin can't be loaded, what stands in for it says why, and keeps its option."""

from __future__ import annotations

import logging
import tomllib
from argparse import ArgumentParser
from pathlib import Path

import pytest
from _house import PACKAGE
from packaging.requirements import Requirement

from tox_sitediff.tox_plugin import entry, plugin


def requirement_of_the_project(name: str) -> Requirement:
    text = (PACKAGE.parent.parent / "pyproject.toml").read_text("utf-8")
    lines = tomllib.loads(text)["project"]["dependencies"]
    return next(found for found in map(Requirement, lines) if found.name == name)


def test_what_is_loaded_here_is_the_plugin() -> None:
    assert entry.loaded is plugin
    assert entry.load() is plugin


@pytest.mark.skipif(not Path(PACKAGE.parent.parent / "pyproject.toml").exists(), reason="the checkout is not here")
def test_the_oldest_tox_is_the_one_that_is_required() -> None:
    assert str(requirement_of_the_project("tox").specifier) == f">={entry.OLDEST.removesuffix('.0')}"


@pytest.mark.parametrize(
    ("modules", "later", "oldest", "reason"),
    [
        (("no_such_module", "plugin"), (), "4", "No module named"),
        (("plugin",), ("no_such_module", "packaging"), "4", "no_such_module not found"),
        (("plugin",), ("no_such_parent.module",), "4", "No module named"),
        (("plugin",), (), "1000", "older than 1000"),
    ],
)
def test_what_is_missing_is_the_reason(
    modules: tuple[str, ...], later: tuple[str, ...], oldest: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is shown in ``tox --version``, and in each run once, as a warning of tox's."""
    found = entry.load(modules, later, oldest=oldest)
    assert isinstance(found, entry.StandIn)
    assert reason in found.tox_append_version_info()
    parser = ArgumentParser()
    found.tox_add_option(parser)
    assert parser.parse_args(["--no-sitediff"]).no_sitediff is True
    with caplog.at_level(logging.WARNING):
        found.tox_add_core_config()
    [line] = caplog.messages
    assert line.startswith("sitediff: left out of this run: it does not work with tox ")
    assert line.endswith("; environments are made as without it")


def test_what_is_required_and_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than how that made itself felt."""
    lines = ["packaging>=1000", "no-such-thing>=2", "tox>=4", 'nox>=1000; extra == "nox"']
    monkeypatch.setattr(entry, "requires", lambda _: lines)
    words = entry.explained("how it failed")
    assert words.startswith("needs packaging>=1000 and finds ")
    assert words.endswith(", no-such-thing>=2, which is missing (python -m pip install -U tox-sitediff)")


def test_a_package_without_metadata_still_says_how_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "_DISTRIBUTION", "no-such-distribution")
    assert "(how it failed); another release" in entry.explained("how it failed")


def test_tox_3_which_has_other_hooks_gets_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entry, "find_spec", lambda _: None)
    assert entry.load(("no_such_module",)) is None
    assert "sitediff: left out of this run" in capsys.readouterr().err
