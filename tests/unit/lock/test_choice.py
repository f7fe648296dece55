"""Which copy counts where a locked set meets a base, against what the words say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from support.strategies import MARKERS, OWN, distribution, root
from tox_sitediff.core.model import Origin
from tox_sitediff.lock.choice import choose, differences
from tox_sitediff.lock.pylock import Locked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tox_sitediff.core.model import Distribution
    from tox_sitediff.lock.choice import Choice


DEMO = Path("/demo").resolve()


VERSIONS = st.sampled_from(["1.0", "2.0"])


NAMES = ("a", "b", "c")


SETS = st.dictionaries(st.sampled_from(NAMES), VERSIONS)


def locked(name: str, version: str | None = "1.0", url: str = "") -> Locked:
    requirement = f"{name} @ {url}" if url else f"{name}=={version}"
    return Locked(name=canonicalize_name(name), version=version, requirement=requirement, entry={})


def local(name: str, *, editable: bool = False) -> Locked:
    place = str(DEMO)
    return replace(locked(name), requirement=name, is_local=True, place=place, editable=editable)


def settled(
    packages: Iterable[Locked],
    *,
    base: Iterable[Distribution] = (),
    own: Iterable[Distribution] = (),
    requires: Iterable[str] | None = None,
    torn: Iterable[str] = (),
) -> Choice:
    by_name = {package.name: package for package in packages}
    lines = [package.requirement.partition(" @ ")[0] for package in by_name.values()] if requires is None else requires
    inherited = {found.name: found for found in base}
    return choose(
        [root(line) for line in lines],
        locked=by_name,
        inherited=inherited.get,
        own={found.name: replace(found, layer=OWN) for found in own},
        torn=[canonicalize_name(name) for name in torn],
        markers=MARKERS,
    )


def missing(found: Choice) -> list[str]:
    return [package.name for package in found.missing]


@given(SETS, SETS, SETS)
def test_pins_are_met_by_the_base_or_installed(lock: dict[str, str], base: dict[str, str], own: dict[str, str]) -> None:
    """A pin is installed exactly where neither has it; the environment's own that no pin needs is too much."""
    found = settled(
        [locked(*item) for item in lock.items()],
        base=[distribution(*item) for item in base.items()],
        own=[distribution(*item) for item in own.items()],
    )
    assert missing(found) == [name for name, pin in lock.items() if pin not in {base.get(name), own.get(name)}]
    wanted = {name for name, pin in lock.items() if base.get(name) != pin}
    assert found.surplus == tuple(sorted(own.keys() - wanted))


@given(SETS, SETS, st.sets(st.sampled_from(NAMES)), VERSIONS)
def test_the_base_wins_wherever_it_meets_the_requirements(
    lock: dict[str, str], base: dict[str, str], names: set[str], least: str
) -> None:
    """Of what is asked for, the locked copy is installed only where the base has none, or an older one."""
    found = settled(
        [locked(*item) for item in lock.items()],
        base=[distribution(*item) for item in base.items()],
        requires=[f"{name}>={least}" for name in sorted(names)],
    )
    assert missing(found) == [name for name in lock if name in names and base.get(name, "0") < least]


def test_a_copy_of_the_base_that_nothing_can_complete_gives_way_to_the_locked_one() -> None:
    """The base's a needs something that is nowhere; the locked one may not. One that is deeper leads to it too."""
    packages = [locked("a"), locked("b")]
    assert missing(settled(packages, base=[distribution("a", "1.0", "gone"), distribution("b")])) == ["a"]
    deeper = [distribution("a", "1.0", "x"), distribution("x", "1.0", "gone"), distribution("b")]
    assert missing(settled(packages, base=deeper)) == ["a"]


def test_what_the_base_needs_too_new_comes_from_the_lock() -> None:
    """It is the copy that does not do which is replaced."""
    base = [distribution("a", "1.0", "b>=2"), distribution("b", "1.0")]
    assert missing(settled([locked("a"), locked("b", "2.0")], base=base, requires=["a"])) == ["b"]


def test_what_an_installed_one_needs_beside_the_lock_stays() -> None:
    """Only what nothing needs is too much."""
    own = [distribution("a", "1.0", "helper"), distribution("helper"), distribution("other")]
    assert settled([locked("a")], own=own).surplus == ("other",)


def test_a_torn_copy_is_missing() -> None:
    """And one that is whole is not."""
    assert missing(settled([locked("a")], own=[distribution("a")], torn=["a"])) == ["a"]
    assert missing(settled([locked("a")], own=[distribution("a")])) == []


def test_an_origin_has_to_be_the_same() -> None:
    """Of a package that is locked by its source, the version proves nothing."""
    url = "https://host/a.zip"
    same = replace(distribution("a"), origin=Origin(url=url, kind="archive", text=""))
    packages = [locked("a", url=url)]
    assert missing(settled(packages, base=[distribution("a")])) == ["a"]
    assert missing(settled(packages, base=[same])) == []
    assert missing(settled(packages, own=[same])) == []


def test_a_local_directory_is_never_taken_from_the_base() -> None:
    """Installed from there, in that mode, it is there."""
    here = Origin(url=DEMO.as_uri(), kind="directory", text="")
    copy = replace(distribution("a"), origin=here)
    packages = [local("a")]
    assert missing(settled(packages, base=[copy])) == ["a"]
    assert missing(settled(packages, own=[copy])) == []
    for other in (
        replace(here, editable=True),
        replace(here, url="file:///other"),
        replace(here, kind="archive"),
        None,
    ):
        assert missing(settled(packages, own=[replace(copy, origin=other)])) == ["a"]


def test_a_url_can_be_quoted_in_more_than_one_way() -> None:
    """uv leaves characters alone that Python quotes, and the other way round."""
    place = DEMO / "a b (1)+"
    here = Origin(url=f"{DEMO.as_uri()}/a%20b%20(1)+", kind="directory", text="")
    package = replace(local("a"), place=str(place))
    assert place.as_uri() != here.url
    assert missing(settled([package], own=[replace(distribution("a"), origin=here)])) == []
    archive = replace(here, url=f"{here.url}.zip", kind="archive")
    package = locked("a", url=f"{place.as_uri()}.zip")
    assert missing(settled([package], base=[replace(distribution("a"), origin=archive)])) == []


def test_differences_say_what_is_not_as_it_is_locked() -> None:
    """Another version, one that the lock does not have, one that is not needed; an unknown version is no difference."""
    packages = [locked("a", "1.0"), locked("b"), locked("c"), locked("d", None, url="https://host/d.zip")]
    origin = Origin(url="https://host/d.zip", kind="archive", text="")
    base = [
        distribution("a", "1.0+x", "x"), distribution("x"), distribution("c"),
        replace(distribution("d"), origin=origin),
    ]  # fmt: skip
    found = settled(packages, base=base, requires=["a", "c", "d"])
    assert [str(item) for item in differences({item.name: item for item in packages}, found.closure)] == [
        "a 1.0+x from /base/lib/site-packages, locked is 1.0",
        "b 1.0 is locked, and not needed with what the base has",
        "x 1.0 from /base/lib/site-packages is not in the lock",
    ]
