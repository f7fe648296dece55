"""uv, the one resolver and installer (edge): where it is, and what a dry run would do."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..core.plan import Change
from ..core.requirements import InvalidRequirement, key, parse
from ..errors import EnvironmentProblem
from ..files import parse_json
from ..programs import ask, patience
from ..text import printable, redacted
from ..values import frozen
from .program import check_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName


_LOGGER: Final = logging.getLogger(__name__)
_NO_SOLUTION: Final = 1  # as a test sees
_UNSOLVED: Final = "No solution found"  # what uv says then, and something else that is called uv does not
_WRONG: Final = 2
_NO_CACHE: Final = re.compile(r"error: Failed to initialize cache at `(?P<path>.*)`(?:\s*cause:)?")

_REQUIRES: Final = re.compile(
    r"^DEBUG Adding transitive dependency for (?P<name>[\w.-]+)(?:\[[^\]]*\])?==(?P<version>\S+): (?P<requirement>.+)$",
    re.MULTILINE,
)
_CONSIDERS: Final = re.compile(r"^DEBUG Searching for a compatible version of ([\w.-]+)", re.MULTILINE)
_SELECTS: Final = re.compile(r"^DEBUG Selecting: (?P<name>\S+?)==\S+ \[.*\] \((?P<file>\S+)\)$", re.MULTILINE)
_MARKER: Final = re.compile(r"\{[^{}]*\}")
# a version takes in its local versions: uv writes `V+` for all that comes behind them, and knows ranges alone
_RANGES: Final = tuple(
    (re.compile(pattern.replace("V", r"([^\s,+|]+)", 1).replace("V", r"\1") + r"(?=\s*(?:,|$))"), words)
    for pattern, words in (
        (r">=\s*V,\s*<V\+", r"==\1"),
        (r"<\s*V\s*\|\s*>=V\+", r"!=\1"),
        (r"<=?V\+", r"<=\1"),
        (r">=V\+", r">\1"),
    )
)
_LOG: Final = re.compile(r"(?:TRACE|DEBUG|INFO|WARN) |Using \S+ \d\S* (?:interpreter|environment) at: ")
_NO_ANSWER: Final = re.compile("failed to fetch|error sending request|request failed after", re.IGNORECASE)
_OUT_OF_REACH: Final = re.compile(
    f"{_NO_ANSWER.pattern}|failed to download|missing .content-type. header|error decoding response|http status"
    "|was not found in|network was disabled|connectivity is disabled|are not allowed",
    re.IGNORECASE,
)


class UnreadableAnswer(EnvironmentProblem):
    """What uv said of its dry run is in no form that is known."""


@frozen
class DryRun:
    """The outcome of a dry run.

    Attributes:
        changes: What would be installed; None where uv failed.
        cached: Whether all of it lies in uv's cache, as far as uv's message tells.
        message: What uv said on its standard error, its log included.
        refused: Whether it failed for another reason than that there is no solution: what it was asked for, where it
            was to look, a file. That is what its exit status tells.
        unreachable: Whether an index or another place did not answer. uv has waited and tried again by then, and looks
            up every name that is asked for, whatever is installed: to ask it in another way costs the same and fails
            the same.
        out_of_reach: Whether something could not be had at all, be it that nobody has it, or that it was not to be
            reached, rather than that what was asked for contradicts itself.
    """

    changes: tuple[Change, ...] | None
    cached: bool
    message: str
    refused: bool = False
    unreachable: bool = False
    out_of_reach: bool = False

    def considered(self) -> set[NormalizedName]:
        """Read from uv's log the names that it looked for, chosen in the end or not.

        No release promises the form of that log. Where it is another one this is nothing, and an older version may be
        chosen where the newest goes only with what the base alone has.
        """
        return {key(name) for name in _CONSIDERS.findall(self.message)}

    def is_first_choice(self) -> bool:
        """Read from uv's log whether it installs what it tried first: of all that is missing the newest.

        As with `considered`; where the log is another one, this is false.
        """
        chosen = [(key(found["name"]), found["file"]) for found in _SELECTS.finditer(self.message)]
        new = sorted(name for name, file in chosen if file != "installed")
        return new == sorted(change.name for change in self.changes or ()) and len({*chosen}) == len(chosen)


def dry_run(command: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> DryRun:
    """Ask uv what it would do.

    Args:
        command: What `as_dry_run` made.
        environment: The variables for uv.
        directory: Where to run it.

    Returns:
        What it would install, or its message where it failed.

    Raises:
        EnvironmentProblem: When it can't be run at all.
        UnreadableAnswer: When its answer can't be read.
    """

    def go_on(seconds: float) -> None:
        check_version(Path(command[0]))
        # a resolution may take minutes, so it is not given up; tox shows the line with the environment's name
        _LOGGER.warning(
            "sitediff: uv has been planning for %g seconds and goes on: %s", seconds, redacted(" ".join(command))
        )

    done = ask(command, variables=environment, directory=directory, limit=patience(), on_slow=go_on)
    if done.was_interrupted:
        raise EnvironmentProblem(f"{command[0]} was interrupted while it planned; nothing was installed")
    message = done.said
    changes = None
    if done.status == 0:
        with suppress(ValueError):
            changes = _changes(parse_json(done.out.decode("utf-8", "replace")))
        if changes is None:
            version = check_version(Path(command[0]))
            # installed without it, the environment would hold copies of what the base has
            raise UnreadableAnswer(
                f"{command[0]} (uv {version}) says in a form that can't be read what it would install, and nothing was "
                "installed; is it really uv? If so, take another release of it: python -m pip install --upgrade uv"
            )
    elif (found := _NO_CACHE.search(message)) is not None:
        why = " ".join(message[found.end() :].split())
        raise EnvironmentProblem(
            f"uv can't use its cache {printable(found['path'])} ({printable(why)}); "
            "set UV_CACHE_DIR to a directory that can be written"
        )
    elif done.status != _NO_SOLUTION or _UNSOLVED not in message:
        check_version(Path(command[0]))  # only now: it takes as long as all else that is local
    refused = done.status == _WRONG
    said = without_log(message) if changes is None else ""
    return DryRun(
        changes=changes,
        cached="Would download" not in message,
        message=message,
        refused=refused,
        unreachable=refused and _NO_ANSWER.search(said) is not None,
        out_of_reach=_OUT_OF_REACH.search(said) is not None,
    )


def logged_sources(message: str) -> frozenset[NormalizedName]:
    """Read from uv's log what it chose a source distribution of, so that it has to be built here.

    No release promises the form of that log: what is not found in it is unknown, and nothing may depend on it but
    what people are told of a plan.

    Args:
        message: What a dry run said on its standard error.

    Returns:
        Normalised names. Of a name that was chosen more than once, the last choice counts.
    """
    chosen = {key(found["name"]): found["file"] for found in _SELECTS.finditer(message)}
    return frozenset(name for name, file in chosen.items() if not file.endswith(".whl"))


def logged_requirements(
    message: str, *, limits: Mapping[NormalizedName, int]
) -> dict[NormalizedName, dict[str, tuple[str, ...]]]:
    """Read from uv's log what the distributions that it looked at require.

    No release promises the form of that log: what is not found in it is unknown, and nothing may depend on it but
    what people are told of a plan.

    Args:
        message: What a dry run said on its standard error.
        limits: By name, how many constraints uv applied to it.

    Returns:
        By name and version, requirements that apply in the environment, with the extras that were asked for.
    """
    found: dict[NormalizedName, dict[str, list[str]]] = {}
    for line in _REQUIRES.finditer(message):
        versions = found.setdefault(key(line["name"]), {})
        # uv writes "any version" as a star, and a marker, which applies here, behind the name
        requirement = _MARKER.sub("", line["requirement"]).removesuffix("*")
        for pattern, words in _RANGES:
            requirement = pattern.sub(words, requirement)
        with suppress(InvalidRequirement):
            parse(requirement)
            versions.setdefault(line["version"], []).append(requirement)
    return {
        name: {version: tuple(_without_limits(lines, name, limits)) for version, lines in versions.items()}
        for name, versions in found.items()
    }


def _without_limits(lines: Sequence[str], name: NormalizedName, limits: Mapping[NormalizedName, int]) -> Iterator[str]:
    """Leave out the constraints on a distribution, which uv tells behind each requirement of it, as if they were one.

    A requirement with extras is told once for each, a constraint never with one; what a distribution says of itself is
    about its extras, and not followed by constraints.
    """
    wanted = [parse(line) for line in lines]
    at = 0
    while at < len(lines):
        yield lines[at]
        asked = key(wanted[at].name)
        at += 1
        while at < len(lines) and key(wanted[at].name) == asked and wanted[at].extras:
            yield lines[at]
            at += 1
        count = 0 if asked == name else limits.get(asked, 0)
        behind = [item for item in wanted[at : at + count] if key(item.name) == asked and not item.extras]
        if len(behind) == count:  # otherwise this is another log than the one that is known
            at += count


def without_log(message: str) -> str:
    """Leave out of what uv said all that is its log, with the indented lines that belong to an entry of it."""
    kept = []
    is_log = False
    for line in message.splitlines(keepends=True):
        is_log = _LOG.match(line) is not None or (is_log and line[:1].isspace())
        if not is_log:
            kept.append(line)
    return "".join(kept)


def _changes(data: object) -> tuple[Change, ...] | None:
    if not isinstance(data, dict) or not isinstance(listed := data.get("changes"), list):
        return None
    changes = []
    for item in listed:
        if not isinstance(item, dict) or not isinstance(name := item.get("name"), str):
            return None
        version = item.get("version")
        if item.get("action") != "uninstalled":
            changes.append(Change(name=key(name), version=version if isinstance(version, str) else None))
    return tuple(changes)
