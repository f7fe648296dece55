"""What uv says of a dry run: of the real one, and of stand-ins."""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from support.remainders import INTERRUPTED, Slim
from tox_sitediff.core.plan import Change
from tox_sitediff.core.requirements import parse
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.uv.command import as_dry_run
from tox_sitediff.uv.dry_run import dry_run, logged_requirements
from tox_sitediff.uv.program import check_version, find_uv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


posix_only = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")
pytestmark = pytest.mark.usefixtures("ask_anew")


def _ask(slim: Slim, *arguments: str, uv: Path | None = None) -> tuple[tuple[Change, ...] | None, bool, str]:
    command = as_dry_run([os.fspath(uv or find_uv()), "pip", "install", *arguments], target=None)
    found = dry_run(command, environment=slim.variables, directory=slim.root)
    return found.changes, found.cached, found.message


# --- dry runs


def test_what_uv_would_install(slim: Slim) -> None:
    """A dry run tells names and versions, and changes nothing."""
    slim.offer("Some.Name", "1.0", "other")
    slim.offer("other", "2.0")
    changes, _, _ = _ask(slim, "some-name")
    assert {(change.name, change.version) for change in changes or ()} == {("some-name", "1.0"), ("other", "2.0")}
    assert slim.installed() == {}
    slim.install("other")
    assert _ask(slim, "other")[0] == ()


def test_whether_the_cache_has_it_all(slim: Slim) -> None:
    """What was installed before lies in the cache, so that the network is not needed a second time."""
    slim.offer("new", "1.0")
    assert _ask(slim, "new")[1] is False
    slim.install("new")
    slim.empty()
    assert _ask(slim, "new")[1] is True


def test_a_local_directory_has_no_version(slim: Slim) -> None:
    """uv names a directory that it would have to build, without its version."""
    (slim.root / "src").mkdir()
    (slim.root / "src" / "pyproject.toml").write_text('[project]\nname = "here"\nversion = "1.0"\n')
    assert _ask(slim, "--no-deps", "./src")[0] == (Change(name=canonicalize_name("here"), version=None),)


def test_what_uv_says_of_what_requires_what(slim: Slim) -> None:
    """Its log names bounds that take in local versions, and markers, in words of its own, which are understood."""
    requires = ["old<=1.5", "any", 'one==1.0; python_version >= "3"', "between>=1,!=1.5,<=2.0"]
    slim.offer("new", "1.0", *requires)
    slim.offer("old", "1.0+local")
    slim.offer("any", "1.0")
    slim.offer("one", "1.0")
    slim.offer("between", "1.0")
    command = as_dry_run([str(slim.uv), "pip", "install", "new"], target=None)
    outcome = dry_run(command, environment=slim.variables, directory=slim.root)
    assert outcome.considered() == {"new", "old", "any", "one", "between"}
    told = logged_requirements(outcome.message, limits={})[canonicalize_name("new")]["1.0"]
    assert [str(parse(text)) for text in told] == ["old<=1.5", "any", "one==1.0", "between!=1.5,<=2.0,>=1"]


def test_constraints_are_not_what_a_distribution_requires(slim: Slim) -> None:
    """In its log uv names them behind each requirement; they are told apart however often that is, extras or not."""
    for name, version in (("part", "1.0"), ("plain", "2.0")):
        slim.offer(name, version, extras=["x", "y"])
    lines = ["plain", "part[x,y]>=0", "plain>=1", "part[x]", "plain~=2.0"]
    slim.offer("new", "3.0", *lines, 'plain!=3; extra == "e"', extras=["e"])
    constraints = slim.root / "limits.txt"
    constraints.write_text("plain>=1\nplain==2.*\npart<9\nnew~=3.0\n")
    command = as_dry_run([str(slim.uv), "pip", "install", "new[e]", "-c", str(constraints)], target=None)
    outcome = dry_run(command, environment=slim.variables, directory=slim.root)
    limits = {canonicalize_name("plain"): 2, canonicalize_name("part"): 1, canonicalize_name("new"): 1}
    told = [
        parse(text) for text in logged_requirements(outcome.message, limits=limits)[canonicalize_name("new")]["3.0"]
    ]
    assert [str(item) for item in told if item.name != "new"] == [
        "plain", "part[x]>=0", "part[y]>=0", "plain>=1", "part[x]", "plain<3.dev0,>=2.0", "plain!=3"
    ]  # fmt: skip


def test_what_uv_can_not_find(slim: Slim) -> None:
    """A failure is told with uv's own message, not as an empty list."""
    changes, _, message = _ask(slim, "nowhere")
    assert changes is None
    assert "nowhere" in message


def test_a_cache_that_can_not_be_written(slim: Slim) -> None:
    """A cache that is no directory is named in a line, with what to set."""
    (slim.root / "file").write_text("")
    slim.variables["UV_CACHE_DIR"] = str(slim.root / "file")
    with pytest.raises(EnvironmentProblem, match=r"uv can't use its cache .*file \(.*\); set UV_CACHE_DIR to "):
        _ask(slim, "new")


@posix_only
@pytest.mark.parametrize(
    "said",
    [
        "",
        "no JSON",
        "[]",
        '"text"',
        '{"changes": {}}',
        '{"changes": [1]}',
        '{"changes": [{"version": "1.0"}]}',
        '{"changes": [{"name": 1}]}',
        "\\377",
    ],
)
def test_an_answer_in_another_form(said: str, slim: Slim, stand_in: Callable[[str], Path]) -> None:
    """An answer that is not understood is no plan, and nothing can be installed without one."""
    program = stand_in(f"case \"$*\" in *--version*) echo uv 99.0;; *) printf '{said}';; esac")
    with pytest.raises(EnvironmentProblem, match=r"\(uv 99\.0\) says in a form that can't be read"):
        _ask(slim, "a", uv=program)


@posix_only
def test_an_answer_with_more_than_is_known(slim: Slim, stand_in: Callable[[str], Path]) -> None:
    """What is only removed is no installation, an unknown action is one, and a version may be missing."""
    changes = [
        {"name": "gone", "version": "1.0", "action": "uninstalled"},
        {"name": "New.Name", "version": "1.0", "action": "something"},
        {"name": "b", "version": None},
        {"name": "c", "version": 3},
    ]
    found, _, _ = _ask(slim, "a", uv=stand_in(f"echo {shlex.quote(json.dumps({'changes': changes}))}"))
    assert [(change.name, change.version) for change in found or ()] == [("new-name", "1.0"), ("b", None), ("c", None)]


@posix_only
def test_a_failure_of_a_uv_that_is_too_old(slim: Slim, stand_in: Callable[[str], Path]) -> None:
    """Where uv fails because it is too old for the question, that is what is said."""
    program = stand_in('case "$*" in *--version*) echo uv 0.5.0;; *) echo "unknown option" >&2; exit 2;; esac')
    with pytest.raises(EnvironmentProblem, match=r"is uv 0\.5\.0, but"):
        _ask(slim, "a", uv=program)


@posix_only
def test_a_program_that_can_not_be_run(slim: Slim, stand_in: Callable[[str], Path]) -> None:
    """A uv that lost its mode is named, with the system's reason."""
    program = stand_in("exit 0")
    program.chmod(0o644)
    with pytest.raises(EnvironmentProblem, match=r"uv does not work \(Permission denied\)"):
        _ask(slim, "a", uv=program)


@posix_only
def test_uv_has_standard_streams(slim: Slim, stand_in: Callable[[str], Path]) -> None:
    """uv reads an empty standard input, and nothing of what it prints reaches the user unasked."""
    program = stand_in('test -z "$(cat)" && echo \'{"changes": []}\' && echo noise >&2')
    assert _ask(slim, "a", uv=program) == ((), True, "noise\n")


@posix_only
@pytest.mark.parametrize("script", [INTERRUPTED, "exit 130"])
def test_a_plan_that_was_interrupted(script: str, slim: Slim, stand_in: Callable[[str], Path]) -> None:
    """A uv that was interrupted gave no answer, and is not asked for its version either."""
    with pytest.raises(EnvironmentProblem, match="was interrupted while it planned; nothing was installed"):
        _ask(slim, "a", uv=stand_in(script))


@posix_only
def test_a_plan_that_takes_long(
    slim: Slim, stand_in: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A uv that works is waited for, and what is waited for is said; one that does not even start is given up."""
    monkeypatch.setenv("TOX_SITEDIFF_PROBE_TIMEOUT", "0.5")
    answer = "sleep 1; echo '{\"changes\": []}'"
    version = 'case "$*" in *--version*) echo uv 0.13.0; exit;; esac'
    assert _ask(slim, "a", "--index-url=https://me:s3cret@host", uv=stand_in(f"{version}; {answer}"))[0] == ()
    assert "uv has been planning for 0.5 seconds and goes on: " in caplog.text
    assert "--index-url=https://me:****@host" in caplog.text
    check_version.cache_clear()
    with pytest.raises(EnvironmentProblem, match="no answer to --version"):
        _ask(slim, "a", uv=stand_in("exec sleep 60"))
