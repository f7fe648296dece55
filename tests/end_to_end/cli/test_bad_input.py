"""Bad command lines, places and files: one message, an exit status, never a traceback."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from support.shell import own

if TYPE_CHECKING:
    from support.shell import Shell


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nonsense", "invalid choice: 'nonsense'"),
        ("inventory --nonsense", "unrecognized arguments: --nonsense; see: sitediff inventory --help"),
        ("report --format xml", "invalid choice: 'xml'"),
        ("plan tiny --explain", "--explain: expected one argument; see: sitediff plan --help"),
        ("install tiny --python", "expected one argument"),
        ("install", "nothing was asked for"),
        ("plan", "nothing was asked for; give requirements, or -r, -e, --group; see: sitediff plan --help"),
        ("uninstall", "the following arguments are required: NAME"),
        ("uninstall tiny==1.0", "tiny==1.0 is not the name of a distribution"),
        ("install --target there tiny", "--target fills no environment"),
        ("install -t there tiny", "-t fills no environment"),
        ("install --system tiny", "--system fills no environment"),
        ("install tiny --exclude a/b", "a/b is not the name of a distribution"),
        ("install tiny --declare a==1", "a==1 is not the name of a distribution"),
        ("plan tiny --explain a>1", "a>1 is not the name of a distribution"),
        ("install tiny --visibility none", "invalid choice: 'none'"),
        ("install tiny --python other.json", "--python other.json is a file that can't be run"),
        ("uv list", "only commands of `uv pip`"),
        ("uv pip", "a command of `uv pip` is missing"),
        ("install --python 3.99 tiny", "--python 3.99 was not found"),
        ("install --python no-such-python tiny", "--python no-such-python was not found"),
        ("install --python ./no/python tiny", "--python ./no/python: there is no such interpreter or environment"),
        ("install --python empty tiny", "has no interpreter; make it anew (sitediff venv"),
        ("install --python file tiny", "file"),
        ("--directory nowhere check", "nowhere: is not a directory"),
        ("report --fail-over much", "--fail-over: 'much' is not a size; write it as 50MB"),
        ("report --fail-increase 5MB", "--fail-increase needs something to compare with; add --compare OLD"),
        ("report nowhere", "nowhere is neither a file nor a directory"),
        ("report empty", "there is no sitediff.json in"),
        ("report", "there is no sitediff.json in the active environment"),
        ("report file", "file is not a record: it is not JSON"),
        ("report other.json", "other.json is not a record of this version"),
    ],
)
def test_a_mistake_gets_one_message_and_status_2(shell: Shell, arguments: str, message: str) -> None:
    (shell.directory / "empty").mkdir()
    shell.write("file", "#!/bin/sh\nexit 3\n").chmod(0o755)
    shell.write("other.json", '{"schema": 99}')
    assert message in shell.refused(*arguments.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--nonsense tiny", "unexpected argument '--nonsense'"),
        ("--resolution sideways tiny", "invalid value 'sideways'"),
        ("-r missing.txt", "missing.txt"),
        ("-r pyproject.toml --extra nosuch", "nosuch"),
        ("--group nosuch", "nosuch"),
        ("--offline --refresh tiny", "`--offline` cannot be used with `--refresh`"),
    ],
)
def test_what_uv_refuses_it_says_itself_and_nothing_changes(shell: Shell, arguments: str, message: str) -> None:
    """With the same exit status from ``plan``, which is none then."""
    environment = shell.venv()
    shell.write("pyproject.toml", '[project]\nname = "demo"\nversion = "1"\n')
    for command in ("install", "install --dry-run", "plan", "plan -q --format json", "plan --explain tiny"):
        said = shell.sitediff(*command.split(), *arguments.split(), status=2)
        assert message in said.err
        assert said.out == ""
    assert own(environment) == {}


def test_an_index_that_does_not_answer(shell: Shell) -> None:
    """Planned or installed: exit status 2, uv's message, and what the base does not meet."""
    environment = shell.venv()
    shell.variables |= {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_FIND_LINKS": "", "UV_HTTP_RETRIES": "0"}
    said = shell.sitediff("plan", "frame", "svglib", status=2)
    assert "sitediff: not met: svglib: not found" in said.err
    assert "127.0.0.1:9" in said.err
    said = shell.sitediff("install", "frame", "svglib", status=2)
    assert "the base does not satisfy svglib" in said.err
    assert "127.0.0.1:9" in said.err
    assert own(environment) == {}
    assert shell.plan("frame")["install"] == []


def test_a_requirements_file_that_includes_itself_is_read_once(shell: Shell) -> None:
    """As uv has it."""
    environment = shell.venv()
    shell.write("a.txt", "-r b.txt\ntiny==1.0\n")
    shell.write("b.txt", "-r a.txt\nnumlib\n")
    for _ in range(2):
        shell.sitediff("install", "-r", "a.txt")
        assert own(environment) == {"tiny": "1.0"}


def test_an_environment_that_was_deleted_meanwhile(shell: Shell) -> None:
    gone = shell.venv("gone")
    shell.variables["VIRTUAL_ENV"] = str(gone)
    shutil.rmtree(gone / "bin")
    for command in ("install", "check", "plan"):
        message = shell.refused(command, *(() if command == "check" else ("tiny",)))
        assert message.startswith(f"VIRTUAL_ENV names {gone}, which has no interpreter; make it anew")
    shutil.rmtree(gone)
    assert "which is not there" in shell.refused("install", "tiny")
    assert not gone.exists()


def test_notes_that_can_not_be_read_are_made_anew(shell: Shell) -> None:
    """A damaged record or state file is no reason to fail: the next installation writes both."""
    environment = shell.venv()
    shell.sitediff("install", "-q", "frame")
    for text in ("{", "[]", '{"schema": 99}', "\x00"):
        (environment / "sitediff.json").write_text(text)
        (environment / ".sitediff-state.json").write_text(text)
        shell.sitediff("check")
        shell.sitediff("install", "-q", "frame")
        assert [row[1] for row in shell.sitediff("report").rows()[:2]] == ["reused", "3"]


def test_a_closed_or_full_output_is_no_traceback(shell: Shell) -> None:
    shell.venv()
    command = f"{shell.program} inventory"
    assert shell.run("bash", "-c", f"{command} >&-").err.startswith("sitediff: 6 distributions")
    assert "numlib" in shell.run("bash", "-c", f"{command} 2>&-").out
    piped = shell.run("bash", "-c", f"set -o pipefail; {command} | true; exit ${{PIPESTATUS[0]}}", status=141)
    assert piped.err.startswith("sitediff: 6 distributions")
    assert shell.run("bash", "-c", f"{shell.program} --help | head -c 1").out == "u"
    if os.path.exists("/dev/full"):
        full = shell.run("bash", "-c", f"{command} >/dev/full", status=2)
        assert "No space left on device" in full.err


def test_interrupted(shell: Shell) -> None:
    """Ctrl-C while uv works: status 130, no placeholder is left, and the next run does the work."""
    environment = shell.venv()
    shell.write("uv/__init__.py", f"def find_uv_bin():\n    return {str(shell.directory / 'slow')!r}\n")
    started = shell.directory / "started"
    shell.write("slow", f"#!/bin/sh\ntouch {started}\nexec sleep 600\n").chmod(0o755)
    # what was started in the background by a shell ignores Ctrl-C, and so would all that these tests start
    heed = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", heed, shell.program, "uv", "pip", "list", "--python", environment],
        cwd=shell.directory,
        env=shell.environment() | {"PYTHONPATH": str(shell.directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not started.exists() and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert own(environment) == {}
    shell.sitediff("install", "tiny")
    assert own(environment) == {"tiny": "1.1"}


def test_help_fits_a_terminal_and_its_examples_are_command_lines_of_ours(shell: Shell) -> None:
    """At 80 columns no line is longer, and each command has examples, which begin with its own name."""
    overview = shell.sitediff("--help").out
    commands = re.findall(r"^    (\w+) {2,}", overview, re.MULTILINE)
    assert {"inventory", "plan", "install", "uninstall", "venv", "check", "uv", "report"} <= {*commands}
    for command in commands:
        text = shell.run("env", "COLUMNS=80", shell.program, command, "--help").out
        assert max(map(len, text.splitlines())) <= 80
        examples = text.partition("examples:\n")[2]
        lines = examples.splitlines()
        assert lines
        assert all(line.startswith(f"  sitediff {command}") for line in lines)


def test_the_version(shell: Shell) -> None:
    from tox_sitediff import __version__

    assert shell.sitediff("--version").out == f"sitediff {__version__}\n"
    said = shell.sitediff(status=2)
    assert (said.out, said.err.startswith("usage: sitediff")) == ("", True)
    assert shell.run(sys.executable, "-c", "from tox_sitediff.cli.main import main; main(['--version'])").out
