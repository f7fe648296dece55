"""Whether a kind of run got dearer than what was recorded, perhaps on another machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from results import Counts, KindOf, Results

ALIKE: Final = 2.0
"""How much dearer a kind of run may get, in per cent, where Python, tox and all else are as recorded."""
ELSEWHERE: Final = 5.0
"""The same where a version differs: what we add is then known less well."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of one kind of run.

    Attributes:
        kind: Its name.
        counted: Instructions.
        expected: What it would take if we added as much as recorded.
        allowed: How much more it may be, in per cent.
        programs: How many programs more it starts than recorded, beside the others.
        files: How many files more it writes than recorded, beside the others.
    """

    kind: str
    counted: int
    expected: int
    allowed: float
    programs: int
    files: int

    @property
    def more(self) -> float:
        """How much more than expected was counted, in per cent."""
        return (self.counted / self.expected - 1) * 100

    @property
    def is_dearer(self) -> bool:
        """Whether it got too dear."""
        return self.more > self.allowed or self.programs > 0 or self.files > 0


def differing(recorded: Results, found: Results) -> list[str]:
    """Name what has another version than recorded, Python among it; our own does not count."""
    names = sorted({*recorded["versions"], *found["versions"]} - {"tox-sitediff"})
    return [name for name in names if recorded["versions"].get(name) != found["versions"].get(name)]


def compare(recorded: Results, found: Results, scale: str) -> list[Verdict]:
    """Judge each kind of run that was counted.

    What we add to what others take is what is compared, and added to what they take here: another tox or another
    Python, which takes less or more itself, makes no difference.

    Args:
        recorded: Of the repository.
        found: What was counted now, of the same kinds and sizes.
        scale: The name of a run that does the same work in both.

    Raises:
        KeyError: Where something was not recorded.
    """
    allowed = ELSEWHERE if differing(recorded, found) else ALIKE
    then = {size["distributions"]: size["runs"] for size in recorded["sizes"]}
    verdicts = []
    for size in found["sizes"]:
        before, now = then[size["distributions"]], size["runs"]
        by = now[scale]["instructions"] / before[scale]["instructions"]
        verdicts += [_verdict(kind, before, now, by, allowed) for kind in found["kinds"]]
    return verdicts


def _verdict(
    kind: KindOf, before: Mapping[str, Counts], now: Mapping[str, Counts], by: float, allowed: float
) -> Verdict:
    added = _added(before, kind, _instructions)
    counted = now[kind["run"]]["instructions"]
    return Verdict(
        kind=kind["name"],
        counted=counted,
        expected=round(counted - _added(now, kind, _instructions) + added * by),
        allowed=allowed,
        programs=_added(now, kind, _programs) - _added(before, kind, _programs),
        files=_added(now, kind, _files) - _added(before, kind, _files),
    )


def _added(runs: Mapping[str, Counts], kind: KindOf, of: Callable[[Counts], int]) -> int:
    return of(runs[kind["run"]]) - sum(of(runs[name]) for name in kind["beside"])


def _instructions(counts: Counts) -> int:
    return counts["instructions"]


def _programs(counts: Counts) -> int:
    return len(counts["programs"])


def _files(counts: Counts) -> int:
    return counts["files"]
