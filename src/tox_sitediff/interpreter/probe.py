"""Asking an interpreter what it sees (edge).

Only the environment's own interpreter, run with the variables that its commands will get, knows its ``sys.path``:
``.pth`` files, ``sitecustomize``, the user site and a distribution's several site directories all take part. So it is
asked, and the answer is not kept: all that a later run of tox can do without it is to see that nothing that decides
about it has changed (`core.fingerprint`).
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core.fields import mapping
from ..core.inventory import classify
from ..core.model import Interpreter
from ..errors import EnvironmentProblem, InterpreterProblem
from ..files import parse_json, read_text
from ..programs import TIMEOUT_VARIABLE, patience
from ..text import printable
from .base import base_interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_INTERRUPTED: Final = frozenset({-2, 0xC000013A})  # on POSIX, on Windows
_ROUND: Final = 0.5
VIEW: Final = re.compile(r"^sitediff-view\s*=\s*true\s*$", re.MULTILINE)
"""A line of ours in ``pyvenv.cfg``: the environment sees of its base what a view shows, and has no access to it."""


def has_view(python: Path) -> bool:
    """Tell whether an interpreter belongs to an environment that sees of its base what a view shows.

    Args:
        python: The interpreter, as it lies in its environment.
    """
    return any(VIEW.search(read_text(at / "pyvenv.cfg", limit=32768) or "") for at in [*python.parents][:2])


_BEGIN: Final = """\
import sys
path, source = sys.argv[3:5]
del sys.argv[3:5]
try:
    with open(path, "rb") as file:
        code = file.read() == source.encode("ascii") and (
            sys.modules["_frozen_importlib_external"].SourceFileLoader("probe_script", path).get_code("probe_script")
        )
except Exception:
    code = None
exec(code or source)
"""
"""Runs our script: from its bytecode, where that Python has some, for to compile it takes longer than to run it.

An interpreter in a container, or of another system, sees other files than we do, or none: it takes what it is told.
"""


def _script() -> tuple[str, str]:
    """Name the script's file, and its source; an import makes bytecode of it, which all of this version can use."""
    from . import probe_script  # whatever else it says, it does nothing when it is imported

    path = Path(__file__).with_name("probe_script.py")
    return probe_script.__file__, path.read_text(encoding="utf-8")


class Probe:
    """One question to one interpreter, asked in the background so that other work can go on meanwhile."""

    def __init__(
        self, python: Path, environment: Mapping[str, str], *, full: bool, behind_own: Sequence[Path] = ()
    ) -> None:
        """Start the interpreter.

        Args:
            python: The interpreter.
            environment: The variables that the environment's commands get.
            full: Whether the marker environment and the install paths are wanted too, which takes longer.
            behind_own: Further site directories; the answer is as if they were stacked behind the environment's own.

        Raises:
            InterpreterProblem: When it can't be started.
        """
        self._python = python
        self._full = full
        self._fence = f"sitediff-{secrets.token_hex(8)}"
        path, source = _script()
        self.asked = time.time_ns()
        """When it was asked, in nanoseconds since the epoch: what is younger may have changed since."""
        try:
            self._process = subprocess.Popen(
                [
                    os.fspath(python),
                    *(["-S"] if has_view(python) else []),
                    "-c",
                    _BEGIN,
                    self._fence,
                    "full" if full else "light",
                    path,
                    source,
                    *map(os.fspath, behind_own),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # reading the base must not write bytecode into it, nor are imports of the start noted
                env={
                    **dict(environment),
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "PYTHONIOENCODING": "utf-8",
                    "TOX_SITEDIFF_VISIBILITY": "base",
                },
            )
        except (OSError, ValueError) as error:
            raise InterpreterProblem(
                f"the interpreter {python} can't be started ({error}); check base_python, or recreate the environment"
            ) from error

    def cancel(self) -> None:
        """Stop the interpreter and forget the question."""
        self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        # what it started may still hold the other ends, so reading on could last for ever
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None and os.name != "nt":  # there threads of `communicate` are reading
                stream.close()

    def answer(self, timeout: float | None = None) -> Interpreter:
        """Wait for the answer.

        Args:
            timeout: Seconds to wait; without, see `patience`.

        Returns:
            What the interpreter said of itself.

        Raises:
            InterpreterProblem: When it crashes, hangs or does not answer in the expected form.
            EnvironmentProblem: When it was interrupted.
        """
        try:
            out, err = self._communicate(patience() if timeout is None else timeout)
        except BaseException:
            self.cancel()
            raise
        found = re.search(f"{self._fence}({{.*}}){self._fence}", out.decode("utf-8", "replace"))
        code = self._process.returncode
        if code or found is None:
            tail = err.decode("utf-8", "replace").strip().splitlines()
            # Ctrl-C reaches the whole process group; early in its start Python ends with status 1
            if code in _INTERRUPTED or (tail and "KeyboardInterrupt" in tail[-1]):
                raise EnvironmentProblem(f"the interpreter {self._python} was interrupted while it was asked")
            died = f"killed by signal {-code}" if code < 0 else f"exit status {code}"
            raise InterpreterProblem(
                f"the interpreter {self._python} can't be asked for its sys.path ("
                f"{died if code else 'no answer on its output'}{': ' + printable(tail[-1]) if tail else ''}); "
                f"mend what its start-up runs (sitecustomize, .pth files), or choose another base_python; "
                f"to see it fail: {self._python} -c pass"
            )
        try:
            return self._interpret(mapping(parse_json(found[1]), "the answer"))
        except (ValueError, KeyError, TypeError) as error:
            raise InterpreterProblem(
                f"the interpreter {self._python} answered in an unknown form ({error!r})"
            ) from error

    def _communicate(self, timeout: float) -> tuple[bytes, bytes]:
        """Read until the interpreter is gone and its output is read, even if something that it started lives on."""
        end = time.monotonic() + timeout
        while True:
            is_gone = self._process.poll() is not None
            try:
                return self._process.communicate(timeout=max(min(_ROUND, end - time.monotonic()), 0.01))
            except subprocess.TimeoutExpired as expired:
                out, err = expired.output or b"", expired.stderr or b""
                if is_gone and out.count(self._fence.encode()) > 1:
                    self._close()
                    return out, err
            if time.monotonic() >= end:
                raise InterpreterProblem(
                    f"the interpreter {self._python} did not answer within {timeout:g} seconds; look at what its "
                    f"sitecustomize and .pth files do at start-up, or allow more with {TIMEOUT_VARIABLE}"
                )

    def _interpret(self, data: Mapping[str, object]) -> Interpreter:
        def text(name: str) -> str:
            value = data[name]
            if not isinstance(value, str):
                raise TypeError(name)
            return _native(value)

        def texts(name: str) -> list[str]:
            value = data[name]
            if not isinstance(value, list):
                raise TypeError(name)
            return [_native(item) for item in value if isinstance(item, str)]

        prefix = text("prefix")
        user = data["user"]
        sites = texts("sites")
        # a prefix of its own is what makes an environment: without one, nothing in the path is the environment's
        own = frozenset(
            path
            for path in (*texts("paths"), *sites)
            if prefix != text("base_prefix")
            and (path == prefix or (path in sites and path.startswith(prefix + os.sep)))
        )
        markers = data.get("markers", {})
        return Interpreter(
            executable=text("executable"),
            version=text("version"),
            implementation=text("implementation"),
            prefix=prefix,
            base_prefix=text("base_prefix"),
            base_executable=base_interpreter(
                executable=text("executable"),
                said=text("base_executable"),
                prefix=prefix,
                base_prefix=text("base_prefix"),
                version=text("version"),
                implementation=text("implementation"),
            ),
            layers=classify(
                texts("paths"),
                own=own,
                user=_native(user) if isinstance(user, str) else None,
                base=frozenset(path for path in sites if path not in own),
            ),
            markers={str(name): str(value) for name, value in markers.items()} if isinstance(markers, dict) else {},
            purelib=text("purelib") if self._full else "",
            platlib=text("platlib") if self._full else "",
            scripts=text("scripts") if self._full else "",
            foreign_finders=bool(data["finders"]),
            decides=tuple(texts("decides")),
            absent=frozenset(texts("absent")),
        )


def probe(
    python: Path, environment: Mapping[str, str], *, full: bool = True, timeout: float | None = None
) -> Interpreter:
    """Ask an interpreter what it sees, and wait for the answer; see `Probe`."""
    return Probe(python, environment, full=full).answer(timeout)


def _native(text: str) -> str:
    """Write a file name as this process does: with another locale, that interpreter may write it otherwise."""
    try:
        return os.fsdecode(os.fsencode(text))
    except UnicodeEncodeError:
        return text
