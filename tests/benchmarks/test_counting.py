"""What programs cost, counted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

import counting
from support.patience import must_end

BENCHMARKS: Final = Path(__file__).parents[2] / "benchmarks"
LOG: Final = r"""
10 execve("/tools/bin/tox", ["/tools/bin/tox"], 0x7ffd /* 8 vars */) = 0
10 openat(AT_FDCWD</code>, "/code/.tox/log", O_WRONLY|O_CREAT|O_CLOEXEC, 0666) = 3</code/.tox/log>
10 write(3</code/.tox/log>, "text, with \" and <", 18) = 18
10 write(1</dev/null>, "seen by nobody", 14) = 14
10 openat(AT_FDCWD</code>, "/usr/lib/x.so", O_RDONLY|O_CLOEXEC) = 4</usr/lib/x.so>
10 openat(AT_FDCWD</code>, "/proc/self/x", O_WRONLY) = 4</proc/self/x>
10 openat(AT_FDCWD</code>, "/root/no", O_WRONLY|O_CREAT, 0666) = -1 EACCES (Permission denied)
11 execve("/nowhere/python", ["python"], 0x7ffd /* 8 vars */) = -1 ENOENT (No such file or directory)
11 execve("/usr/bin/python", ["python"], 0x7ffd /* 8 vars */ <unfinished ...>
10 mkdir("/code/.tox/tmp", 0777) = 0
11 <... execve resumed>) = 0
11 write(5<pipe:[77]>, "to a pipe", 9) = 9
11 rename("/code/.tox/a.tmp", "/code/.tox/a") = 0
11 copy_file_range(6</cache/wheel>, NULL, 7</code/.tox/b>, NULL, 1000, 0) = 1000
11 mkdir("/code/.tox/tmp", 0777) = -1 EEXIST (File exists)
"""


def test_a_log_of_strace_tells_programs_files_and_bytes() -> None:
    """What failed, pipes, devices and what was only read don't count; a call in two lines does."""
    found = counting.read_log(LOG)
    assert found == counting.Written(programs=("tox", "python"), files=3, bytes=1018)


needs_counting = pytest.mark.skipif(bool(counting.missing()), reason="no valgrind and strace here (.ci/run has them)")


@needs_counting
def test_a_program_and_its_children_are_counted(tmp_path: Path) -> None:
    """Two processes, one file and its bytes, and more instructions for more work, also in the child."""
    script = "import subprocess, sys; open('x', 'w').write('abc'); subprocess.run([sys.executable, '-ISc', {work!r}])"

    def command(amount: int) -> counting.Command:
        words = [sys.executable, "-IS", "-c", script.format(work=f"sum(range({amount}))")]
        return counting.Command(words=words, env={"PYTHONHASHSEED": "0"}, cwd=tmp_path)

    few, many = (counting.instructions(command(amount), "cachegrind") for amount in (10_000, 200_000))
    assert many > few + 190_000
    written = counting.written(command(1))
    assert (len(written.programs), written.files, written.bytes) == (2, 1, 3)
    assert counting.spent(command(1)).peak > 4_000_000


def test_what_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    """Its child holds the pipe, which would be waited for too."""
    script = "import subprocess, sys; subprocess.run([sys.executable, '-ISc', 'import time; time.sleep(1e6)'])"
    words = [sys.executable, "-ISc", script]
    with pytest.raises(counting.UncountableError) as caught:
        counting.Command(words=words, env={}, cwd=tmp_path, limit=1).run()
    assert caught.value.line == "error: not done after 1 seconds"


def test_who_is_asked_to_end_ends_what_he_started(tmp_path: Path) -> None:
    """A valgrind that goes on counting would be in the way of all that is measured after it."""
    child = "import os, time; open('new', 'w').write(str(os.getpid())); os.rename('new', 'pid'); time.sleep(1e6)"
    script = (
        "import pathlib, sys, counting; counting.end_with_children(); "
        f"counting.Command(words=[sys.executable, '-ISc', {child!r}], env={{}}, cwd=pathlib.Path.cwd()).run()"
    )
    env = os.environ | {"PYTHONPATH": str(BENCHMARKS)}
    with must_end(), subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, env=env) as process:
        while not (tmp_path / "pid").exists():
            time.sleep(0.01)
        process.terminate()
        assert process.wait() == 128 + 15
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text("ascii")), 0)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("tox failed:\n\nERROR: no index\n  at the end\n", "ERROR: no index"),
        ("tox failed:\nerror: one\nImportError: two\n", "ImportError: two"),
        ("tox failed:\n  at the end\n", "at the end"),
    ],
)
def test_of_all_that_a_program_said_one_line_says_most(said: str, line: str) -> None:
    assert counting.UncountableError(said).line == line


def test_without_valgrind_one_line_says_what_to_do(tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, BENCHMARKS / "count.py", "--directory", tmp_path / "made"]
    env = os.environ | {"PATH": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("count.py: valgrind and strace not found"), done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "made").exists()


@needs_counting
@pytest.mark.slow
def test_no_kind_of_run_got_dearer_than_recorded(tmp_path: Path) -> None:
    """By 2 % of the whole run, or by a process or a file: over stock tox, counted here too."""
    command: list[str | Path] = [sys.executable, BENCHMARKS / "count.py", "--short", "--directory", tmp_path]
    command += ["--against", BENCHMARKS / "recorded.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
