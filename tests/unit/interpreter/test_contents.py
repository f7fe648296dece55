"""The files that an installer wrote down for a distribution."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.distributions import demo, fill
from support.strategies import distribution
from tox_sitediff.core.model import Distribution, Layer, Role
from tox_sitediff.interpreter import contents
from tox_sitediff.interpreter.contents import (
    Recorded,
    RecordedFile,
    is_torn,
    listed,
    listed_files,
    names_outside,
    namespace_packages,
    parse_record,
    read_record,
    top_level,
)

if TYPE_CHECKING:
    from pathlib import Path

A = distribution("a", "1.0", "b", "c>=1")


def test_what_an_installer_that_was_killed_left_is_torn(tmp_path: Path) -> None:
    """Without its RECORD, or without a file that it names; an egg has no such file, and rows may be empty."""
    folder = tmp_path / "a-1.0.dist-info"
    folder.mkdir()
    found = replace(A, path=str(folder))
    assert is_torn(found)
    (folder / "RECORD").write_text("a.py,,\n\n,,\na-1.0.dist-info/RECORD,,\n")
    assert is_torn(found)
    (tmp_path / "a.py").touch()
    assert not is_torn(found)
    assert not is_torn(replace(A, path=str(tmp_path / "a.egg-info")))


def test_files_are_those_that_the_installer_wrote_down(tmp_path: Path) -> None:
    """From ``RECORD`` in its order, from what came before it, from nowhere."""
    fill(tmp_path, {"demo-1.0.dist-info/RECORD": 'demo.py,,\n\n"a,b.py",sha256=x,1\n../../../bin/demo,,\n'})
    assert listed_files(demo(tmp_path)) == ["demo.py", "a,b.py", "../../../bin/demo"]
    egg = demo(tmp_path, folder="demo-1.0.egg-info")
    assert listed_files(egg) == []
    fill(tmp_path, {"demo-1.0.egg-info/installed-files.txt": "../demo.py\n../../../../bin/demo\nPKG-INFO\n"})
    assert listed_files(egg) == ["demo.py", "../../../bin/demo", "demo-1.0.egg-info/PKG-INFO"]
    fill(tmp_path, {"demo-1.0.dist-info/RECORD": "x" * 140_000 + ",,\n"})  # longer than a field may be
    assert listed_files(demo(tmp_path)) == []


NAMES = st.text(st.sampled_from('ab./\\",\n\r\0 \u2028\xe9') | st.characters(exclude_categories=["Cs"]), max_size=8)


def info(site: Path, **files: str | bytes) -> Path:
    """Make the metadata of ``demo``; the underscore before the ending stands for a dot or a dash."""
    folder = site / "demo-1.0.dist-info"
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / {"installed": "installed-files.txt"}.get(name, name)).write_bytes(data)
    return folder


def demo_of(folder: Path) -> Distribution:
    return Distribution(
        name=canonicalize_name("demo"),
        version=Version("1.0"),
        path=str(folder),
        layer=Layer(path=str(folder.parent), role=Role.OWN),
    )


def oracle(text: str) -> tuple[list[tuple[str, int | None]], bool]:
    """Read path and size of all rows with a path, up to what the csv module does not take."""
    found: list[tuple[str, int | None]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline="")):
            size = row[2] if len(row) > 2 else ""
            is_size = size.isascii() and size.isdecimal() and len(size) < 16
            found += [(row[0], int(size) if is_size else None)] if row and row[0] else []
    except csv.Error:
        return found, False
    return found, True


def files_of(found: Recorded) -> list[tuple[str, int | None]]:
    files = [(file.path, file.size) for file in found]
    assert found.measured() == dict(files)
    assert list(found.paths) == [path for path, _ in files]
    kept = {path: size for path, size in files if not path.endswith(".pyc")}
    added = found.added_up()
    assert (added.bytes, added.files) == (sum(filter(None, kept.values())), len(kept))
    assert list(added.unknown) == [path for path, size in kept.items() if size is None]
    return files


@given(rows=st.lists(st.lists(NAMES, min_size=1, max_size=4), max_size=8))
def test_what_was_written_is_read(rows: list[list[str]]) -> None:
    """Whatever the names are, rows that the csv module wrote are read back, as that module reads them."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(rows)
    found = parse_record(written.getvalue())
    expected, is_whole = oracle(written.getvalue())
    assert files_of(found) == expected
    assert found.is_whole == is_whole


@given(text=st.text(st.sampled_from('a,1"\n\r\0') | st.characters(), max_size=60))
@example("a,b,1,x\rc,d,2\r\n\n,e,3\n")
@example("a,,1\n" + "b" * 131_073 + ",,\nc,,2\n")
@example("a,,1\n" + "b" * 131_072 + ",,\nc," + "," * 140_000)
@example("a\u2028b\x0bc\x1cd,,5")
@example("a.py,x,10\na.pyc,x,20\nb.py,,\nb.pyc,,\n")
@example("a,x,1\na,x,2\n")
@example("a,x,1\nb,x,2,3\nc,4\n")
@example("a,x,1\nb,x,\u0663\n")
@example(f"a,x,{10**15}\nb,x,{10**15 - 1}\n")
def test_no_text_is_an_error(text: str) -> None:
    """Of any text, what the csv module reads is there."""
    found = parse_record(text)
    assert (files_of(found), found.is_whole) == oracle(text)


@given(names=st.lists(st.text(st.sampled_from("ab./\\- "), min_size=1, max_size=8), max_size=8))
def test_what_lies_outside_is_found_without_reading_the_rest(names: list[str]) -> None:
    """The fast way names, in their order, exactly those of all names that may lie outside the site directory."""
    text = "".join(f"{name},sha256=x,1\n" for name in names)
    starts = (".", "/", "\\", "bin/", "bin\\")
    expected = [path for path in parse_record(text).paths if path.startswith(starts)]
    assert list(names_outside(text.encode())) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (b'"a,b.py",,\r\n"../x ""y""",,\r\n', ["a,b.py", '../x "y"']),
        (b"../../../bin/demo,,\nbin/x,,\nC:/x,,\n", ["../../../bin/demo", "bin/x", "C:/x"]),
        (b"../\xff,,\n", [None]),
        (b'"../open,,\n', [""]),
        (b"\0" * 200_000, []),
    ],
)
def test_names_outside(record: bytes, expected: list[str | None]) -> None:
    assert [name for name in names_outside(record) if name != "a,b.py"] == [
        name for name in expected if name != "a,b.py"
    ]


def test_sizes_are_whole_numbers_or_unknown() -> None:
    text = "a,sha256=x,12\nb,,\nc\nd,,-1\ne,,1e3\nf,, 1\ng,,\u0661\nh,," + "9" * 16 + "\n"
    sizes = {file.path: file.size for file in parse_record(text)}
    assert sizes == {"a": 12, **dict.fromkeys("bcdefgh")}
    assert next(iter(parse_record("a,,3\n"))) == RecordedFile(path="a", size=3)


def test_a_list_that_is_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of more files than any distribution has, only the first are read, and that is known."""
    monkeypatch.setattr(contents, "MOST", 2)
    found = parse_record("a,,\n\nb,,\nc,,\n")
    assert (found.paths, found.is_cut, found.is_whole) == (["a", "b"], True, False)
    assert parse_record("a,,\nb,,\n\n").is_whole
    eggs = listed(str(info(tmp_path, installed="../a\n../b\n../c\n")))
    assert eggs is not None
    assert (eggs.paths, eggs.is_cut) == (["a", "b"], True)


def test_record_comes_before_what_older_installers_wrote(tmp_path: Path) -> None:
    folder = info(tmp_path, installed="../old.py\n\nPKG-INFO\n../../../../bin/x\n")
    assert listed_files(demo_of(folder)) == ["old.py", "demo-1.0.dist-info/PKG-INFO", "../../../bin/x"]
    for record in ("", None):
        if record is not None:
            info(tmp_path, RECORD=record)
        assert read_record(str(folder)) is None
    info(tmp_path, RECORD="new.py,,\n")
    assert listed_files(demo_of(folder)) == ["new.py"]


def test_names_of_modules(tmp_path: Path) -> None:
    folder = str(info(tmp_path))
    assert (top_level(folder), namespace_packages(folder)) == ([], [])
    info(tmp_path)
    (tmp_path / "demo-1.0.dist-info/top_level.txt").write_text("a\n_b\n\n")
    (tmp_path / "demo-1.0.dist-info/namespace_packages.txt").write_text("a.b\n" * 30_000)
    assert top_level(folder) == ["a", "_b"]
    assert namespace_packages(folder) == []  # larger than any such file


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(b"\0" * 300_000, id="a power cut"),
        pytest.param(b"\0" * 30, id="a power cut early"),
        pytest.param(b"", id="empty"),
        pytest.param(b"demo.py,,\n" + b"x" * 200_000, id="a field without end"),
        pytest.param(b'demo.py,,\n"' + b"demo.py,,\n" * 20_000, id="a quote without end"),
        pytest.param(b"demo.py,,\nmissing.py,,\n", id="a file is missing"),
        pytest.param(b"demo.py\0,,\n", id="no file name"),
        pytest.param(b"\xff\xfe,,\n", id="not UTF-8"),
    ],
)
def test_a_half_written_distribution_is_torn(tmp_path: Path, record: bytes) -> None:
    """Whatever is left of its list, it counts as torn, and nothing is raised."""
    (tmp_path / "demo.py").touch()
    folder = info(tmp_path, RECORD=record)
    assert is_torn(demo_of(folder))
    info(tmp_path, RECORD="demo.py,,\ndemo-1.0.dist-info/RECORD,,\n")
    assert not is_torn(demo_of(folder))
