"""Asking an interpreter what it sees (edge).

Only the environment's own interpreter, run with the variables that its commands will get, knows its ``sys.path``:
``.pth`` files, ``sitecustomize``, the user site and a distribution's several site directories all take part. So it is
asked, in every run, and the answer is never cached.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .errors import EnvironmentProblem
from .inventory import classify
from .records import Interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT: Final = 60.0
"""Seconds after which an interpreter that does not answer counts as hung."""


class Probe:
    """One question to one interpreter, asked in the background so that other work can go on meanwhile."""

    def __init__(self, python: Path, environment: Mapping[str, str], *, full: bool) -> None:
        """Start the interpreter.

        Args:
            python: The interpreter.
            environment: The variables that the environment's commands get.
            full: Whether the marker environment and the install paths are wanted too, which takes longer.

        Raises:
            EnvironmentProblem: When it can't be started.
        """
        self._python = python
        self.full = full
        self._fence = f"sitediff-{secrets.token_hex(8)}"
        script = Path(__file__).with_name("_probe_script.py").read_text(encoding="utf-8")
        try:
            self._process = subprocess.Popen(
                [os.fspath(python), "-c", script, self._fence, "full" if full else "light"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # reading the base must not write bytecode into it
                env={**environment, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
            )
        except (OSError, ValueError) as error:
            raise EnvironmentProblem(
                f"the interpreter {python} can't be started ({error}); check base_python, or recreate the environment"
            ) from error

    def cancel(self) -> None:
        """Stop the interpreter and forget the question."""
        self._process.kill()
        self._process.communicate()

    def answer(self, timeout: float = TIMEOUT) -> Interpreter:
        """Wait for the answer.

        Args:
            timeout: Seconds to wait.

        Returns:
            What the interpreter said of itself.

        Raises:
            EnvironmentProblem: When it crashes, hangs or does not answer in the expected form.
        """
        try:
            out, err = self._process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.cancel()
            raise EnvironmentProblem(
                f"the interpreter {self._python} did not answer within {timeout:g} seconds; "
                "look at what its sitecustomize and .pth files do at start-up"
            ) from None
        parts = out.decode("utf-8", "replace").split(self._fence)
        if self._process.returncode or len(parts) != 3:  # noqa: PLR2004
            tail = err.decode("utf-8", "replace").strip().splitlines()
            why = f"exit status {self._process.returncode}" if self._process.returncode else "no answer on its output"
            raise EnvironmentProblem(
                f"the interpreter {self._python} can't be asked for its sys.path ({why}"
                f"{': ' + printable(tail[-1]) if tail else ''}); try: {self._python} -c pass"
            )
        try:
            return self._interpret(json.loads(parts[1]))
        except (ValueError, KeyError, TypeError) as error:
            raise EnvironmentProblem(
                f"the interpreter {self._python} answered in an unknown form ({error!r})"
            ) from error

    def _interpret(self, data: dict[str, object]) -> Interpreter:
        def text(name: str) -> str:
            value = data[name]
            if not isinstance(value, str):
                raise TypeError(name)
            return value

        def texts(name: str) -> list[str]:
            value = data[name]
            if not isinstance(value, list):
                raise TypeError(name)
            return [item for item in value if isinstance(item, str)]

        prefix = text("prefix")
        user = data["user"]
        sites = texts("sites")
        # a prefix of its own is what makes an environment: without one, nothing in the path is the environment's
        own = frozenset(
            path
            for path in (*texts("paths"), *sites)
            if prefix != data["base_prefix"]
            and (path == prefix or (path in sites and path.startswith(prefix + os.sep)))
        )
        markers = data.get("markers", {})
        return Interpreter(
            executable=text("executable"),
            version=text("version"),
            implementation=text("implementation"),
            prefix=prefix,
            base_prefix=text("base_prefix"),
            base_executable=text("base_executable"),
            layers=classify(
                texts("paths"),
                own=own,
                user=user if isinstance(user, str) else None,
                base=frozenset(path for path in sites if path not in own),
            ),
            markers={str(name): str(value) for name, value in markers.items()} if isinstance(markers, dict) else {},
            purelib=text("purelib") if self.full else "",
            scripts=text("scripts") if self.full else "",
            foreign_finders=bool(data["finders"]),
        )


def probe(python: Path, environment: Mapping[str, str], *, full: bool = True, timeout: float = TIMEOUT) -> Interpreter:
    """Ask an interpreter what it sees, and wait for the answer; see `Probe`."""
    return Probe(python, environment, full=full).answer(timeout)


def printable(text: str, limit: int = 300) -> str:
    """Make foreign text safe to show: control characters and terminal escapes become visible, length is bounded."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[:limit]}..."
