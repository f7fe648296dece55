"""Shell completion, in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.bases.made import clean_environment
from support.screen import plain, run_on_screen
from tox_sitediff.cli.commands import COMMANDS
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
        (["sitediff", "-q", "in"], ["inventory", "install"]),
        (["sitediff", "completion", ""], ["bash", "zsh", "fish"]),
        (["sitediff", "plan", "--exp"], ["--explain"]),
        (["sitediff", "report", "--format", ""], [*FORMS]),
        (["sitediff", "sync", "--format", ""], ["table", "json"]),
        (["sitediff", "venv", "--visibility", "d"], ["declared"]),
        (["sitediff", "install", "num"], []),
    ],
)
def test_bash_offers_commands_options_and_values(tmp_path: Path, line: list[str], offered: list[str]) -> None:
    """What bash itself makes of the script; a plain word is left to its completion of files."""
    code = 'source ./completion; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sitediff; echo "${COMPREPLY[@]}"'
    assert in_shell("bash", "-c", code, "bash", *line, tmp_path=tmp_path) == offered


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
@pytest.mark.parametrize(
    ("shell", "begin"),
    [
        (("bash", "--norc", "--noprofile", "-i"), "sitediff() { echo RAN $*; }"),
        (("zsh", "-f", "-i"), "autoload -Uz compinit; compinit -u; sitediff() { echo RAN $* }"),
        (
            ("fish", "--no-config", "-i", "-C", "function fish_prompt; echo -n '> '; end"),
            "function sitediff; echo RAN $argv; end",
        ),
    ],
)
def test_the_tab_key_completes(tmp_path: Path, shell: tuple[str, ...], begin: str) -> None:
    """A command, an option and values, typed at the prompt of the shell itself."""
    program = shutil.which(shell[0])
    if program is None:
        pytest.skip(f"no {shell[0]} here")
    (tmp_path / "completion").write_text(script(shell[0]), "utf-8")
    variables = {**clean_environment(), "TERM": "xterm", "HOME": str(tmp_path), "PS1": "> "}
    talk = [
        ("> ", f"{begin}\r"),
        ("> ", "source ./completion; echo read''y\r"),
        ("ready", ""),
        ("> ", "sitediff unin\t"),
        ("uninstall ", "six --dir\t"),
        ("--directory", "/tmp\r"),
        ("RAN", ""),
        ("> ", "sitediff -q sync --format js\t"),
        ("json ", "\r"),
        ("RAN", ""),
        ("> ", "sitediff completion z\t"),
        ("zsh ", "\r"),
        ("RAN", ""),
        ("> ", "exit\r"),
    ]
    _, written = run_on_screen(program, *shell[1:], variables=variables, cwd=tmp_path, talk=talk)
    ran = [line.strip() for line in plain(written).replace("--directory=", "--directory ").split("\n")]
    ran = [line for line in ran if line.startswith("RAN")]
    assert ran == ["RAN uninstall six --directory /tmp", "RAN -q sync --format json", "RAN completion zsh"], written


def test_zsh_says_what_things_are_for(tmp_path: Path) -> None:
    """Each command and each option has a description, in zsh's own notation."""
    said = script("zsh")
    for command in COMMANDS.values():
        assert f"'{command.name}:" in said
        assert all(f"{flag}" in said for option in command.all_options for flag in option.flags)
    assert in_shell(
        "zsh", "-f", "-c", "compinit -u 2>/dev/null; source ./completion; print ${_comps[sitediff]}", tmp_path=tmp_path
    ) == ["_sitediff"]


def test_fish_offers_the_options_of_a_command(tmp_path: Path) -> None:
    """What fish itself makes of the script."""
    code = "source ./completion; complete -C 'sitediff plan --exp'; complete -C 'sitediff completion f'"
    offered = in_shell("fish", "--no-config", "-c", code, tmp_path=tmp_path)
    assert (offered[0], offered[-1]) == ("--explain", "fish")


def test_another_shell_is_refused_with_those_that_there_are() -> None:
    done = subprocess.run(
        [PROGRAM, "completion", "tcsh"], env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "there is no completion for tcsh, but for bash, zsh, fish" in done.stderr
