"""A machine with several users, or a checkout of somebody else: none of them gets code, files or time of ours.

Each test is the attack. Where root runs the tests, what is another user's really is; else a directory that all may
write to stands for it, or the number of another user for our own.
"""

from __future__ import annotations

import fcntl
import importlib.util
import marshal
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.bench import IS_ROOT
from support.distributions import tree_hash, write
from support.patience import must_end
from tox_sitediff.core.model import Interpreter, Layer, Role
from tox_sitediff.environment import busy
from tox_sitediff.environment.bytecode import PART, bytecode_variables, clear_bytecode, forget_bytecode
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.files import remove_below
from tox_sitediff.uv.shadow import Shadow
from tox_sitediff.visibility import findings, noting, views
from tox_sitediff.visibility.farm import Farm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.bench import Bench

NOBODY = 65534
NAME = "a" * 24


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where our cache would lie; it is not there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    (tmp_path / "caches").mkdir(mode=0o700)
    return tmp_path / "caches" / "tox-sitediff"


def give_away(path: Path) -> None:
    """Let a directory be another user's, or open to all where only root could do that."""
    if IS_ROOT:
        os.chown(path, NOBODY, NOBODY)
    else:
        path.chmod(0o777)


def interpreter(site: Path) -> Interpreter:
    """An interpreter over a site directory, as far as its bytecode goes."""
    return Interpreter(
        executable=sys.executable,
        version=".".join(map(str, sys.version_info[:3])),
        implementation=sys.implementation.name,
        prefix="/env",
        base_prefix="/base",
        base_executable=sys.executable,
        layers=(Layer(path=str(site), role=Role.BASE),),
        purelib="",
        scripts="",
    )


# --- a cache of somebody else


def test_bytecode_that_another_user_planted_is_not_run(bench: Bench) -> None:
    """Root with the HOME of somebody else, or a cache for several users: it is not used, which is said once."""
    bench.base("alpha", "1.0")
    write(bench.site / "pack" / "__init__.py")
    module = write(bench.site / "pack" / "part.py", "x = 1\n")
    caches = bench.root / "shared-cache"
    stolen = bench.root / "stolen"
    found = module.stat()
    head = importlib.util.MAGIC_NUMBER + b"\0\0\0\0" + int(found.st_mtime).to_bytes(4, "little")
    code = compile(f"open({str(stolen)!r}, 'w')", str(module), "exec")
    planted = (
        caches / "tox-sitediff" / PART / module.parent.relative_to("/") / f"part.{sys.implementation.cache_tag}.pyc"
    )
    planted.parent.mkdir(parents=True)
    planted.write_bytes(head + found.st_size.to_bytes(4, "little") + marshal.dumps(code))
    give_away(caches)
    bench.configure(
        ["alpha"],
        commands="python -c 'import pack.part, sys; print(sys.pycache_prefix)'",
        extra=f"[testenv:f]\nbase_python = {bench.python}\ndeps = alpha\ncommands = python -c 'import pack.part'\n",
    )
    outcome = bench.tox("-e", "e,f", XDG_CACHE_HOME=str(caches))
    assert outcome.code == 0
    assert not stolen.exists()
    assert outcome.lines("None"), "Python keeps its bytecode nowhere else"
    (line,) = outcome.lines("is not used")
    assert f"the cache in {caches / 'tox-sitediff'} is not used: " in line
    assert sorted(path.name for path in (caches / "tox-sitediff").iterdir()) == [PART], "nothing was put there"


def test_bytecode_goes_into_a_directory_for_us_alone(tmp_path: Path, cache: Path) -> None:
    """Python would make it as the umask says, and where others may write, they plant."""
    write(tmp_path / "site" / "package" / "__init__.py")
    before = os.umask(0)
    try:
        found = bytecode_variables(interpreter(tmp_path / "site"))
    finally:
        os.umask(before)
    assert found == {"PYTHONPYCACHEPREFIX": str(cache / PART)}
    assert [stat.S_IMODE(path.stat().st_mode) for path in (cache, cache / PART)] == [0o700, 0o700]
    (cache / PART).chmod(0o777)
    assert bytecode_variables(interpreter(tmp_path / "site")) == {"PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("at", range(4))
def test_nothing_is_removed_through_a_link(tmp_path: Path, cache: Path, at: int) -> None:
    """A link to the root of all files once made the removal of bytecode remove the site directory that it was of."""
    site = tmp_path / "base" / "site-packages"
    write(site / "numpy.py", "x")
    kept = [cache, cache / PART]
    for step in site.parts[1:]:
        kept.append(kept[-1] / step)
    link = [kept[0], kept[1], kept[2], kept[-1]][at]
    link.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    # so that below the link the way is the same: for a cache that is a link, one that holds such a link
    target = Path("/") if at == 1 else site if at == 3 else Path(f"/{site.parts[1]}")
    if at == 0:
        write(tmp_path / "mine" / "keep", "x")
        (tmp_path / "mine" / PART).symlink_to("/")
        target = tmp_path / "mine"
    link.symlink_to(target)
    before = tree_hash(site)
    forget_bytecode(site)
    clear_bytecode()
    assert tree_hash(site) == before
    remove_below(cache / PART, *site.parts[1:])  # and without the check of whose it is
    assert tree_hash(site) == before


def test_a_view_of_another_user_is_not_used(tmp_path: Path, cache: Path) -> None:
    """A view is code. It then lies beside the environment, for us alone, and not where a link leads."""
    empty = Farm(links={}, texts={}, paths=(), names=())
    env = tmp_path / "work" / "env"
    env.mkdir(parents=True)
    (tmp_path / "other").mkdir()
    cache.mkdir(mode=0o700)
    (cache / "views").symlink_to(tmp_path / "other")
    view = views.make(empty, env, of={})
    assert view.parent == env.parent / views.BESIDE
    assert stat.S_IMODE(view.parent.stat().st_mode) == stat.S_IMODE(view.stat().st_mode) == 0o700
    assert views.find(view.name, env) == view
    assert list((tmp_path / "other").iterdir()) == []
    give_away(view.parent)
    assert views.find(view.name, env) is None
    with pytest.raises(EnvironmentProblem, match="others can write into"):
        views.make(empty, env, of={})


def test_a_shadow_lies_where_nobody_can_exchange_it(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a temporary directory without the sticky bit, anybody could put another one in its place."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o777)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    with Shadow() as shadow:
        assert shadow.directory.parent == cache / "temporary"
        assert stat.S_IMODE(shadow.directory.stat().st_mode) == 0o700
    give_away(cache.parent)
    with pytest.raises(EnvironmentProblem, match="set TMPDIR"):
        Shadow()


# --- a checkout of somebody else


def test_prune_removes_nothing_behind_a_link_of_a_checkout(tmp_path: Path) -> None:
    """Git keeps links. One to a directory in the place of the notes of a view had every file in it removed."""
    mine = tmp_path / "documents"
    for name in ("letter", "diary"):
        write(mine / name, "of mine")
    old = mine / ".tox-sitediff-half"
    write(old / "inner", "x")
    os.utime(old, (0, 0))
    write(mine / NAME / "users" / "note", "x")
    before = tree_hash(mine)
    checkout = tmp_path / "checkout"
    root = checkout / ".tox" / views.BESIDE
    (root / NAME).mkdir(parents=True)
    (root / NAME / "users").symlink_to(mine)
    (root / ("b" * 24)).symlink_to(mine / NAME)
    (root / ".tox-sitediff-link").symlink_to(old)
    (checkout / ".nox").mkdir()
    (checkout / ".nox" / views.BESIDE).symlink_to(mine)
    for above in (".tox", ".nox"):
        views.prune(checkout / above / views.BESIDE, age=-1)
    views.leave(root / ("b" * 24), tmp_path / "env")
    assert tree_hash(mine) == before


def test_notes_of_imports_are_not_looked_for_behind_a_link(tmp_path: Path) -> None:
    """What is forgotten before a run is what lies in the environment."""
    write(tmp_path / "mine" / "list.txt", "of mine")
    (tmp_path / noting.LOG_NAME).symlink_to(tmp_path / "mine")
    findings.clear(tmp_path)
    assert (tmp_path / "mine" / "list.txt").read_text() == "of mine"


# --- locks


@contextmanager
def locked_by_another_user(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold a lock, which takes no more than a file that one may read."""
    path.touch()
    with path.open("rb") as file:
        if IS_ROOT and shutil.which("setpriv") and shutil.which("flock"):
            number = file.fileno()
            command = [
                "setpriv",
                f"--reuid={NOBODY}",
                f"--regid={NOBODY}",
                "--clear-groups",
                "flock",
                "--no-fork",
                "-x",
            ]
            with subprocess.Popen([*command, f"/proc/self/fd/{number}", "sleep", "600"], pass_fds=[number]) as process:
                try:
                    with must_end(), suppress(BlockingIOError):
                        while process.poll() is None:
                            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                            fcntl.flock(file, fcntl.LOCK_UN)
                            time.sleep(0.01)
                    yield
                finally:
                    process.kill()
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
            real = os.getuid()
            monkeypatch.setattr(os, "getuid", lambda: real + 1)
            yield


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell whose a lock is")
@pytest.mark.parametrize("only_looks", [False, True])
def test_a_lock_of_another_user_is_named_and_does_not_stop_us_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only_looks: bool
) -> None:
    said: list[str] = []
    with (
        locked_by_another_user(tmp_path / busy.LOCK_NAME, monkeypatch),
        must_end(),
        pytest.raises(EnvironmentProblem, match=r"locked for 0\.3 seconds by process \d+ of the user ") as caught,
        busy.alone(tmp_path, waiting=said.append, limit=0.3, only_looks=only_looks),
    ):
        pytest.fail("the lock was not noticed")
    assert str(tmp_path / busy.LOCK_NAME) in str(caught.value)
    assert len(said) == 1
    assert "of the user " in said[0]


def test_a_lock_of_ours_is_waited_for_without_a_limit(tmp_path: Path) -> None:
    """What takes long may be an installation."""
    said: list[str] = []
    with (tmp_path / busy.LOCK_NAME).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        threading.Timer(0.7, fcntl.flock, (file.fileno(), fcntl.LOCK_UN)).start()
        with must_end(), busy.alone(tmp_path, waiting=said.append, limit=0.1):
            pass
    assert said == ["another process"]


def test_a_pipe_in_the_place_of_a_lock_keeps_nobody(tmp_path: Path) -> None:
    """A command that only looks waited for somebody to write into it."""
    os.mkfifo(tmp_path / busy.LOCK_NAME)
    with must_end():
        for only_looks in (True, False):
            with busy.alone(tmp_path, waiting=lambda _: None, only_looks=only_looks):
                pass


# --- the umask


def test_what_is_written_is_no_more_open_than_the_user_wants(bench: Bench) -> None:
    """Record, state and scripts: under 077 they are for nobody else, and a second run leaves them as they are."""
    bench.base("alpha", "1.0", scripts={"alpha": "alpha:main"})
    bench.configure(["alpha"])
    before = os.umask(0o077)
    try:
        assert bench.tox().code == 0
        script = bench.env_dir / "bin" / "alpha"
        written = [bench.env_dir / "sitediff.json", bench.env_dir / ".sitediff-state.json", script]
        assert [path.stat().st_mode & 0o077 for path in written] == [0, 0, 0]
        assert os.access(script, os.X_OK)
        inode = script.stat().st_ino
        assert bench.tox().code == 0
        assert script.stat().st_ino == inode
    finally:
        os.umask(before)
