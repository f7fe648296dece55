"""How many bytes distributions and directories hold."""

from __future__ import annotations

import importlib.metadata
import ntpath
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.distributions import demo, fill
from tox_sitediff.interpreter import sizes
from tox_sitediff.interpreter.sizes import distribution_bytes, distribution_size
from tox_sitediff.interpreter.trees import Held, directory_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator


posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")


def recorded(site: Path, record: str | bytes, *, installer: str = "pip\n") -> int | None:
    fill(site, {"demo-1.0.dist-info/RECORD": record, "demo-1.0.dist-info/INSTALLER": installer})
    return distribution_bytes(demo(site))


def files_below(path: Path) -> Iterator[Path]:
    for directory, _, names in os.walk(path):
        yield from (Path(directory, name) for name in names)


@pytest.mark.parametrize("name", ["packaging", "pytest", "hypothesis", "tox"])
def test_an_installed_distribution_is_as_large_as_its_files_are(name: str) -> None:
    found = importlib.metadata.distribution(name)
    site = Path(str(found.locate_file("")))
    folder = next(site.glob(f"{name}-{found.version}.dist-info"))
    tops = {path.parts[0] for path in found.files or () if path.parts[0] != ".."}
    walked = sum(
        path.lstat().st_size
        for top in tops
        for path in (files_below(site / top) if (site / top).is_dir() else [site / top])
        if path.suffix != ".pyc"
    )
    outside = sum((site / path).lstat().st_size for path in found.files or () if path.parts[0] == "..")
    measured = distribution_bytes(demo(site, folder=folder.name, name=name))
    assert measured is not None
    assert measured == pytest.approx(walked + outside, rel=0.001)


def test_the_sizes_in_record_count_where_pip_or_uv_wrote_it_and_the_files_otherwise(tmp_path: Path) -> None:
    fill(tmp_path, {"demo/__init__.py": 10, "demo/data.bin": 100})
    record = "demo/__init__.py,sha256=x,11\ndemo/data.bin,,\ndemo/missing.py,,1000\n"
    assert recorded(tmp_path, record, installer="uv") == 11 + 100 + 1000
    assert recorded(tmp_path, record, installer="conda\n") == 10 + 100
    assert recorded(tmp_path, record, installer="") == 10 + 100


def test_bytecode_does_not_count(tmp_path: Path) -> None:
    fill(tmp_path, {"demo/a.py": 1, "demo/__pycache__/a.cpython-312.pyc": 1000, "demo/b.pyc": 1000})
    assert recorded(tmp_path, "demo/a.py,,1\ndemo/__pycache__/a.cpython-312.pyc,,\ndemo/b.pyc,,7\n") == 1
    (tmp_path / "demo-1.0.dist-info/RECORD").unlink()
    (tmp_path / "demo-1.0.dist-info/INSTALLER").unlink()
    assert distribution_bytes(demo(tmp_path)) == 1


def test_a_file_that_is_listed_twice_counts_once(tmp_path: Path) -> None:
    assert recorded(tmp_path, "a.py,,5\na.py,,5\n") == 5


@posix
def test_quoted_names_are_read(tmp_path: Path) -> None:
    names = {'with "quotes"': 1, "a,comma": 20, "a\nline": 300, "caf\xe9\u2028": 4000}
    fill(tmp_path, dict(names))
    record = "".join('"' + name.replace('"', '""') + '",,\r\n' for name in names)
    assert recorded(tmp_path, record) == 4321


@pytest.mark.parametrize("size", ["-5", "1e9", "9" * 16, "9" * 6000, "\u0665", "0x10", " 5", "5 ", "nan", "+5"])
def test_a_size_that_is_none_is_measured_instead(tmp_path: Path, size: str) -> None:
    fill(tmp_path, {"a.py": 7})
    assert recorded(tmp_path, f"a.py,,{size}\n") == 7


@posix
def test_names_that_lead_far_away_are_not_followed_and_links_count_as_themselves(tmp_path: Path) -> None:
    site = fill(tmp_path / "a/b/c", {"demo.py": 3})
    fill(tmp_path, {"bin/demo": 40, "secret": 1000})
    (site / "link").symlink_to("../../../secret")
    (site / "directory").mkdir()
    up = "../" * 6 + str(tmp_path).lstrip("/")
    lines = [
        "demo.py",
        "../../../bin/demo",
        "link",
        "directory",
        str(tmp_path / "secret"),
        f"{up}/secret",
        "nul\0",
        "x" * 5000,
    ]
    assert recorded(site, "".join(f'"{line}",,\n' for line in lines)) == 3 + 40 + len("../../../secret")


@pytest.mark.parametrize("record", ["a" * 200_000 + ",,5\n", "a.py,,5\n" + "b" * 140_000 + "\n"])
def test_a_record_that_is_no_table_makes_the_size_unknown(tmp_path: Path, record: str) -> None:
    assert recorded(tmp_path, record) is None


@given(record=st.binary(max_size=200), installer=st.sampled_from(["pip", "conda"]))
def test_whatever_a_record_holds_the_size_is_a_value(
    tmp_path_factory: pytest.TempPathFactory, record: bytes, installer: str
) -> None:
    found = recorded(tmp_path_factory.mktemp("any"), record, installer=installer)
    assert found is None or found >= 0


def test_an_egg_lists_its_files_relative_to_its_metadata(tmp_path: Path) -> None:
    fill(tmp_path, {"demo.egg-info/installed-files.txt": "../demo/a.py\nPKG-INFO\n../demo/a.pyc\n"})
    fill(tmp_path, {"demo/a.py": 5, "demo/a.pyc": 100, "demo.egg-info/PKG-INFO": 70})
    assert distribution_bytes(demo(tmp_path, folder="demo.egg-info")) == 75


def test_without_any_list_the_packages_that_it_names_or_is_named_after_are_measured(tmp_path: Path) -> None:
    fill(tmp_path, {"demo_x/a.py": 5, "demo_x/sub/b.py": 6, "demo_x.py": 10, "one/c.py": 100, "two.py": 1000})
    fill(tmp_path, {"demo_x.egg-info": 1})
    assert distribution_bytes(demo(tmp_path, folder="demo_x.egg-info", name="demo-x")) == 5 + 6 + 10 + 1
    fill(tmp_path, {"other.egg-info/top_level.txt": "one\ntwo\none\n../demo_x\nmissing\n"})
    listed = (tmp_path / "other.egg-info/top_level.txt").stat().st_size
    assert distribution_bytes(demo(tmp_path, folder="other.egg-info", name="demo-x")) == 1100 + listed


@pytest.mark.parametrize("record", [None, ""])
def test_the_size_is_unknown_and_not_nothing_where_nothing_says_which_files_are_its_own(
    tmp_path: Path, record: str | None
) -> None:
    fill(tmp_path, {"unrelated.py": 5, "demo-1.0.dist-info/METADATA": 50})
    if record is not None:
        fill(tmp_path, {"demo-1.0.dist-info/RECORD": record, "demo-1.0.dist-info/installed-files.txt": record})
    assert distribution_bytes(demo(tmp_path)) is None


def files_of(site: Path, **how: str) -> int | None:
    found = distribution_size(demo(site, **how))
    return None if found is None else found.files


def test_files_are_counted_without_bytecode_however_they_are_known(tmp_path: Path) -> None:
    """What RECORD lists, each once; else what lies in the packages and the metadata directory, links as themselves."""
    assert recorded(tmp_path / "a", "demo/a.py,,1\ndemo/a.py,,1\ndemo/a.pyc,,\ndemo/b.py,,\n") == 1
    assert files_of(tmp_path / "a") == 2
    fill(tmp_path / "b", {"demo_x/a.py": 5, "demo_x/sub/b.py": 6, "demo_x/c.pyc": 1, "demo_x.py": 9})
    fill(tmp_path / "b", {"demo_x.egg-info/PKG-INFO": 1, "demo_x.egg-info/requires.txt": 1})
    assert files_of(tmp_path / "b", folder="demo_x.egg-info", name="demo-x") == 5
    assert files_of(fill(tmp_path / "c", {"demo-1.0.dist-info/METADATA": 5})) is None


# --- directories


def test_a_directory_holds_its_files_with_bytecode(tmp_path: Path) -> None:
    fill(tmp_path, {"a": 1, "b/c/d.pyc": 20, "b/__pycache__/e.pyc": 300})
    (tmp_path / "empty").mkdir()
    assert directory_bytes(tmp_path) == Held(apparent=321, unshared=321, files=3)


@posix
def test_links_count_as_themselves(tmp_path: Path) -> None:
    fill(tmp_path, {"elsewhere/file": 1000, "env/a": 1})
    (tmp_path / "env/link").symlink_to("../elsewhere")
    (tmp_path / "env/loop").symlink_to(".")
    assert directory_bytes(tmp_path / "env").apparent == 1 + len("../elsewhere") + len(".")


@posix
def test_deleting_frees_only_files_all_of_whose_links_lie_in_the_directory(tmp_path: Path) -> None:
    fill(tmp_path, {"cache/wheel": 1000, "env/own": 1, "env/twin": 20})
    os.link(tmp_path / "cache/wheel", tmp_path / "env/wheel")
    os.link(tmp_path / "env/twin", tmp_path / "env/other")
    assert directory_bytes(tmp_path / "env") == Held(apparent=1000 + 1 + 20 + 20, unshared=1 + 20, files=4)
    (tmp_path / "cache/wheel").unlink()
    assert directory_bytes(tmp_path / "env").unshared == 1000 + 1 + 20


class WindowsEntry:
    """Stands in for an entry of ``os.scandir`` on Windows: what it knows of a file has neither links nor identity."""

    def __init__(self, entry: os.DirEntry[str]) -> None:
        self.name, self.path, self.is_dir, self._stat = entry.name, entry.path, entry.is_dir, entry.stat

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:
        found = self._stat(follow_symlinks=follow_symlinks)
        return os.stat_result((found.st_mode, 0, 0, 0, *found[4:]))


@posix
def test_links_are_counted_where_a_listing_knows_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where uv makes hard links to its cache (seen under wine, see tests/bases/test_wine.py)."""
    fill(tmp_path, {"cache/wheel": 1000, "env/own": 1})
    os.link(tmp_path / "cache/wheel", tmp_path / "env/wheel")
    scan = os.scandir

    @contextmanager
    def scandir(path: str) -> Iterator[Iterator[WindowsEntry]]:
        with scan(path) as entries:
            yield map(WindowsEntry, entries)

    monkeypatch.setattr("tox_sitediff.interpreter.trees.os.scandir", scandir)
    assert directory_bytes(tmp_path / "env") == Held(apparent=1001, unshared=1, files=2)


def test_a_directory_that_is_missing_holds_nothing(tmp_path: Path) -> None:
    assert directory_bytes(tmp_path / "missing") == Held(apparent=0, unshared=0, files=0)


def test_a_file_that_vanishes_meanwhile_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, {f"file{at}": 10 for at in range(5)})
    scandir = os.scandir

    class Entry:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.name, self.path, self.is_dir = entry.name, entry.path, entry.is_dir
            self._entry = entry

        def stat(self, *, follow_symlinks: bool) -> os.stat_result:
            if self.name == "file2":
                raise FileNotFoundError(self.path)
            return self._entry.stat(follow_symlinks=follow_symlinks)

    class Scan:
        def __init__(self, path: str) -> None:
            self._scan = scandir(path)

        def __enter__(self) -> Iterator[Entry]:
            return iter([Entry(entry) for entry in self._scan])

        def __exit__(self, *error: object) -> None:
            self._scan.close()

    monkeypatch.setattr(os, "scandir", Scan)
    assert directory_bytes(tmp_path).apparent == 40


@pytest.mark.parametrize(
    ("name", "line"),
    [("RECORD", "{},,\n"), ("installed-files.txt", "{}\n"), ("top_level.txt", "{}\n")],
)
def test_a_list_of_more_files_than_any_distribution_has_is_not_worked_off(tmp_path: Path, name: str, line: str) -> None:
    """Its size is unknown: 15 MB of names would keep the run busy for a minute."""
    lines = "".join(line.format(f"a{number:x}") for number in range(250_000))
    assert distribution_bytes(demo(fill(tmp_path, {f"demo-1.0.dist-info/{name}": lines}))) is None


@posix
def test_a_link_that_leads_back_to_where_it_lies_counts_as_itself(tmp_path: Path) -> None:
    """A package that is a link into another tree is measured there; one that holds the site directory itself is not."""
    site = fill(tmp_path / "lib/site", {"demo.egg-info": 1, "other.py": 1000})
    fill(tmp_path / "store/demo", {"a.py": 7})
    (site / "demo").symlink_to("../../store/demo")
    assert distribution_bytes(demo(site, folder="demo.egg-info")) == len("../../store/demo") + 7 + 1
    for target in (".", "..", "/"):
        (site / "demo").unlink()
        (site / "demo").symlink_to(target)
        assert distribution_bytes(demo(site, folder="demo.egg-info")) == len(target) + 1


@posix
def test_a_tree_of_more_files_than_any_distribution_has_is_not_walked_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that is a link to an enormous tree has an unknown size."""
    monkeypatch.setattr(sizes, "_MOST", 3)
    site = fill(tmp_path / "site", {"demo.egg-info": 1})
    fill(tmp_path / "huge", {f"{number}.py": 1 for number in range(4)})
    (site / "demo").symlink_to("../huge")
    assert distribution_bytes(demo(site, folder="demo.egg-info")) is None


@pytest.mark.parametrize(
    "name", ["C:/secret", "D:secret", "//host/share/secret", "\\\\host\\share\\secret", "\\secret"]
)
def test_a_name_on_another_drive_or_host_is_not_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Stands in for Windows, by its rules for paths: to ask for such a file would mean to ask another machine."""
    asked: list[str] = []

    def measure(path: str) -> int:
        asked.append(path)
        return 1

    monkeypatch.setattr(sizes, "_size", measure)
    fill(tmp_path, {"demo-1.0.dist-info/RECORD": f"{name},,\nfine,,\n"})
    monkeypatch.setattr(os.path, "splitdrive", ntpath.splitdrive)
    assert distribution_bytes(demo(tmp_path)) == 1
    assert [Path(path).name for path in asked] == ["fine"]
