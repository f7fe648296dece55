"""What people see on a terminal, and what files and CI logs get in its place."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from support.screen import run_on_screen

if TYPE_CHECKING:
    from support.bases.made import MakeBase
    from support.shell import Shell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")

CODE = re.compile("\x1b\\[[0-9;]*[mK]")


def on_screen(shell: Shell, *arguments: str, columns: int = 80, status: int = 0, **variables: str) -> str:
    """Run the command line on a terminal."""
    own = {name: value for name, value in shell.environment().items() if name not in {"NO_COLOR", "COLUMNS"}}
    found, written = run_on_screen(
        shell.program,
        *arguments,
        variables={**own, "TERM": "xterm-256color", **variables},
        cwd=shell.directory,
        columns=columns,
    )
    assert found == status, written
    return written


def test_a_table_has_colour_and_the_width_of_the_terminal(shell: Shell) -> None:
    """On a terminal only, and not where the user wants none; JSON is for programs everywhere."""
    shell.venv()
    plain = shell.sitediff("plan", "frame", "tiny").out
    assert max(map(len, plain.splitlines())) > 50
    shown = on_screen(shell, "plan", "frame", "tiny", columns=50)
    assert "\x1b[1mdistribution  version  would be" in shown
    assert "\x1b[32mreused\x1b[0m" in shown
    bare = CODE.sub("", shown)
    assert all(len(line) <= 50 for line in bare.partition("\n\n")[0].splitlines())
    assert sorted(bare.split()) == sorted(plain.split())
    assert CODE.search(on_screen(shell, "plan", "tiny", NO_COLOR="1")) is None
    assert CODE.search(on_screen(shell, "plan", "tiny", "--format", "json")) is None
    shell.variables |= {"NO_COLOR": "", "FORCE_COLOR": "1"}
    assert "\x1b[32mreused\x1b[0m" in shell.sitediff("plan", "frame").out
    assert "\x1b[31merror:\x1b[0m" in shell.sitediff("plan", "--python", "nowhere", "tiny", status=2).err


def test_what_takes_long_is_shown_to_people_alone(shell: Shell, make_base: MakeBase) -> None:
    """An interpreter that takes long to start: a line says what is going on, and is gone at the end."""
    shell.base = make_base("tiny")
    shell.venv()
    (shell.base.site / "slow.pth").write_text("import time; time.sleep(1.3)\n")
    written = on_screen(shell, "plan", "tiny")
    assert re.search(r"\x1b\[K\S+: looking at what it inherits \([0-9]+ s\)", written)
    left = [line.rpartition("\r\x1b[K")[2] for line in written.split("\n")]
    assert not [line for line in left if "looking at" in line]
    assert "looking at" not in on_screen(shell, "plan", "-q", "tiny")
    assert "looking at" not in on_screen(shell, "plan", "tiny", CI="true")
