"""Importing the nox front end is without consequences."""

from __future__ import annotations

import subprocess
import sys


def ask(script: str) -> list[str]:
    """Run a script, and return the words that it prints."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_an_import_sets_no_variable_and_registers_nothing() -> None:
    """Whoever only imports it, as a type checker's plugin or a noxfile without sessions of ours, gets no table."""
    script = """if True:
        import os, sys
        import nox
        before, paths = dict(os.environ), list(sys.path)
        import tox_sitediff.nox
        from tox_sitediff.nox import table
        def begun(): return table.begin.cache_info().currsize
        print(dict(os.environ) == before, sys.path == paths, begun())
        @nox.session
        def plain(session): pass
        print(dict(os.environ) == before, begun())
        @tox_sitediff.nox.session
        def ours(session): pass
        print(begun())
    """
    assert ask(script) == ["True", "True", "0", "True", "0", "1"]
