"""The interpreters of this machine, for tests that need more than their own."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

SUPPORTED: Final = tuple(f"3.{minor}" for minor in range(8, 16))
SYSTEM: Final = Path("/usr/bin/python3")
"""The interpreter of the operating system, often a rich base with metadata of all kinds."""
MISSING: Final = """\
import importlib.metadata as metadata
def has(name):
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False
print(*(name for name in %r if not has(name)))
"""
"""A script that prints which of some distributions are not installed."""


@functools.cache
def interpreter(version: str) -> Path | None:
    """Find an interpreter of a version (``3.9``, free-threaded ``3.13t``) in PATH, or among those of pyenv."""
    if _answers(Path(sys.executable), version):
        return Path(sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    pattern = f"{version.removesuffix('t')}.*{'t' if version.endswith('t') else ''}/bin/python"
    candidates = [*sorted(pyenv.glob(pattern)), shutil.which(f"python{version}")]
    return next((Path(found) for found in candidates if found and _answers(Path(found), version)), None)


def _answers(python: Path, version: str) -> bool:
    # a shim of pyenv exists for versions that it refuses to run
    script = "import sys; print('%d.%d' % sys.version_info[:2] + ('t' if 't' in getattr(sys, 'abiflags', '') else ''))"
    try:
        return run(python, script).strip() == version
    except (OSError, subprocess.SubprocessError):
        return False


def needed(version: str) -> Path:
    """Find an interpreter, or skip the test."""
    if (found := interpreter(version)) is None:
        pytest.skip(f"no Python {version} here")
    return found


def system() -> Path:
    """Return the interpreter of the operating system, or skip the test."""
    if not SYSTEM.exists():
        pytest.skip("no Python of the operating system here")
    return SYSTEM


def variables(**more: str) -> dict[str, str]:
    """Return the variables of this process without those that change what an interpreter sees."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | more


def run(
    python: Path, script: str, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """Run a script, and return what it prints."""
    done = subprocess.run(
        [python, "-c", script, *arguments],
        env={**(variables() if env is None else env), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return done.stdout.decode("utf-8")


def environment(directory: Path, python: Path, *, inherit: bool = True) -> Path:
    """Make a virtual environment without pip, and return its interpreter."""
    options = ["--without-pip", *(["--system-site-packages"] if inherit else [])]
    subprocess.run([python, "-m", "venv", *options, directory], env=variables(), check=True, capture_output=True)
    return directory / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def purelib(python: Path) -> Path:
    """Return where an interpreter's pure packages are installed."""
    return Path(run(python, "import sysconfig; print(sysconfig.get_path('purelib'), end='')"))


def ask(python: Path, script: str, question: str, **more: str) -> str:
    """Run a script that reads a question, and return what it prints."""
    done = subprocess.run(
        [python, "-c", script],
        input=question.encode("ascii"),
        env={**variables(**more), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return done.stdout.decode("utf-8")
