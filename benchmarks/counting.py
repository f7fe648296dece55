"""What a program costs, in numbers that do not depend on how busy the machine is.

Instructions of all processes come from valgrind; the programs that were started, the files that were written and their
bytes from strace; the peak of resident memory from the kernel.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOOLS: Final = {
    "callgrind": ("--tool=callgrind",),
    "cachegrind": ("--tool=cachegrind", "--cache-sim=no"),  # the same counts in half the time, without functions
}
NEEDED: Final = ("valgrind", "strace")


class UncountableError(Exception):
    """Nothing can be counted here, or what is to be counted failed."""

    @property
    def line(self) -> str:
        """The line of the message that says most: the last one with an error in it, or the last one."""
        lines = [line.strip() for line in str(self).splitlines() if line.strip()]
        return next((line for line in reversed(lines) if re.search("error", line, re.IGNORECASE)), lines[-1])


@dataclass(frozen=True, kw_only=True)
class Command:
    """A program to count.

    Attributes:
        words: The program and its arguments.
        env: All of its variables.
        cwd: Where.
        limit: Seconds after which it counts as hung, and is ended with all that it started.
    """

    words: Sequence[str | Path]
    env: Mapping[str, str]
    cwd: Path
    limit: float = 3600

    def run(self, *around: str | Path) -> None:
        """Run it to its end, perhaps under another program.

        Args:
            around: That program, and its arguments.

        Raises:
            UncountableError: Where it fails; its output is the message.
        """
        words = [*around, *self.words]
        name, pipe = " ".join(map(str, words)), subprocess.PIPE
        with subprocess.Popen(
            words, env=dict(self.env), cwd=self.cwd, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        ) as process:
            try:
                out, err = process.communicate(timeout=self.limit)
            except BaseException as error:  # an interruption too: it has a session of its own, which hears of nothing
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise UncountableError(f"{name} failed:\nerror: not done after {self.limit:.0f} seconds") from None
                raise
        if process.returncode:
            raise UncountableError(f"{name} failed:\n{out}\n{err}")


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a program and its children did, by strace.

    Attributes:
        programs: Names of the programs that were started, in order, itself among them.
        files: How many files, directories and links were made or opened for writing, by path.
        bytes: How many bytes were written into files.
    """

    programs: tuple[str, ...]
    files: int
    bytes: int


def end_with_children() -> None:
    """Have a request to end this process (SIGTERM) end what `Command.run` started, as an interruption does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def missing() -> list[str]:
    """Name the programs that counting takes and that are not here."""
    return [name for name in NEEDED if shutil.which(name) is None]


def check() -> None:
    """Make sure that counting is possible.

    Raises:
        UncountableError: Where it is not.
    """
    if sys.platform != "linux":
        raise UncountableError("instructions are counted on Linux only")
    if lacking := missing():
        raise UncountableError(
            f"{' and '.join(lacking)} not found: counting needs valgrind and strace "
            "(on Debian: apt-get install valgrind strace)"
        )


def instructions(command: Command, tool: str = "callgrind") -> int:
    """Count the instructions of a program and all its children.

    Args:
        command: The program.
        tool: One of ``TOOLS``.
    """
    with tempfile.TemporaryDirectory() as directory:
        out = f"--{tool}-out-file={directory}/out.%p"
        # Debian's is a script that sets LD_LIBRARY_PATH, which decides about an interpreter: nothing is as it was then
        valgrind = shutil.which("valgrind.bin") or "valgrind"
        command.run(valgrind, *TOOLS[tool], "--trace-children=yes", f"--log-file={directory}/log.%p", out)
        return sum(_total(path) for path in Path(directory).glob("out.*"))


def _total(path: Path) -> int:
    # callgrind writes "totals:" at the end, cachegrind "summary:"
    found = re.findall(r"^(?:totals|summary): +(\d+)", path.read_text("utf-8", "replace"), re.MULTILINE)
    return int(found[-1]) if found else 0


_CALLS: Final = (
    "execve,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "write,pwrite64,writev,sendfile,copy_file_range"
)
_LINE: Final = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\((?P<rest>.*)\) += (?P<result>-?\d+)")
_PART: Final = re.compile(r"^(?P<pid>\d+) +(?P<text>.*) <unfinished \.\.\.>$")
_REST: Final = re.compile(r"^(?P<pid>\d+) +<\.\.\. \w+ resumed>(?P<text>.*)$")
_TEXT: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FILE: Final = re.compile(r"\d+<(/[^>]*)>")


def written(command: Command) -> Written:
    """Run a program under strace, and tell what it started and wrote."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory, "log")
        command.run(
            "strace",
            "-f",
            "-qq",
            "-y",
            "-s",
            "4096",
            "--seccomp-bpf",
            "-e",
            f"trace={_CALLS}",
            "-e",
            "signal=none",
            "-o",
            log,
        )
        return read_log(log.read_text("utf-8", "replace"))


def read_log(text: str) -> Written:
    """Read what strace wrote down.

    Args:
        text: Lines of ``strace -f -y -o``.
    """
    started: dict[str, str] = {}
    paths: set[str] = set()
    total = 0
    begun: dict[str, str] = {}
    for line in text.splitlines():
        if part := _PART.match(line):
            begun[part["pid"]] = part["text"]
            continue
        if rest := _REST.match(line):
            line = f"{rest['pid']} {begun.pop(rest['pid'], '')}{rest['text']}"
        found = _LINE.match(line)
        if found is None or int(found["result"]) < 0:
            continue
        call, rest_of_call = found["call"], found["rest"]
        if call == "execve":
            started[found["pid"]] = os.path.basename(_TEXT.findall(rest_of_call)[0])
        elif call in {"write", "pwrite64", "writev", "sendfile", "copy_file_range"}:
            target = _target(call, rest_of_call)
            total += int(found["result"]) if target is not None and _is_kept(target) else 0
        elif call in {"open", "openat", "creat"}:
            if call == "creat" or re.search(r"\bO_(WRONLY|RDWR)\b", rest_of_call):
                path = _FILE.search(line, found.end("rest"))
                paths |= {path[1]} if path is not None and _is_kept(path[1]) else set()
        else:
            paths.add(_TEXT.findall(rest_of_call)[-1])
    return Written(programs=tuple(started.values()), files=len(paths), bytes=total)


def _target(call: str, arguments: str) -> str | None:
    files = [match[1] for match in _FILE.finditer(_TEXT.sub("", arguments))]
    if call == "copy_file_range":
        return files[-1] if len(files) == 2 else None
    first = _FILE.match(arguments)
    return first[1] if first is not None else None


def _is_kept(path: str) -> bool:
    return not path.startswith(("/dev/", "/proc/"))


_SPENT: Final = """\
import json, os, sys, time
start = time.perf_counter()
child = os.spawnve(os.P_NOWAIT, sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - start
with open(sys.argv[1], "w") as file:
    json.dump({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024}, file)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a program and its children took.

    Attributes:
        wall: Seconds by the clock.
        cpu: Seconds of processors.
        peak: Peak of resident memory of the largest process, in bytes.
    """

    wall: float
    cpu: float
    peak: int


def spent(command: Command) -> Spent:
    """Run a program, and tell what it took.

    Raises:
        UncountableError: Where it fails.
    """
    with tempfile.TemporaryDirectory() as directory:
        note = Path(directory, "spent")
        # what this process has in memory would count for a child that it forks: a small one stands between
        command.run(sys.executable, "-I", "-S", "-c", _SPENT, note)
        return Spent(**json.loads(note.read_text("ascii")))
