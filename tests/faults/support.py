"""A bench for one test: a base interpreter of its own, a local index, a project, and tox to run on them.

The base is a prefix that borrows the standard library of the running Python by symbolic links, so it is made in
milliseconds; all that lies in its site-packages is what the test put there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from packaging.utils import canonicalize_name
from wheels import write_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SHORT: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"


class Wheel(TypedDict, total=False):
    """What `wheel` takes beside a name and a version."""

    requires: Iterable[str]
    extras: Iterable[str]
    files: int


class Installation(TypedDict, total=False):
    """What `install` takes beside a name and a version."""

    requires: Iterable[str]
    extras: Iterable[str]
    scripts: Mapping[str, str]
    direct_url: str


def write(path: Path, content: str | bytes = "") -> Path:
    """Write a file, with the directories above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def metadata(name: str, version: str, requires: Iterable[str] = (), extras: Iterable[str] = ()) -> str:
    """Write the METADATA of a distribution."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {line}" for line in requires]
    return "\n".join((*lines, "", ""))


def module(version: str) -> str:
    """Write a module that tells its version."""
    return f"version = {version!r}\n"


def install(
    site: Path,
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    extras: Iterable[str] = (),
    scripts: Mapping[str, str] | None = None,
    direct_url: str | None = None,
) -> Path:
    """Put a distribution into a site directory as an installer would, and return its dist-info."""
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        site / f"{name.replace('-', '_')}.py": module(version),
        folder / "METADATA": metadata(name, version, requires, extras),
        folder / "INSTALLER": "pip\n",
    }
    if scripts:
        lines = [f"{script} = {target}" for script, target in scripts.items()]
        files[folder / "entry_points.txt"] = "\n".join(("[console_scripts]", *lines, ""))
    if direct_url is not None:
        files[folder / "direct_url.json"] = direct_url
    files[folder / "RECORD"] = "".join(
        f"{path.relative_to(site).as_posix()},,\n" for path in (*files, folder / "RECORD")
    )
    for path, text in files.items():
        write(path, text)
    return folder


def wheel(
    directory: Path,
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    extras: Iterable[str] = (),
    files: int = 0,
) -> Path:
    """Make a wheel of one module and so many further files, in an index that can be read from the file system."""
    base = f"{name.replace('-', '_')}-{version}"
    folder = directory / canonicalize_name(name)
    content = {
        f"{name.replace('-', '_')}.py": module(version),
        **{f"{name.replace('-', '_')}_data/{number}.txt": str(number) for number in range(files)},
    }
    path = write_wheel(folder, base, metadata(name, version, requires, extras), content)
    links = "".join(f'<a href="{file.name}">{file.name}</a>\n' for file in sorted(folder.glob("*.whl")))
    write(folder / "index.html", f"<!DOCTYPE html><html><body>\n{links}</body></html>\n")
    return path


def sha256(path: Path) -> str:
    """Hash a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tree_hash(directory: Path) -> str:
    """Hash a tree: names, kinds, modes, contents, times; links are not followed."""
    total = hashlib.sha256()
    for folder, folders, files in os.walk(directory):
        folders.sort()
        for name in sorted((*folders, *files)):
            path = Path(folder, name)
            found = path.lstat()
            total.update(f"{path}|{found.st_mode}|{found.st_mtime_ns}|".encode("utf-8", "surrogateescape"))
            if stat.S_ISLNK(found.st_mode):
                total.update(os.fsencode(path.readlink()))
            elif stat.S_ISREG(found.st_mode):
                total.update(path.read_bytes())
    return total.hexdigest()


def make_prefix(prefix: Path) -> Path:
    """Make an interpreter's prefix with an empty site-packages, and return the interpreter."""
    source = Path(sys.base_prefix)
    library = prefix / "lib" / SHORT
    library.mkdir(parents=True)
    (prefix / "bin").mkdir()
    for entry in (source / "lib" / SHORT).iterdir():
        if entry.name in {"site-packages", "dist-packages"}:
            continue
        (library / entry.name).symlink_to(entry)
    (library / "site-packages").mkdir()
    for shared in (source / "lib").glob("libpython*"):
        (prefix / "lib" / shared.name).symlink_to(shared)
    python = prefix / "bin" / SHORT
    # a link would lead the interpreter back to the prefix that it came from
    shutil.copy2(source / "bin" / SHORT, python)
    for name in ("python3", "python"):
        (prefix / "bin" / name).symlink_to(SHORT)
    return python


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run of tox ended.

    Attributes:
        code: Its exit status.
        text: What it printed, both streams in their order.
    """

    code: int
    text: str

    def lines(self, part: str) -> list[str]:
        """Return the lines that hold a text."""
        return [line for line in self.text.splitlines() if part in line]


@dataclass(kw_only=True)
class Bench:
    """Everything that one test needs.

    Attributes:
        root: Where all of it lies.
        python: The base interpreter.
        variables: What tox's own process gets.
        prefix_command: What is put before the command that starts tox.
    """

    root: Path
    python: Path
    variables: dict[str, str] = field(default_factory=dict)
    prefix_command: tuple[str, ...] = ()

    @property
    def prefix(self) -> Path:
        """The base."""
        return self.python.parent.parent

    @property
    def site(self) -> Path:
        """The base's site-packages."""
        return self.prefix / "lib" / SHORT / "site-packages"

    @property
    def project(self) -> Path:
        """Where tox runs."""
        return self.root / "project"

    @property
    def index(self) -> Path:
        """The local index."""
        return self.root / "simple"

    @property
    def env_dir(self) -> Path:
        """The directory of the environment ``e``."""
        return self.project / ".tox" / "e"

    @property
    def own_site(self) -> Path:
        """The site-packages of the environment ``e``."""
        return self.env_dir / "lib" / SHORT / "site-packages"

    def base(self, name: str, version: str, **options: Unpack[Installation]) -> Path:
        """Put a distribution into the base; see `install`."""
        return install(self.site, name, version, **options)

    def wheel(self, name: str, version: str, **options: Unpack[Wheel]) -> Path:
        """Put a wheel into the index; see `wheel`."""
        return wheel(self.index, name, version, **options)

    def configure(self, deps: Sequence[str] = (), *, extra: str = "", commands: str = "python -c pass") -> None:
        """Write a tox.ini with one environment ``e`` on the base."""
        write(
            self.project / "tox.ini",
            "[tox]\nno_package = true\nenv_list = e\n[testenv:e]\n"
            f"base_python = {self.python}\ndeps =\n"
            + "".join(f"    {dep}\n" for dep in deps)
            + f"commands = {commands}\n{extra}\n",
        )

    def tox(self, *arguments: str, **variables: str) -> Outcome:
        """Run tox, and make sure of what holds whatever happens: the base is as it was, nothing is left behind."""
        before = tree_hash(self.prefix)
        done = subprocess.run(
            [*self.prefix_command, sys.executable, "-m", "tox", "run", "-e", "e", *arguments],
            cwd=self.project,
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        outcome = Outcome(code=done.returncode, text=done.stdout.decode("utf-8", "replace"))
        print(outcome.text)  # pytest shows it where a test fails
        assert tree_hash(self.prefix) == before, "the base was touched"
        assert placeholders_in(self.own_site) == [], "a placeholder was left"
        assert "Traceback" not in outcome.text
        return outcome

    def record(self) -> dict[str, list[dict[str, str]]]:
        """Read the record of the environment."""
        data: dict[str, list[dict[str, str]]] = json.loads((self.env_dir / "sitediff.json").read_text())
        return data

    def names(self, part: str) -> dict[str, str]:
        """Return names and versions of a list in the record."""
        return {item["name"]: item["version"] for item in self.record()[part]}

    def seen(self, env_dir: Path | None = None) -> dict[str, str]:
        """Ask an environment's own ``importlib.metadata`` for names and versions, the first of each name."""
        script = (
            "import importlib.metadata as m, json\nfound = {}\n"
            "for d in m.distributions():\n found.setdefault((d.metadata['Name'] or '').lower(), d.version)\n"
            "print(json.dumps(found))"
        )
        out = subprocess.run(
            [(env_dir or self.env_dir) / "bin" / "python", "-B", "-c", script],
            env=self.variables,
            capture_output=True,
            check=True,
        ).stdout
        data: dict[str, str] = json.loads(out)
        return data


def placeholders_in(site: Path) -> list[str]:
    """Name what is shown as installed in a site directory and is not: no installer wrote down its files."""
    return sorted(path.name for path in site.glob("*.dist-info") if not (path / "RECORD").exists())


def make_bench(root: Path, shared: Path) -> Bench:
    """Make a bench.

    Args:
        root: Where; a directory that exists.
        shared: For uv's and virtualenv's caches, which several benches may use.
    """
    python = make_prefix(root / "base")
    bench = Bench(root=root, python=python)
    bench.index.mkdir()
    bench.project.mkdir()
    (root / "home").mkdir()
    # nothing of the machine's own configuration
    bench.variables = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(root / "home"),
        "LC_ALL": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,  # as pip understands it: no file at all, not even those of /etc
        "UV_CACHE_DIR": str(shared / "uv"),
        "UV_DEFAULT_INDEX": bench.index.as_uri(),
        "UV_NO_CONFIG": "1",
        "VIRTUALENV_OVERRIDE_APP_DATA": str(shared / "virtualenv"),
        "XDG_CACHE_HOME": str(shared / "cache"),
        "TOX_DISABLED_EXTERNAL_PLUGINS": "tox-uv",  # these tests are about environments of stock tox
        "NO_COLOR": "1",
    }
    return bench
