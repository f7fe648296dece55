"""What the end-to-end tests stand on: projects to run tox in, finished runs, and a uv that tells how it was called."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from support.bases.made import clean_environment, measured, uv_program
from support.index import BACKEND
from tox_sitediff.core.record import from_json

if TYPE_CHECKING:
    from support.bases.made import Base
    from support.index import Index
    from tox_sitediff.core.record import Record


IN_BASE = (
    "dates==2.8.0",
    "frame==2.1.0",
    "hooks==1.0",
    "meter==7.0",
    "numlib==1.26.0",
    "plotter==3.8.0",
    "runner==7.4.0",
    "unrelated==1.0",
    "backend==1.0",
    "pip",
)
"""What the rich base of these tests holds."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run of tox."""

    code: int
    out: str
    err: str

    def ok(self) -> Run:
        """Make sure that it went well."""
        assert self.code == 0, f"{self.out}\n{self.err}"
        return self

    def failed(self) -> Run:
        """Make sure that it failed, with a message rather than a traceback."""
        assert self.code != 0, self.out
        assert "Traceback" not in self.out + self.err, f"{self.out}\n{self.err}"
        return self

    def lines(self, text: str) -> list[str]:
        """All lines that hold a text."""
        return [line for line in (self.out + self.err).splitlines() if text in line]

    def table(self) -> list[list[str]]:
        """The rows of the table at the end, without its head."""
        lines = self.out.splitlines()
        heads = [at for at, line in enumerate(lines) if line.split()[: len(TABLE_HEAD)] == TABLE_HEAD]
        assert len(heads) <= 1, self.out
        return [re.split(r"\s{2,}", line) for line in lines[heads[0] + 1 :] if "  " in line.strip()] if heads else []


TABLE_HEAD = ["environment", "reused", "installed", "size", "saved"]


@dataclass(kw_only=True)
class Project:
    """A directory to run tox in."""

    root: Path
    base: Base
    index: Index
    family: str
    variables: dict[str, str] = field(default_factory=dict)
    programs: Path = Path(sys.executable).parent
    """Where tox lies."""

    def write(self, path: str, text: str) -> Path:
        """Write a file, its text without common indentation."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    def ini(self, testenv: str, *, tox: str = "no_package = true", rest: str = "") -> None:
        """Write a ``tox.ini`` over the base: the lines of its ``testenv``, its ``tox`` and of further sections."""
        head = _lines(tox) if "env_list" in tox else ["env_list = a", *_lines(tox)]
        lines = ["[tox]", *head, "[testenv]", f"base_python = {self.base.python}", *_lines(testenv)]
        self.write("tox.ini", "\n".join([*lines, *_lines(rest), ""]))

    def package(self, project: str = "", *, build: str = 'requires = []\nbackend-path = ["."]', rest: str = "") -> None:
        """Write a package ``demo`` that is built by a backend of its own."""
        lines = ["[build-system]", 'build-backend = "backend"', *_lines(build)]
        lines += ["[project]", 'name = "demo"', 'version = "1.0"', *_lines(project), *_lines(rest), ""]
        self.write("pyproject.toml", "\n".join(lines))
        self.write("src/demo/__init__.py", "VALUE = 1\n")
        if "backend-path" in build:
            self.write("backend.py", BACKEND)

    def tox(self, *arguments: str, **variables: str) -> Run:
        """Run tox, and wait for it."""
        program = shutil.which("tox", path=str(self.programs))
        command = [program] if program else [sys.executable, "-m", "tox"]
        done = subprocess.run(
            [*command, *arguments],
            cwd=self.root,
            env=self.environment() | variables,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Run(code=done.returncode, out=done.stdout, err=done.stderr)

    def environment(self) -> dict[str, str]:
        """The variables for tox: the index of the tests, no configuration of this machine's user."""
        return {
            **clean_environment(),
            **measured(),
            **self.index.variables(),
            "TOX_DISABLED_EXTERNAL_PLUGINS": "" if self.family == "tox-uv" else "tox-uv",
            "UV_PYTHON_DOWNLOADS": "never",
            **self.variables,
        }

    # --- what is on disk after

    def directory(self, env: str = "a") -> Path:
        """The directory of an environment."""
        return self.root / ".tox" / env

    def record(self, env: str = "a") -> Record:
        """The record of an environment."""
        return from_json(self.record_object(env))

    def record_object(self, env: str = "a") -> object:
        """The same, as it stands in its file."""
        return json.loads((self.directory(env) / "sitediff.json").read_text(encoding="utf-8"))

    def site(self, env: str = "a") -> Path:
        """The site-packages of an environment."""
        return next((self.directory(env) / "lib").glob("python*/site-packages"))

    def installed(self, env: str = "a") -> dict[str, str]:
        """The distributions that lie in an environment itself, by name: their versions."""
        names = [path.name.removesuffix(".dist-info") for path in self.site(env).glob("*.dist-info")]
        return dict(sorted((name.rpartition("-")[0], name.rpartition("-")[2]) for name in names))

    def scripts(self, env: str = "a") -> set[str]:
        """The programs of an environment, but for its interpreter and what activates it."""
        ignored = re.compile(r"python.*|pypy.*|activate.*|deactivate.*|pydoc.*")
        return {path.name for path in (self.directory(env) / "bin").iterdir() if not ignored.fullmatch(path.name)}

    def reused(self, env: str = "a") -> dict[str, str]:
        """What the record says of the base, by name: the versions."""
        return {item.name: item.version for item in self.record(env).reused}

    def see(self, code: str, env: str = "a") -> str:
        """Run code in an environment as it is, and return what it prints."""
        python = self.directory(env) / "bin" / "python"
        return subprocess.run(
            [python, "-B", "-c", code], env=clean_environment(), capture_output=True, text=True, check=True
        ).stdout.strip()


def make_project(directory: Path, base: Base, index: Index, family: str) -> Project:
    """Make a directory for a project below another one."""
    root = directory / "project"
    root.mkdir()
    return Project(root=root, base=base, index=index, family=family)


def _lines(text: str) -> list[str]:
    return textwrap.dedent(text).strip("\n").splitlines()


class SpyUv:
    """A uv in the way of the real one, which notes how it is called and can refuse to install."""

    def __init__(self, directory: Path) -> None:
        """Make it, with a module ``uv`` that leads to it."""
        self._log = directory / "log"
        self._refuse = directory / "refuse"
        self.program = program = directory / "uv"
        module = directory / "path" / "uv"
        module.mkdir(parents=True)
        (module / "__init__.py").write_text(f"def find_uv_bin():\n    return {str(program)!r}\n", "utf-8")
        program.write_text(
            "#!/bin/sh\n"
            f'echo "$@" >>{self._log}\n'
            f'if [ "$1" = pip ] && [ -e {self._refuse} ]; then echo refused >&2; exit 9; fi\n'
            f'exec {uv_program()} "$@"\n',
            "utf-8",
        )
        program.chmod(0o755)
        self.variables = {"PYTHONPATH": str(module.parent)}

    def refuse(self) -> None:
        """From now on ``uv pip`` fails."""
        self._refuse.touch()

    def kill(self, moment: str, pid: Path) -> None:
        """From now on a process dies, whose id stands in a file, when uv is called with words that fit a pattern."""
        self._before(f'case "$*" in {moment}) kill -9 "$(cat {pid})"; exit 1;; esac')

    def grow_old(self) -> None:
        """From now on it is a uv that does not know what the plugin needs."""
        self._before(
            'if [ "$1" = --version ]; then echo uv 0.4.1; exit; fi\n'
            """case "$*" in *--output-format*) echo "unexpected argument '--output-format'" >&2; exit 2;; esac"""
        )

    def _before(self, lines: str) -> None:
        text = self.program.read_text("utf-8")
        self.program.write_text(text.replace("exec ", f"{lines}\nexec "), "utf-8")

    def installs(self) -> list[str]:
        """Each call of ``uv pip`` so far."""
        text = self._log.read_text("utf-8") if self._log.exists() else ""
        return [line for line in text.splitlines() if "pip" in line.split()]
