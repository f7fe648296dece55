"""What ends programs that hang, here with a shell in the place of wine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from support.limits import Allowance, HungError, SpentError, all_with, kill_all_with, once_more, run_limited

from .wine import WinPython

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")

SLEEP = "setsid sleep 600 & sleep 600"


def shell(directory: Path, script: str, *, seconds: float = 600) -> WinPython:
    """Make a "wine" that runs a script in the place of each program."""
    wine = directory / "wine"
    wine.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    wine.chmod(0o755)
    server = directory / "wineserver"  # else the one of this machine would be asked
    server.write_text("#!/bin/sh\n", "utf-8")
    server.chmod(0o755)
    return WinPython(directory=directory, wine=wine, allowance=Allowance(file=directory / "seconds", seconds=seconds))


def test_a_program_ends_though_another_one_holds_its_output_open(tmp_path: Path) -> None:
    """As wine's services hold that of the first program: all that was said arrives, and nobody waits for them."""
    variable = f"MARK={tmp_path}"
    words = ["sh", "-c", "sleep 600 & head -c 300000 /dev/zero; echo err >&2; exit 3"]
    variables = {"PATH": "/usr/bin:/bin", "MARK": str(tmp_path)}
    run = run_limited(words, env=variables, cwd=tmp_path, seconds=120, end=lambda: pytest.fail("it did not hang"))
    assert (run.code, len(run.out), run.err) == (3, 300_000, "err\n")
    assert len(all_with(variable)) == 1
    kill_all_with(variable)
    assert all_with(variable) == []


def test_nothing_of_a_program_that_hangs_is_left(tmp_path: Path) -> None:
    """What it started in a session of its own is ended too; the message tells what it was, and what it said."""
    machine = shell(tmp_path, f"echo before; {SLEEP}")
    with pytest.raises(HungError, match=r"(?s)still running after 2 seconds: .*wine .*python.exe -c x\nbefore"):
        machine.run("python", "-c", "x", seconds=2)
    assert machine.processes() == []


class Tries:
    """A test of one program, which has one second for the first tries, and where it was tried."""

    def __init__(self, directory: Path, script: str, *, hang: int, seconds: float = 600) -> None:
        self.machine = shell(directory, script, seconds=seconds)
        self.hang = hang
        self.places: list[str] = []

    def go(self) -> None:
        tries = self

        @once_more
        def test(tmp_path: Path, winpython: WinPython) -> None:
            tries.places.append(tmp_path.name)
            assert winpython.run("python", seconds=1 if len(tries.places) <= tries.hang else 120).ok().lines("said")

        test(self.machine.directory, self.machine)


def test_what_hung_once_is_tried_again_elsewhere_and_that_is_said(tmp_path: Path) -> None:
    tries = Tries(tmp_path, "echo said; [ -e begun ] && exit; touch begun; sleep 600", hang=1)
    with pytest.warns(UserWarning, match="the first try hung: still running after 1 seconds"):
        tries.go()
    assert tries.places == ["first", "second"]


@pytest.mark.filterwarnings("ignore:the .* try hung")
def test_what_hangs_twice_fails_where_other_programs_run_and_is_skipped_where_none_does(tmp_path: Path) -> None:
    for directory, other, outcome, reason in (
        (tmp_path / "runs", "echo 42", pytest.fail.Exception, "hung twice, where other programs run"),
        (tmp_path / "none", "exit 1", pytest.skip.Exception, "nothing runs any more, which is no fault"),
    ):
        directory.mkdir()
        tries = Tries(directory, f"case $2 in -c) {other};; *) sleep 600;; esac", hang=2)
        with pytest.raises(outcome, match=reason):
            tries.go()
        assert tries.places == ["first", "second"]


@pytest.mark.filterwarnings("ignore:the .* try hung")
def test_where_the_time_for_all_is_used_up_nothing_is_begun_and_tests_are_skipped(tmp_path: Path) -> None:
    tries = Tries(tmp_path, "sleep 600", hang=0, seconds=2)
    with pytest.raises(pytest.skip.Exception, match="no fault of what is tested: the 2 seconds for all"):
        tries.go()
    with pytest.raises(SpentError):
        tries.machine.run("python")


def test_what_fails_is_not_tried_again(tmp_path: Path) -> None:
    tries = Tries(tmp_path, "echo something else", hang=0)
    with pytest.raises(AssertionError):
        tries.go()
    assert tries.places == ["first"]
