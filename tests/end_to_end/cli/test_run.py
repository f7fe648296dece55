"""``sitediff run``: a command in an environment over the base, which may be gone afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.shell import own

if TYPE_CHECKING:
    from pathlib import Path

    from support.bases.made import MakeBase
    from support.shell import Shell

SHOW = "import sys, os, frame; print(sys.prefix, os.path.basename(os.environ['VIRTUAL_ENV']), *sys.argv[1:])"


def leftovers(shell: Shell) -> list[str]:
    """What lies in the directory for temporary files."""
    return sorted(os.listdir(shell.variables["TMPDIR"]))


@pytest.fixture
def shell(shell: Shell, tmp_path: Path) -> Shell:
    """A shell with a directory for temporary files of its own."""
    (tmp_path / "temporary").mkdir()
    shell.variables["TMPDIR"] = str(tmp_path / "temporary")
    return shell


def test_the_environment_that_there_is(shell: Shell) -> None:
    """A command runs in the environment of the project, with its own arguments and exit status."""
    environment = shell.venv(".venv")
    shell.sitediff("install", "runner")
    said = shell.sitediff("run", "python", "-c", SHOW, "--with", "-q")
    assert said.out.split() == [str(environment), ".venv", "--with", "-q"]
    shell.sitediff("run", "--", "python", "-c", "raise SystemExit(7)", status=7)
    assert shell.sitediff("run", "hooks", "x").out == f"hooks runs in {environment} x\n"
    assert leftovers(shell) == []


def test_something_besides_in_an_environment_over_it(shell: Shell) -> None:
    """What is asked for is there for this command alone, above what the project's environment has."""
    environment = shell.venv(".venv")
    shell.sitediff("install", "svglib")
    code = (
        "import sys, tiny, frame\n"
        "try:\n    import svglib\nexcept ImportError as error:\n    sys.exit(str(error))\nprint(sys.prefix)"
    )
    said = shell.sitediff("run", "--with", "tiny", "python", "-c", code)
    assert said.out.strip() != str(environment)
    assert own(environment) == {"svglib": "1.5"}
    failed = shell.sitediff("run", "--isolated", "--with", "tiny", "python", "-c", code, status=1)
    assert "No module named 'svglib'" in failed.err
    assert leftovers(shell) == []


def test_over_a_base_alone(shell: Shell) -> None:
    """Without an environment, one over the base is made, and is gone afterwards."""
    said = shell.sitediff("run", "--python", shell.base.python, "python", "-c", SHOW)
    assert said.out.split()[1] == "environment"
    assert leftovers(shell) == []
    shell.sitediff("run", "--python", shell.base.python, "--with", "no-such-distribution", "python", status=1)
    assert leftovers(shell) == []


def test_a_script_with_metadata(shell: Shell) -> None:
    """What a script requires comes from the base, or is installed for it; the project's environment is not seen."""
    shell.venv(".venv")
    shell.sitediff("install", "svglib")
    shell.write(
        "script.py",
        "# /// script\n# requires-python = '>=3.8'\n# dependencies = ['frame', 'tiny']\n# ///\n"
        "import sys, frame, tiny\n"
        "try:\n    import svglib\nexcept ImportError:\n    print('alone', *sys.argv[1:])\n",
    )
    said = shell.sitediff("run", "--python", shell.base.python, "script.py", "a", "-b")
    assert said.out == "alone a -b\n"
    assert shell.sitediff("run", "script.py").out == "alone\n"
    shell.write("old.py", "# /// script\n# requires-python = '<3'\n# ///\n")
    assert "requires Python <3" in shell.sitediff("run", "--python", shell.base.python, "old.py", status=1).err
    shell.write("odd.py", "# /// script\n# requires-python = 'new'\n# ///\n")
    assert "requires-python" in shell.sitediff("run", "--python", shell.base.python, "odd.py", status=2).err
    shell.write("plain.py", "import sys, svglib; print(sys.prefix)\n")
    assert shell.sitediff("run", "plain.py").out.strip() == str(shell.directory / ".venv")
    assert leftovers(shell) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the command is missing"),
        (["--with"], "expected one argument"),
        (["--no-such-option", "python"], "unrecognized arguments: --no-such-option"),
        (["--layer", "nowhere", "python"], "is no directory"),
        (["no-such-command"], "no-such-command is neither in the environment nor on PATH"),
    ],
)
def test_mistakes(shell: Shell, arguments: list[str], message: str) -> None:
    """One message, and status 2."""
    shell.variables["VIRTUAL_ENV"] = str(shell.directory / ".venv")
    shell.venv(".venv")
    assert message in shell.sitediff("run", *arguments, status=2).err


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_an_interrupt_is_the_commands(shell: Shell) -> None:
    """The command decides what Ctrl-C does; afterwards nothing is left."""
    code = (
        "import os, signal, sys, time\n"
        "def stop(*_):\n    os.write(1, b'stopped\\n')\n    sys.exit(5)\n"
        "signal.signal(signal.SIGINT, stop)\nos.write(1, b'ready\\n')\ntime.sleep(60)\n"
    )
    with subprocess.Popen(
        [shell.program, "run", "--python", shell.base.python, "python", "-c", code],
        cwd=shell.directory,
        env=shell.environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == "stopped\n"
    assert process.returncode == 5
    assert leftovers(shell) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the script is one of a POSIX shell")
def test_over_a_conda_base_as_if_it_were_active(shell: Shell, make_base: MakeBase) -> None:
    """What its activation scripts set is there; what the user sets wins."""
    base = make_base("frame")
    scripts = base.prefix / "etc/conda/activate.d"
    scripts.mkdir(parents=True)
    (base.prefix / "conda-meta").mkdir()
    (scripts / "proj.sh").write_text(
        'export PROJ_DATA="$CONDA_PREFIX/share/proj" GDAL_DATA="$CONDA_PREFIX/share/gdal"\n'
    )
    shell.variables["GDAL_DATA"] = "mine"
    code = "import os; print(os.environ.get('PROJ_DATA'), os.environ.get('GDAL_DATA'))"
    command = ["--python", str(base.python), "python", "-c", code]
    assert shell.sitediff("run", *command).out == f"{base.prefix}/share/proj mine\n"
    assert shell.sitediff("run", "--no-activate", *command).out == "None mine\n"
