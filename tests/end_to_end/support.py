"""What the end-to-end tests stand on: tiny wheels, a base interpreter to hold them, projects to run tox in."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from packaging.requirements import Requirement
from wheels import write_wheel

from tox_sitediff.record import from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tox_sitediff.record import Record

WORD = re.compile(r"[-_.]+")

SHOW_PREFIX = "import sys\n\ndef main():\n    print('{name} runs in', sys.prefix, *sys.argv[1:])\n"
"""A console script that tells which interpreter it runs under."""


def normalized(name: str) -> str:
    """The name of a wheel's files."""
    return WORD.sub("_", name).lower()


def make_wheel(
    directory: Path,
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    extras: Mapping[str, Iterable[str]] | None = None,
    entry_points: Mapping[str, str] | None = None,
    modules: Mapping[str, str] | None = None,
) -> Path:
    """Write a wheel.

    Args:
        directory: Where to.
        name: The distribution's name.
        version: Its version.
        requires: Requirements.
        extras: Further requirements, by extra.
        entry_points: Console scripts: name, and ``module:function``.
        modules: Path in the wheel, and content; one module that holds ``__version__`` by default.
    """
    stem = f"{normalized(name)}-{version}"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {line}" for line in requires]
    for extra, lines in (extras or {}).items():
        metadata.append(f"Provides-Extra: {extra}")
        metadata += [f'Requires-Dist: {line}; extra == "{extra}"' for line in lines]
    if modules is None:
        modules = {f"{normalized(name)}.py": f"__version__ = {version!r}\n"}
    lines = "".join(f"{script} = {target}\n" for script, target in (entry_points or {}).items())
    return write_wheel(
        directory,
        stem,
        "\n".join((*metadata, "", "")),
        modules,
        entry_points=f"[console_scripts]\n{lines}" if lines else "",
    )


class Index:
    """A directory of wheels in the place of a package index."""

    def __init__(self, directory: Path) -> None:
        """Make it, with the wheels that most tests use, and beside it a home directory that leads pip here."""
        self.directory = directory
        directory.mkdir()
        self.home = directory.parent / "home"
        settings = self.home / ".config" / "pip" / "pip.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text(f"[global]\nno-index = true\nfind-links = {directory}\n", "utf-8")
        add = self.add
        for version in ("1.26.0", "2.0.0"):
            add("numlib", version)
        for version in ("2.8.0", "2.9.0"):
            add("dates", version)
        add("frame", "2.1.0", requires=["numlib<2", "dates>=2"])
        add("plotter", "3.8.0", requires=["numlib"], extras={"svg": ["svglib>=1"], "pdf": ["dates"]})
        add("svglib", "1.5")
        add(
            "hooks", "1.0", entry_points={"hooks": "hooks:main"}, modules={"hooks.py": SHOW_PREFIX.format(name="hooks")}
        )
        # stands for pytest: a console script of the base, and a distribution that others plug into
        for version in ("7.4.0", "8.0.0"):
            add(
                "runner",
                version,
                requires=["hooks>=1"],
                entry_points={"runner": "runner:main"},
                modules={"runner/__init__.py": RUNNER, "runner/__main__.py": "from runner import main\nmain()\n"},
            )
        add("runner-mock", "3.1", requires=["runner>=5"])
        # stands for coverage: runs another module under the same interpreter
        add(
            "meter",
            "7.0",
            entry_points={"meter": "meter:main"},
            modules={"meter.py": METER},
        )
        add("unrelated", "1.0", entry_points={"unrelated": "unrelated:main"}, modules={"unrelated.py": "main = print"})
        for version in ("1.0", "1.1", "2.0a1"):
            add("tiny", version)
        add("backend", "1.0", modules={"backend.py": BACKEND})

    def add(
        self,
        name: str,
        version: str,
        *,
        requires: Iterable[str] = (),
        extras: Mapping[str, Iterable[str]] | None = None,
        entry_points: Mapping[str, str] | None = None,
        modules: Mapping[str, str] | None = None,
    ) -> Path:
        """Add a wheel."""
        return make_wheel(
            self.directory,
            name,
            version,
            requires=requires,
            extras=extras,
            entry_points=entry_points,
            modules=modules,
        )

    def variables(self) -> dict[str, str]:
        """What leads uv and pip here, and nowhere else."""
        return {
            "HOME": str(self.home),
            "UV_DEFAULT_INDEX": (self.directory / "nothing").as_uri(),
            "UV_FIND_LINKS": str(self.directory),
            "XDG_CONFIG_DIRS": str(self.home / "nothing"),  # what this machine sets for every user of pip
        }

    def wheel(self, name: str, version: str) -> Path:
        """Find a wheel."""
        return self.directory / f"{normalized(name)}-{version}-py3-none-any.whl"


RUNNER = """\
import sys
from importlib import import_module

def main():
    for name in sys.argv[1:]:
        print(name, "is", getattr(import_module(name), "__version__", "there"), "in", import_module(name).__file__)
    print("runner runs in", sys.prefix)
"""

METER = """\
import runpy
import sys

def main():
    print("meter runs in", sys.prefix)
    del sys.argv[:3]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

if __name__ == "__main__":
    main()
"""

BACKEND = '''\
"""A build backend (PEP 517, PEP 660) that packs src/ and reads the static metadata of pyproject.toml."""
import io, os, tarfile, tomllib, zipfile

def project():
    with open("pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]

def stem():
    return f"{project()['name'].replace('-', '_')}-{project()['version']}"

def write(directory, files):
    data = project()
    lines = ["Metadata-Version: 2.1", f"Name: {data['name']}", f"Version: {data['version']}"]
    lines += [f"Requires-Dist: {line}" for line in data.get("dependencies", ())]
    for extra, needed in data.get("optional-dependencies", {}).items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {line}; extra == "{extra}"' for line in needed]
    info = f"{stem()}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": "\\n".join(lines) + "\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: b\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    if scripts := data.get("scripts"):
        body = "".join(f"{name} = {target}\\n" for name, target in scripts.items())
        files[f"{info}/entry_points.txt"] = "[console_scripts]\\n" + body
    files[f"{info}/RECORD"] = "".join(f"{name},,\\n" for name in (*files, f"{info}/RECORD"))
    name = f"{stem()}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name

def sources():
    found = {}
    for root, _, names in os.walk("src"):
        for name in names:
            if name.endswith(".py"):
                path = os.path.join(root, name)
                with open(path) as file:
                    found[os.path.relpath(path, "src")] = file.read()
    return found

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return write(wheel_directory, sources())

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return write(wheel_directory, {f"__editable__{stem()}.pth": os.path.abspath("src") + "\\n"})

def build_sdist(sdist_directory, config_settings=None):
    name = f"{stem()}.tar.gz"
    with tarfile.open(os.path.join(sdist_directory, name), "w:gz") as archive:
        for path in ("pyproject.toml", "src", *(["backend.py"] if os.path.exists("backend.py") else [])):
            archive.add(path, f"{stem()}/{path}")
        text = f"Metadata-Version: 2.1\\nName: {project()['name']}\\nVersion: {project()['version']}\\n".encode()
        member = tarfile.TarInfo(f"{stem()}/PKG-INFO")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return name

def get_requires_for_build_wheel(config_settings=None):
    return []

get_requires_for_build_editable = get_requires_for_build_sdist = get_requires_for_build_wheel
'''


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
        r"bamboo\.buildKey"
    )
    return {name: value for name, value in os.environ.items() if not unwanted.fullmatch(name)}


def uv_program() -> Path:
    """The uv that comes with the package under test."""
    from uv import find_uv_bin

    return Path(find_uv_bin())


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
        heads = [at for at, line in enumerate(lines) if line.split() == TABLE_HEAD]
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
        program = shutil.which("tox", path=str(Path(sys.executable).parent))
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


def pip_wheel() -> Path:
    """The wheel of pip that virtualenv carries for this Python."""
    from virtualenv.seed.wheels.embed import get_embed_wheel

    wheel = get_embed_wheel("pip", f"{sys.version_info[0]}.{sys.version_info[1]}")
    assert wheel is not None
    return Path(wheel.path)


@contextmanager
def repacked(index: Index, name: str) -> Iterator[None]:
    """Put a distribution of this Python and all that it needs into the index for a while, with a link for a uv."""
    wheels: dict[str, Path] = {
        "uv": index.add(
            "uv",
            metadata.version("uv"),
            modules={"uv/__init__.py": f"def find_uv_bin():\n    return {str(uv_program())!r}\n"},
        )
    }
    queue = [Requirement(name)]
    while queue:
        requirement = queue.pop()
        if requirement.name in wheels or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found = metadata.distribution(requirement.name)
        wheels[requirement.name] = _repack(index.directory, found)
        queue += [Requirement(line) for line in found.requires or ()]
    try:
        yield
    finally:
        for wheel in wheels.values():
            wheel.unlink()


def _repack(directory: Path, found: metadata.Distribution) -> Path:
    stem = f"{normalized(found.name)}-{found.version}"
    files = {str(path): Path(str(path.locate())) for path in found.files or () if ".." not in path.parts}
    if any(path.endswith(".pth") for path in files):  # installed as an editable one
        spec = find_spec(normalized(found.name))
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        files |= {str(path.relative_to(package.parent)): path for path in package.rglob("*") if path.is_file()}
    kept = {name: path for name, path in files.items() if not name.endswith((".pyc", ".pth", "RECORD"))}
    wheel = directory / f"{stem}-py3-none-any.whl"
    record = f"{stem}.dist-info/RECORD"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, path in kept.items():
            archive.write(path, name)
        archive.writestr(record, "".join(f"{name},,\n" for name in (*kept, record)))
    return wheel


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
