"""Where the plugin can't be loaded, what stands in for it says why, and keeps its option."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from typing import TYPE_CHECKING

from tox_sitediff.tox_plugin import stand_in

if TYPE_CHECKING:
    import pytest


def test_what_is_missing_is_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    """It is shown in ``tox --version``, and in each run once, as a warning of tox's."""
    found = stand_in.stand_in("No module named 'tox.other'")
    assert found is not None
    assert "No module named 'tox.other'" in found.tox_append_version_info()
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
    monkeypatch.setattr(stand_in, "requires", lambda _: lines)
    words = stand_in.explained("how it failed")
    assert words.startswith("needs packaging>=1000 and finds ")
    assert words.endswith(", no-such-thing>=2, which is missing (python -m pip install -U tox-sitediff)")


def test_a_package_without_metadata_still_says_how_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_in, "_DISTRIBUTION", "no-such-distribution")
    assert "(how it failed); another release" in stand_in.explained("how it failed")


def test_tox_3_which_has_other_hooks_gets_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stand_in, "find_spec", lambda _: None)
    assert stand_in.stand_in("No module named 'tox.plugin'") is None
    assert "sitediff: left out of this run" in capsys.readouterr().err
