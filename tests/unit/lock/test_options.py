"""The options that choose among a project's requirements."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.lock.options import SyncOptions, parse


def options(*words: str) -> SyncOptions:
    return parse(words, variables={})


@pytest.mark.parametrize(
    ("words", "export", "install"),
    [
        ("--frozen -U --extra=x", "--frozen -U --extra x", ""),
        ("-Pnumpy -P pandas", "-P numpy -P pandas", ""),
        ("--no-install-project", "--no-emit-project", ""),
        ("--no-install-package x", "--no-emit-package x", ""),
        ("--offline -v -i URL", "--offline -v -i URL", "--offline -v -i URL"),
        ("--compile-bytecode --reinstall-package x", "", "--compile-bytecode --reinstall-package x"),
        ("--no-binary", "--no-binary", "--no-binary :all:"),
        ("--no-binary-package x", "--no-binary-package x", "--no-binary x"),
        ("--no-build-package x", "--no-build-package x", "--only-binary x"),
        ("--active --inexact", "", ""),
    ],
)
def test_each_option_goes_where_it_is_known(words: str, export: str, install: str) -> None:
    """To ``uv export``, to ``uv pip install``, or to both."""
    found = options(*words.split())
    assert (found.export, found.install) == (tuple(export.split()), tuple(install.split()))


def test_what_is_left_out() -> None:
    """What is not to be installed, and what is to stay."""
    found = options("--no-install-package", "x", "--no-install-project", "--inexact")
    assert (found.leave_out, found.leave_project, found.leave_local, found.inexact) == (("x",), True, False, True)
    assert options("--no-install-workspace").leave_local
    assert not options("--package", "x").one_project


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--script x", "--script is not for sitediff sync"),
        ("--extra", "--extra needs a value"),
        ("--frozen=x", "--frozen takes no value"),
        ("--nonsense", "--nonsense is not an option of sitediff sync"),
        ("--exact --inexact", "exclude each other"),
    ],
)
def test_other_options_are_refused(words: str, message: str) -> None:
    """Each with its reason."""
    with pytest.raises(EnvironmentProblem, match=message):
        options(*words.split())


WORDS = st.text(max_size=8) | st.sampled_from(["--extra", "--extra=", "-P", "--", "-", "=", "-qq"])


@given(st.lists(WORDS, max_size=5))
def test_any_words_are_understood_or_refused(words: list[str]) -> None:
    """Nothing else comes out of a command line."""
    with suppress(EnvironmentProblem):
        options(*words)
