"""Telling uv what is inherited: placeholders, and what is left of them."""

from __future__ import annotations

import builtins
import json
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from support.placeholders import ALL, COMMIT
from support.strategies import distribution, graph_requirements
from tox_sitediff.core.model import Distribution, Layer, Origin, Role
from tox_sitediff.interpreter.metadata import list_layer, read
from tox_sitediff.uv import placeholders
from tox_sitediff.uv.placeholders import MARK, Placeholders, remove_if_ours, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tox_sitediff.core.model import Broken


posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")


def tree(site: Path) -> dict[str, bytes | None]:
    """Return all that lies in a directory, with its content."""
    return {
        path.relative_to(site).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(site.rglob("*"))
    }


def seen(site: Path) -> list[Distribution | Broken]:
    layer = Layer(path=str(site), role=Role.BASE)
    return sorted(map(read, list_layer(layer)), key=lambda found: getattr(found, "path", ""))


def test_what_a_placeholder_says_is_what_the_distribution_says(tmp_path: Path) -> None:
    with Placeholders(tmp_path) as held:
        held.add(ALL)
        found = {item.name: item for item in seen(tmp_path) if isinstance(item, Distribution)}
        assert set(found) == {item.name for item in ALL}
        for item in ALL:
            copy = found[item.name]
            assert (copy.version, copy.requires, copy.extras) == (item.version, item.requires, item.extras)
        git = found[canonicalize_name("from-git")].origin
        assert git is not None
        assert (git.url, git.commit) == ("https://host.example/r.git", COMMIT)
        assert all(item.name in held for item in ALL)
    assert tree(tmp_path) == {}
    assert all(item.name not in held for item in ALL)


def test_a_record_names_the_files_of_its_placeholder_and_no_other(tmp_path: Path) -> None:
    with Placeholders(tmp_path) as held:
        held.add(ALL)
        for folder in tmp_path.iterdir():
            lines = (folder / "RECORD").read_text(encoding="utf-8").splitlines()
            assert sorted(lines) == sorted(f"{folder.name}/{path.name},," for path in folder.iterdir())


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_placeholders_are_gone_whatever_happens(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "other-1.0.dist-info").mkdir()
    (tmp_path / "other-1.0.dist-info/METADATA").write_text("Version: 1.0\n", encoding="utf-8")
    before = tree(tmp_path)
    with pytest.raises(error), Placeholders(tmp_path) as held:  # noqa: PT012
        held.add(ALL[:2])
        held.add(ALL)  # those that are there already are left out
        assert len(list(tmp_path.iterdir())) == 4
        raise error
    assert tree(tmp_path) == before


def test_what_can_not_be_made_is_an_error_and_the_rest_goes(tmp_path: Path) -> None:
    taken = tmp_path / "numpy-2.0.1.dist-info"
    taken.mkdir()
    (taken / "METADATA").write_text("Version: 2.0.1\n", encoding="utf-8")
    before = tree(tmp_path)
    with pytest.raises(FileExistsError), Placeholders(tmp_path) as held:
        held.add([ALL[1], ALL[0]])
    assert tree(tmp_path) == before


def test_a_light_placeholder_keeps_what_only_an_extra_asks_for(tmp_path: Path) -> None:
    with Placeholders(tmp_path) as held:
        held.add(ALL, light=True)
        assert [item.requires for item in seen(tmp_path) if isinstance(item, Distribution)] == [
            ('x; extra == "test"',),
            (),
            (),
        ]


def origin(kind: str, commit: str | None = None, **data: object) -> Origin:
    return Origin(url="https://h.example/x.zip", kind=kind, commit=commit, text=json.dumps(data))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            origin("archive", archive_info={"hash": 5}, subdirectory="sub", odd=1),
            {"archive_info": {}, "subdirectory": "sub"},
        ),
        (origin("archive", archive_info={}, subdirectory=5), {"archive_info": {}}),
        (
            origin("vcs", COMMIT, vcs_info={"vcs": "git", "requested_revision": "main", "odd": 1}),
            {"vcs_info": {"vcs": "git", "commit_id": COMMIT, "requested_revision": "main"}},
        ),
        (
            origin("vcs", COMMIT, vcs_info={"vcs": "git", "requested_revision": 5}),
            {"vcs_info": {"vcs": "git", "commit_id": COMMIT}},
        ),
        (origin("vcs", COMMIT, vcs_info={"vcs": "hg"}), None),
        (origin("vcs", None, vcs_info={"vcs": "git"}), None),
        (origin("directory", dir_info={}), None),
    ],
)
def test_an_origin_is_written_from_its_parts_where_it_can_prove_anything(
    tmp_path: Path, found: Origin, expected: dict[str, object] | None
) -> None:
    with Placeholders(tmp_path) as held:
        held.add([replace(ALL[0], origin=found)])
        files = list(tmp_path.glob("*/direct_url.json"))
        written = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    assert written == ([] if expected is None else [{"url": found.url, **expected}])


# --- leftovers


def cuts(site: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> Iterator[None]:
    """Act again and again, killed before the first, the second, ... change to the file system."""

    class Killed(BaseException):
        """Not caught by anything, as a kill is not."""

    for allowed in range(100):
        left = allowed

        def guard(holder: object, name: str) -> object:
            original = getattr(holder, name)

            def guarded(*arguments: object, **options: object) -> object:
                nonlocal left
                if left == 0:
                    raise Killed
                left -= 1
                return original(*arguments, **options)

            return guarded

        with monkeypatch.context() as context:
            for name in ("mkdir", "unlink", "rmdir", "remove"):
                context.setattr(os, name, guard(os, name))
            context.setattr(placeholders, "open", guard(builtins, "open"), raising=False)
            try:
                act()
            except Killed:
                pass
            else:
                return
        yield
    raise AssertionError("never done")


def test_what_is_left_of_making_one_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def make() -> None:
        Placeholders(tmp_path).add(ALL)

    rounds = 0
    for _ in cuts(tmp_path, monkeypatch, make):
        rounds += 1
        there = len(list(tmp_path.iterdir()))
        assert sweep(tmp_path) == there
        assert tree(tmp_path) == {}
    assert rounds == 3 + 2 + 2 + 3  # directories and files


def test_what_is_left_of_removing_one_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def remove() -> None:
        for path in sorted(tmp_path.iterdir()):
            remove_if_ours(path)

    Placeholders(tmp_path).add(ALL)
    rounds = 0
    for _ in cuts(tmp_path, monkeypatch, remove):
        rounds += 1
        there = len(list(tmp_path.iterdir()))
        assert sweep(tmp_path) == there
        assert tree(tmp_path) == {}
        Placeholders(tmp_path).add(ALL)
    assert rounds == 3 + 2 + 2 + 3


def test_what_is_left_of_writing_the_first_file_is_swept(tmp_path: Path) -> None:
    Placeholders(tmp_path).add(ALL[:1])
    (folder,) = tmp_path.iterdir()
    content = (folder / "METADATA").read_bytes()
    for end in range(len(content)):
        for path in folder.iterdir():
            path.unlink()
        (folder / "METADATA").write_bytes(content[:end])
        assert sweep(tmp_path) == 1
        folder.mkdir()


def test_a_placeholder_that_uv_removes_is_known_to_its_last_file(tmp_path: Path) -> None:
    # uv removes what RECORD names, in its order
    with Placeholders(tmp_path) as held:
        held.add(ALL[2:])
        (folder,) = tmp_path.iterdir()
        names = [line.partition(",")[0] for line in (folder / "RECORD").read_text(encoding="utf-8").splitlines()]
    assert names[-1].endswith("/METADATA")


@pytest.mark.parametrize("content", [b"", b"\0\0", b"garbled", MARK[:9].encode()], ids=repr)
def test_what_lost_its_content_is_swept(tmp_path: Path, content: bytes) -> None:
    """One file of each, or all of them where nothing is left in any."""
    for damaged in [["METADATA"], ["METADATA", "direct_url.json"], ["METADATA", "RECORD", "direct_url.json"]]:
        if "RECORD" in damaged and content.strip(b"\0"):
            continue
        Placeholders(tmp_path).add(ALL)
        for folder in tmp_path.iterdir():
            for name in damaged:
                if (folder / name).exists():
                    (folder / name).write_bytes(content)
        assert sweep(tmp_path) == len(ALL)
        assert tree(tmp_path) == {}


@posix
def test_sweeping_removes_nothing_else(tmp_path: Path) -> None:
    base = tmp_path / "base"
    Placeholders(_made(base)).add(ALL[:1])
    site = _made(tmp_path / "site")
    for name, files in {
        "pip-24.0.dist-info": {"METADATA": "Name: pip\nVersion: 24.0\n", "INSTALLER": "pip\n"},
        "foreign-1.0.dist-info": {"INSTALLER": "pip\n"},
        "record-1.0.dist-info": {"RECORD": "record.py,,\n"},
        "emptied-1.0.dist-info": {"METADATA": "", "RECORD": "emptied-1.0.dist-info/METADATA,sha256=x,0\n"},
        "minimal-1.0.dist-info": {
            "METADATA": "Metadata-Version: 2.1\nName: minimal\nVersion: 1.0\n",
            "RECORD": "minimal-1.0.dist-info/RECORD,,\nminimal-1.0.dist-info/METADATA,,\n",
        },
        "more-1.0.dist-info": {"METADATA": "", "RECORD": "", "INSTALLER": "pip\n"},
        "origin-1.0.dist-info": {"direct_url.json": "{}"},
        "later-1.0.dist-info": {"METADATA": f"Version: 1.0\n{MARK}\n"},
        "similar-1.0.dist-info": {"METADATA": MARK[:-1] + "x"},
        "folder": {"METADATA": MARK},
        "egg-1.0.egg-info": {"PKG-INFO": MARK},
    }.items():
        for file, content in files.items():
            (_made(site / name) / file).write_text(content, encoding="utf-8")
    (site / "file-1.0.dist-info").write_text(MARK, encoding="utf-8")
    _made(site / "directory-1.0.dist-info" / "METADATA")
    os.mkfifo(_made(site / "pipe-1.0.dist-info") / "METADATA")
    (site / "numpy-2.0.1.dist-info").symlink_to(base / "numpy-2.0.1.dist-info")
    before, under = tree(site), tree(base)
    assert sweep(site) == 0
    assert tree(site) == before
    assert tree(base) == under
    assert sweep(tmp_path / "missing") == 0


def test_a_placeholder_goes_with_whatever_was_put_into_it(tmp_path: Path) -> None:
    Placeholders(tmp_path).add(ALL[:1])
    (folder,) = tmp_path.iterdir()
    (_made(folder / "licenses") / "LICENSE").touch()
    assert remove_if_ours(folder)
    assert tree(tmp_path) == {}


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


_odd = r"a[\w.-]{0,2} ?(\[[\w.,-]{1,4}\])? ?([<>~=!]{1,2} ?[0-9.]{1,4}){0,2}(; ?extra ?== ?'x')?"


_lines = graph_requirements | st.from_regex(re.compile(_odd, re.ASCII), fullmatch=True)


# --- what uv makes of them


@given(_lines)
def test_a_line_is_kept_as_it_is_or_is_no_requirement(line: str) -> None:
    text = placeholders._metadata(distribution("top", "1.0", line), light=False)
    kept = [found.partition(": ")[2] for found in text.splitlines() if found.startswith("Requires-Dist")]
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        assert kept == []
    else:
        is_odd = not all(name[-1].isalnum() for name in (requirement.name, *requirement.extras))
        assert kept == ([] if is_odd else [" ".join(line.split())])
