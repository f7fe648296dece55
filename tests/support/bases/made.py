"""Base interpreters that tests make, and may fill."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.index import Index


_ASK = """\
import ctypes, sys, sysconfig
print(sys.base_prefix, sysconfig.get_path("purelib"), sysconfig.get_path("scripts"), sep="\\n")
"""


_ASK_SOURCE = """\
import os, sys, sysconfig
standard = sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix})
print(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable), standard, sep="\\n")
"""


class Base:
    """A base interpreter of its own: a prefix with some Python's standard library, and nothing else of it."""

    def __init__(self, prefix: Path, *, of: Path | None = None, copy: bool = False) -> None:
        """Make the prefix: a copy of the program, and the standard library.

        Args:
            prefix: Where to.
            of: The interpreter that it is made of; without, the running one.
            copy: Whether the standard library is copied (but for its tests); otherwise there are links to it.

        Raises:
            RuntimeError: When that Python can't be set up in another place.
        """
        self.prefix = prefix
        source = _ask(of or Path(sys.executable), _ASK_SOURCE)
        real, standard = map(Path, source)
        program = standard.name  # python3.12, python3.13t
        library = prefix / "lib" / program
        library.mkdir(parents=True)
        (prefix / "bin").mkdir()
        self.python = prefix / "bin" / program
        shutil.copy2(real, self.python)
        for name in ("python3", "python"):
            (prefix / "bin" / name).symlink_to(program)
        unwanted = {"site-packages", "dist-packages", "EXTERNALLY-MANAGED", "sitecustomize.py"}
        unwanted |= {"test", "idlelib", "tkinter"} if copy else set()
        for path in standard.iterdir():
            if path.name not in unwanted and not (copy and path.name.startswith("config-")):
                _take(path, library / path.name, copy=copy)
        for path in (real.parent.parent / "lib").glob("libpython*[!a]"):
            _take(path, prefix / "lib" / path.name, copy=copy)
        for path in library.glob("_sysconfigdata*.py") if copy else ():  # it names the place that it was built for
            path.write_text(path.read_text("utf-8").replace(f"{real.parent.parent}/", f"{prefix}/"), "utf-8")
        found = _ask(self.python, _ASK)
        if found[0] != str(prefix):
            raise RuntimeError(f"{real} does not work in another place: {found}")
        self.site, self.scripts = map(Path, found[1:])
        self.site.mkdir(parents=True, exist_ok=True)

    def install(self, index: Index, *requirements: str) -> None:
        """Install into the base, as its owner would."""
        self._uv(index, "install", "--link-mode=copy", "--no-index", "--find-links", index.directory, *requirements)

    def uninstall(self, index: Index, *names: str) -> None:
        """Uninstall from the base, as its owner would."""
        self._uv(index, "uninstall", *names)

    def _uv(self, index: Index, verb: str, *arguments: str | Path) -> None:
        subprocess.run(
            [uv_program(), "pip", verb, "--python", self.python, "--cache-dir", index.directory / ".cache", *arguments],
            env=clean_environment(),
            check=True,
            capture_output=True,
        )

    def tree(self) -> dict[str, tuple[int, int]]:
        """All that may change: size and time of each file below the prefix."""
        found = {}
        for root, directories, names in os.walk(self.prefix):
            for name in (*directories, *names):
                path = Path(root, name)
                status = path.lstat()
                found[str(path.relative_to(self.prefix))] = (status.st_size, status.st_mtime_ns)
        return found

    def digest(self) -> str:
        """A hash of each file of the prefix itself, with its name."""
        state = hashlib.sha256()
        for path in sorted(self.prefix.rglob("*")):
            state.update(f"{path.relative_to(self.prefix)}\0{path.is_symlink()}\0".encode())
            if path.is_file() and not path.is_symlink():
                state.update(path.read_bytes())
        return state.hexdigest()


@contextmanager
def untouched(prefix: Path, index: Index, *requirements: str) -> Iterator[Base]:
    """Make a base with these distributions, which is the same at the end, byte by byte."""
    base = Base(prefix)
    base.install(index, *requirements)
    before = base.digest()
    yield base
    assert base.digest() == before


def _take(path: Path, target: Path, *, copy: bool) -> None:
    if not copy:
        target.symlink_to(path)
    elif path.is_dir():
        shutil.copytree(path, target, symlinks=True, ignore=shutil.ignore_patterns("test", "tests"))
    else:
        shutil.copy2(path, target)


def _ask(python: Path, script: str) -> list[str]:
    done = subprocess.run([python, "-c", script], env=clean_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{python} does not work: {done.stdout}{done.stderr}")
    return done.stdout.splitlines()


class MakeBase(Protocol):
    """Makes a base interpreter that a test may change."""

    def __call__(self, *requirements: str) -> Base:
        """Make it, with these distributions."""
        ...


def clean_environment() -> dict[str, str]:
    """The variables of this process, without what would lead tox, pip, uv or Python astray.

    Nor what tells tox that it runs in continuous integration (``tox.util.ci``), where it does more.
    """
    unwanted = re.compile(
        r"(TOX|UV|PIP|PYTHON|PYTEST|COV|VIRTUALENV|CONDA|XDG)_?.*|VIRTUAL_ENV|_PYTEST.*|CI|CIRCLECI|CIRRUS_CI|GITLAB_CI|"
        r"BUILD_ID|BUILDKITE|CODEBUILD_BUILD_ID|GITHUB_ACTIONS|HEROKU_TEST_RUN_ID|TEAMCITY_VERSION|TF_BUILD|TRAVIS|"
        r"bamboo\.buildKey|GITHUB_STEP_SUMMARY|SITEDIFF_SUMMARY"
    )
    return {name: value for name, value in os.environ.items() if not unwanted.fullmatch(name)}


def measured() -> dict[str, str]:
    """What lets a program that a test starts be measured too, where the coverage of this process is."""
    name = "COVERAGE_PROCESS_CONFIG"  # set by coverage: [tool.coverage.run] patch
    return {name: os.environ[name]} if name in os.environ else {}


def uv_program() -> Path:
    """The uv that comes with the package under test."""
    from uv import find_uv_bin

    return Path(find_uv_bin())
