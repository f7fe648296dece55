"""What of a base is remembered from environment to environment, in the user cache."""

from __future__ import annotations

import json
import re
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.interpreter.fingerprint import mark
from tox_sitediff.interpreter.memo import is_settled

if TYPE_CHECKING:
    from pathlib import Path

    from support.shell import Shell

_OPENED = re.compile(r'openat?\([^"]*"([^"]*\.dist-info)/([^"]*)".*= \d+$', re.MULTILINE)


def traced(shell: Shell, log: Path, *arguments: str) -> set[str]:
    """Install, and name the files of metadata in the base that were opened."""
    strace = ("strace", "-f", "-qq", "-e", "trace=open,openat", "-o", log)
    shell.run(*strace, shell.program, "install", *arguments)
    opened = _OPENED.findall(log.read_text(encoding="utf-8", errors="replace"))
    return {name for folder, name in opened if folder.startswith(str(shell.base.site))}


@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace here (.ci/run has it)")
def test_a_second_environment_reads_no_metadata_of_the_base(shell: Shell, tmp_path: Path) -> None:
    """Nor lists of files: neither is as long as a look at the time of each; and its record is the same."""
    while not all(is_settled(mark(str(path)), time.time_ns()) for path in shell.base.site.rglob("*")):
        time.sleep(0.1)  # what is new is not kept
    shell.variables["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    records = []
    for name in ("one", "two"):
        environment = shell.venv(name)
        opened = traced(shell, tmp_path / "log", "--python", name, "frame", "runner")
        record = json.loads((environment / "sitediff.json").read_text(encoding="utf-8"))
        records.append({key: record[key] for key in ("declared", "reused", "installed", "shadowed", "conflicts")})
        if name == "one":
            assert {"METADATA", "RECORD"} <= opened
        else:
            assert opened.isdisjoint({"METADATA", "RECORD", "INSTALLER"})
    assert records[0] == records[1]
    kept = tmp_path / "cache" / "tox-sitediff" / "bases"
    assert [path.stat().st_mode & 0o777 for path in kept.iterdir()] == [0o600]
    assert f"{kept}: " in shell.sitediff("prune").out
    assert [*kept.iterdir()] == []
