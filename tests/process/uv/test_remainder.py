"""Installing the remainder with the real uv: what is installed, what the quick plan installs, and the laws of plans."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

import pytest

from support.distributions import install, pretending_in, tree_hash
from support.remainders import WORLDS, Slim, UvFailed, make_slim, populate
from support.watched import watched_network
from tox_sitediff.errors import EnvironmentProblem, Unsatisfied
from tox_sitediff.uv import plans
from tox_sitediff.uv.asking import Asking
from tox_sitediff.uv.command import as_dry_run
from tox_sitediff.uv.dry_run import DryRun, dry_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tox_sitediff.core.snapshot import Snapshot
    from tox_sitediff.interpreter.observer import Observer


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Caches for all tests of a process."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture
def slim(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Slim:
    """An environment over an empty base, and an empty index."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared / "cache"))
    return make_slim(tmp_path, Path(sys.executable), shared)


# --- what is asked for, in whatever order


def _outcome(slim: Slim, observer: Observer, declared: Sequence[str], before: Path) -> dict[str, str] | None:
    slim.empty()
    shutil.copytree(before, slim.own, dirs_exist_ok=True)
    try:
        return slim.install(*declared, view=observer.look_again())
    except UvFailed:
        return None


@pytest.mark.parametrize(("seed", "resolution"), [(1, "highest"), (2, "highest"), (3, "lowest"), (4, "lowest-direct")])
def test_random_worlds_in_random_orders(slim: Slim, seed: int, resolution: str, tmp_path: Path) -> None:
    """Whatever base and index hold, the order in which requirements are given makes no difference (row 25)."""
    slim.variables["UV_RESOLUTION"] = resolution
    observer = slim.observer()
    observer.look()
    for number in range(WORLDS):
        chance = random.Random(f"{seed} {number}")
        declared = populate(slim, chance)
        before = tmp_path / f"before-{number}"
        shutil.copytree(slim.own, before)
        expected = _outcome(slim, observer, declared, before)
        for _ in range(2):
            chance.shuffle(declared)
            assert _outcome(slim, observer, declared, before) == expected, f"world {seed} {number}: {declared}"


@pytest.mark.parametrize("resolution", ["lowest", "lowest-direct"])
def test_the_lowest_versions_are_tested(slim: Slim, resolution: str) -> None:
    """Directly asked for, what a clean resolution chooses; the base serves where it has that, and what follows."""
    slim.variables["UV_RESOLUTION"] = resolution
    for name, version in [("old", "1.0"), ("old", "2.0"), ("same", "1.0"), ("same", "2.0"), ("below", "1.0")]:
        slim.offer(name, version, *(["below"] if name == "old" else []))
    slim.inherit("old", "2.0")
    slim.inherit("same", "1.0")
    slim.inherit("below", "3.0")
    assert slim.install("old", "same", neutral=False) == {"old": "1.0"}
    assert slim.install("old", "same", neutral=False) == {"old": "1.0"}
    assert slim.runs == []
    slim.empty()
    assert slim.install("old>=1.5", "same", neutral=False) == {}


@pytest.mark.parametrize("declared", [["tool", "low"], ["low", "tool"]])
def test_what_is_asked_for_and_there_stays(slim: Slim, declared: list[str]) -> None:
    """Of several solutions the one that keeps more of the base, whatever is named first (row 25)."""
    slim.inherit("low", "1.0")
    slim.offer("low", "2.0")
    slim.offer("tool", "1.0", "low>=1")
    slim.offer("tool", "2.0", "low>=2")
    assert slim.install(*declared) == {"tool": "1.0"}


@pytest.mark.parametrize("declared", [["tool>=2", "low"], ["low", "tool>=2"]])
def test_what_is_asked_for_and_can_not_stay_is_replaced(slim: Slim, declared: list[str]) -> None:
    """Where no solution keeps it, another one is taken."""
    slim.inherit("low", "1.0")
    slim.offer("low", "2.0")
    slim.offer("tool", "2.0", "low>=2")
    assert slim.install(*declared) == {"low": "2.0", "tool": "2.0"}


def test_what_is_missing_is_asked_for_alone(slim: Slim) -> None:
    """A base that lacks one of a list of names is not asked about: uv gets pins of the missing one and its needs."""
    slim.inherit("a", "1.0", "b")
    slim.inherit("b", "1.0")
    slim.offer("new", "1.0", "b>=1", "other")
    slim.offer("other", "3.0")
    assert slim.install("a", "new") == {"new": "1.0", "other": "3.0"}
    assert [command[3:] for command, _ in slim.runs] == [["--no-deps", "new===1.0", "other===3.0"]]


@pytest.mark.parametrize("neutral", [True, False])
def test_a_url_is_installed_from_there(slim: Slim, neutral: bool) -> None:
    """What is declared with a URL comes from it, and never from an index that has the same name."""
    slim.inherit("a", "1.0")
    slim.offer("new", "1.0", "from-the-index")
    slim.offer("from-the-index", "1.0")
    asked = f"new @ {slim.link('new', '1.0').as_uri()}"
    assert slim.install("a", asked, neutral=neutral) == {"new": "1.0"}
    assert slim.audit("a", asked).unmet == ()


@pytest.mark.parametrize("neutral", [True, False])
def test_what_the_base_lacks_is_asked_for_with_its_extras(slim: Slim, neutral: bool) -> None:
    """Beside a URL, where uv gets what was asked for: an extra of the base's asks for one of what it lacks."""
    slim.inherit("kept", "1.0", "lacked[more]; extra == 'x'")
    slim.offer("lacked", "1.0", "further; extra == 'more'", "never; extra == 'other'")
    slim.offer("further", "1.0")
    slim.offer("never", "1.0")
    asked = f"new @ {slim.link('new', '1.0').as_uri()}"
    assert slim.install(asked, "kept[x]", neutral=neutral) == {"new": "1.0", "lacked": "1.0", "further": "1.0"}


@pytest.mark.parametrize("neutral", [True, False])
def test_what_a_url_needs_of_the_base_may_lack_something(slim: Slim, neutral: bool) -> None:
    """Only the metadata behind the URL lead to what is kept, and to what that needs in turn."""
    slim.inherit("a", "1.0", "lacking")
    slim.offer("lacking", "1.0", "further")
    slim.offer("further", "1.0")
    asked = f"new @ {slim.link('new', '1.0', 'a').as_uri()}"
    assert slim.install(asked, neutral=neutral) == {"new": "1.0", "lacking": "1.0", "further": "1.0"}
    assert slim.audit(asked).unmet == ()


@pytest.mark.parametrize("neutral", [True, False])
@pytest.mark.parametrize("place", ["https://x.invalid/a-1.0-py3-none-any.whl", "file://"])
def test_a_proven_url_is_reused_beside_what_is_missing(slim: Slim, place: str, neutral: bool) -> None:
    """What direct_url.json proves to come from the URL is neither fetched nor replaced, whatever else is installed."""
    url = slim.link("a", "1.0").as_uri() if place == "file://" else place
    slim.offer("a", "1.0", "from-the-index")
    slim.inherit("a", "1.0", direct_url=json.dumps({"url": url, "archive_info": {}}))
    slim.offer("new", "1.0", "a>=1", "other")
    slim.offer("other", "1.0")
    assert slim.install(f"a @ {url}", "new", neutral=neutral) == {"new": "1.0", "other": "1.0"}
    assert slim.install(f"a @ {url}", neutral=neutral) == {"new": "1.0", "other": "1.0"}
    assert slim.audit(f"a @ {url}", "new").unmet == ()


ASKING: Final = [
    *([], ["--upgrade"], ["-P", "needs"], ["-P", "a"], ["--refresh"], ["--resolution", "lowest"], ["--reinstall"]),
    ["--reinstall-package=a"],
]


@pytest.mark.parametrize("more", [[], ["new"]], ids=["alone", "beside"])
@pytest.mark.parametrize("options", ASKING, ids=lambda options: " ".join(options) or "plain")
def test_no_index_is_asked_for_a_name_that_comes_from_a_url(slim: Slim, options: list[str], more: list[str]) -> None:
    """Attack: whoever owns the name of something local on the public index learns of it, and may be believed."""
    url = slim.link("a", "1.0", "needs").as_uri()
    slim.inherit("a", "1.0", "needs", direct_url=json.dumps({"url": url, "archive_info": {}}))
    slim.inherit("needs", "1.0")
    with watched_network(slim.root / "network") as network:
        for name, version in (("a", "9.0"), ("needs", "1.0"), ("new", "1.0")):
            network.other.add(name, version)
        slim.variables |= network.variables(slim.root / "home") | {"UV_DEFAULT_INDEX": network.other.url}
        found = slim.install(*options, f"a @ {url}", *more, neutral=False)
        asked = network.asked()
    anew = {"--reinstall": {"a", "needs"}, "--reinstall-package=a": {"a"}}.get("".join(options), set())
    assert found == dict.fromkeys(sorted(anew | {*more}), "1.0")
    assert "other/a" not in asked
    assert asked <= {"other/needs", "other/new", "other/new-1.0-py3-none-any.whl"}
    assert asked or not more or "lowest" in options
    assert slim.audit(f"a @ {url}").unmet == ()


@pytest.mark.parametrize(
    ("pinned", "expected"),
    [
        # the index learns of nothing but what is missing, and of what that requires
        ("new", {"new": "2.0", "beside": "1.0"}),
        # the newest does not go with the base: all is looked at, and an older one is taken
        ("picky", {"picky": "1.0"}),
        # nor does any other: what is asked for and there gives way
        ("picky>1", {"picky": "2.0", "met": "2.0"}),
        # what the base requires and lacks is missing too
        ("lacking", {"gone": "1.0"}),
        # but after what is asked for directly, which may limit it
        ("lacking zealous", {"gone": "1.0", "zealous": "2.0"}),
    ],
)
def test_the_index_is_asked_for_what_is_missing(slim: Slim, pinned: str, expected: dict[str, str]) -> None:
    """However much is declared and there: of the base's closure nothing is looked up, unless it may have to change."""
    slim.inherit("met", "1.0", "below", "aside")
    slim.inherit("below", "1.0", "further")
    slim.inherit("lacking", "1.0", "gone", "below")
    for name in ("further", "aside", "known"):
        slim.inherit(name, "1.0")
    with watched_network(slim.root / "network") as network:
        for name in ("below", "further", "aside", "known", "beside", "gone", "lacking"):
            network.other.add(name, "1.0")
        network.other.add("zealous", "1.0")
        network.other.add("zealous", "2.0", requires=("gone<2",))
        for version in ("1.0", "2.0"):
            network.other.add("met", version)
            network.other.add("new", version, requires=("known>=1", "beside"))
            network.other.add("picky", version, requires=(f"met<={version}", f"met>={version}"))
        slim.variables |= network.variables(slim.root / "home") | {"UV_DEFAULT_INDEX": network.other.url}
        if "zealous" in pinned:
            network.other.add("gone", "2.0")
        assert slim.install("met", *pinned.split()) == expected
        asked = {name for name in network.asked() if not name.endswith(".whl")}
    quick = {"new": {"other/new", "other/known", "other/beside"}, "lacking": {"other/gone"}}
    assert asked == quick.get(pinned, asked)
    assert slim.audit("met", *pinned.split()).unmet == ()


def test_what_is_proven_with_a_password_stays_out_of_all_arguments(slim: Slim) -> None:
    """Whose URL holds a secret is asked for through a file that nobody else can read, and proven all the same."""
    proven = "https://x.invalid/a-1.0-py3-none-any.whl"
    slim.inherit("a", "1.0", direct_url=json.dumps({"url": proven, "archive_info": {}}))
    slim.offer("new", "1.0")
    asked = f"a @ {proven.replace('://', '://me:s3cret@')}"
    assert slim.install(asked, "new") == {"new": "1.0"}
    assert slim.runs
    assert "s3cret" not in str(slim.runs)
    assert slim.audit(asked).unmet == ()


@pytest.mark.parametrize("setting", ["reinstall = true", "reinstall-package = ['a']"])
def test_a_proven_url_is_installed_anew_where_a_file_says_so(slim: Slim, setting: str) -> None:
    url = slim.link("a", "1.0").as_uri()
    slim.inherit("a", "1.0", direct_url=json.dumps({"url": url, "archive_info": {}}))
    (slim.root / "uv.toml").write_text(f"{setting}\n")
    slim.variables |= {"UV_NO_CONFIG": "0"}
    assert slim.install(f"a @ {url}", neutral=False) == {"a": "1.0"}


@pytest.mark.parametrize("neutral", [True, False])
def test_a_url_that_a_marker_rules_out(slim: Slim, neutral: bool) -> None:
    """It is neither proven nor missing, and whatever else is asked for is installed."""
    proven = "https://x.invalid/a-1.0-py3-none-any.whl"
    slim.inherit("a", "1.0", direct_url=json.dumps({"url": proven, "archive_info": {}}))
    slim.offer("new", "1.0")
    ruled_out = "b @ https://x.invalid/b-1.0-py3-none-any.whl; python_version < '3'"
    assert slim.install(f"a @ {proven}", ruled_out, "new", neutral=neutral) == {"new": "1.0"}


def test_a_proven_url_is_installed_anew_where_that_is_asked_for(slim: Slim) -> None:
    """An option of uv's that replaces what is installed finds the URL, not a version of the index."""
    url = slim.link("a", "1.0").as_uri()
    slim.inherit("a", "1.0", direct_url=json.dumps({"url": url, "archive_info": {}}))
    assert slim.install("--reinstall", f"a @ {url}", neutral=False) == {"a": "1.0"}
    assert slim.audit(f"a @ {url}").unmet == ()


@pytest.mark.parametrize("neutral", [True, False])
@pytest.mark.parametrize("declared", ["new!=1.0+local", "needs-new"])
def test_a_local_version_that_is_excluded(slim: Slim, declared: str, neutral: bool) -> None:
    """A pin of 1.0 does not bring 1.0+local, which ``==1.0`` would match."""
    slim.inherit("a", "1.0")
    slim.offer("new", "1.0")
    slim.offer("new", "1.0+local")
    slim.offer("needs-new", "1.0", "new!=1.0+local")
    assert slim.install("a", declared, neutral=neutral)["new"] == "1.0"
    assert slim.audit("a", declared).unmet == ()


@pytest.mark.parametrize("neutral", [True, False])
@pytest.mark.parametrize(
    ("declared", "version"),
    [
        ("new", "1.0+local"),
        ("new==1.0", "1.0+local"),
        ("new>=1.1rc1", "2.0rc1"),
        ("only", "3.0b1"),
        ("yanked==1.0", "1.0"),
    ],
)
def test_unusual_versions(slim: Slim, declared: str, version: str, neutral: bool) -> None:
    """Local versions, pre-releases and a yanked one are chosen and installed."""
    slim.inherit("a", "1.0")
    for name, there in [("new", "1.0"), ("new", "1.0+local"), ("new", "2.0rc1"), ("only", "3.0b1"), ("yanked", "1.0")]:
        slim.offer(name, there)
    page = slim.index / "yanked" / "index.html"
    page.write_text(page.read_text().replace("<a ", '<a data-yanked="" '))
    assert list(slim.install("a", declared, neutral=neutral).values()) == [version]
    assert slim.was_pinned()


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ("a>=2", {"a": "2.0", "new": "2.0"}),
        ("reached>=2", {"new": "2.0", "reached": "2.0"}),
        ("unreached>=2", {"new": "2.0", "unreached": "2.0"}),
        ("extra[x]", {"new": "2.0", "reached": "2.0"}),
    ],
)
def test_what_touches_the_base(slim: Slim, newest: str, expected: dict[str, str]) -> None:
    """Where the missing one needs another version of anything inherited, that is installed too, and nothing else."""
    slim.inherit("a", "1.0", "reached")
    slim.inherit("reached", "1.0")
    slim.inherit("unreached", "1.0")
    slim.inherit("extra", "1.0", 'reached>=2; extra == "x"', extras=["x"])
    slim.offer("new", "2.0", newest)
    for name in ("a", "reached", "unreached"):
        slim.offer(name, "2.0")
    assert slim.install("a", "new") == expected
    pins = [f"{name}==={version}" for name, version in sorted(expected.items())]
    assert [command[3:] for command, _ in slim.runs] == [["--no-deps", *pins]]


@pytest.mark.parametrize(
    ("declared", "pins"),
    [
        (["new", "a>=2"], ["a===2.0", "new===1.0"]),
        (["new", "incomplete"], ["new===1.0", "other===1.0"]),
        (["new", "--prerelease=allow"], ["--prerelease=allow", "new===1.0"]),
        (["-r", "requirements.txt"], ["new===1.0"]),
    ],
)
def test_names_and_versions_say_all(slim: Slim, declared: list[str], pins: list[str]) -> None:
    """An inherited version that does not fit, one that lacks something, an option, a file: each version is known."""
    slim.inherit("a", "1.0")
    slim.inherit("incomplete", "1.0", "other")
    for name, version in [("a", "2.0"), ("new", "1.0"), ("other", "1.0")]:
        slim.offer(name, version)
    (slim.root / "requirements.txt").write_text("new\n")
    slim.install(*declared)
    command = slim.runs[-1][0][3:]
    assert [word for word in command if word != "--no-deps"] == pins
    assert "--no-deps" in command


@pytest.mark.parametrize("declared", [["-r", "requirements.txt"], ["--only-binary", ":all:", "-r", "requirements.txt"]])
def test_files_with_options_go_as_they_are(slim: Slim, declared: list[str]) -> None:
    """A file that says where to look is read by uv again, told what to leave out and held to the plan."""
    slim.inherit("a", "1.0")
    slim.offer("a", "2.0")
    links = slim.link("new", "1.0", "a", "other").parent
    slim.offer("other", "1.0")
    (slim.root / "requirements.txt").write_text(f"--find-links {links}\nnew\na\n")
    assert slim.install(*declared) == {"new": "1.0", "other": "1.0"}
    command = slim.runs[-1][0][3:]
    assert command[: len(declared)] == declared
    assert [word for word in command if word.startswith("--")][-2:] == ["--excludes", "--constraints"]


def test_what_can_not_be_planned_is_said_by_uv(slim: Slim) -> None:
    """A project that can't be built: uv's own words, and nothing is installed."""
    (slim.root / "src").mkdir()
    with pytest.raises(UvFailed, match="src"):
        slim.install("-e", "src")
    command = slim.runs[-1][0][3:]
    assert (command[0], command[-2:]) == ("--dry-run", ["-e", "src"])


@pytest.mark.parametrize("fixed", [["a"], ["-r", "requirements.txt"]])
def test_a_command_that_asks_for_more(slim: Slim, fixed: list[str]) -> None:
    """What stands in the install command itself is taken from the base, too, rather than installed with the pins."""
    slim.fixed = fixed
    (slim.root / "requirements.txt").write_text("a\n")
    slim.inherit("a", "1.0")
    slim.offer("a", "1.0")
    slim.offer("new", "1.0")
    assert slim.install("new") == {"new": "1.0"}
    (command,) = [command[3:] for command, _ in slim.runs]
    assert command[: len(fixed) + 1] == [*fixed, "new"]
    assert command[len(fixed) + 1 :: 2] == ["--excludes", "--constraints"]


def test_a_command_without_dependencies(slim: Slim) -> None:
    """uv refuses a flag that comes twice."""
    slim.fixed = ["--no-deps"]
    slim.inherit("a", "1.0")
    slim.offer("new", "1.0", "other")
    assert slim.install("a", "new") == {"new": "1.0"}


def test_a_command_with_options(slim: Slim) -> None:
    """Options in the install command go with what is pinned."""
    slim.fixed = ["--prerelease=allow", "-c", "constraints.txt"]
    (slim.root / "constraints.txt").write_text("other<2\n")
    slim.inherit("a", "1.0")
    for name, version in [("new", "1.0rc1"), ("other", "1.0"), ("other", "2.0")]:
        slim.offer(name, version, *(["other"] if name == "new" else []))
    assert slim.install("a", "new") == {"new": "1.0rc1", "other": "1.0"}
    assert slim.was_pinned()


# --- what the remainder takes from the base


@pytest.mark.parametrize("neutral", [True, False])
def test_the_remainder_takes_from_the_base(slim: Slim, neutral: bool) -> None:
    """What the missing one needs is taken from the base, though nothing declared reaches it."""
    slim.inherit("below", "1.0", "deeper>=1")
    slim.inherit("deeper", "1.5")
    slim.offer("new", "1.0", "below")
    slim.offer("below", "2.0")
    slim.offer("deeper", "2.0")
    assert slim.install("new", neutral=neutral) == {"new": "1.0"}
    assert slim.audit("new").unmet == ()


@pytest.mark.parametrize("neutral", [True, False])
def test_extras_of_an_inherited_distribution(slim: Slim, neutral: bool) -> None:
    """Of an extra that the remainder wants, what the base lacks is installed, and nothing else."""
    slim.inherit("below", "1.0", 'one; extra == "x"', 'two; extra == "x"', 'three; extra == "y"', extras=["x", "y"])
    slim.inherit("one", "1.0")
    slim.offer("new", "1.0", "below[x]")
    for name in ("below", "one", "two", "three"):
        slim.offer(name, "2.0")
    assert slim.install("new", neutral=neutral) == {"new": "1.0", "two": "2.0"}


def test_an_inherited_distribution_lacks_something(slim: Slim) -> None:
    """What an inherited distribution needs and the base lacks is installed, where only the remainder reaches it."""
    slim.inherit("below", "1.0", "deeper")
    slim.inherit("deeper", "1.0", "lacking>=1")
    slim.offer("new", "1.0", "below")
    for name in ("below", "deeper", "lacking"):
        slim.offer(name, "2.0")
    assert slim.install("new") == {"lacking": "2.0", "new": "1.0"}
    assert slim.audit("new").unmet == ()


@pytest.mark.parametrize("version", ["1.0rc1", "1.0+local", "1.0.dev3+g123"])
@pytest.mark.parametrize("neutral", [True, False])
def test_unusual_inherited_versions(slim: Slim, version: str, neutral: bool) -> None:
    """A pre-release or a local version of the base serves the remainder, as pip lets it."""
    slim.inherit("below", version)
    slim.offer("new", "1.0", "below>=0.9,<1.1")
    slim.offer("below", "1.0.1")
    assert slim.install("new", neutral=neutral) == {"new": "1.0"}


@pytest.mark.parametrize("neutral", [True, False])
def test_an_excluded_name_is_installed(slim: Slim, neutral: bool) -> None:
    """An excluded name is installed, declared or needed by the remainder, though the base has it."""
    slim.exclude = ("Kept.Out",)
    slim.inherit("kept-out", "1.0")
    slim.inherit("other", "1.0")
    slim.offer("kept-out", "1.0")
    slim.offer("new", "1.0", "kept-out", "other")
    expected = {"kept_out": "1.0"}
    assert slim.install("kept-out", "other", neutral=neutral) == expected
    slim.empty()
    assert slim.install("new", neutral=neutral) == {**expected, "new": "1.0"}


@pytest.mark.parametrize("neutral", [True, False])
@pytest.mark.parametrize(("needed", "expected"), [("mine>=1", "1.0"), ("mine>=2", "2.0")])
def test_own_copies(slim: Slim, needed: str, expected: str, neutral: bool) -> None:
    """A copy of the environment's own counts before that of the base, and is upgraded where it does not fit."""
    slim.inherit("mine", "3.0")
    install(slim.own, "mine", "1.0")
    slim.offer("mine", "2.0")
    slim.offer("new", "1.0", f"{needed},<3")
    assert slim.install("new", neutral=neutral) == {"mine": expected, "new": "1.0"}


@pytest.mark.parametrize("neutral", [True, False])
def test_an_own_copy_that_can_not_be_used_is_installed_anew(slim: Slim, neutral: bool) -> None:
    """uv reads the version from the name of its directory, and would leave it: it is what the plan is to install."""
    folder = install(slim.own, "mine", "1.0")
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: not.a1.0\n")
    slim.offer("mine", "1.0")
    assert slim.install("mine", neutral=neutral) == {"mine": "1.0"}
    assert "Version: 1.0" in (folder / "METADATA").read_text()


def test_without_dependencies(slim: Slim) -> None:
    """Under ``--no-deps`` the remainder's needs are left alone, and uv still knows of what is inherited."""
    slim.inherit("a", "1.0")
    slim.offer("a", "2.0")
    slim.offer("new", "1.0", "other")
    slim.offer("other", "1.0")
    assert slim.install("--no-deps", "a", "new") == {"new": "1.0"}


def test_nothing_to_install(slim: Slim) -> None:
    """Where uv finds all there, under settings that had to be left to it, nothing is run for good."""
    slim.inherit("a", "1.0")
    assert slim.install("a", neutral=False) == {}
    assert slim.runs == []


def test_the_base_stays_as_it_is(slim: Slim) -> None:
    """Shadowing inherited copies changes nothing where they lie."""
    slim.inherit("a", "1.0", "b<2")
    slim.inherit("b", "1.0")
    slim.offer("a", "2.0")
    slim.offer("b", "2.0")
    before = tree_hash(slim.base)
    assert slim.install("a>=2", "b>=2") == {"a": "2.0", "b": "2.0"}
    assert tree_hash(slim.base) == before


def test_an_inherited_copy_that_wants_exactly_one_version(slim: Slim) -> None:
    """uv is told of what the base requires with `===` as well, and so does not choose against it."""
    slim.inherit("a", "1.0", "b===1.0")
    slim.offer("b", "1.0")
    slim.offer("b", "2.0")
    assert slim.install("a", "b") == {"b": "1.0"}


# --- failures, and the network


def test_a_copy_that_can_not_be_shadowed(slim: Slim, tmp_path: Path) -> None:
    """What stands before the environment and would have to be replaced is refused before anything is installed."""
    install(tmp_path / "injected", "first", "1.0")
    slim.variables["PYTHONPATH"] = str(tmp_path / "injected")
    slim.offer("first", "2.0")
    slim.offer("new", "1.0", "first>=2")
    with pytest.raises(Unsatisfied, match=r"first 1\.0 in .*injected stands before the environment") as refused:
        slim.install("new")
    assert "so installing another first could not replace it; take" in str(refused.value)
    with pytest.raises(Unsatisfied, match=r"could not replace it; first>=2: found 1\.0 in "):
        slim.install("first>=2")
    assert (slim.runs, slim.installed()) == ([], {})


def test_a_broken_copy_that_can_not_be_shadowed(slim: Slim, tmp_path: Path) -> None:
    """Metadata before the environment that can't be read would hide whatever is installed, which is refused."""
    install(tmp_path / "injected", "first", "1.0")
    metadata = tmp_path / "injected" / "first-1.0.dist-info" / "METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: first\nVersion: not.a1.0\n")
    slim.variables["PYTHONPATH"] = str(tmp_path / "injected")
    slim.offer("first", "2.0")
    with pytest.raises(Unsatisfied, match=r"first-1\.0\.dist-info can't be reused .*not\.a1\.0") as refused:
        slim.install("first")
    assert f"take {tmp_path / 'injected'} out of PYTHONPATH" in str(refused.value)
    assert (slim.runs, slim.installed()) == ([], {})


def test_a_broken_copy_of_the_base_that_can_be_shadowed(slim: Slim) -> None:
    """What the environment installs stands before it, and counts."""
    folder = slim.inherit("first", "1.0")
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: first\nVersion: not.a1.0\n")
    slim.offer("first", "2.0")
    assert slim.install("first") == {"first": "2.0"}


def test_an_injected_copy_that_fits(slim: Slim, tmp_path: Path) -> None:
    """What stands before the environment serves the remainder like anything inherited."""
    install(tmp_path / "injected", "first", "1.0")
    slim.variables["PYTHONPATH"] = str(tmp_path / "injected")
    slim.offer("new", "1.0", "first")
    assert slim.install("new") == {"new": "1.0"}


@pytest.mark.parametrize("neutral", [True, False])
def test_offline_with_what_only_the_base_has(slim: Slim, neutral: bool) -> None:
    """From a directory of wheels that lacks what the base has, the remainder is installed all the same."""
    del slim.variables["UV_DEFAULT_INDEX"]
    slim.link("new", "1.0", "below[x]")
    slim.fixed = ("--no-index", "--find-links", str(slim.root / "links"))
    slim.inherit("below", "1.0", "deeper", 'deepest; extra == "x"', extras=["x"])
    slim.inherit("deeper", "1.0")
    slim.inherit("deepest", "1.0")
    slim.inherit("unrelated", "1.0", "nowhere")
    assert slim.install("new", neutral=neutral) == {"new": "1.0"}


@pytest.mark.parametrize("proven", [False, True], ids=["names", "a URL that is proven"])
def test_an_index_that_does_not_answer_is_asked_once(slim: Slim, proven: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """uv waits and tries again by itself: another planning run would cost the same, and fail the same."""
    url = (slim.root / "elsewhere" / "c-1.0-py3-none-any.whl").as_uri()
    slim.variables["UV_DEFAULT_INDEX"] = "http://127.0.0.1:9/simple"
    slim.variables["UV_HTTP_RETRIES"] = "0"
    slim.inherit("a", "1.0", "b")
    slim.inherit("b", "1.0")
    slim.inherit("c", "1.0", direct_url=json.dumps({"url": url, "archive_info": {}}))
    asked = []

    def counted(self: Asking, command: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> DryRun:
        asked.append(command)
        return plan(self, command, environment=environment, directory=directory)

    plan = Asking.dry_run
    monkeypatch.setattr(Asking, "dry_run", counted)
    wanted = ["a", "nowhere", *([f"c @ {url}"] if proven else [])]
    with pytest.raises(EnvironmentProblem, match="does not answer\nerror: ") as refused:
        slim.install(*wanted)
    assert (len(asked), slim.runs, slim.installed()) == (1, [], {})
    assert "DEBUG" not in str(refused.value)
    assert str(refused.value).count("Connection refused") == 1
    outcome = slim.remainder(*wanted, view=slim.observer().look()).rehearse()
    assert (len(asked), outcome.refused, outcome.unreachable, outcome.out_of_reach) == (2, True, True, True)


@pytest.mark.parametrize(
    ("wanted", "out_of_reach"),
    [(["nowhere"], True), (["new>=2", "new<2"], False), (["-r", "gone.txt", "new"], False)],
    ids=["nobody has it", "it contradicts itself", "a file is missing"],
)
def test_whether_something_is_out_of_reach(slim: Slim, wanted: list[str], out_of_reach: bool) -> None:
    """Only then is it the base's lack that counts."""
    slim.offer("new", "1.0")
    command = as_dry_run([os.fspath(slim.uv), "pip", "install", *wanted], target=None)
    outcome = dry_run(command, environment=slim.variables, directory=slim.root)
    assert (outcome.changes, outcome.out_of_reach, outcome.unreachable) == (None, out_of_reach, False)


def test_what_nobody_has(slim: Slim) -> None:
    """Where there is no solution, uv itself says so in the run that was to install."""
    slim.inherit("a", "1.0")
    with pytest.raises(UvFailed, match="nowhere"):
        slim.install("a", "nowhere")
    assert slim.installed() == {}
    (command,) = [command[3:] for command, _ in slim.runs]
    assert (command[0], command[-2:]) == ("--dry-run", ["a", "nowhere"])


@pytest.mark.parametrize("neutral", [True, False])
@pytest.mark.parametrize("failure", [RuntimeError, SystemExit])
def test_a_failed_run_without_the_network_is_repeated_with_it(
    slim: Slim, neutral: bool, failure: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the plan has looked up need not be looked up again; if that does not work, the network is used."""
    monkeypatch.setattr(plans, "recall", lambda _: plans.NOTHING)  # else there would be one run only
    slim.inherit("a", "1.0")
    slim.offer("new", "1.0")
    assert slim.install("a", "new") == {"new": "1.0"}  # now it is in the cache
    slim.empty()
    slim.variables["SSL_CERT_FILE"] = certificates = str(slim.root / "certificates.pem")
    Path(certificates).touch()
    tried = []

    def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
        tried.append((environment.get("UV_OFFLINE"), environment.get("SSL_CERT_FILE")))
        if "UV_OFFLINE" in environment:
            raise failure
        slim.run(command, environment)

    assert slim.install("a", "new", neutral=neutral, run=run) == {"new": "1.0"}
    assert tried == [("1", None), (None, certificates)]  # which nothing needs that connects to nothing


def test_an_interrupted_run_is_not_repeated(slim: Slim) -> None:
    """Control-C ends the installation, and nothing pretends to be installed meanwhile."""
    slim.inherit("a", "1.0")
    slim.offer("new", "1.0")
    slim.install("a", "new")
    slim.empty()
    seen = []

    def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
        seen.append(pretending_in(slim.own))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        slim.install("a", "new", neutral=False, run=run)
    assert seen == [[]]


def test_what_is_not_cached_is_not_tried_without_the_network(slim: Slim) -> None:
    """A run without the network that could not succeed is not made."""
    slim.offer("new", "1.0")
    slim.variables["UV_NO_CACHE"] = "1"
    assert slim.install("new") == {"new": "1.0"}
    assert ["UV_OFFLINE" in environment for _, environment in slim.runs] == [False]


# --- a uv that sees inherited distributions by itself (row 22)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
@pytest.mark.parametrize("neutral", [True, False])
def test_a_uv_that_sees_the_base_gets_no_shadow(slim: Slim, neutral: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A uv that counts inherited distributions itself is noticed by trying it, and gets the request as it is."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(slim.root / "cache"))
    slim.uv = slim.root / "uv"
    log = slim.root / "log"
    slim.uv.write_text(
        f"#!/bin/sh\nls {slim.own} >>{log}\n"
        f"""case "$*" in *--dry-run*) echo '{json.dumps({"changes": [], "dry_run": True})}';; esac\n"""
    )
    slim.uv.chmod(0o755)
    slim.inherit("a", "1.0")
    slim.inherit("b", "1.0")
    slim.install("b", "a", "new", neutral=neutral)
    assert [command[1:] for command, _ in slim.runs] == [["pip", "install", "a", "b", "new"]]
    assert log.read_text().split() == ["inherited.pth"] * 2  # tried once, run once


def planned(slim: Slim, declared: Sequence[str], view: Snapshot) -> list[list[str]]:
    """Plan, and return what would be run to install."""
    commands: list[list[str]] = []
    # uv was to say why, and here it is not run
    with suppress(Unsatisfied), patch.object(plans, "recall", lambda _: plans.NOTHING):
        slim.install(*declared, view=view, run=lambda command, _: commands.append(list(command)))
    return [[word for word in command if "sitediff-shadow-" not in word] for command in commands]


def again(slim: Slim, declared: Sequence[str], before: Path) -> dict[str, str]:
    """Install into the environment as it was before."""
    slim.empty()
    shutil.copytree(before, slim.own, dirs_exist_ok=True)
    return slim.install(*declared)


# --- plans


@pytest.mark.parametrize("seed", [11, 12])
def test_laws_of_plans(slim: Slim, seed: int, tmp_path: Path) -> None:
    """In random worlds, with the real uv.

    The same plan is made twice from one view; after the installation there is nothing left to plan, nor to install;
    the order of declarations does not matter; what nobody asks for does not matter in the base; and of what
    would be installed, what requires nothing can be put into the base instead: then all the rest is installed, and no
    more.
    """
    observer = slim.observer()
    leaves = 0
    for number in range(WORLDS):
        chance = random.Random(f"{seed} {number}")
        declared = populate(slim, chance)
        label = f"world {seed} {number}: {declared}"
        before = tmp_path / f"before-{number}"
        shutil.copytree(slim.own, before)
        observer.look()
        view = observer.look_again()
        assert planned(slim, declared, view) == planned(slim, declared, view), label
        try:
            installed = slim.install(*declared, view=view)
        except UvFailed:
            continue
        view = observer.look_again()
        assert planned(slim, declared, view) == [], label
        assert slim.install(*declared, view=view) == installed, label

        assert again(slim, declared[::-1], before) == installed, label
        assert slim.audit(*declared).unmet == (), label
        assert planned(slim, declared, observer.look_again()) == [], label

        extra = install(slim.base, "unrelated", "1.0")
        assert again(slim, declared, before) == installed, label
        shutil.rmtree(extra)

        for name, version in installed.items():
            lines = (slim.own / f"{name}-{version}.dist-info" / "METADATA").read_text("utf-8")
            if "Requires-Dist" in lines or any(
                list(place.glob(f"{name}-*.dist-info")) for place in (before, slim.base)
            ):
                continue
            extra = install(slim.base, name, version, extras=["x"])
            rest = {other: there for other, there in installed.items() if other != name}
            assert again(slim, declared, before) == rest, f"{label}, with {name} {version} in the base"
            shutil.rmtree(extra)
            leaves += 1
            break
    assert leaves
