"""The script that is put to an interpreter."""

from __future__ import annotations

from pathlib import Path

from tox_sitediff.interpreter import probe as module

# --- patience and printing


def test_the_script_is_read_from_beside_the_module() -> None:
    script = Path(module.__file__).with_name("probe_script.py").read_text(encoding="utf-8")
    assert script.isascii()  # a command line in any locale
