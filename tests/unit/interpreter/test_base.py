"""Which interpreter stands below an environment."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.interpreter.base import base_interpreter, behind_link, lies_in

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="environments are made of links")


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def link(path: Path, target: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    return path


def below(executable: Path, said: str, prefix: Path, base: Path, implementation: str = "cpython") -> str:
    return base_interpreter(
        executable=os.fspath(executable),
        said=said,
        prefix=os.fspath(prefix),
        base_prefix=os.fspath(base),
        version="3.9.18",
        implementation=implementation,
    )


def test_what_an_interpreter_says_counts_where_it_is_true(tmp_path: Path) -> None:
    base = program(tmp_path / "base/bin/python3.9")
    env = link(tmp_path / "env/bin/python", base)
    assert below(env, str(base), tmp_path / "env", tmp_path / "base") == str(base)
    # a name that leads there is left as it is: it may outlive an upgrade
    other = link(tmp_path / "links/python3", base)
    assert below(env, str(other), tmp_path / "env", tmp_path / "base") == str(other)


def test_a_base_is_its_own(tmp_path: Path) -> None:
    base = program(tmp_path / "bin/python3.9")
    assert below(base, "", tmp_path, tmp_path) == str(base)
    assert below(base, "/usr/bin/other", tmp_path, tmp_path) == "/usr/bin/other"


@pytest.mark.parametrize("said", ["", "itself"])
def test_a_python_that_takes_the_environment_for_its_base(tmp_path: Path, said: str) -> None:
    """On 3.7 to 3.10: the links lead to it, or else what ``pyvenv.cfg`` says, or else its prefix."""
    base = program(tmp_path / "base/bin/python3.9")
    prefix = tmp_path / "env"
    link(prefix / "bin/python", base)
    env = link(prefix / "bin/python3", prefix / "bin/python")
    say = str(env) if said else ""
    assert below(env, say, prefix, tmp_path / "base") == str(base)
    env.unlink()
    program(env)
    assert below(env, say, prefix, tmp_path / "base") == str(base)
    program(tmp_path / "base/bin/python3")
    (prefix / "pyvenv.cfg").write_text(f"Home = {tmp_path}/base/bin\n", "utf-8")
    assert below(env, say, prefix, tmp_path / "base") == str(base)


def test_the_interpreter_is_that_of_the_prefix(tmp_path: Path) -> None:
    """Over a link to a relocated copy Python names the copy, and inherits from what it was compiled for."""
    copy = program(tmp_path / "copy/bin/python3.9")
    compiled = program(tmp_path / "compiled/bin/python3")
    env = link(tmp_path / "env/bin/python", link(tmp_path / "links/python", copy))
    assert below(env, str(copy), tmp_path / "env", tmp_path / "compiled") == str(compiled)
    compiled.unlink()  # a prefix without an interpreter: what was said is the best there is
    assert below(env, str(copy), tmp_path / "env", tmp_path / "compiled") == str(copy)


def test_another_implementation_and_no_interpreter_at_all(tmp_path: Path) -> None:
    pypy = program(tmp_path / "base/bin/pypy3.9")
    env = program(tmp_path / "env/bin/python")
    assert below(env, "", tmp_path / "env", tmp_path / "base", "pypy") == str(pypy)
    assert below(env, "", tmp_path / "env", tmp_path / "base") == str(env)
    assert below(env, "gone", tmp_path / "env", tmp_path / "base") == "gone"


def test_links_within_an_environment_are_followed_to_its_edge(tmp_path: Path) -> None:
    prefix = tmp_path / "env"
    edge = tmp_path / "links/python"
    link(prefix / "bin/python3", edge)
    env = link(prefix / "bin/python", prefix / "bin/python3")
    assert behind_link(str(env), str(prefix)) == str(edge)
    assert behind_link(str(program(prefix / "bin/copy")), str(prefix)) is None
    loop = link(prefix / "bin/loop", prefix / "bin/loop")
    assert behind_link(str(loop), str(prefix)) is None


def test_where_interpreters_lie_in_a_prefix(tmp_path: Path) -> None:
    inside = program(tmp_path / "base/bin/python")
    deep = program(tmp_path / "base/lib/other/bin/python")
    assert lies_in(str(inside), str(tmp_path / "base"))
    assert lies_in(str(link(tmp_path / "python", inside)), str(tmp_path / "base"))
    assert not lies_in(str(deep), str(tmp_path / "base"))
