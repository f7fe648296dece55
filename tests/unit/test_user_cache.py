"""Whose the user cache is: only one into which nobody else can put anything is used."""

from __future__ import annotations

import os
import stat
import tempfile
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tox_sitediff import user_cache as module
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.user_cache import (
    intruder,
    is_private,
    make,
    part,
    refusal,
    sweep_temporary,
    temporary_root,
    user,
    user_cache,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there a profile is for its user alone")
IS_ROOT = os.name != "nt" and os.geteuid() == 0
NOBODY = 65534


@pytest.fixture
def above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the user's cache directory lies in."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    (tmp_path / "caches").mkdir(mode=0o700)
    return tmp_path / "caches"


def give_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something be another user's; for whoever can't do that, we are another one from now on."""
    if IS_ROOT:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    else:
        real = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: real + 1)


def test_a_cache_of_ours_alone_is_used(above: Path) -> None:
    """Whether it is there or will be made, and through links of ours."""
    wanted = above / "tox-sitediff"
    assert (user_cache(), refusal(), part("views")) == (wanted, None, wanted / "views")
    make(wanted)
    assert (user_cache(), part("views")) == (wanted, wanted / "views")
    wanted.rmdir()
    (above.parent / "elsewhere").mkdir(mode=0o700)
    wanted.symlink_to(above.parent / "elsewhere")
    assert (user_cache(), refusal()) == (wanted, None)


def test_a_cache_of_another_user_is_none(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of root with the HOME of somebody else: what lies there may be planted, and what is made there is theirs."""
    give_away(above, monkeypatch)
    assert (user_cache(), part("bytecode")) == (None, None)
    line = refusal()
    assert line is not None
    assert line.startswith(f"the cache in {above / 'tox-sitediff'} is not used: {above} belongs to the user ")
    assert line.endswith("set XDG_CACHE_HOME to a directory of yours")


@pytest.mark.parametrize("mode", [0o777, 0o707, 0o1777])
def test_a_cache_that_others_may_write_to_is_none(above: Path, mode: int) -> None:
    above.chmod(mode)
    assert user_cache() is None
    assert intruder(above / "tox-sitediff") == f"others may write into {above}"


@pytest.mark.parametrize(
    ("group", "members", "is_used"), [("me", [], True), ("me", ["you"], False), ("all", [], False)]
)
def test_a_group_of_the_user_alone_is_nobody_else(
    above: Path, monkeypatch: pytest.MonkeyPatch, group: str, members: list[str], is_used: bool
) -> None:
    """As where each user has a group of the same name, and a umask of 002; the machine's groups are stand-ins."""
    above.chmod(0o770)
    number = above.stat().st_gid
    monkeypatch.setattr("pwd.getpwuid", lambda uid: SimpleNamespace(pw_gid=number, pw_name="me"))
    monkeypatch.setattr("grp.getgrgid", lambda gid: SimpleNamespace(gr_name=group, gr_mem=members))
    assert (user_cache() is not None) is is_used


def test_a_group_that_nobody_knows_may_have_anybody(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: int) -> None:
        raise KeyError

    above.chmod(0o770)
    monkeypatch.setattr("grp.getgrgid", unknown)
    assert user_cache() is None


def test_nobody_can_put_another_directory_in_its_place(above: Path) -> None:
    """Above it anybody may write, unless only his own files can be renamed there, as in the temporary directory."""
    (above / "mine").mkdir(mode=0o700)
    above.chmod(0o777)
    assert intruder(above / "mine") == f"anybody may write into {above}"
    above.chmod(0o1777)
    assert intruder(above / "mine") is None


@pytest.mark.skipif(not IS_ROOT, reason="only root can give something away, and only root is this strict")
def test_root_shares_with_nobody(above: Path) -> None:
    """A directory of root's in one of another user can be moved away by that one."""
    make(above / "tox-sitediff")
    os.chown(above, NOBODY, NOBODY)
    assert user_cache() is None
    assert "belongs to the user" in str(refusal())


@pytest.mark.skipif(not IS_ROOT, reason="only root can give something away")
def test_a_link_of_another_user_leads_nowhere(above: Path) -> None:
    """Though it leads to a directory of ours."""
    (above.parent / "mine").mkdir(mode=0o700)
    (above / "tox-sitediff").symlink_to(above.parent / "mine")
    assert user_cache() is not None
    os.chown(above / "tox-sitediff", NOBODY, NOBODY, follow_symlinks=False)
    assert "tox-sitediff belongs to the user" in str(refusal())


def test_what_a_link_leads_to_counts(above: Path) -> None:
    (above.parent / "open").mkdir()
    (above.parent / "open").chmod(0o777)
    (above / "tox-sitediff").symlink_to(above.parent / "open")
    assert intruder(above / "tox-sitediff") == f"others may write into {above.parent / 'open'}"


def test_what_is_no_directory_or_can_not_be_looked_at_is_none(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (above / "tox-sitediff").write_text("")
    assert intruder(above / "tox-sitediff") == f"{above / 'tox-sitediff'} is no directory"
    assert not is_private(above / "tox-sitediff")

    def gone(path: Path) -> None:
        raise FileNotFoundError(2, "gone meanwhile", os.fspath(path))

    monkeypatch.setattr(module, "_of_directory", gone)
    assert intruder(above) == f"{above}: gone meanwhile"
    assert not is_private(above)


def test_a_link_in_the_place_of_a_part_is_no_place(above: Path) -> None:
    """What is removed in the cache would be removed behind it: a base, say."""
    make(above / "tox-sitediff")
    (above / "tox-sitediff" / "bytecode").symlink_to("/")
    assert user_cache() is not None
    assert part("bytecode") is None


def test_without_a_home_there_is_nothing_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> Path:
        raise RuntimeError

    monkeypatch.setattr(module, "user_cache_path", nowhere)
    assert (user_cache(), refusal(), part("views")) == (None, None, None)


def test_what_is_made_is_for_us_alone_whatever_the_umask(above: Path) -> None:
    """All that was missing; what was there stays as it is."""
    above.chmod(0o755)
    before = os.umask(0)
    try:
        make(above / "a" / "b")
        make(above / "a" / "b")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (above, above / "a", above / "a" / "b")]
    assert modes == [0o755, 0o700, 0o700]
    (above / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        make(above / "file" / "inner")


def test_temporary_files_lie_where_nobody_can_exchange_them(above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shadow decides what is installed: in a directory without the sticky bit, anybody can exchange it."""
    usual = above.parent / "tmp"
    usual.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(usual))
    usual.chmod(0o1777)
    assert temporary_root() == str(usual)
    usual.chmod(0o777)
    assert temporary_root() == str(above / "tox-sitediff" / "temporary")
    assert stat.S_IMODE((above / "tox-sitediff" / "temporary").stat().st_mode) == 0o700
    above.chmod(0o777)
    with pytest.raises(EnvironmentProblem, match="set TMPDIR to a directory of yours"):
        temporary_root()
    monkeypatch.setattr(tempfile, "tempdir", str(above.parent / "gone"))
    with pytest.raises(EnvironmentProblem, match="gone: No such file"):
        temporary_root()


def test_what_killed_runs_left_in_the_cache_goes(above: Path) -> None:
    """Not what a run may be at work on, and nothing behind a link."""
    place = above / "tox-sitediff" / "temporary"
    make(place / "old")
    make(place / "new")
    make(above / "mine" / "inner")
    (place / "file").write_text("")
    (place / "old" / "file").write_text("")
    (place / "link").symlink_to(above / "mine")
    for name in ("old", "file", "link"):
        os.utime(place / name, (0, 0), follow_symlinks=False)
    sweep_temporary(age=1000)
    assert [path.name for path in place.iterdir()] == ["new"]
    assert (above / "mine" / "inner").is_dir()
    above.chmod(0o777)
    sweep_temporary(age=-1)
    assert (place / "new").is_dir()


def test_users_are_named_where_the_machine_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a directory of users says is shown, and no more than that."""
    monkeypatch.setattr("pwd.getpwuid", lambda uid: SimpleNamespace(pw_name="al\x1bice"))
    assert user(5) == "the user al\\x1bice"

    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert user(5) == "the user 5"
