"""Bases, homes and file systems on which an ordinary user may write nothing, or next to nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.bases.found import FoundBase, untouched
from support.bases.made import Base, clean_environment
from support.bases.open_tools import make_open_tools
from support.distributions import install, write
from support.index import Index
from support.projects import Run
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

IS_ROOT: Final = os.name != "nt" and os.geteuid() == 0
USER: Final = 54321
"""An id that no account has: where tests run as root, this is the ordinary user."""
SHARED: Final = [Path(path) for path in ("/tmp", "/var/tmp", "/dev/shm") if Path(path).is_dir()]


@dataclass(kw_only=True)
class World:
    """What an ordinary user has: a home, a project, a base that belongs to somebody else."""

    root: Path
    tools: Base
    base: FoundBase
    index: Index
    variables: dict[str, str] = field(default_factory=dict)
    prefix_command: tuple[str, ...] = ()

    @property
    def project(self) -> Path:
        """Where tox runs."""
        return self.root / "project"

    @property
    def home(self) -> Path:
        """The user's home."""
        return self.root / "home"

    def configure(self, *deps: str, extra: str = "") -> None:
        """Write a tox.ini with one environment ``a`` on the base."""
        lines = "".join(f"    {dep}\n" for dep in deps)
        write(
            self.project / "tox.ini",
            f"[tox]\nno_package = true\nenv_list = a\n[testenv]\nbase_python = {self.base.python}\n{extra}\n"
            f"deps =\n{lines}commands = runner numlib tiny\n",
        )

    def run(self, *command: str | Path, **variables: str | None) -> Run:
        """Run a command as that user; a variable that is None is taken away."""
        given = {**clean_environment(), **self.index.variables(), "PIP_CONFIG_FILE": os.devnull, "TMPDIR": ""}
        # a Python that was built with a shared library may look for it where only root can
        libraries = [str(prefix / "lib") for prefix in (self.tools.prefix, self.base.prefix)]
        given |= {"LD_LIBRARY_PATH": ":".join(libraries), "TOX_DISABLED_EXTERNAL_PLUGINS": "tox-uv"}
        merged = {**given, **self.variables, **variables}
        other = {"user": USER, "group": USER, "extra_groups": []} if IS_ROOT and not self.prefix_command else {}
        done = subprocess.run(
            [*self.prefix_command, *command],
            cwd=self.project,
            env={name: value for name, value in merged.items() if value},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **other,  # type: ignore[call-overload]  # three arguments of three types
        )
        return Run(code=done.returncode, out=done.stdout, err=done.stderr)

    def tox(self, *arguments: str | Path, **variables: str | None) -> Run:
        """Run tox as that user."""
        return self.run(self.tools.python, "-B", "-m", "tox", "run", "-e", "a", *arguments, **variables)

    def installed(self) -> set[str]:
        """What lies in the environment."""
        return {path.name.partition("-")[0] for path in self.project.glob(".tox/a/lib/*/site-packages/*.dist-info")}

    def give(self, *paths: Path) -> None:
        """Make directories the user's."""
        for path in paths:
            path.mkdir(parents=True, exist_ok=True)
            if IS_ROOT:
                os.chown(path, USER, USER)


@pytest.fixture(scope="session")
def made(index: Index) -> Iterator[World]:
    """Tools, base and index, which everybody may read and nobody may write."""
    root = Path(tempfile.mkdtemp(prefix="sitediff-open-"))
    root.chmod(0o755)
    base = Base(root / "base", copy=True)
    base.install(index, "frame", "numlib<2", "runner==7.4.0", "tiny==1.0")
    install(base.site, "closed", "1.0")
    write(base.site / "unsearchable" / "__init__.py")
    closed = root / "closed"
    install(closed, "secret", "1.0")
    write(base.site / "closed.pth", f"{closed}\n")
    tools = make_open_tools(root, index)
    shutil.copytree(index.directory, root / "index", ignore=shutil.ignore_patterns(".cache"))
    for folder in (base.site / "unsearchable", closed, base.site / "closed-1.0.dist-info"):
        folder.chmod(0)
    subprocess.run(["chmod", "-R", "a-w", base.prefix], check=True)
    seen = Index.__new__(Index)
    seen.directory, seen.home = root / "index", root / "home"
    try:
        yield World(root=root, tools=tools, base=FoundBase(base.python), index=seen)
    finally:
        subprocess.run(["chmod", "-R", "u+rwX", root], check=True)
        shutil.rmtree(root)


@pytest.fixture
def world(made: World) -> Iterator[World]:
    """The same with a new home and a new project; the base is the same afterwards."""
    made.variables.clear()
    made.prefix_command = ()
    made.give(made.home, made.project)
    if (found := made.run(made.tools.python, "-c", "pass")).code:
        pytest.skip(f"an ordinary user can't reach {made.root}: {found.err}")
    try:
        if IS_ROOT:
            with untouched(made.base):
                yield made
        else:
            yield made  # what may not be read can't be hashed; it can't be written either
    finally:
        for folder in (made.home, made.project):
            subprocess.run(["chmod", "-R", "u+rwX", folder], check=True)
            shutil.rmtree(folder)


def written(world: World) -> set[Path]:
    """Name what that user wrote, wherever on this machine he might have; what is his from the start is left out."""
    shared = (path for place in SHARED for path in place.iterdir())
    below = (path for place in (world.root, world.home, world.project) for path in place.rglob("*"))
    given = {world.root, world.home, world.project, world.project / "tox.ini"}
    return {path for path in (*below, *shared) if _owner(path) == USER} - given


def _owner(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:  # of another process, and gone again
        return None


def lies_in(path: Path, *places: Path) -> bool:
    """Tell whether a path lies in one of some directories, or leads there."""
    return any(path.is_relative_to(place) or place.is_relative_to(path) for place in places)


@pytest.mark.parametrize("family", ["virtualenv", "tox-uv"])
def test_a_base_in_which_nothing_may_be_written_and_not_all_be_read(world: World, family: str) -> None:
    """Reuse, installation, scripts and a second run work; only the work directory and the user's cache are written."""
    if family == "tox-uv":
        pytest.importorskip("tox_uv")
        world.variables["TOX_DISABLED_EXTERNAL_PLUGINS"] = ""
    world.configure("frame", "runner", "tiny>=1.1")
    run = world.tox().ok()
    assert run.lines(f"numlib is 1.26.0 in {world.base.site}")
    assert run.lines(f"runner runs in {world.project / '.tox' / 'a'}")
    assert world.installed() == {"tiny"}
    again = world.tox().ok()
    assert not again.lines("recreate env")
    assert not again.lines("install_deps")
    if IS_ROOT:
        wrong = {path for path in written(world) if not lies_in(path, world.project / ".tox", world.home / ".cache")}
        assert wrong == set()


def test_what_may_not_be_read_is_installed(world: World) -> None:
    """A distribution whose metadata is closed, or whose whole directory is, counts as not there, as for Python."""
    world.configure("runner", "closed", "secret", "numlib", "tiny")
    for name in ("closed", "secret"):
        make_wheel(world.index.directory, name, "2.0")
    try:
        world.tox().ok()
    finally:
        for name in ("closed", "secret"):
            world.index.wheel(name, "2.0").unlink()
    assert world.installed() == {"closed", "secret"}


@pytest.mark.parametrize("home", ["unset", "not there", "not writable"])
def test_a_user_without_a_home(world: World, home: str) -> None:
    """As in containers: uv's cache lies in the work directory, and that is said; where all is met it is not made."""
    tools = world.root / "home" / "writable"
    world.give(tools)
    place = {"unset": None, "not there": str(world.root / "nowhere"), "not writable": str(world.root)}[home]
    # tox itself needs to know where its configuration would be
    without = {"HOME": place, "TMPDIR": str(tools), **({"XDG_CONFIG_HOME": str(tools)} if place is None else {})}
    world.configure("frame", "runner", "numlib", "tiny")
    assert not world.tox(**without).ok().lines("cache; it lies in")
    assert world.installed() == set()
    world.configure("frame", "runner", "numlib", "tiny>=1.1")
    run = world.tox(**without).ok()
    assert world.installed() == {"tiny"}
    if IS_ROOT:
        assert len(run.lines(f"uv can't write its cache; it lies in {world.project}/.tox/.sitediff-cache")) == 1
        assert {path for path in written(world) if not lies_in(path, world.project / ".tox", tools)} == set()


def test_a_layer_in_the_home_of_a_user_without_one(world: World) -> None:
    """A ``~`` that stands for nothing is a layer that does not exist, and named."""
    world.configure("frame", extra="sitediff_layers = ~/layer")
    without = {"HOME": None, "XDG_CONFIG_HOME": str(world.home), "TMPDIR": str(world.home)} if IS_ROOT else {}
    run = world.tox(**without).failed()
    assert len(run.lines("layer does not exist; mend sitediff_layers")) == 1


def test_a_project_that_is_somebody_elses(world: World) -> None:
    """With a work directory elsewhere nothing is written into the project."""
    world.configure("frame", "runner", "numlib", "tiny>=1.1")
    before = sorted(world.project.rglob("*"))
    world.project.chmod(0o555)
    if IS_ROOT:
        os.chown(world.project, 0, 0)
    work = world.home / "work"
    for _ in range(2):
        world.tox(TOX_WORK_DIR=str(work)).ok()
        assert sorted(world.project.rglob("*")) == before
    assert (work / "a" / "sitediff.json").exists()


def test_a_base_on_a_read_only_mount(world: World) -> None:
    """Where not even root can write: the same."""
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    world.prefix_command = ("unshare", "--mount", "sh", "-c", mount, str(world.base.prefix))
    if not shutil.which("unshare") or world.run("true").code:
        pytest.skip("no file system can be mounted here")
    assert "Read-only file system" in world.run("touch", world.base.site / "new").err
    world.configure("frame", "runner", "numlib", "tiny>=1.1")
    run = world.tox().ok()
    assert run.lines(f"numlib is 1.26.0 in {world.base.site}")
    assert world.installed() == {"tiny"}
    assert not world.tox().ok().lines("recreate env")
