"""What an environment's interpreter sees: asked no more often than needed, and never out of date."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from support.distributions import install
from support.remainders import Slim, make_slim
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.interpreter import metadata
from tox_sitediff.interpreter import observer as module
from tox_sitediff.interpreter.listings import Listings
from tox_sitediff.interpreter.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tox_sitediff.core.snapshot import Snapshot
    from tox_sitediff.interpreter.metadata import Listed


@pytest.fixture
def slim(tmp_path: Path) -> Slim:
    """An environment over a base with one distribution."""
    made = make_slim(tmp_path, Path(sys.executable), tmp_path)
    made.inherit("a", "1.0")
    return made


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How the interpreter was asked, each time that it was."""
    asked: list[str] = []

    class Counting(Probe):
        def __init__(self, python: Path, environment: Mapping[str, str], *, full: bool) -> None:
            asked.append("full" if full else "light")
            super().__init__(python, environment, full=full)

        def cancel(self) -> None:
            asked.append("cancelled")
            super().cancel()

    monkeypatch.setattr(module, "Probe", Counting)
    return asked


def versions(seen: Snapshot, *names: str) -> list[str]:
    found = [seen.lookup(canonicalize_name(name)) for name in names]
    return ["-" if item is None else str(item.version) for item in found]


def test_one_start_for_a_plain_installation(slim: Slim, starts: list[str]) -> None:
    """Looking before, looking after, and what was installed meanwhile is seen: one start of the interpreter."""
    observer = slim.observer()
    assert versions(observer.look(), "a", "new") == ["1.0", "-"]
    install(slim.own, "new", "1.0")
    install(slim.own, "a", "2.0")
    assert versions(observer.look(), "a", "new") == ["1.0", "-"]
    assert versions(observer.look_again(), "a", "new") == ["2.0", "1.0"]
    assert versions(observer.look(), "a", "new") == ["2.0", "1.0"]
    assert observer.last is observer.look()
    assert starts == ["full"]


@pytest.mark.parametrize("change", ["added", "changed", "removed", "a link to nothing"])
def test_another_start_where_path_files_changed(change: str, slim: Slim, starts: list[str], tmp_path: Path) -> None:
    """An installer that adds, changes or removes a ``.pth`` file changes ``sys.path``, so the interpreter is asked."""
    file = slim.own / "editable.pth"
    install(tmp_path / "sources", "editable", "1.0")
    install(tmp_path / "others", "editable", "2.0")
    if change in {"changed", "removed"}:
        file.write_text(f"{tmp_path / 'sources'}\n")
        os.utime(file, (1, 1))
    observer = slim.observer()
    observer.look()
    if change == "removed":
        file.unlink()
    elif change == "a link to nothing":
        file.symlink_to(tmp_path / "nothing")
    else:
        file.write_text(f"{tmp_path / ('sources' if change == 'added' else 'others')}\n")
    expected = {"added": "1.0", "changed": "2.0"}.get(change, "-")
    assert versions(observer.look_again(), "editable") == [expected]
    assert starts == ["full", "full"]
    observer.look_again()
    assert starts == ["full", "full"]


@pytest.mark.parametrize("name", ["sitecustomize.py", "usercustomize", "__editable___a_1_0_finder.py"])
def test_another_start_where_something_else_starts(name: str, slim: Slim, starts: list[str]) -> None:
    """So do modules of the environment that run at start-up; others have no say."""
    observer = slim.observer()
    assert not observer.starts_as_it_did()
    observer.look()
    (slim.own / "other.py").write_text("")
    assert observer.starts_as_it_did()
    path = slim.own / name
    if path.suffix:
        path.write_text("")
    else:
        path.mkdir()
        (path / "__init__.py").write_text("")
    assert not observer.starts_as_it_did()
    observer.look_again()
    assert starts == ["full", "full"]
    assert observer.starts_as_it_did()


def test_a_full_answer_is_asked_for_only_where_it_is_needed(slim: Slim, starts: list[str]) -> None:
    """A light answer serves who needs no markers; a full one replaces it, and serves everybody."""
    observer = slim.observer()
    assert observer.look(full=False).interpreter.markers == {}
    observer.look(full=False)
    assert starts == ["light"]
    assert observer.look().interpreter.markers["sys_platform"] == sys.platform
    observer.look(full=False)
    assert starts == ["light", "full"]


def test_after_a_light_look_an_installation_asks_in_full(slim: Slim, starts: list[str]) -> None:
    """What was seen lightly is not enough to know what an installer changed."""
    observer = slim.observer()
    observer.look(full=False)
    assert observer.look_again().interpreter.markers
    assert starts == ["light", "full"]


def test_asking_in_the_background(slim: Slim, starts: list[str]) -> None:
    """A question asked ahead is answered by the next light look, once; a full look does without it."""
    observer = slim.observer()
    observer.ask()
    observer.look(full=False)
    assert starts == ["light"]
    observer.ask()
    observer.look()
    assert starts == ["light", "light", "cancelled", "full"]
    observer.ask()
    observer.ask()
    observer.forget()
    observer.forget()
    assert starts[4:] == ["light", "cancelled", "light", "cancelled"]
    assert observer.last is None


def test_forgetting(slim: Slim, starts: list[str]) -> None:
    """After ``forget`` other variables count."""
    observer = slim.observer()
    observer.look()
    observer.forget()
    install(slim.root / "injected", "a", "3.0")
    slim.variables["PYTHONPATH"] = str(slim.root / "injected")
    assert versions(observer.look(), "a") == ["3.0"]
    assert starts == ["full", "full"]


def test_an_interpreter_that_fails(slim: Slim) -> None:
    """Where the interpreter can't be asked, nothing is remembered, and the next look asks again."""
    observer = slim.observer()
    (slim.own / "fails.pth").write_text("import os; os._exit(3)\n")
    with pytest.raises(EnvironmentProblem, match="exit status 3"):
        observer.look()
    (slim.own / "fails.pth").unlink()
    assert versions(observer.look(), "a") == ["1.0"]


@pytest.mark.skipif(sys.platform == "win32", reason="every look lists all there")
@pytest.mark.parametrize("is_new", [True, False], ids=["changed a moment ago", "as it was for long"])
def test_a_base_is_listed_again_only_where_it_may_have_changed(
    slim: Slim, is_new: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment itself holds is listed each time; and what came to the base meanwhile is seen."""
    listed: list[str] = []
    list_directory = metadata.list_directory

    def noting(path: str) -> Listed:
        listed.append(path)
        return list_directory(path)

    monkeypatch.setattr(metadata, "list_directory", noting)
    now = time.time_ns() + (0 if is_new else 10_000_000_000)
    observer = slim.observer(listings=Listings(clock=lambda: now))
    observer.look()
    for times, names in ((1 + is_new, ["a"]), (2 + is_new, ["a", "b"])):
        seen = observer.look_again()
        assert listed.count(str(slim.base)) == times
        assert listed.count(str(slim.own)) > 1
        assert seen.inventory.names() == names
        slim.inherit("b" if len(names) == 1 else "c", "1.0")
