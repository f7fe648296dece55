"""What the tests of real bases share: a base that is there already, pip as the judge, the package index."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from support.bases.made import Base, clean_environment
from support.index import Index
from support.interpreters import environment, purelib, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from support.projects import Project

_FACTS = """\
import sys, sysconfig
print(sys.base_prefix, sysconfig.get_path("purelib"), sysconfig.get_path("scripts"), sep="\\n")
"""


class FoundBase(Base):
    """A base that was not made for these tests, or in another way."""

    def __init__(self, python: Path, *trees: Path) -> None:  # makes nothing, unlike its parent
        """Ask an interpreter where it lives.

        Args:
            python: The interpreter.
            trees: What of it no run may touch; without, its prefix.
        """
        done = subprocess.run([python, "-c", _FACTS], env=clean_environment(), check=True, capture_output=True)
        prefix, site, scripts = os.fsdecode(done.stdout).splitlines()
        self.python = python
        self.prefix, self.site, self.scripts = Path(prefix), Path(site), Path(scripts)
        self.trees = trees or (self.prefix,)


def snapshot(tree: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Note mode, size, time and a hash of the content of all that lies in a tree; links are not followed."""
    found = {}
    for folder, folders, files in os.walk(tree):
        for name in (*folders, *files):
            path = Path(folder, name)
            status = path.lstat()
            content = b""
            if stat.S_ISLNK(status.st_mode):
                content = os.fsencode(path.readlink())
            elif stat.S_ISREG(status.st_mode):
                with path.open("rb") as file:
                    content = hashlib.file_digest(file, "blake2b").digest()
            size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
            found[str(path)] = (status.st_mode, size, status.st_mtime_ns, content)
    return found


@contextmanager
def untouched(base: FoundBase) -> Iterator[None]:
    """Make sure that a base is bit-identical afterwards."""
    before = [snapshot(tree) for tree in base.trees]
    yield
    after = [snapshot(tree) for tree in base.trees]
    pairs = zip(before, after, strict=True)
    changed = [path for old, new in pairs for path in old.keys() | new.keys() if old.get(path) != new.get(path)]
    assert sorted(changed) == []


class OnlineIndex(Index):
    """The package index that uv and pip have by default."""

    def __init__(self, home: Path) -> None:  # makes no wheels, unlike its parent
        """Take an empty home directory, and uv's usual cache."""
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"
        self.cache = os.environ.get("UV_CACHE_DIR") or str(usual)

    def variables(self) -> dict[str, str]:
        """No user's configuration; uv's cache is that of the calling process, because what is fetched is large."""
        return {"HOME": str(self.home), "UV_CACHE_DIR": self.cache}

    def wheels(self) -> list[Path]:
        """None: they are where they are."""
        return []


def pip_for(python: Path) -> tuple[Path, bool]:
    """Find a wheel of pip that runs under an interpreter, and tell whether it knows dry runs (pip 22.2)."""
    from virtualenv.seed.wheels.embed import get_embed_wheel

    script = "import sys; print('%d.%d' % sys.version_info[:2], end='')"
    version = run(python, script)
    # virtualenv carries one for the Pythons that pip supports today; older ones bring their own
    embedded = get_embed_wheel("pip", version)
    own = "import ensurepip, os; print(os.path.join(os.path.dirname(ensurepip.__file__), '_bundled'), end='')"
    wheel = embedded.path if embedded else next(Path(run(python, own)).glob("pip-*.whl"))
    return Path(wheel), Version(wheel.name.split("-")[1]) >= Version("22.2")


def pip_installs(python: Path, *arguments: str | Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Ask pip what it would install into an environment, by name: the versions.

    A pip that is too old to tell installs it.

    Args:
        python: The environment's interpreter.
        arguments: What ``pip install`` is asked for.
        variables: The variables for pip.
    """
    pip, tells = pip_for(python)
    before = set(purelib(python).iterdir())
    done = subprocess.run(
        [python, pip / "pip", "install", *(["--quiet", "--dry-run", "--report", "-"] if tells else []), *arguments],
        env={**variables, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    if tells:
        listed = json.loads(done.stdout)["install"]
        return {canonicalize_name(item["metadata"]["name"]): item["metadata"]["version"] for item in listed}
    added = [path.stem.split("-") for path in set(purelib(python).iterdir()) - before if path.suffix == ".dist-info"]
    return {canonicalize_name(name): version for name, version in added}


def judge(directory: Path, base: Base, *requirements: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Ask pip what its own diff install over a base would be, in an environment that sees the base and nothing else."""
    return pip_installs(environment(directory, base.python), *requirements, variables=variables)


def agrees(
    project: Project,
    *requirements: str,
    would: Mapping[str, str],
    env: str = "a",
    variables: Mapping[str, str] | None = None,
) -> None:
    """Make sure that an environment is what pip wanted, and that pip finds nothing left to do in it.

    Args:
        project: Where tox ran.
        requirements: What the environment declares.
        would: What pip said it would install.
        env: The environment.
        variables: What pip needs beside the variables of tox.
    """
    installed = {canonicalize_name(name): version for name, version in project.installed(env).items()}
    assert installed == dict(would)
    left = pip_installs(
        project.directory(env) / "bin" / "python",
        *requirements,
        variables=project.environment() | dict(variables or {}),
    )
    assert left == {}
