"""One directory for all that demo.py and check.py make: environments, caches, temporary files, a log."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)

if sys.version_info < OLDEST:  # a sentence instead of a traceback
    sys.exit(f"tox-sitediff needs Python 3.11 or newer, and this is {sys.version_info[0]}.{sys.version_info[1]}")

_MARKER = "made-by-tox-sitediff.txt"
_UNWANTED = re.compile(
    r"PYTHONPATH|PYTHONHOME|PYTHONSAFEPATH|VIRTUAL_ENV|__PYVENV_LAUNCHER__"
    r"|PIP_(USER|TARGET|PREFIX|ROOT|REQUIRE_VIRTUALENV)|UV_(SYSTEM_PYTHON|PYTHON|PROJECT_ENVIRONMENT)"
    r"|TOX_(?!SITEDIFF).*"
)
_UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError|dns error|error sending request"
    r"|Temporary failure in name resolution|Network is unreachable|Connection refused"
)


class StepError(Exception):
    """What went wrong, in one line for the user."""


class Workspace:
    """A directory that can be deleted at any time, and the processes that write nowhere else."""

    def __init__(self, directory: Path, *, fresh: bool) -> None:
        """Make the directory, or take it up where the last run left it.

        Raises:
            StepError: it holds something that was not made here.
        """
        self.directory = directory.resolve()
        self.log = self.directory / "log.txt"
        marker = self.directory / _MARKER
        try:
            if self.directory.exists() and any(self.directory.iterdir()) and not marker.is_file():
                raise StepError(
                    f"{self.directory} holds other things (there is no {_MARKER}): name another --directory"
                )
            if fresh and marker.is_file():
                _empty(self.directory)
            self.temporary = self.directory / "tmp"
            self.temporary.mkdir(parents=True, exist_ok=True)
            marker.write_text(
                "Made by tox-sitediff's demo.py or check.py. Delete this directory at any time.\n", "utf-8"
            )
            (self.directory / ".gitignore").write_text("*\n", "utf-8")
            # uv takes the nearest project above for the one that is meant: what is made in here is not this checkout's
            (self.directory / "pyproject.toml").write_text(
                '[project]\nname = "workspace"\nversion = "0"\n[tool.uv]\nmanaged = false\n', "utf-8"
            )
            self.log.write_text("", "utf-8")
        except OSError as error:
            raise StepError(f"can't use {self.directory}: {error}") from error
        self.variables = self._variables()

    def _variables(self) -> dict[str, str]:
        """The user's variables, without what leads astray, and with every cache in here."""
        cache = self.directory / "cache"
        return {name: value for name, value in os.environ.items() if not _UNWANTED.fullmatch(name)} | {
            "PIP_CACHE_DIR": str(cache / "pip"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PYTHONDONTWRITEBYTECODE": "1",  # neither into the checkout nor into the base
            "TEMP": str(self.temporary),
            "TMP": str(self.temporary),
            "TMPDIR": str(self.temporary),
            "UV_CACHE_DIR": str(cache / "uv"),
            "UV_PYTHON_DOWNLOADS": "never",
            "VIRTUALENV_OVERRIDE_APP_DATA": str(cache / "virtualenv"),
            "XDG_CACHE_HOME": str(cache),
        }

    def run(self, *command: str | Path, cwd: Path | None = None) -> int:
        """Run a command with its output on ours, and return its exit code."""
        sys.stdout.flush()
        return subprocess.run(command, env=self.variables, cwd=cwd, check=False).returncode

    def tee(self, *command: str | Path, cwd: Path | None = None) -> tuple[int, str]:
        """Run a command with its output on ours; return its exit code, and the last line that it printed."""
        sys.stdout.flush()
        last, begun = b"", b""
        with subprocess.Popen(command, env=self.variables, cwd=cwd, stdout=subprocess.PIPE) as process:
            while process.stdout and (chunk := os.read(process.stdout.fileno(), 65536)):
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
                *lines, begun = (begun + chunk).split(b"\n")
                last = next((line for line in reversed(lines) if line.strip()), last)
        return process.returncode, (begun if begun.strip() else last).decode("utf-8", "replace").rstrip("\r")

    def step(self, *command: str | Path, cwd: Path | None = None, path: Path | None = None) -> str:
        """Run a command that has to work, with its output in the log; return what it printed.

        Args:
            command: what to run.
            cwd: where to run it, if not in the workspace.
            path: a directory of modules that the command can import.

        Raises:
            StepError: it did not work.
        """
        variables = self.variables | ({"PYTHONPATH": str(path)} if path else {})
        words = [str(word) for word in command]
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(words)}\n")
            try:
                done = subprocess.run(
                    words,
                    env=variables,
                    cwd=cwd or self.directory,
                    input="",
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    encoding="utf-8",
                    errors="replace",
                    check=False,
                )
            except OSError as error:
                raise StepError(f"can't run {words[0]}: {error.strerror}") from error
            log.write(f"{done.stdout}\n")
        if done.returncode:
            lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
            last = "the package index can't be reached" if _UNREACHABLE.search(done.stdout) else (lines or ["?"])[-1]
            raise StepError(f"{last} (exit {done.returncode}, details: {self.log})")
        return done.stdout

    def environment(self, name: str) -> Path:
        """A virtual environment with pip, made of the running Python; its interpreter."""
        target = self.directory / name
        python = interpreter(target)
        made_of = f"{sys.executable} {sys.version}"
        if not (python.exists() and stamped(target, "made-of", made_of)):
            self._make_environment(target)
            stamp(target, "made-of", made_of)
        return python

    def _make_environment(self, target: Path) -> None:
        """By what there is: Debian's Python, for one, comes without half of venv."""
        ways: list[tuple[str | Path, ...]] = [(sys.executable, "-m", "venv", target)]
        if importlib.util.find_spec("virtualenv"):
            ways.append((sys.executable, "-m", "virtualenv", target))
        uv = shutil.which("uv")
        if uv:
            ways.append((uv, "venv", "--seed", "--python", sys.executable, target))
        for way in ways:
            shutil.rmtree(target, ignore_errors=True)
            try:
                self.step(*way)
            except StepError:
                continue
            return
        if not importlib.util.find_spec("pip"):
            raise StepError(
                f"{sys.executable} has neither venv nor pip: install python3-venv (Debian, Ubuntu) or virtualenv"
            )
        tools = self.directory / "virtualenv"
        self.step(sys.executable, "-m", "pip", "install", "--upgrade", "--target", tools, "virtualenv")
        shutil.rmtree(target, ignore_errors=True)
        self.step(sys.executable, "-m", "virtualenv", target, path=tools)

    def install(self, python: Path, arguments: Sequence[str | Path], *, editable: bool = False) -> None:
        """Run pip in the checkout, unless the same was installed from the same sources before.

        Args:
            python: Whose environment.
            arguments: Of ``pip install``.
            editable: Whether the modules stay in the checkout: then they do not count as sources.
        """
        target = python.parent.parent
        wanted = "\n".join([*map(str, arguments), _sources(editable=editable)])
        if not stamped(target, "installed", wanted):
            self.step(python, "-m", "pip", "install", *arguments, cwd=ROOT)
            stamp(target, "installed", wanted)


def _empty(directory: Path) -> None:
    """Delete what is in there, but not the marker: an interrupted deletion can then be taken up again."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != _MARKER:
            path.unlink()


def interpreter(environment: Path) -> Path:
    """Where a virtual environment keeps its python."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stamped(directory: Path, name: str, text: str) -> bool:
    """Tell whether this was written down here before."""
    file = directory / f"{name}.txt"
    return file.is_file() and file.read_text("utf-8") == text


def stamp(directory: Path, name: str, text: str) -> None:
    """Write down what was done, after it was done."""
    (directory / f"{name}.txt").write_text(text, "utf-8")


def _sources(*, editable: bool) -> str:
    """A hash of all that an installation of the checkout depends on."""
    files = [ROOT / "pyproject.toml", ROOT / "README.md", *([] if editable else sorted((ROOT / "src").rglob("*")))]
    state = hashlib.sha256()
    for file in files:
        if file.is_file() and file.suffix != ".pyc":
            state.update(file.relative_to(ROOT).as_posix().encode() + b"\0")
            state.update(file.read_bytes() + b"\0")
    return state.hexdigest()


@contextmanager
def timed(title: str) -> Iterator[None]:
    """Say what is being done, and when it is done how long it took."""
    started = time.monotonic()
    print(f"{title} ...", end="", flush=True)
    try:
        yield
    except BaseException:
        print()
        raise
    print(f" {time.monotonic() - started:.1f} s")
