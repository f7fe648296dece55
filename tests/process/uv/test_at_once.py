"""What is missing, planned and installed by the real uv in one go; and taken back where that would not do."""

from __future__ import annotations

import os
import shutil
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from support.distributions import install
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.uv import remainder
from tox_sitediff.uv.asking import Asking
from tox_sitediff.uv.at_once import AtOnce

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from support.remainders import Slim
    from tox_sitediff.uv.dry_run import DryRun


@pytest.fixture(autouse=True)
def _remembering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a user cache of our own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """Note each dry run."""
    made: list[Sequence[str]] = []

    def counted(self: Asking, command: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> DryRun:
        made.append(command)
        return plan(self, command, environment=environment, directory=directory)

    plan = Asking.dry_run
    monkeypatch.setattr(Asking, "dry_run", counted)
    return made


def _again(slim: Slim, planned: list[Sequence[str]], *arguments: str) -> tuple[dict[str, str], int, int]:
    """Make an environment anew; return what is in it, and how often uv planned and installed."""
    slim.empty()
    planned.clear()
    return slim.install(*arguments), len(planned), len(slim.runs)


def test_the_second_time_there_is_one_uv(slim: Slim, planned: list[Sequence[str]]) -> None:
    """A plan that took the newest of what is missing, and left all that is there, is not made beforehand again."""
    slim.inherit("a", "1.0", "b")
    slim.inherit("b", "1.0")
    slim.offer("b", "2.0")
    slim.offer("new", "1.0", "b>=1", "other")
    slim.offer("other", "3.0")
    expected = {"new": "1.0", "other": "3.0"}
    slim.variables["PYTHONPATH"] = str(slim.root)  # which holds no distribution
    assert _again(slim, planned, "a", "new") == (expected, 1, 1)
    assert _again(slim, planned, "new", "a") == (expected, 0, 1)
    ((command, _),) = slim.runs
    assert command[3:5] == ["new", "--excludes"]
    assert len(command) == 6
    slim.offer("new", "1.1", "b>=1", "other")
    assert _again(slim, planned, "a", "new") == (expected | {"new": "1.1"}, 0, 1)


def test_constraints_and_options_hold(slim: Slim, planned: list[Sequence[str]]) -> None:
    """As in every other way."""
    slim.inherit("a", "1.0")
    slim.link("new", "1.0", "other")
    (slim.root / "limits.txt").write_text("new<2\nother<2\n", "utf-8")
    for version in ("1.0", "2.0"):
        slim.offer("other", version)
    arguments = ["a", "new", "-c", "limits.txt", "--find-links", str(slim.root / "links")]
    expected = {"new": "1.0", "other": "1.0"}
    assert _again(slim, planned, *arguments) == (expected, 1, 1)
    slim.link("new", "2.0")
    assert _again(slim, planned, *arguments) == (expected, 0, 1)


@pytest.mark.parametrize("has_own", [False, True])
def test_a_release_that_does_not_fit_is_taken_back(slim: Slim, planned: list[Sequence[str]], has_own: bool) -> None:
    """The newest may need more than what is there: an older one is taken, as ever, and the newest not tried again."""
    slim.inherit("a", "1.0")
    slim.inherit("b", "1.0")
    slim.offer("b", "2.0")
    slim.offer("new", "1.0", "b")
    if has_own:
        install(slim.base, "c", "1.0")
    assert _again(slim, planned, "a", "b", "new") == ({"new": "1.0"}, 1, 1)
    slim.offer("new", "2.0", "b>=2", "other")
    slim.offer("other", "1.0")
    found, plans, runs = _again(slim, planned, "a", "b", "new")
    assert (found, runs) == ({"new": "1.0"}, 2)
    assert plans
    before = {path.name for path in slim.own.iterdir()}
    assert not [name for name in before if "other" in name]
    found, plans, runs = _again(slim, planned, "a", "b", "new")
    assert (found, runs) == ({"new": "1.0"}, 1)
    assert plans


@pytest.mark.parametrize("is_elsewhere", [True, False])
def test_what_is_there_and_was_not_looked_for_stays(
    slim: Slim, planned: list[Sequence[str]], is_elsewhere: bool
) -> None:
    """A new release may need what nothing else of the base needed, and what the base alone has."""
    slim.inherit("a", "1.0")
    slim.inherit("outside", "1.0", "deeper")
    slim.inherit("deeper", "1.0")
    for name in ("outside", "deeper") if is_elsewhere else ():
        slim.offer(name, "2.0")
    slim.offer("new", "1.0")
    assert _again(slim, planned, "a", "new") == ({"new": "1.0"}, 1, 1)
    slim.offer("new", "2.0", "outside", "deeper")
    assert _again(slim, planned, "a", "new") == ({"new": "2.0"}, 0, 1)
    slim.offer("new", "3.0", "outside>=2")
    assert _again(slim, planned, "a", "new")[0] in ({"new": "2.0"}, {"new": "3.0", "outside": "2.0"})


def test_what_was_looked_for_once_is_shown_at_once(slim: Slim, planned: list[Sequence[str]]) -> None:
    """Where plans have to be made each time, one dry run is enough from the second time on."""
    slim.inherit("a", "1.0")
    slim.inherit("outside", "1.0")
    slim.offer("outside", "2.0")
    slim.offer("new", "1.0", "outside")
    slim.offer("new", "2.0", "outside", "a>=2")
    slim.offer("a", "2.0")
    assert _again(slim, planned, "a", "new") == ({"new": "1.0"}, 2, 1)
    assert _again(slim, planned, "a", "new") == ({"new": "1.0"}, 1, 1)


def test_own_copies_stay_until_there_is_a_plan(slim: Slim, planned: list[Sequence[str]]) -> None:
    """What an earlier step installed is replaced where that has to be, and not by the first try."""
    slim.inherit("a", "1.0")
    slim.offer("mine", "2.0")
    slim.offer("new", "1.0", "mine")

    def step() -> tuple[dict[str, str], int]:
        slim.empty()
        install(slim.own, "mine", "1.0")
        found = slim.install("a", "new")
        return found, len(slim.runs)

    assert step() == ({"mine": "1.0", "new": "1.0"}, 1)
    assert step() == ({"mine": "1.0", "new": "1.0"}, 1)
    assert len(planned) == 2  # the environment's own is outside of the closure: the second look
    slim.offer("new", "2.0", "mine>=2")
    assert step() == ({"mine": "2.0", "new": "2.0"}, 2)


def test_an_index_that_is_gone(slim: Slim, planned: list[Sequence[str]]) -> None:
    """What uv can't have in one go is planned, so that the reason is said as ever; the environment is as it was."""
    slim.inherit("a", "1.0")
    slim.offer("new", "1.0")
    assert _again(slim, planned, "a", "new") == ({"new": "1.0"}, 1, 1)
    slim.empty()
    shutil.rmtree(slim.index)
    slim.variables["UV_DEFAULT_INDEX"] = "http://127.0.0.1:9/simple"
    waiting = []

    def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
        waiting.append(environment.get("UV_HTTP_RETRIES"))
        slim.run(command, {**environment, "UV_HTTP_RETRIES": "0"})

    with pytest.raises(EnvironmentProblem, match="does not answer") as refused:
        slim.install("a", "new", run=run)
    assert (slim.installed(), waiting) == ({}, [None])
    assert "retries" not in str(refused.value)  # uv has waited once


def test_what_broke_off_is_not_planned_anew(slim: Slim, planned: list[Sequence[str]]) -> None:
    """An installation that had begun leaves an environment of which nobody knows what is in it."""
    slim.inherit("a", "1.0")
    slim.offer("new", "1.0")
    slim.install("a", "new")
    slim.empty()
    planned.clear()

    def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
        slim.run(command, environment)
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        slim.install("a", "new", run=run)
    assert planned == []


@pytest.mark.parametrize("fixed", [(), ("below",)])
def test_where_it_is_not_possible(
    slim: Slim, fixed: Sequence[str], planned: list[Sequence[str]], tmp_path: Path
) -> None:
    """A copy that stands before the environment can't be replaced; a command that asks for something is left to uv."""
    slim.fixed = fixed
    slim.inherit("a", "1.0")
    slim.offer("new", "1.0")
    slim.offer("below", "1.0")
    if not fixed:
        slim.variables["PYTHONPATH"] = str(tmp_path / "injected")
        install(tmp_path / "injected", "before", "1.0")
    for _ in range(2):
        found, plans, _ = _again(slim, planned, "a", "new")
        assert (found, plans) == ({"new": "1.0", **dict.fromkeys(fixed, "1.0")}, 1)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_a_uv_that_takes_nothing_back(slim: Slim) -> None:
    """That is an error, which says what is left."""
    slim.uv = slim.root / "uv"
    slim.uv.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    slim.uv.chmod(0o755)
    seen = slim.observer().look()
    once = AtOnce(
        seen=seen,
        missing=["new"],
        options=(),
        constraints=(),
        kept=(),
        there=seen.inherited,
        build=lambda words: [os.fspath(slim.uv), "pip", "install", *words],
        variables=slim.variables,
        directory=slim.root,
        python=slim.python,
    )

    def run(command: Sequence[str], environment: Mapping[str, str]) -> None:  # as all of them
        install(slim.own, "new", "1.0", requires=["gone"])

    with pytest.raises(EnvironmentProblem, match="can't take back new: broken"):
        once.install(run, nullcontext()) and once.judge(slim.observer().look)


def test_a_large_base_is_planned_for_each_time(
    slim: Slim, planned: list[Sequence[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To be told of all that is there takes uv longer than a plan."""
    monkeypatch.setattr(remainder, "_MOST_LEFT_OUT", 1)
    for name in ("a", "b"):
        slim.inherit(name, "1.0")
    slim.offer("new", "1.0")
    assert _again(slim, planned, "a", "new") == ({"new": "1.0"}, 1, 1)
    assert _again(slim, planned, "a", "new") == ({"new": "1.0"}, 1, 1)
