"""What an environment would be after an installation, worked out before it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.strategies import BASE, EMPTY, MARKERS, OWN, distribution, root, stock, view
from tox_sitediff.core.closure import Constraint, walk
from tox_sitediff.core.declared import Arguments, Declared
from tox_sitediff.core.model import Layer, Role
from tox_sitediff.core.plan import Ask, Change, Plan, Planned, asks, make_impossible_plan, make_plan
from tox_sitediff.core.record import Conflict, Shadowed
from tox_sitediff.interpreter.sizes import distribution_size
from tox_sitediff.uv.arguments import parse_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tox_sitediff.core.inventory import Inventory


NUMLIB = distribution("numlib", "1.26")


FRAME = distribution("frame", "2.1", "numlib<2", "dates; python_version > '3'", "never; python_version < '3'")


DATES = distribution("dates", "2.8")


def change(name: str, version: str | None) -> Change:
    return Change(name=canonicalize_name(name), version=version)


def planned(
    inventory: Inventory, *arguments: str, changes: tuple[Change, ...] = (), **told: Mapping[str, tuple[str, ...]]
) -> Plan:
    """Forecast what an installation of some arguments comes to, if uv makes these changes and tells that much."""
    asked = parse_arguments(arguments, directory=Path("/project"), environment={})
    by_name = {canonicalize_name(name): versions for name, versions in told.items()}
    return make_plan(seen=view(inventory), asked=asked, changes=changes, required=by_name, size_of=distribution_size)


def reused(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {item.name: item.why for item in plan.reused}


def test_where_nothing_changes_the_closure_is_reused() -> None:
    """Each with the chain that leads to it; what markers rule out is not a part of it."""
    plan = planned(stock(NUMLIB, FRAME, DATES, distribution("other")), "frame", "numlib>=1")
    assert reused(plan) == {"dates": ("frame", "dates"), "frame": ("frame",), "numlib": ("numlib",)}
    assert (plan.declared, plan.install, plan.shadowed, plan.conflicts) == (("frame", "numlib>=1"), (), (), ())
    assert plan.is_good
    assert (plan.status, plan.python.executable) == (0, "/base/python")


def test_what_comes_is_walked_as_uv_tells_it() -> None:
    """Its requirements lead on to what is reused, and to what comes with it."""
    plan = planned(
        stock(NUMLIB),
        "plotter",
        changes=(change("svglib", "1.5"), change("plotter", "3.8")),
        plotter={"3.8": ("numlib", "svglib>=1", "plotter[x]==3.8"), "3.7": ("never",)},
    )
    assert reused(plan) == {"numlib": ("plotter", "numlib")}
    assert plan.install == (
        Planned(name="plotter", version="3.8", why=("plotter",)),
        Planned(name="svglib", version="1.5", why=("plotter", "svglib")),
    )
    assert plan.asks["svglib"] == (Ask(by="plotter 3.8", requirement="svglib>=1"),)
    assert plan.is_good


def test_what_uv_does_not_tell_has_no_chain() -> None:
    plan = planned(stock(), "plotter", changes=(change("plotter", "3.8"), change("svglib", "1.5")))
    assert [(item.name, item.why) for item in plan.install] == [("plotter", ("plotter",)), ("svglib", ())]


def test_what_is_shadowed_and_what_breaks_by_that() -> None:
    """A copy of the environment's own shadows nothing anew, but counts where something breaks."""
    own = distribution("dates", "9.0", layer=OWN)
    plan = planned(stock(own, NUMLIB, FRAME, DATES), "numlib>=2", changes=(change("numlib", "2.0"),))
    assert plan.shadowed == (Shadowed(name="numlib", base_version="1.26", version="2.0"),)
    assert plan.conflicts == (Conflict(name="frame", version="2.1", requires="numlib<2", found="2.0"),)
    assert reused(plan) == {}


def test_a_copy_that_is_itself_replaced_breaks_nothing() -> None:
    """Of the base's frame nobody will see anything any more, so that what it needs does not matter."""
    changes = (change("frame", "3.0"), change("numlib", "2.0"))
    plan = planned(stock(NUMLIB, FRAME, DATES), "frame>=3", changes=changes, frame={"3.0": ("numlib>=2",)})
    assert [item.name for item in plan.shadowed] == ["frame", "numlib"]
    assert plan.conflicts == ()
    before = Layer(path="/injected", role=Role.INJECTED)
    plan = planned(stock(NUMLIB, replace(FRAME, layer=before), DATES), "frame>=3", changes=changes)
    assert [item.name for item in plan.conflicts] == ["frame"], "nothing can stand before that one"


def test_what_would_not_be_met_makes_no_good_plan() -> None:
    plan = planned(stock(NUMLIB, FRAME, DATES), "frame", "numlib>=2", changes=(change("numlib", "2.0"),))
    assert [str(unmet) for unmet in plan.unmet] == ["frame 2.1 -> numlib<2: found 2.0 in the environment"]
    assert (plan.is_good, plan.status) == (False, 1)


@pytest.mark.parametrize(("version", "told", "found"), [
    ("1.5", {}, "1.5"),
    (None, {"1.0": ("x>9",)}, "1.0"),  # uv knows it once it has read the metadata, and says so in its log alone
    (None, {"1.0": (), "1.1": ()}, "0"),
    (None, {}, "0"),
    ("odd version", {}, "0"),
])  # fmt: skip
def test_a_version_that_is_not_known_is_no_obstacle(
    version: str | None, told: dict[str, tuple[str, ...]], found: str
) -> None:
    """Whatever it is, the requirement is met by what it asks for; the plan says what uv said."""
    plan = planned(stock(distribution("here", "0.1")), "here", changes=(change("here", version),), here=told)
    assert plan.install == (Planned(name="here", version=version, why=("here",), is_built=version is None),)
    assert [(item.base_version, item.version) for item in plan.shadowed] == [("0.1", found)]


def test_what_has_no_name_before_it_is_built_is_known_by_what_comes() -> None:
    """What nothing else requires was asked for."""
    plan = planned(
        stock(NUMLIB),
        "./somewhere",
        changes=(change("demo", None), change("tiny", "1.1")),
        demo={"1.0": ("numlib", "tiny")},
    )
    assert plan.declared == (os.path.join(Path("/project"), "./somewhere"),)
    assert {item.name: item.why for item in plan.install} == {"demo": ("demo",), "tiny": ("demo", "tiny")}
    assert reused(plan) == {"numlib": ("demo", "numlib")}


def test_where_hashes_are_asked_for_nothing_that_is_there_is_verified() -> None:
    plan = planned(stock(NUMLIB, FRAME, DATES), "frame", "--require-hashes")
    assert {item.name: item.verified for item in plan.reused} == {"dates": False, "frame": False, "numlib": False}
    assert all(item.verified for item in planned(stock(NUMLIB, FRAME, DATES), "frame").reused)


def test_constraints_that_apply_go_with_the_plan(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("numlib<2\nfar<1; python_version < '3'\n")
    asked = parse_arguments(["numlib", "-c", "c.txt"], directory=tmp_path, environment={})
    plan = make_plan(seen=view(stock(NUMLIB)), asked=asked, changes=(), required={}, size_of=distribution_size)
    assert {name: [*map(str, found)] for name, found in plan.constraints.items()} == {"numlib": ["numlib<2"]}


@pytest.mark.parametrize("refused", [True, False])
def test_where_there_is_no_solution_the_plan_says_what_the_base_meets_and_what_not(refused: bool) -> None:
    """With uv's message, and with the exit status that tells a mistake from requirements that can't be met."""
    seen = view(stock(NUMLIB, FRAME, DATES))
    limit = Constraint(requirement=Requirement("dates>=2"), origin="c.txt")
    declared = (Declared(text="frame", requirement=Requirement("frame")), *_declared("numlib>=2"))
    asked = Arguments(declared=declared, constraints=(limit,), deep=True, plain=True)
    closure = walk(asked.roots(), lookup=seen.lookup, environment=MARKERS, constraints=asked.constraints)
    plan = make_impossible_plan(
        seen=seen, asked=asked, closure=closure, message="no", refused=refused, size_of=distribution_size
    )
    assert (plan.declared, plan.install, plan.message) == (("frame", "numlib>=2"), (), "no")
    assert reused(plan) == {"dates": ("frame", "dates"), "frame": ("frame",)}
    assert [unmet.requirement for unmet in plan.unmet] == ["numlib>=2"]
    assert plan.asks["numlib"] == (Ask(by="", requirement="numlib>=2"), Ask(by="frame 2.1", requirement="numlib<2"))
    assert plan.constraints == {"dates": (limit,)}
    assert (plan.is_good, plan.status) == (False, 2 if refused else 1)


def _declared(text: str) -> tuple[Declared]:
    return (Declared(text=text, requirement=Requirement(text)),)


def test_who_asks_for_what() -> None:
    """Declared requirements first, each once, without markers; nothing beyond what is not to bring its dependencies."""
    graph = {
        found.name: found
        for found in (
            distribution("a", "1", "b>=1; os_name == 'posix'", "b>=1", "c; extra == 'x'", "not >< valid"),
            distribution("b", "2", "a[x]"),
            distribution("shallow", "3", "b>9"),
        )
    }
    roots = [root("shallow", deep=False), root("a"), root("b; os_name == 'nt'")]
    closure = walk(roots, lookup=graph.get, environment=MARKERS)
    assert asks(roots, closure, MARKERS) == {
        "shallow": (Ask(by="", requirement="shallow"),),
        "a": (Ask(by="", requirement="a"), Ask(by="b 2", requirement="a[x]")),
        "b": (Ask(by="a 1", requirement="b>=1"),),
        "c": (Ask(by="a 1", requirement="c"),),
    }


PLACE: Final = BASE.path


def test_the_plan_as_json_has_its_keys_in_their_fixed_order() -> None:
    closure = walk([root("a>=2"), root("gone")], lookup=stock(distribution("a")).effective, environment=MARKERS)
    plan = replace(EMPTY, unmet=closure.unmet, declared=("a>=2", "gone"))
    assert [*plan.as_json()] == [
        "schema", "python", "declared", "reused", "install", "shadowed", "conflicts", "unmet"
    ]  # fmt: skip
    assert plan.as_json()["unmet"] == [
        {"name": "a", "requirement": "a>=2", "why": [], "found": "1.0", "location": PLACE},
        {"name": "gone", "requirement": "gone", "why": [], "found": None, "location": None},
    ]
    assert not plan.is_good
    assert not replace(EMPTY, message="no solution").is_good
    assert EMPTY.is_good
