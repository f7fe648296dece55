"""Shell completion, in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.bases.made import clean_environment
from tox_sitediff.report import FORMS

PROGRAM = str(Path(sys.executable).with_name("sitediff"))


def script(shell: str) -> str:
    done = subprocess.run(
        [PROGRAM, "completion", shell], env=clean_environment(), capture_output=True, text=True, check=True
    )
    return done.stdout


def in_shell(shell: str, *words: str, tmp_path: Path) -> list[str]:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell} here")
    (tmp_path / "completion").write_text(script(shell), "utf-8")
    done = subprocess.run([program, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        (["sitediff", "in"], ["inventory", "install"]),
        (["sitediff", "plan", "--exp"], ["--explain"]),
        (["sitediff", "report", "--format", ""], [*FORMS]),
        (["sitediff", "venv", "--visibility", "d"], ["declared"]),
        (["sitediff", "install", "num"], []),
    ],
)
def test_bash_offers_commands_options_and_values(tmp_path: Path, line: list[str], offered: list[str]) -> None:
    """What bash itself makes of the script; a plain word is left to its completion of files."""
    code = 'source ./completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sitediff; echo "${COMPREPLY[@]}"'
    assert in_shell("bash", "-c", code, "bash", *line, tmp_path=tmp_path) == offered


def test_zsh_reads_the_script(tmp_path: Path) -> None:
    """After it, zsh has a completion for the program."""
    code = "compinit -u 2>/dev/null; source ./completion; print ${_comps[sitediff]}"
    assert in_shell("zsh", "-f", "-c", code, tmp_path=tmp_path) != []


def test_fish_offers_the_options_of_a_command(tmp_path: Path) -> None:
    """What fish itself makes of the script."""
    code = "source ./completion; complete -C 'sitediff plan --exp'"
    assert in_shell("fish", "--no-config", "-c", code, tmp_path=tmp_path)[0] == "--explain"


def test_another_shell_is_refused_with_those_that_there_are() -> None:
    done = subprocess.run(
        [PROGRAM, "completion", "tcsh"], env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "there is no completion for tcsh, but for bash, zsh, fish" in done.stderr
