"""Why we may differ from pip in a world: each class is decided by the world and the verdict, and documented."""

from __future__ import annotations

import platform
import re
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from support.differential.judge import uv_alone
from tox_sitediff.uv.order import sort_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from support.differential.judge import Answer
    from support.differential.trial import Trial, Verdict
    from support.differential.worlds import World

EQUAL: Final = "equal"
BOTH_FAIL: Final = "neither finds a solution"
SEVERAL: Final = "several solutions"
URL: Final = "a URL requirement"
BROKEN: Final = "metadata that can't be read"
INJECTED: Final = "before the environment"
RESOLVER: Final = "uv and pip differ without a base too"
PYTHON: Final = "an upper bound of Requires-Python"
CRASH: Final = "pip ends in a traceback"
CHOICE: Final = "one of two copies of the base has to give way"
PRERELEASE: Final = "a pre-release in one of the answers"
LEFT_BEHIND: Final = "pip leaves what is declared unmet"
ITSELF: Final = "an installed distribution that rules itself out"
GIVES_UP: Final = "pip finds no solution, though there is one"
OWN: Final = "which of the environment's own is replaced"
AUDIT: Final = "a conflict that uv leaves"
YANKED: Final = "a yanked version that something else pins"
TWICE: Final = "more than once in the environment itself"
DISTUTILS: Final = "an installation of distutils' in the environment itself"
UNEXPLAINED: Final = "UNEXPLAINED"


def classify(world: World, verdict: Verdict, trial: Trial) -> tuple[str, list[str]]:
    """Tell why we differ from pip.

    Args:
        world: What was tried, and still lies on the disk.
        verdict: What came of it.
        trial: Where.

    Returns:
        The class, and what is wrong, which is nothing unless the class is `UNEXPLAINED`.
    """
    kind = _kind(world, verdict, trial)
    problems = _unexcused(world, verdict, kind)
    if kind != UNEXPLAINED and problems:
        return UNEXPLAINED, problems
    if kind == UNEXPLAINED:
        problems.append(f"pip would install {verdict.pip}, we did {verdict.done}")
    return kind, problems


def _unexcused(world: World, verdict: Verdict, kind: str) -> list[str]:
    problems = list(verdict.problems)
    # a dry run of uv's fetches no archive whose metadata it has, so it can't know the hash
    if any(ask.digest == "wrong" for ask in world.declared) and "Hash mismatch" in verdict.done.message:
        problems = [line for line in problems if not line.startswith("planned ")]
    if _is_audit(verdict):
        problems = [line for line in problems if not line.startswith("failed ")]
    if kind == DISTUTILS:  # nor does it uninstall anything
        problems = [line for line in problems if not line.startswith("planned ")]
    if damaged(world):  # importlib.metadata takes what is left over of a distribution for it, without a version
        problems = [line for line in problems if not re.fullmatch("not met afterwards: .*: found None", line)]
    again = verdict.again
    if again is not None and again.install != {}:
        # where pip can't do it at all, for a reason that has a class, it can't do it afterwards either
        is_excused = again.install is None and (
            kind == BROKEN or (verdict.pip.install is None and kind in {RESOLVER, PYTHON, URL})
        )
        # pip and uv leave alone what is left over in the environment, and importlib.metadata may find it first
        if not is_excused and not names_of(again) <= _left_over(world) | _only_in_archive(world, verdict):
            problems.append(f"pip would then still install {again}")
    return problems


def _is_audit(verdict: Verdict) -> bool:
    return verdict.done.install is None and "does not meet what was declared" in verdict.done.message


def _has_wrong_python(world: World, verdict: Verdict) -> bool:
    """Tell whether we installed something whose Requires-Python excludes this Python by an upper bound."""
    return any(
        not SpecifierSet(item.python).contains(platform.python_version())
        and (verdict.done.install or {}).get(canonicalize_name(item.name)) == item.version
        for item in (*world.releases, *world.archives)
        if "<" in item.python
    )


def damaged(world: World) -> set[str]:
    """Name what can be reached from what is declared, and has a copy with metadata that can't be read."""
    return {name for item in world.copies if item.damage and (name := _name(item.name)) in reachable(world)}


def _left_over(world: World) -> set[str]:
    return {_name(item.name) for item in world.copies if item.layer == "own" and item.damage == "no metadata"}


def _only_in_archive(world: World, verdict: Verdict) -> set[str]:
    """Name what only the archive of a URL requirement asks for, where what is installed from it says otherwise."""
    found: set[str] = set()
    for ask in world.declared:
        name = _name(ask.text)
        if ask.archive is None or name not in verdict.before or name in (verdict.done.install or {}):
            continue
        version, place = verdict.before[name]
        copies = [item for item in world.copies if (_name(item.name), item.version) == (name, version)]
        assert copies, f"{name} {version} is seen in {place}, and nobody put it there"
        # of copies in several places, the one that counts says no more than each of them together
        said = set[str]().union(*(item.requires for item in copies))
        found |= {_name(line) for line in world.archives[ask.archive].requires if line not in said}
    return reachable(world, found)


def reachable(world: World, start: Collection[str] | None = None) -> set[str]:
    """Name what could come up in an installation, whatever the versions, extras and markers.

    Args:
        world: The world.
        start: What is asked for; None for what is declared.
    """
    requires: defaultdict[str, set[str]] = defaultdict(set)
    for name, lines in (
        *((item.name, item.requires) for item in (*world.releases, *world.archives)),
        *((item.name, item.requires) for item in world.copies),
    ):
        requires[_name(name)] |= {_name(line) for line in lines}
    found: set[str] = set()
    queue = {_name(ask.text) for ask in world.declared} if start is None else {*start}
    while queue:
        found |= queue
        queue = set().union(*(requires[name] for name in queue)) - found
    return found


def _name(line: str) -> str:
    return canonicalize_name(Requirement(line).name)


def by_url(world: World) -> set[str]:
    """Name what is asked for by URL."""
    return {_name(ask.text) for ask in world.declared if ask.archive is not None}


def _yanked(world: World) -> set[tuple[str, str]]:
    """Name what was yanked, and is not asked for by name, where uv takes it as pip does (PEP 592)."""
    asked = {_name(ask.text) for ask in world.declared}
    found = {(canonicalize_name(item.name), item.version) for item in world.releases if item.yanked}
    return {(name, version) for name, version in found if name not in asked}


def _contradictory(world: World) -> set[str]:
    """Name what is installed and requires another version of itself."""
    return {
        name
        for item in world.copies
        for line in item.requires
        if (name := _name(line)) == canonicalize_name(item.name)
        and not Requirement(line).specifier.contains(item.version)
    }


def _only(world: World, names: Collection[str]) -> World:
    """Ask for less: what only the base has can't be had where nothing is inherited."""
    return replace(world, declared=tuple(ask for ask in world.declared if _name(ask.text) in names))


def _own(world: World) -> Counter[str]:
    return Counter(canonicalize_name(item.name) for item in world.copies if item.layer == "own")


def replaced(answer: Answer, verdict: Verdict) -> set[str]:
    """Name what of the base something installed would stand before."""
    return names_of(answer) & verdict.before.keys()


def _kind(world: World, verdict: Verdict, trial: Trial) -> str:
    pip, ours = verdict.pip, verdict.done
    if pip == ours:
        return EQUAL if ours.install is not None else AUDIT if _is_audit(verdict) else BOTH_FAIL
    if _has_wrong_python(world, verdict):
        return PYTHON
    if (own := _own(world)) and any(own[name] > 1 for name in reachable(world)):
        return TWICE
    if ours.install is None:
        return _why_only_we_fail(world, verdict, trial)
    if pip.install is None:
        return _why_only_pip_fails(world, verdict, trial)
    return _why_another(world, verdict, trial)


def _why_only_we_fail(world: World, verdict: Verdict, trial: Trial) -> str:
    injected = {_name(item.name) for item in world.copies if item.layer == "injected"}
    if "before the environment" in verdict.done.message and injected & reachable(world):
        return INJECTED
    # the environment has what fits already, behind the one that does not
    if _is_audit(verdict) and str(trial.places.layers["injected"]) in verdict.done.message:
        return INJECTED
    if "distutils-installed distributions" in verdict.done.message:
        return DISTUTILS
    if _is_audit(verdict) and any(item.layer == "own" and item.kind != "dist-info" for item in world.copies):
        return AUDIT  # uv reads no requirements in the metadata of an egg
    if _differ(world, trial, fails="uv"):
        return RESOLVER
    return BROKEN if damaged(world) else UNEXPLAINED


def _why_only_pip_fails(world: World, verdict: Verdict, trial: Trial) -> str:
    if "RecursionError" in verdict.pip.message:
        return CRASH
    if damaged(world):
        return BROKEN
    if by_url(world) & verdict.before.keys() - (verdict.done.install or {}).keys():
        return URL  # what pip does not like is in the archive, not in what is installed from it
    if _differ(world, trial, fails="pip"):
        return RESOLVER
    # pip itself has nothing to add to what we did
    is_solution = verdict.again is not None and verdict.again.install == {} and not verdict.problems
    return GIVES_UP if is_solution else UNEXPLAINED


def _why_another(world: World, verdict: Verdict, trial: Trial) -> str:
    """Name the class where both find a solution: the first one that holds, for some take a while to find out."""
    pip, ours = verdict.pip, verdict.done
    assert pip.install is not None
    assert ours.install is not None
    differences = ours.install.items() ^ pip.install.items()
    names = {name for name, _ in differences}
    of_us, of_pip = replaced(ours, verdict), replaced(pip, verdict)
    more = of_us - of_pip
    reasons: dict[str, Callable[[], bool]] = {
        BROKEN: lambda: not names.isdisjoint(damaged(world)),
        LEFT_BEHIND: lambda: _is_left_behind(world, verdict),
        ITSELF: lambda: names <= _contradictory(world),
        YANKED: lambda: not differences.isdisjoint(_yanked(world)),
        OWN: lambda: not names.isdisjoint(_own(world)),
        URL: lambda: (bool(more) and more <= by_url(world)) or names <= _only_in_archive(world, verdict),
        CHOICE: lambda: bool(more) and len(of_us) <= len(of_pip),
        SEVERAL: lambda: of_us < of_pip or (not more and names_of(ours) < names_of(pip)),
        RESOLVER: lambda: (
            any(_differ(it, trial, names=names - more) for it in (world, _only(world, names)))
            and (not more or _follows(world, verdict, trial, names - more))
        ),
        PRERELEASE: lambda: not more and any(Version(version).is_prerelease for _, version in differences),
    }
    return next((kind for kind, holds in reasons.items() if holds()), UNEXPLAINED)


def names_of(answer: Answer) -> set[str]:
    """Name what would be installed."""
    return set(answer.install or ())


def _is_left_behind(world: World, verdict: Verdict) -> bool:
    """Tell whether something declared, or what it requires, would not be met if pip did what it says."""
    assert verdict.pip.install is not None
    would = {**{name: version for name, (version, _) in verdict.before.items()}, **verdict.pip.install}
    queue = [Requirement(ask.text) for ask in world.declared]
    done: set[tuple[str, str]] = set()
    while queue:
        requirement = queue.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        if (version := would.get(name)) is None or not requirement.specifier.contains(version, prereleases=True):
            return True
        is_new = name in verdict.pip.install
        sources = (*world.releases, *world.archives) if is_new else world.copies
        found = next((item for item in sources if (_name(item.name), item.version) == (name, version)), None)
        if found is None:
            return True  # its version is none, which only an empty specifier takes
        for extra in {"", *map(canonicalize_name, requirement.extras)} - {known for at, known in done if at == name}:
            done.add((name, extra))
            needed = [Requirement(line) for line in found.requires]
            for item in needed:
                if item.marker is None or item.marker.evaluate({"extra": extra}):
                    item.marker = None
                    queue.append(item)
    return False


def _follows(world: World, verdict: Verdict, trial: Trial, names: Collection[str]) -> bool:
    """Tell whether pip, held to the versions that we chose of some names, does just what we did."""
    trial.places.furnish(world)  # without what we installed
    chosen = [f"{name}==={version}" for name, version in (verdict.done.install or {}).items() if name in names]
    arguments = [*trial.places.arguments(world), *chosen]
    return trial.pip.would(arguments, world.exclude) == verdict.done


def _differ(world: World, trial: Trial, *, fails: str = "", names: Collection[str] = ()) -> bool:
    """Tell whether uv and pip differ in an environment that inherits nothing as well.

    Args:
        world: The world.
        trial: Where.
        fails: Which of them, ``pip`` or ``uv``, has to be the only one that fails; nothing where both find something.
        names: What they have to differ on, some of it at least, where both find something.
    """
    arguments = trial.places.arguments(world)
    pip = trial.pip.would(arguments, alone=True)
    # as they were given, and in the order in which uv is always asked
    return any(
        _are_different(pip, uv_alone(trial.places, order), fails=fails, names=names)
        for order in (arguments, sort_arguments(arguments).all)
    )


def _are_different(pip: Answer, uv: Answer, *, fails: str, names: Collection[str]) -> bool:
    if pip.install is None or uv.install is None:
        return (pip.install is None) != (uv.install is None) and fails == ("pip" if pip.install is None else "uv")
    return not fails and any(name in names for name, _ in pip.install.items() ^ uv.install.items())
