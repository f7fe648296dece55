"""Which files programs look at, by strace: how often, by which of the processes, and below which directory."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="no strace here (.ci/run has it)")
_LINE: Final = re.compile(r'^(?P<pid>\d+) +(?P<call>\w+)\((?:(?P<open>\d+)<(?P<of>[^>]*)>)?[^"]*(?:"(?P<path>[^"]*)")?')


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of the system that looks at a file.

    Attributes:
        name: Its name.
        path: The file.
        is_first: Whether the program that was started made it, in whichever of its threads, and none that it started.
    """

    name: str
    path: str
    is_first: bool


def strace(log: Path) -> tuple[str, ...]:
    """Return what is put before a program, to have its calls written down."""
    return (
        *("strace", "-f", "-y", "-qq", "-s", "1024", "--seccomp-bpf", "-e", "signal=none"),
        *("-e", "trace=execve,%file,getdents64", "-o", str(log)),
    )


def read_calls(log: Path) -> list[Call]:
    """Read what strace wrote down."""
    found = [match for match in map(_LINE.match, log.read_text("utf-8", "replace").splitlines()) if match is not None]
    others = {match["pid"] for match in found if match["call"] == "execve"} - {found[0]["pid"]}
    return [
        Call(name=match["call"], path=match["path"] or match["of"] or "", is_first=match["pid"] not in others)
        for match in found
    ]


def below(calls: Sequence[Call], directory: Path) -> list[Call]:
    """Choose the calls that look at a directory, or at what it holds."""
    return [call for call in calls if call.path == str(directory) or call.path.startswith(f"{directory}/")]
