"""What is kept of large site directories: always what they hold now."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from support.distributions import fill
from tox_sitediff.core.model import Layer, Role
from tox_sitediff.interpreter import listings as module
from tox_sitediff.interpreter import memo, metadata
from tox_sitediff.interpreter.fingerprint import mark
from tox_sitediff.interpreter.listings import Listings, mounts
from tox_sitediff.interpreter.memo import clear

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tox_sitediff.core.fingerprint import Mark
    from tox_sitediff.interpreter.metadata import Listed

linux = pytest.mark.skipif(sys.platform != "linux", reason="nothing is kept there")

SECOND: Final = 1_000_000_000
LOCAL: Final = "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
NAMES: Final = ("a-1.dist-info", "a-2.dist-info", "A-3.egg-info", "b_c-1.dist-info", "x.pth", "y.start", "other.py")


@pytest.fixture(autouse=True)
def _every_directory_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MANY", 0)


@dataclass(kw_only=True)
class Site:
    """A site directory on a file system whose clock is coarse; nobody can set back its second time."""

    path: Path
    tick: int
    now: int = 1_001 * SECOND + SECOND // 2
    changed: int = 0

    def look(self, path: str) -> Mark:
        found = mark(path)
        return None if found is None else [*found[:-2], self.changed, self.changed]

    def note(self) -> None:
        self.changed = self.now // self.tick * self.tick

    def toggle(self, name: str) -> None:
        path = self.path / name
        if path.exists():
            path.unlink()
        else:
            path.touch()
        self.note()

    def replace(self) -> None:
        shutil.copytree(self.path, self.path.with_name("copy"))
        shutil.rmtree(self.path)
        self.path.with_name("copy").rename(self.path)
        self.note()


_steps = st.lists(
    st.tuples(st.sampled_from(["", *NAMES]), st.sampled_from([0, SECOND // 2, 3 * SECOND]), st.booleans()), max_size=12
)


@linux
@given(steps=_steps, tick=st.sampled_from([1, 4_000_000, SECOND, 2 * SECOND]))
@example(steps=[(name, 3 * SECOND, True) for name in (*NAMES, "", *NAMES)], tick=1)
@example(steps=[("a-1.dist-info", 0, True), ("a-2.dist-info", 0, True), ("x.pth", 3 * SECOND, True)], tick=4_000_000)
def test_what_is_kept_is_what_would_be_listed(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, bool]], tick: int
) -> None:
    """Whatever comes and goes in whatever moment, or is another directory, however coarse the clock, in any run."""
    root = tmp_path_factory.mktemp("listings")
    site = Site(path=fill(root / "site", {"first-1.dist-info": "", "z.pth": ""}), tick=tick)
    layer = Layer(path=str(site.path), role=Role.BASE)

    def new() -> Listings:
        return Listings(lambda: root / "kept", clock=lambda: site.now, look=site.look, mounted=lambda: LOCAL)

    run = new()
    for name, wait, ends in [("", 3 * SECOND, False), *steps]:
        if name:
            site.toggle(name)
        else:
            site.replace()
        for _ in range(2):
            found, expected = run.of(layer), metadata.list_layer(layer)
            for project in map(canonicalize_name, ("a", "b-c", "first", "x")):
                assert found.of(project) == expected.of(project)
            assert found.names() == expected.names()
            files = {path for path in os.listdir(site.path) if path.endswith((".pth", ".start"))}
            assert {*run.path_files(layer.path)} == files
            site.now += wait
        if ends:
            run.keep()
            run = new()


def _later() -> int:
    """Tell a time at which nothing is new any more."""
    return time.time_ns() + 10 * SECOND


def _locally() -> str:
    return LOCAL


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run is told of time, files and file systems."""

    clock: Callable[[], int] = _later
    look: Callable[[str], Mark] = mark
    mounted: Callable[[], str] = _locally


@dataclass
class Runs:
    """Counts how often directories are listed."""

    place: Path | None
    listed: list[str] = field(default_factory=list)

    def run(self, *paths: Path, role: Role = Role.BASE, settings: Settings | None = None) -> list[list[str]]:
        """List directories in a run of its own; return what each holds."""
        given = settings or Settings()
        run = Listings(lambda: self.place, clock=given.clock, look=given.look, mounted=given.mounted)
        found = [run.of(Layer(path=str(path), role=role)) for path in paths]
        run.keep()
        return [sorted(os.path.basename(entry.path) for entry in listing) for listing in found]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    found = Runs(tmp_path / "kept")
    list_directory = metadata.list_directory

    def noting(path: str) -> Listed:
        found.listed.append(os.path.basename(path))
        return list_directory(path)

    monkeypatch.setattr(metadata, "list_directory", noting)
    return found


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return fill(tmp_path / "site", {"a-1.dist-info": "", "b-1.dist-info": "", "x.pth": ""})


@linux
def test_another_run_lists_nothing_until_something_changes(runs: Runs, site: Path) -> None:
    assert runs.run(site) == runs.run(site) == [["a-1.dist-info", "b-1.dist-info"]]
    assert runs.listed == ["site"]
    (site / "b-1.dist-info").rename(site / "b-2.dist-info")
    assert runs.run(site) == runs.run(site) == [["a-1.dist-info", "b-2.dist-info"]]
    assert runs.listed == ["site", "site"]
    assert clear(site.parent / "kept") > 0
    runs.run(site)
    assert runs.listed == ["site"] * 3


@linux
def test_what_is_read_for_one_directory_is_not_taken_for_another(runs: Runs, site: Path) -> None:
    other = fill(site.parent / "other", {"c-1.dist-info": ""})
    runs.run(site, other)
    assert runs.run(other, site) == [["c-1.dist-info"], ["a-1.dist-info", "b-1.dist-info"]]
    assert runs.listed == ["site", "other"]
    kept = sorted((site.parent / "kept").iterdir(), key=lambda path: path.stat().st_size)
    kept[0].replace(kept[1])
    assert runs.run(site, other) == [["a-1.dist-info", "b-1.dist-info"], ["c-1.dist-info"]]


def a_moment_ago(site: Path) -> Settings:
    return Settings(clock=time.time_ns)


def to_come(site: Path) -> Settings:
    return Settings(clock=lambda: 0)


def by_the_second(site: Path) -> Settings:
    """As on a read-only image, where times are what its maker chose: another one may have the same."""
    return Settings(look=lambda path: [*(mark(path) or [])[:-1], 1_000 * SECOND])


def of_other_machines(site: Path) -> Settings:
    return Settings(mounted=lambda: f"{LOCAL}23 1 0:40 / {site.parent} rw - nfs4 server:/opt rw\n")


def nobody_knows_where(site: Path) -> Settings:
    return Settings(mounted=str)


def odd_names(site: Path) -> Settings:
    (site / "caf\xe9-1.dist-info").touch()
    return Settings()


def gone(site: Path) -> Settings:
    shutil.rmtree(site)
    return Settings()


@linux
@pytest.mark.parametrize(
    "situation",
    [a_moment_ago, to_come, by_the_second, of_other_machines, nobody_knows_where, odd_names, gone],
    ids=lambda situation: situation.__name__,
)
def test_where_a_change_might_not_be_noted_nothing_is_kept(
    runs: Runs, site: Path, situation: Callable[[Path], Settings]
) -> None:
    settings = situation(site)
    assert runs.run(site, settings=settings) == runs.run(site, settings=settings)
    assert runs.listed == ["site", "site"]
    assert not (site.parent / "kept").exists()


def test_elsewhere_than_on_linux_nothing_is_kept(runs: Runs, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert runs.run(site) == runs.run(site)
    assert runs.listed == ["site", "site"]


@linux
def test_the_environments_own_and_small_directories_are_listed_each_time(
    runs: Runs, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runs.run(site, role=Role.OWN) == runs.run(site, role=Role.OWN)
    monkeypatch.setattr(module, "MANY", 4)
    assert runs.run(site) == runs.run(site)
    assert runs.listed == ["site"] * 4


@linux
def test_without_a_place_nothing_is_kept_and_nothing_fails(runs: Runs, site: Path) -> None:
    (site.parent / "file").touch()
    for place in (None, site.parent / "file"):
        runs.place = place
        assert runs.run(site) == runs.run(site)
    assert runs.listed == ["site"] * 4


@linux
@given(place=st.integers(0, 10_000), other=st.binary(max_size=1))
def test_what_is_damaged_counts_for_nothing(tmp_path_factory: pytest.TempPathFactory, place: int, other: bytes) -> None:
    """Cut off anywhere, or with another byte anywhere; empty or of somebody else too."""
    root = tmp_path_factory.mktemp("damaged")
    path = fill(root / "site", {"a-1.dist-info": "", "b-1.dist-info": ""})
    runs = Runs(root / "kept")
    whole = runs.run(path)
    (kept,) = (root / "kept").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    content = kept.read_bytes()
    at = place % len(content)
    kept.write_bytes(content[:at] + (other + content[at + 1 :] if other else b""))
    assert runs.run(path) == whole


@linux
def test_what_has_another_form_counts_for_nothing(runs: Runs, site: Path) -> None:
    runs.run(site)
    (kept,) = (site.parent / "kept").iterdir()
    rest = b'{"a": 1}\na/a-1.dist-info\n'
    kept.write_bytes(module._check(rest) + b"\n" + rest)
    assert runs.run(site) == [["a-1.dist-info", "b-1.dist-info"]]


@linux
def test_what_killed_runs_left_half_written_goes_with_the_next_that_is_kept(runs: Runs, site: Path) -> None:
    """But not what another run may be writing."""
    left = fill(site.parent / "kept", {".tox-sitediff-old": "x", ".tox-sitediff-new": "x"})
    os.utime(left / ".tox-sitediff-old", (1, 1))
    runs.run(site)
    assert sorted(path.name for path in left.iterdir() if path.suffix != ".names") == [".tox-sitediff-new"]


@linux
def test_it_does_not_grow_for_ever(runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "MOST_FILES", 2)
    runs.run(*(fill(tmp_path / str(number), {"a-1.dist-info": ""}) for number in range(4)))
    assert len([*(tmp_path / "kept").iterdir()]) == 2


@linux
def test_what_is_mounted_is_read_from_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert " / " in mounts()
    monkeypatch.setattr(module, "Path", lambda _: tmp_path / "missing")
    assert mounts() == ""
