"""Whether uv sees inherited distributions by itself: tried once for each uv, whatever the user has set."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name
from platformdirs import user_cache_path

from support.remainders import INTERRUPTED, Slim, make_slim
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.uv.behaviour import sees_inherited
from tox_sitediff.uv.program import find_uv

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


SEES = """echo '{"changes": []}'"""


SEES_NOT = """echo '{"changes": [{"name": "a", "version": "1.0", "action": "installed"}]}'"""


@pytest.fixture
def slim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slim:
    """An environment over a base with one distribution, and a user cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    made = make_slim(tmp_path, Path(sys.executable), tmp_path)
    made.inherit("a", "1.0")
    return made


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str, str], Path]:
    """Makes a program that takes uv's place and counts how often it was started."""

    def make(name: str, script: str) -> Path:
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho started >>{program}.log\n{script}\n")
        program.chmod(0o755)
        return program

    return make


def starts(program: Path) -> int:
    log = program.with_name(f"{program.name}.log")
    return len(log.read_text().split()) if log.exists() else 0


def ask(slim: Slim, uv: Path | None = None) -> bool:
    found = slim.observer().look().inherited(canonicalize_name("a"))
    assert found is not None
    return sees_inherited(uv or find_uv(), found, python=slim.python, environment=slim.variables, directory=slim.root)


def answers(slim: Slim) -> Path:
    return user_cache_path("tox-sitediff", appauthor=False) / "uv-behaviour.json"


def test_the_uv_of_today_does_not(slim: Slim) -> None:
    """uv looks at the environment's own site-packages alone; when that changes, this test tells."""
    assert ask(slim) is False


def test_one_that_does(slim: Slim, stand_in: Callable[[str, str], Path]) -> None:
    """A uv that finds nothing to do, asked for the inherited version, sees it."""
    assert ask(slim, stand_in("uv", SEES)) is True


@pytest.mark.parametrize("script", [SEES_NOT, "exit 1", "echo nothing"])
def test_one_that_does_not(script: str, slim: Slim, stand_in: Callable[[str, str], Path]) -> None:
    """A uv that would install it, fails, or says something else, does not see it."""
    program = stand_in("uv", f'case "$*" in *--version*) echo uv 0.13.0;; *) {script};; esac')
    assert ask(slim, program) is False


@pytest.mark.parametrize("variable", ["UV_OVERRIDE", "UV_EXCLUDE", "UV_CONSTRAINT"])
def test_no_setting_brings_the_answer_about(variable: str, slim: Slim) -> None:
    """An override that makes uv need nothing is not taken for sight, which would be remembered."""
    lines = {"UV_OVERRIDE": 'a; python_version < "3"', "UV_EXCLUDE": "a", "UV_CONSTRAINT": "a<1"}
    (slim.root / "lines.txt").write_text(f"{lines[variable]}\n")
    slim.variables[variable] = str(slim.root / "lines.txt")
    assert ask(slim) is False


def test_the_answer_is_remembered(slim: Slim, stand_in: Callable[[str, str], Path]) -> None:
    """Each uv is tried once, also where two are used by turns; one that was replaced is another one."""
    first, second = stand_in("one", SEES), stand_in("two", SEES_NOT)
    for _ in range(3):
        assert (ask(slim, first), ask(slim, second)) == (True, False)
    assert (starts(first), starts(second)) == (1, 1)
    first.write_text(first.read_text().replace(SEES, SEES_NOT))
    assert ask(slim, first) is False
    assert starts(first) == 2


def test_where_nothing_may_be_changed_only_what_is_remembered_counts(
    slim: Slim, stand_in: Callable[[str, str], Path]
) -> None:
    """uv leaves a lock in an environment that it looks at: a command that only looks does not try it out."""
    program = stand_in("uv", SEES)
    found = slim.observer().look().inherited(canonicalize_name("a"))
    assert found is not None

    def look() -> bool:
        return sees_inherited(
            program, found, python=slim.python, environment=slim.variables, directory=slim.root, may_try=False
        )

    assert (look(), starts(program)) == (False, 0)
    assert ask(slim, program)
    assert (look(), starts(program)) == (True, 1)


def test_not_every_answer_is_kept(slim: Slim, stand_in: Callable[[str, str], Path]) -> None:
    """A machine that saw many releases of uv remembers the last ones."""
    for number in range(12):
        ask(slim, stand_in(f"uv-{number}", SEES))
    kept = [Path(identity.partition("|")[0]).name for identity in json.loads(answers(slim).read_text())]
    assert kept == [f"uv-{number}" for number in range(11, 3, -1)]
    assert [path.name for path in answers(slim).parent.iterdir()] == [answers(slim).name]


@pytest.mark.parametrize("content", ["", "no JSON", "[]", '{"x": 1}', "[" * 60000, "x" * 70000, "\\ud800"])
def test_a_damaged_cache(content: str, slim: Slim, stand_in: Callable[[str, str], Path]) -> None:
    """A cache that holds anything else is replaced."""
    answers(slim).parent.mkdir(parents=True)
    answers(slim).write_text(content)
    program = stand_in("uv", SEES)
    assert [ask(slim, program), ask(slim, program)] == [True, True]
    assert starts(program) == 1


def test_a_cache_that_can_not_be_written(slim: Slim, stand_in: Callable[[str, str], Path]) -> None:
    """Without a cache the answer is the same, and is found anew each time."""
    (slim.root / "user-cache").write_text("no directory")
    program = stand_in("uv", SEES)
    assert [ask(slim, program), ask(slim, program)] == [True, True]
    assert starts(program) == 2


def test_the_cache_of_uv_does_not_matter(slim: Slim) -> None:
    """A cache that can't be written, which uv's configuration may replace by another one, is not looked at."""
    (slim.root / "file").write_text("")
    slim.variables["UV_CACHE_DIR"] = str(slim.root / "file")
    assert ask(slim) is False
    assert answers(slim).exists()


@pytest.mark.parametrize(("script", "message"), [(INTERRUPTED, "interrupted"), ("exit 1", "does not work")])
def test_a_trial_that_fails_altogether(
    script: str, message: str, slim: Slim, stand_in: Callable[[str, str], Path]
) -> None:
    """From a uv that was interrupted, or is none, nothing is learned."""
    with pytest.raises(EnvironmentProblem, match=message):
        ask(slim, stand_in("uv", script))
    assert not answers(slim).exists()


def test_a_uv_that_is_not_there(slim: Slim) -> None:
    """A program that is found on PATH only when it is run is not tried."""
    assert ask(slim, Path("no-such-uv")) is False
    assert not answers(slim).exists()
