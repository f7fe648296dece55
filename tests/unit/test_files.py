"""Reading and writing files that may be damaged, missing or hostile."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from errno import EACCES, EFBIG, EINVAL, ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tox_sitediff import files
from tox_sitediff.errors import problem_of
from tox_sitediff.files import (
    TEMPORARY,
    as_lines,
    can_hold_files,
    content_of,
    demand_writable,
    is_directory,
    is_link,
    listing,
    path_of,
    put,
    put_json,
    read_bytes,
    read_json,
    read_text,
    read_toml,
    remove_below,
    sweep,
)
from tox_sitediff.text import FALSE, TRUE, is_off, is_on

if TYPE_CHECKING:
    from collections.abc import Callable


posix = pytest.mark.skipif(os.name == "nt", reason="what Windows does not have")

# --- damage and hostility


@pytest.mark.parametrize("path", ["missing", "file/below", "nul\0", "", "x" * 5000])
def test_a_file_that_can_not_be_read_is_none(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    assert read_bytes(tmp_path / path, 10) is None


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345\xff")
    assert read_bytes(tmp_path / "file", 5) is None
    assert read_text(tmp_path / "file", 6) == "12345\ufffd"


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("function", ["fdopen", "replace"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, error: type[BaseException]
) -> None:
    path = tmp_path / "file.json"
    put_json(path, {"old": 1})

    def fail(*arguments: object) -> None:
        raise error

    with monkeypatch.context() as context:
        context.setattr(os, function, fail)
        with pytest.raises(error):
            put_json(path, {"new": 2})
    assert names(tmp_path) == ["file.json"]
    assert json.loads(path.read_text(encoding="utf-8")) == {"old": 1}
    put_json(path, {"new": 2})
    assert json.loads(path.read_text(encoding="utf-8")) == {"new": 2}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_other_users_can_read_what_is_written(tmp_path: Path) -> None:
    before = os.umask(0o022)
    put_json(tmp_path / "file.json", {})
    os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.json").stat().st_mode) == 0o644


@posix
def test_nothing_is_removed_behind_a_link(tmp_path: Path) -> None:
    """A link on the way goes itself; what it leads to stays."""
    (tmp_path / "base" / "b" / "c").mkdir(parents=True)
    (tmp_path / "root" / "a").mkdir(parents=True)
    for link, target in (("root/a/b", "base/b"), ("root/x", "base"), ("link", "root")):
        (tmp_path / link).symlink_to(tmp_path / target)
    for parts in (("a", "b", "c"), ("x",), ("missing", "b")):
        remove_below(tmp_path / "root", *parts)
    assert sorted(path.name for path in (tmp_path / "root").rglob("*")) == ["a"]
    remove_below(tmp_path / "link", "a")
    assert not is_link(tmp_path / "link")
    assert (tmp_path / "base" / "b" / "c").is_dir()
    remove_below(tmp_path / "root", "a")
    assert is_directory(tmp_path / "root")
    assert list((tmp_path / "root").iterdir()) == []
    assert not is_link("nul\0")


# --- which copy counts


def test_a_directory_that_can_not_be_listed(tmp_path: Path) -> None:
    """A directory that is not there holds nothing."""
    (tmp_path / "one").touch()
    assert (listing(tmp_path), listing(tmp_path / "none"), listing(tmp_path / "one")) == ({"one"}, set(), set())


# --- writing


def test_a_directory_that_can_not_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is not there is made later; whoever is root may write anywhere, so that the answer is a stand-in."""
    (tmp_path / "site").mkdir()
    demand_writable(tmp_path / "site")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(PermissionError) as caught:
        demand_writable(tmp_path / "site")
    assert (caught.value.errno, caught.value.filename) == (EACCES, str(tmp_path / "site"))
    demand_writable(tmp_path / "none")


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600])
def test_a_file_has_the_mode_that_was_asked_for_less_the_umask(tmp_path: Path, mode: int, umask: int) -> None:
    """Whatever stood there before."""
    before = os.umask(umask)
    try:
        for content in ("text \xe9", b"\xff"):
            put(tmp_path / "file", content, mode=mode)
            assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode & ~umask
            assert (tmp_path / "file").read_bytes() == (content if isinstance(content, bytes) else content.encode())
    finally:
        os.umask(before)
    assert names(tmp_path) == ["file"]


@posix
def test_a_link_is_replaced_and_a_directory_too(tmp_path: Path) -> None:
    """What a link leads to may be the base's: it stays as it is."""
    (tmp_path / "base").write_text("base")
    (tmp_path / "file").symlink_to("base")
    put(tmp_path / "file", "ours")
    assert not (tmp_path / "file").is_symlink()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/inner").touch()
    put(tmp_path / "folder", "ours")
    contents = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert contents == {"base": "base", "file": "ours", "folder": "ours"}


@posix
@pytest.mark.parametrize("step", ["fdopen", "replace"])
def test_what_can_not_be_written_is_named_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The name is that of the file, not of the one that was to take its place, and nothing is left of that."""

    def fail(*_: object) -> None:
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    path = tmp_path / "file"
    put(path, "old")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space") as caught:
        put(path, "new")
    assert (caught.value.errno, caught.value.filename) == (ENOSPC, str(path))
    assert (names(tmp_path), path.read_text()) == (["file"], "old")


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        put(tmp_path / "file", "new")
    assert names(tmp_path) == []


def test_a_name_as_long_as_a_name_may_be(tmp_path: Path) -> None:
    path = tmp_path / ("x" * (255 if os.name != "nt" else 100))
    put(path, "content")
    assert path.read_text() == "content"


def test_leftovers_go_and_nothing_else(tmp_path: Path) -> None:
    kept = ["file.json", "other.json.1.tmp", f"x{TEMPORARY}1", ".tox-info.json"]
    old = f"{TEMPORARY}old"
    for name in (*kept, old, f"{TEMPORARY}young", "file.json.1.tmp"):
        (tmp_path / name).touch()
    (tmp_path / f"{TEMPORARY}folder").mkdir()
    os.utime(tmp_path / old, (time.time() - 3600,) * 2)
    sweep(tmp_path, age=60)
    assert names(tmp_path) == sorted([*kept, "file.json.1.tmp", f"{TEMPORARY}folder", f"{TEMPORARY}young"])
    sweep(tmp_path, ["file.json"])
    assert names(tmp_path) == sorted([*kept, f"{TEMPORARY}folder"])
    sweep(tmp_path / "missing")


# --- reading


def test_a_reason_why_a_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert content_of(tmp_path / "file", 5) == b"12345"
    for path, limit, code in ((tmp_path / "file", 4, EFBIG), (tmp_path, 4, EINVAL)):
        with pytest.raises(OSError, match=r"it is ") as caught:
            content_of(path, limit)
        assert (caught.value.errno, caught.value.filename) == (code, str(path))
    with pytest.raises(FileNotFoundError):
        content_of(tmp_path / "missing")


@posix
@pytest.mark.parametrize("read", [content_of, read_toml])
def test_a_fifo_is_not_waited_for(tmp_path: Path, read: Callable[[Path], object]) -> None:
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="not a regular file"):
        read(tmp_path / "fifo")


def test_a_file_that_grows_meanwhile_is_read_no_further_than_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"12345678")
    real = os.stat

    def small(path: str) -> os.stat_result:
        found = list(real(path))
        found[stat.ST_SIZE] = 3
        return os.stat_result(found)

    monkeypatch.setattr(os, "stat", small)
    assert content_of(tmp_path / "file", 5) == b"12345"


@pytest.mark.parametrize(
    "content",
    [
        *(b"a = ", b"\xff", b"a = " + b"[" * 100_000, b"a = 1\na = 2", b"\0" * 10, b"a = " + b"{b = " * 50_000),
        *(b"a = " + b"[" * 150 + b"]" * 150, b"[" + b"a." * 5000 + b"a]\nb = 1", b"a = " + b"9" * 5000),
        b"a." * 150 + b"a = [{b = 1}]",
    ],
)
def test_what_is_not_toml_is_a_value_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file.toml").write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        read_toml(tmp_path / "file.toml")


def test_toml_is_read(tmp_path: Path) -> None:
    (tmp_path / "file.toml").write_text('[a]\nb = "\xe9"\n', encoding="utf-8")
    assert read_toml(tmp_path / "file.toml") == {"a": {"b": "\xe9"}}
    assert files.parse_toml(b"a = " + b"[" * 90 + b"]" * 90)["a"]
    with pytest.raises(FileNotFoundError):
        read_toml(tmp_path / "missing.toml")


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 200_000, b"\xff", b"{" + b'"a":{' * 100_000])
def test_what_is_not_json_is_a_value_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file.json").write_bytes(content)
    for path in (tmp_path / "file.json", tmp_path / "missing.json", tmp_path):
        with pytest.raises(ValueError, match=r"."):
            read_json(path)


# --- naming


def test_a_home_directory_is_known_by_its_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    assert path_of("~/x", start=tmp_path) == tmp_path / "home" / "x"
    assert path_of("~", start=tmp_path) == tmp_path / "home"
    assert path_of("x/~", start=tmp_path) == tmp_path / "x/~"
    assert path_of(str(tmp_path / "y"), start=Path("z")) == tmp_path / "y"


@posix
def test_where_nobody_has_a_home_a_sign_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without an account, as in a container, and a user that does not exist: no traceback."""
    import pwd

    def unknown(_: object) -> None:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert path_of("~/x", start=tmp_path) == tmp_path / "~/x"
    assert path_of("~nobody-of-that-name/x", start=tmp_path) == tmp_path / "~nobody-of-that-name/x"
    assert path_of("~a\0b/x", start=tmp_path) == tmp_path / "~a\0b/x"


@given(text=st.text(max_size=20))
@example("~\0")
@example("~root/../x")
def test_any_text_is_a_path(text: str) -> None:
    assert isinstance(path_of(text, start=Path("start")), Path)


# --- errors and words


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(ENOSPC, "No space left", "/a"), "/a: No space left"),
        (OSError(EACCES, "Permission denied", "/tmp/x", None, "/a"), "/a: Permission denied"),
        (OSError(ENOSPC, "No space left"), "No space left"),
        (OSError("odd"), "odd"),
        (OSError(), "OSError"),
        (OSError(EACCES, "Permission denied", "/a\x1b[31m"), "/a\\x1b[31m: Permission denied"),
    ],
)
def test_an_error_of_the_system_in_words(error: OSError, expected: str) -> None:
    assert problem_of(error) == expected
    if error.filename is None:
        assert problem_of(error, about=Path("here")) == f"here: {expected}"


def test_words_that_switch() -> None:
    """No word does both, none is missing in capitals, and what says nothing does nothing."""
    assert TRUE.isdisjoint(FALSE)
    for word in TRUE:
        assert is_on(f" {word.upper()} ")
        assert not is_off(word)
    for word in FALSE:
        assert is_off(word.title())
        assert not is_on(word)
    assert not is_on("")
    assert not is_off("")
    assert not is_on("2")
    assert files.LIMIT == 16 * 1024 * 1024


# --- whether files can be made


@pytest.mark.skipif(sys.platform == "win32", reason="access is told in another way")
def test_whether_files_can_be_made(tmp_path: Path) -> None:
    """In a directory, or in one that would have to be made; not below a file, nor in a file system without room."""
    assert can_hold_files(tmp_path)
    assert can_hold_files(tmp_path / "a" / "b")
    (tmp_path / "file").touch()
    assert not can_hold_files(tmp_path / "file")
    assert not can_hold_files(tmp_path / "file" / "below")
    (tmp_path / "loose").symlink_to(tmp_path / "nowhere")
    assert not can_hold_files(tmp_path / "loose" / "below")
    if Path("/proc/self").exists():
        assert not can_hold_files(Path("/proc/nothing"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON))
def test_json_with_a_line_for_each_item_says_the_same(data: dict[str, object]) -> None:
    text = as_lines(data)
    assert json.loads(text) == data
    assert list(json.loads(text)) == list(data)
    assert text.isascii()
    inner = [len(value) + 1 for value in data.values() if value and isinstance(value, list | dict)]
    assert text.count("\n") == (2 + len(data) + sum(inner) if data else 1)
