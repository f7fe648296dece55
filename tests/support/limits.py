"""Programs that can hang for no fault of ours: a limit for each and for all together, and a sure end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, Protocol, TypeVar, cast

import pytest

from support.projects import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import IO

P = ParamSpec("P")
_PAUSE: Final = 0.02
_KILLING: Final = 10


class HungError(Exception):
    """A program was still running at its limit, and was ended."""


class SpentError(Exception):
    """The time that all programs together may take is used up."""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What some programs may take together, whichever process of a test run starts them.

    Attributes:
        file: Where it is noted what was taken.
        seconds: How long they may run in all.
    """

    file: Path
    seconds: float

    def left(self) -> float:
        """Tell how many seconds are left.

        Raises:
            SpentError: When none are.
        """
        taken = sum(map(float, self.file.read_text("ascii").split())) if self.file.exists() else 0
        if taken >= self.seconds:
            raise SpentError(f"the {self.seconds:.0f} seconds for all of them are used up")
        return self.seconds - taken

    def take(self, seconds: float) -> None:
        """Note what a program took."""
        with self.file.open("a", encoding="ascii") as file:
            file.write(f"{seconds:.2f}\n")


def run_limited(
    command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path, seconds: float, end: Callable[[], None]
) -> Run:
    """Run a program with empty input, and wait until it ends, not for others that hold its output open.

    Args:
        command: The program, and its arguments.
        env: All of its variables.
        cwd: Where.
        seconds: When to give up.
        end: Ends what the program started elsewhere; called where it did not end by itself.

    Raises:
        HungError: It did not end; it was killed, with its process group.
    """
    until = time.monotonic() + seconds
    with subprocess.Popen(
        command,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.close()
        out, err = bytearray(), bytearray()
        for stream in (process.stdout, process.stderr):
            os.set_blocking(stream.fileno(), False)
        try:
            ended = False
            while not ended:
                ended = process.poll() is not None  # before reading: what it wrote is in the pipes then
                _drain(process.stdout, out)
                _drain(process.stderr, err)
                if not ended and time.monotonic() > until:
                    words = " ".join(map(str, command))
                    said = (out + err).decode("utf-8", "replace").strip()
                    raise HungError(f"still running after {seconds:.0f} seconds: {words}\n{said or 'no output'}")
                time.sleep(0 if ended else _PAUSE)
        finally:
            if process.poll() is None:  # the person at the keyboard may have had enough, too
                end()
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    texts = (bytes(said).decode("utf-8", "replace").replace("\r\n", "\n") for said in (out, err))
    return Run(code=process.returncode, out=next(texts), err=next(texts))


def _drain(stream: IO[bytes], said: bytearray) -> None:
    with suppress(BlockingIOError):
        while chunk := os.read(stream.fileno(), 65536):
            said += chunk


def all_with(variable: str) -> list[int]:
    """Find all processes that were started with a variable, wherever in the tree of processes they are.

    They are looked for in ``/proc``, so on Linux alone.

    Args:
        variable: ``NAME=value``.
    """
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or is another user's
            if os.fsencode(variable) in (directory / "environ").read_bytes().split(b"\0"):
                found.append(int(directory.name))
    return [number for number in found if number != os.getpid()]


def kill_all_with(variable: str) -> None:
    """Kill all processes that were started with a variable, and those that they start meanwhile."""
    until = time.monotonic() + _KILLING
    while (found := all_with(variable)) and time.monotonic() < until:
        for number in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
        time.sleep(_PAUSE)


class Machine(Protocol):
    """What can hang."""

    def works(self) -> bool:
        """Tell whether it runs a program at all."""
        ...


M = TypeVar("M", bound=Machine)


def once_more(test: Callable[Concatenate[Path, M, P], None]) -> Callable[Concatenate[Path, M, P], None]:
    """Give a test a second directory and a second try where a program hung; what fails, fails at once.

    A test that hangs twice fails too, for the fault may be ours; but where nothing works any more, or no time is left,
    it is skipped. All of this is said.

    Args:
        test: A test that takes ``tmp_path``, and after it what runs its programs, as ``winpython``.
    """

    @wraps(test)
    def tried(tmp_path: Path, winpython: M, *args: P.args, **kwargs: P.kwargs) -> None:
        hung = ""
        for attempt in ("first", "second"):
            try:
                (tmp_path / attempt).mkdir()
                return test(tmp_path / attempt, winpython, *args, **kwargs)
            except HungError as error:
                hung = f"{error}"
                warnings.warn(f"the {attempt} try hung: {hung}", stacklevel=2)
            except SpentError as error:
                pytest.skip(f"not tried to the end, which is no fault of what is tested: {error}; {hung}")
        if winpython.works():
            pytest.fail(f"hung twice, where other programs run: {hung}")
        pytest.skip(f"nothing runs any more, which is no fault of what is tested: {hung}")

    return cast("Callable[Concatenate[Path, M, P], None]", tried)  # pytest gives what it takes by name
