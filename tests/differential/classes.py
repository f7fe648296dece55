"""Why we may differ from pip in a world: each class is decided by the world and the verdict, and documented."""

from __future__ import annotations

import platform
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from differential.judge import uv_alone

if TYPE_CHECKING:
    from collections.abc import Collection

    from differential.judge import Answer
    from differential.trial import Trial, Verdict
    from differential.worlds import World

EQUAL: Final = "equal"
BOTH_FAIL: Final = "neither finds a solution"
SEVERAL: Final = "several solutions"
URL: Final = "a URL requirement"
BROKEN: Final = "metadata that can't be read"
INJECTED: Final = "before the environment"
RESOLVER: Final = "uv and pip differ without a base too"
PYTHON: Final = "an upper bound of Requires-Python"
CRASH: Final = "pip ends in a traceback"
OLDER: Final = "a version that only the base makes possible"
AUDIT: Final = "a conflict that uv leaves"
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
    again = verdict.again
    if again is not None and again.install != {}:
        # where pip can't do it at all, for a reason that has a class, it can't do it afterwards either
        is_excused = again.install is None and (
            kind == BROKEN or (verdict.pip.install is None and kind in {RESOLVER, PYTHON})
        )
        if not is_excused:
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


def reachable(world: World) -> set[str]:
    """Name what could come up in an installation, whatever the versions, extras and markers."""
    requires: defaultdict[str, set[str]] = defaultdict(set)
    for name, lines in (
        *((item.name, item.requires) for item in (*world.releases, *world.archives)),
        *((item.name, item.requires) for item in world.copies),
    ):
        requires[_name(name)] |= {_name(line) for line in lines}
    found: set[str] = set()
    queue = {_name(ask.text) for ask in world.declared}
    while queue:
        found |= queue
        queue = set().union(*(requires[name] for name in queue)) - found
    return found


def _name(line: str) -> str:
    return canonicalize_name(Requirement(line).name)


def replaced(answer: Answer, verdict: Verdict) -> set[str]:
    """Name what of the base something installed would stand before."""
    return {name for name in answer.install or () if name in verdict.before}


def _kind(world: World, verdict: Verdict, trial: Trial) -> str:
    pip, ours = verdict.pip, verdict.done
    if pip == ours:
        return EQUAL if ours.install is not None else AUDIT if _is_audit(verdict) else BOTH_FAIL
    if _has_wrong_python(world, verdict):
        return PYTHON
    if ours.install is None:
        return _why_only_we_fail(world, verdict, trial)
    if pip.install is None:
        return _why_only_pip_fails(world, verdict, trial)
    return _why_another(world, verdict, trial)


def _why_only_we_fail(world: World, verdict: Verdict, trial: Trial) -> str:
    injected = {_name(item.name) for item in world.copies if item.layer == "injected"}
    if "before the environment" in verdict.done.message and injected & reachable(world):
        return INJECTED
    if _differ(world, trial, fails="uv"):
        return RESOLVER
    return BROKEN if damaged(world) else UNEXPLAINED


def _why_only_pip_fails(world: World, verdict: Verdict, trial: Trial) -> str:
    if "RecursionError" in verdict.pip.message:
        return CRASH
    if damaged(world):
        return BROKEN
    return RESOLVER if _differ(world, trial, fails="pip") else UNEXPLAINED


def _why_another(world: World, verdict: Verdict, trial: Trial) -> str:
    """Name the class where both find a solution."""
    pip, ours = verdict.pip, verdict.done
    assert pip.install is not None
    assert ours.install is not None
    of_us, of_pip = replaced(ours, verdict), replaced(pip, verdict)
    by_url = {_name(ask.text) for ask in world.declared if ask.archive is not None}
    more = of_us - of_pip
    if not more:
        if of_us < of_pip or ours.install.keys() < pip.install.keys():
            return SEVERAL
        names = _differences(ours, pip)
        if _differ(world, trial, names=names):
            return RESOLVER
        # without the base, pip would not take its version either
        alone = trial.pip.would(trial.places.arguments(world), alone=True).install or {}
        is_older = all((name, alone.get(name)) in ours.install.items() for name in names)
        return OLDER if is_older else UNEXPLAINED
    if more <= by_url | damaged(world):
        return URL if more <= by_url else BROKEN
    return UNEXPLAINED


def _differences(one: Answer, other: Answer) -> set[str]:
    """Name what two answers do not agree on."""
    return {name for name, _ in (one.install or {}).items() ^ (other.install or {}).items()}


def _differ(world: World, trial: Trial, *, fails: str = "", names: Collection[str] = ()) -> bool:
    """Tell whether uv and pip differ in an environment that inherits nothing as well.

    Args:
        world: The world.
        trial: Where.
        fails: Which of them, ``pip`` or ``uv``, has to be the only one that fails; nothing where both find something.
        names: What they have to differ on, some of it at least, where both find something.
    """
    arguments = trial.places.arguments(world)
    pip, uv = trial.pip.would(arguments, alone=True), uv_alone(trial.places, arguments)
    if pip.install is None or uv.install is None:
        return (pip.install is None) != (uv.install is None) and fails == ("pip" if pip.install is None else "uv")
    return not fails and not _differences(pip, uv).isdisjoint(names)
