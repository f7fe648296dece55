"""What is remembered of a base: always what its files say now."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from support.distributions import demo, fill
from tox_sitediff.core.model import Distribution, Entry, Layer, Role
from tox_sitediff.files import content_of
from tox_sitediff.interpreter import memo as memos
from tox_sitediff.interpreter.beside import beside, remembered
from tox_sitediff.interpreter.fingerprint import mark
from tox_sitediff.interpreter.memo import Memo, clear, nowhere
from tox_sitediff.interpreter.metadata import read, reader
from tox_sitediff.interpreter.sizes import distribution_size, size_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tox_sitediff.core.fingerprint import Mark

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is remembered there")

FOLDER: Final = "demo-1.0.dist-info"
SECOND: Final = 1_000_000_000
CONTENTS: Final = {
    # of the same size, so that nothing but the time tells them apart
    "METADATA": [
        "Version: 1.0\nLicense-Text: a\n\n",
        "Version: 1.0\nRequires-Dist: a\n\n",
        "Version: 2.0\nRequires-Dist: a\n\n",
        "Version: 1.0\nRequires-Dist: b\n\n",
        "Version: 1.x\nProvides-Extra:b\n\n",
    ],
    "PKG-INFO": ["Version: 3.0\n", ""],
    "requires.txt": ["c\n", "d\n"],
    "direct_url.json": [
        json.dumps({"url": f"https://x.invalid/{name}.tar.gz", "archive_info": {}}) for name in ("demo-1", "demo-2")
    ]
    + ["{}"],
    "RECORD": [
        f"demo.py,,10\n{FOLDER}/RECORD,,\n",
        f"demo.py,,10\n{FOLDER}/RECORD,,\n../../../bin/a,,\n",
        f"demo.py,,20\n{FOLDER}/RECORD,,\n../../../bin/b,,\n",
        f"demo.py,,20\n{FOLDER}/RECORD,,\n../../../etc/b,,\n",
        f"demo.py,,20\n{FOLDER}/RECORD,,\n",
    ],
    "INSTALLER": ["pip\n", "apt\n", "uv\n"],
}


@dataclass(kw_only=True)
class Base:
    """A base with one distribution, on a file system whose clock is coarse; nobody can set back its second time."""

    site: Path
    tick: int
    now: int = 1_001 * SECOND + SECOND // 2
    changed: dict[str, int] = field(default_factory=dict)

    @property
    def metadata(self) -> Path:
        return self.site / FOLDER

    def clock(self) -> int:
        return self.now

    def look(self, path: str) -> Mark:
        found = mark(path)
        if found is None:
            return None
        last = self.changed.get(path, 0)
        return [*found[:-2], last, last]

    def note(self, *paths: Path) -> None:
        for path in paths:
            self.changed[str(path)] = self.now // self.tick * self.tick

    def write(self, name: str, content: str, *, anew: bool) -> None:
        path = self.metadata / name
        if anew or not path.exists():
            (self.site / "new").write_text(content)
            (self.site / "new").replace(path)
            self.note(self.metadata)
        else:
            path.write_text(content)
        self.note(path)

    def remove(self, name: str) -> None:
        (self.metadata / name).unlink(missing_ok=True)
        self.note(self.metadata)

    def replace_all(self) -> None:
        shutil.copytree(self.metadata, self.site / "copy")
        shutil.rmtree(self.metadata)
        (self.site / "copy").rename(self.metadata)
        self.note(self.metadata, *self.metadata.iterdir())


_changes = st.one_of(
    st.sampled_from(sorted(CONTENTS)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(CONTENTS[name]), st.booleans())
    ),
    st.tuples(st.sampled_from(sorted(CONTENTS)), st.none(), st.just(value=False)),
    st.just(("", None, False)),
)
_EACH: Final = [
    ((name, content, False), 3 * SECOND, True)
    for name, contents in CONTENTS.items()
    for content in (*contents, None, contents[0])
]
_steps = st.lists(st.tuples(_changes, st.sampled_from([0, SECOND // 2, 3 * SECOND]), st.booleans()), max_size=12)


@example(steps=_EACH, tick=1)
@given(steps=_steps, tick=st.sampled_from([1, SECOND, 2 * SECOND]))
@example(
    steps=[
        (("METADATA", CONTENTS["METADATA"][0], False), 0, True),
        (("METADATA", CONTENTS["METADATA"][1], False), 0, True),
        (("METADATA", CONTENTS["METADATA"][2], False), 3 * SECOND, True),
        (("METADATA", CONTENTS["METADATA"][0], False), 0, True),
    ],
    tick=2 * SECOND,
)
@example(
    steps=[
        (("RECORD", CONTENTS["RECORD"][1], False), 3 * SECOND, True),
        (("RECORD", CONTENTS["RECORD"][2], False), 3 * SECOND, False),
        (("INSTALLER", "apt\n", True), 3 * SECOND, True),
    ],
    tick=SECOND,
)
def test_what_is_remembered_is_what_would_be_read(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[tuple[str, str | None, bool], int, bool]],
    tick: int,
) -> None:
    """Whatever changes in whatever moment, in place or by another file, however coarse the clock, in any run."""
    root = tmp_path_factory.mktemp("memo")
    base = Base(site=root / "base" / "lib" / "python3" / "site-packages", tick=tick)
    fill(base.metadata, {name: contents[0] for name, contents in CONTENTS.items() if name != "PKG-INFO"})
    entry = Entry(
        name=canonicalize_name("demo"), path=str(base.metadata), layer=Layer(path=str(base.site), role=Role.BASE)
    )

    def new() -> Memo:
        return Memo(lambda: root / "kept", clock=base.clock, look=base.look)

    memo = new()
    for (name, content, anew), wait, ends in [(("", None, False), 3 * SECOND, False), *steps]:
        if not name:
            base.replace_all()
        elif content is None:
            base.remove(name)
        else:
            base.write(name, content, anew=anew)
        for _ in range(2):
            found = read(entry)
            assert reader(memo)(entry) == found
            if isinstance(found, Distribution):
                assert size_of(memo)(found) == distribution_size(found)
            record = base.metadata / "RECORD"
            text = record.read_bytes() if record.exists() else b""
            there = remembered(str(base.metadata), partial(bytes, text), memo=memo, windows=False, fold=False)
            assert there == beside(str(base.site), text, windows=False, fold=False)
            base.now += wait
        if ends:
            memo.keep()
            memo = new()


def _later() -> int:
    """Tell a time at which nothing is new any more."""
    return time.time_ns() + 10 * SECOND


class Work:
    """Counts how often something is worked out."""

    def __init__(self, place: Path | None, clock: Callable[[], int] = _later) -> None:
        self.place = place
        self.clock = clock
        self.done: Counter[str] = Counter()

    def run(self, *paths: Path) -> list[object]:
        """Remember what is in ``RECORD``, in a run of its own."""
        memo = Memo(lambda: self.place, clock=self.clock)
        found = [memo.recall("text", str(path), ("RECORD",), partial(self.text, path)) for path in paths]
        memo.keep()
        return found

    def text(self, path: Path) -> str:
        self.done[path.name] += 1
        return content_of(path / "RECORD").decode()


def test_another_run_works_nothing_out_until_something_changes(tmp_path: Path) -> None:
    base, work = tmp_path / "base", Work(tmp_path / "kept")
    one, two = (fill(base / f"{name}-1.dist-info", {"RECORD": name}) for name in ("one", "two"))
    assert work.run(one) == ["one"]
    assert work.run(one, two) == ["one", "two"]
    assert work.run(two, one) == ["two", "one"]
    assert work.done == {"one-1.dist-info": 1, "two-1.dist-info": 1}
    (two / "RECORD").write_text("new")
    assert work.run(one, two) == ["one", "new"]
    assert work.done == {"one-1.dist-info": 1, "two-1.dist-info": 2}
    assert clear(tmp_path / "kept") > 0
    assert work.run(one) == ["one"]
    assert work.done["one-1.dist-info"] == 2


def test_what_was_changed_a_moment_ago_is_not_kept(tmp_path: Path) -> None:
    base, work = fill(tmp_path / "base" / FOLDER, {"RECORD": "x"}), Work(tmp_path / "kept", time.time_ns)
    for number in range(1, 3):
        assert work.run(base) == ["x"]
        assert work.done[FOLDER] == number
    work.clock = lambda: 0  # a file from the future
    work.run(base)
    assert work.done[FOLDER] == 3


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"site": "elsewhere", "held": {}}', '{"site": "SITE", "held": 1}'])
def test_what_is_damaged_counts_for_nothing(tmp_path: Path, damage: str) -> None:
    base, work = fill(tmp_path / "base" / FOLDER, {"RECORD": "x"}), Work(tmp_path / "kept")
    work.run(base)
    (kept,) = (tmp_path / "kept").iterdir()
    kept.write_text(damage.replace("SITE", str(base.parent)))
    assert work.run(base) == work.run(base) == ["x"]
    assert work.done[FOLDER] == 2


@pytest.mark.parametrize("held", [None, 1, ["1.0"], ["1.x", [], [], None], ["1.0", [], [], 5], {"a": 1}])
def test_what_has_another_form_is_read_anew(tmp_path: Path, held: object) -> None:
    fill(tmp_path / FOLDER, {"METADATA": "Version: 1.0\n\n", "RECORD": "a.py,,1\n", "INSTALLER": "pip"})

    class Wrong(Memo):
        def recall(self, *_: object) -> object:
            return held

    layer = Layer(path=str(tmp_path), role=Role.BASE)
    entry = Entry(name=canonicalize_name("demo"), path=str(tmp_path / FOLDER), layer=layer)
    assert reader(Wrong(nowhere))(entry) == read(entry)
    assert size_of(Wrong(nowhere))(demo(tmp_path)) == distribution_size(demo(tmp_path))


def test_the_environments_own_is_not_remembered(tmp_path: Path) -> None:
    fill(tmp_path / FOLDER, {"METADATA": "Version: 1.0\n\n", "RECORD": "a.py,,1\n", "INSTALLER": "pip"})
    layer = Layer(path=str(tmp_path), role=Role.OWN)
    entry = Entry(name=canonicalize_name("demo"), path=str(tmp_path / FOLDER), layer=layer)
    memo = Memo(lambda: tmp_path / "kept", clock=_later)
    found = reader(memo)(entry)
    assert isinstance(found, Distribution)
    assert size_of(memo)(found) == distribution_size(found)
    memo.keep()
    assert not (tmp_path / "kept").exists()


def test_without_a_place_nothing_is_kept_and_nothing_fails(tmp_path: Path) -> None:
    base = fill(tmp_path / "base" / FOLDER, {"RECORD": "x"})
    (tmp_path / "file").write_text("in the way")
    for place in (None, tmp_path / "file"):
        work = Work(place)
        assert work.run(base) == work.run(base) == ["x"]
        assert work.done[FOLDER] == 2


def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was used last stays: of many bases, and of much in one."""
    monkeypatch.setattr(memos, "MOST_FILES", 2)
    monkeypatch.setattr(memos, "MOST", 2)
    work = Work(tmp_path / "kept")
    places = [fill(tmp_path / str(number) / FOLDER, {"RECORD": str(number)}) for number in range(3)]
    for number, place in enumerate(places):
        work.run(place)
        for file in (tmp_path / "kept").iterdir():
            os.utime(file, (number, min(number, file.stat().st_mtime)))
    work.run(*places)
    assert len([*(tmp_path / "kept").iterdir()]) == 2
    more = [fill(tmp_path / "0" / f"m{number}.dist-info", {"RECORD": "x"}) for number in range(3)]
    work.run(*more)
    work.done.clear()
    work.run(*more[:2])
    assert work.done == {}
