"""What a plan does with a distribution, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.strategies import BASE, EMPTY, MARKERS, OWN, TEAM, distribution, stock, view
from tox_sitediff.core.closure import Constraint, Unmet, applying
from tox_sitediff.core.explain import explain
from tox_sitediff.core.model import Origin
from tox_sitediff.core.plan import Ask, Plan, Planned
from tox_sitediff.core.record import Reused

if TYPE_CHECKING:
    from tox_sitediff.core.snapshot import Snapshot


PLACE: Final = BASE.path


ELSEWHERE: Final = "uv was told more: an upgrade, an override, or what only it can read"


def told(plan: Plan, seen: Snapshot, name: str = "a") -> list[str]:
    return list(explain(canonicalize_name(name), plan=plan, seen=seen))


def asked(*asks: Ask) -> Plan:
    return replace(EMPTY, asks={"a": asks})


ME = Ask(by="", requirement="a>=1")


B = Ask(by="b 2.0", requirement="a<2")


def test_what_is_reused_and_for_what() -> None:
    plan = replace(asked(B), reused=(Reused(name="x", version="1", location="", bytes=0, why=()), *_reused("b", "a")))
    assert told(plan, view(stock(distribution("a")))) == [
        f"a 1.0 would be reused from {PLACE}, needed by b -> a",
        "  b 2.0 asks for a<2",
        f"  {PLACE} (base) has 1.0, which meets all of these",
    ]


def _reused(*why: str) -> tuple[Reused, ...]:
    return (Reused(name="a", version="1.0", location=PLACE, bytes=1, why=why),)


def test_what_is_installed_and_why_each_copy_is_not_good_enough() -> None:
    plan = replace(
        asked(ME, B),
        install=(Planned(name="x", version="1", why=()), Planned(name="a", version="1.5", why=("a",))),
    )
    inventory = stock(
        (distribution("a", "1.2", layer=OWN), "torn"), distribution("a", "3.0", layer=TEAM), distribution("a", "1.1")
    )
    assert told(plan, view(inventory)) == [
        "a 1.5 would be installed",
        "  you ask for a>=1",
        "  b 2.0 asks for a<2",
        "  " + f"{distribution('a', '1.2', layer=OWN).path} is not usable: torn",
        "  /team (extra) has 3.0, which is not what is asked for by b 2.0: a<2",
        f"  {PLACE} (base) has 1.1, hidden behind the first one",
    ]


def test_a_constraint_is_the_reason_and_where_it_comes_from() -> None:
    """It is not said of those who ask, and named with what they ask for where both are in the way."""
    limits = [
        Constraint(requirement=Requirement("a>=2"), origin="limits.txt"),
        Constraint(requirement=Requirement("a<9"), origin="more.txt (UV_CONSTRAINT)"),
    ]
    plan = replace(
        asked(ME, B),
        install=(Planned(name="a", version="2.0", why=("b", "a")),),
        constraints=applying(limits, MARKERS),
    )
    assert told(plan, view(stock(distribution("a", "5.0", layer=TEAM), distribution("a")))) == [
        "a 2.0 would be installed, needed by b -> a",
        "  you ask for a>=1",
        "  b 2.0 asks for a<2",
        "  limits.txt constrains it to a>=2",
        "  more.txt (UV_CONSTRAINT) constrains it to a<9",
        "  /team (extra) has 5.0, which is not what is asked for by b 2.0: a<2",
        f"  {PLACE} (base) has 1.0, which is not allowed by limits.txt: a>=2",
    ]
    plan = replace(plan, constraints=applying(limits[:1], MARKERS), asks={"a": (Ask(by="c 1", requirement="a>=3"),)})
    assert told(plan, view(stock(distribution("a"))))[-1] == (
        f"  {PLACE} (base) has 1.0, which is not what is asked for by c 1: a>=3, and not allowed by limits.txt: a>=2"
    )


def test_what_would_be_good_enough_and_is_replaced_all_the_same() -> None:
    """An upgrade, an override: uv knows."""
    plan = replace(asked(ME), install=(Planned(name="a", version=None, why=("a",)),))
    assert told(plan, view(stock(distribution("a")))) == [
        "a (version known when built) would be installed",
        "  you ask for a>=1",
        f"  {PLACE} (base) has 1.0, which meets all of these; {ELSEWHERE}",
    ]


def test_what_is_excluded_but_not_the_environments_own() -> None:
    inventory = stock(distribution("a", "1.0", layer=OWN), distribution("a"))
    assert told(asked(ME), view(inventory, "a")) == [
        "a 1.0 is installed in the environment already",
        "  you ask for a>=1",
        f"  {OWN.path} (own) has 1.0, which meets all of these",
        f"  {PLACE} (base) has 1.0, which is excluded (--exclude, sitediff_exclude)",
    ]


def test_what_is_not_met_is_not_called_reused() -> None:
    plan = replace(
        asked(Ask(by="", requirement="a>=2")),
        reused=_reused("a"),
        unmet=(Unmet(chain=(), requirement="a>=2", name=canonicalize_name("a")),),
    )
    assert told(plan, view(stock(distribution("a")))) == [
        "a is asked for, and what is seen of it does not meet that",
        "  you ask for a>=2",
        f"  {PLACE} (base) has 1.0, which is not what is asked for by you: a>=2",
    ]


def test_what_nobody_asks_for() -> None:
    assert told(EMPTY, view(stock(distribution("a")))) == [
        "a would be neither reused nor installed: nothing that was asked for requires it",
        f"  {PLACE} (base) has 1.0",
    ]
    # an own copy that nothing needs is none of the plan's either
    assert told(EMPTY, view(stock(distribution("a", layer=OWN))))[0].startswith("a would be neither")


def test_what_is_nowhere() -> None:
    assert told(EMPTY, view(stock()))[1:] == [f"  nothing of that name lies in the environment, /team, {PLACE}"]


def test_a_url_is_met_by_its_own_origin_alone() -> None:
    url = "https://host/a-1.0-py3-none-any.whl"
    origin = Origin(url=url, kind="archive")
    plan = asked(Ask(by="", requirement=f"a @ {url}"))
    assert told(plan, view(stock(replace(distribution("a"), origin=origin))))[-1].endswith("which meets all of these")
    assert told(plan, view(stock(distribution("a"))))[-1].endswith(f"asked for by you: a @ {url}")
