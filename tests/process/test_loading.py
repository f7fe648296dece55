"""What a command loads: not what it has no use for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tox_sitediff.cli.commands import COMMANDS

UNWANTED = {"tox", "nox", "ssl", "http.client", "email.message", "urllib.request", "virtualenv"}
SHOW = "import sys, importlib; [importlib.import_module(name) for name in sys.argv[1:]]; print(*sys.modules)"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_no_command_loads_tox_or_the_network(command: str) -> None:
    """uv does all that has to do with an index, and tox's parser is only loaded for a requirements file."""
    modules = ["tox_sitediff.cli.main", f"tox_sitediff.cli.{COMMANDS[command].run.partition(':')[0]}"]
    done = subprocess.run([sys.executable, "-c", SHOW, *modules], capture_output=True, text=True, check=True)
    assert UNWANTED.isdisjoint(done.stdout.split())
