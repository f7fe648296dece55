"""Scripts that still run the interpreter of the place where their environment was made."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.environment.launchers import Launchers
from tox_sitediff.environment.moved import left_behind


def test_scripts_that_name_the_old_place(tmp_path: Path) -> None:
    """Of every form that installers write; not what is relocatable, runs another program, or is a way in."""
    old = tmp_path / "old"
    python = old / "bin" / "python"
    contents = {
        "plain": f"#!{python}\nx\n".encode(),
        "long": b"#!/bin/sh\n'''exec' '" + os.fsencode(python) + b"' \"$0\"\n' '''\n",
        "windows.exe": b"MZ\0#!else\0" + b"#!" + os.fsencode(python) + b"\nPK",
        "relocatable": Launchers(python, windows=False, relocatable=True).entry_point("m", "f", gui=False),
        "neighbour": f"#!{tmp_path}/older/bin/python\n".encode(),
        "program": b"#!/bin/sh\nexec /base/bin/ruff\n",
        "native": b"\x7fELF" + os.fsencode(python),
        "bare.exe": b"MZ" + os.fsencode(python),
        "activate": f"#!{python}\n".encode(),
        "deactivate.bat": f"#!{python}\n".encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "python").symlink_to(python)
    assert left_behind(tmp_path, str(old)) == ["long", "plain", "windows.exe"]
    assert left_behind(tmp_path / "nothing", str(old)) == []


@given(content=st.binary(max_size=60))
def test_whatever_a_file_holds_it_is_looked_at(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "x").write_bytes(content)
        assert left_behind(Path(directory), "/old") == (["x"] if b"/old/" in content and b"#!" in content else [])
