"""Why we may differ from pip in a world: each class is decided by the world and the verdict, and documented."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from differential.judge import uv_alone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from differential.judge import Answer
    from differential.trial import Trial, Verdict
    from differential.worlds import World

EQUAL: Final = "equal"
BOTH_FAIL: Final = "neither finds a solution"
SEVERAL: Final = "several solutions"
SAME_AMOUNT: Final = "another solution, as much of the base"
URL: Final = "a URL requirement"
BROKEN: Final = "metadata that can't be read"
INJECTED: Final = "before the environment"
RESOLVER: Final = "uv and pip differ without a base too"
PYTHON: Final = "an upper bound of Requires-Python"
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
    problems = _unexcused(world, verdict)
    kind = _kind(world, verdict, trial)
    if kind != UNEXPLAINED and problems:
        return UNEXPLAINED, problems
    if kind == UNEXPLAINED:
        problems.append(f"pip would install {verdict.pip}, we did {verdict.done}")
    return kind, problems


def _unexcused(world: World, verdict: Verdict) -> list[str]:
    problems = list(verdict.problems)
    # a dry run of uv's fetches no archive whose metadata it has, so it can't know the hash
    if any(ask.digest == "wrong" for ask in world.declared) and verdict.done.install is None:
        problems = [line for line in problems if not line.startswith("planned ")]
    if _is_audit(verdict):
        problems = [line for line in problems if not line.startswith("failed ")]
    again = verdict.again
    if again is not None and again.install != {}:
        damaged = any(item.damage for item in world.copies)
        if not (again.install is None and damaged):
            problems.append(f"pip would then still install {again}")
    return problems


def _is_audit(verdict: Verdict) -> bool:
    return verdict.done.install is None and "does not meet what was declared" in verdict.done.message


def replaced(answer: Answer, verdict: Verdict) -> set[str]:
    """Name what of the base something installed would stand before."""
    return {name for name in answer.install or () if name in verdict.before}


def _kind(world: World, verdict: Verdict, trial: Trial) -> str:  # noqa: C901, PLR0911, PLR0912
    pip, ours = verdict.pip, verdict.done
    if pip.install is None and ours.install is None:
        return AUDIT if _is_audit(verdict) else BOTH_FAIL
    if pip == ours:
        return EQUAL
    damaged = {canonicalize_name(item.name) for item in world.copies if item.damage}
    by_url = {canonicalize_name(ask.text.partition("[")[0]) for ask in world.declared if ask.archive is not None}
    if ours.install is None:
        injected = str(trial.places.layers["injected"])
        if "stands before the environment" in ours.message and any(
            place == injected for _, place in verdict.before.values()
        ):
            return INJECTED
        if _without_base(world, trial):
            return RESOLVER
        return BROKEN if damaged & set(verdict.before) else UNEXPLAINED
    if any(
        item.python
        and not SpecifierSet(item.python).contains(platform.python_version(), prereleases=True)
        and ours.install.get(canonicalize_name(item.name)) == item.version
        for item in (*world.releases, *world.archives)
    ):
        return PYTHON
    if pip.install is None:
        if damaged:
            return BROKEN
        return RESOLVER if _without_base(world, trial) else UNEXPLAINED
    more = replaced(ours, verdict) - replaced(pip, verdict)
    if more and more <= by_url:
        return URL
    if more and more <= by_url | damaged:
        return BROKEN
    if more:
        # another part of the base, but no more of it
        if len(replaced(ours, verdict)) <= len(replaced(pip, verdict)):
            return SAME_AMOUNT
        return RESOLVER if _without_base(world, trial) else UNEXPLAINED
    if replaced(ours, verdict) < replaced(pip, verdict):
        return SEVERAL
    if ours.install.keys() < pip.install.keys():
        return SEVERAL
    if ours.install.keys() == pip.install.keys() and not _is_older(ours, pip):
        return SAME_AMOUNT
    if _without_base(world, trial):
        return RESOLVER
    if damaged:
        return BROKEN
    # both replace the same; which of the versions comes first decides what else is needed
    return SAME_AMOUNT if not _is_older(ours, pip) else UNEXPLAINED


def _is_older(ours: Answer, pip: Answer) -> bool:
    """Tell whether all that both install is older in ours, or the same."""
    assert ours.install is not None
    assert pip.install is not None
    both = [(Version(ours.install[name]), Version(pip.install[name])) for name in ours.install if name in pip.install]
    return all(one <= other for one, other in both)


def _without_base(world: World, trial: Trial) -> bool:
    """Tell whether uv and pip differ in an environment that inherits nothing as well."""
    arguments: Sequence[str] = trial.places.arguments(world)
    return trial.pip.would(arguments, alone=True) != uv_alone(trial.places, arguments)
