"""First lines and launchers: whose a script is, and what is written for Windows."""

from __future__ import annotations

import ast
import os
import shlex
import warnings
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.patience import must_end
from tox_sitediff.environment import launchers
from tox_sitediff.environment.launchers import MARKER, Launchers, Source, python_source

posix = pytest.mark.skipif(os.name == "nt", reason="runs what was made for POSIX")


# --- what is there already --------------------------------------------------------------------------------------------


def test_marker_in_the_wrong_place() -> None:
    """A program that only mentions the marker, such as this project's own source, isn't taken for a script of ours."""
    assert not launchers.is_ours(Path(launchers.__file__).read_bytes())
    assert not launchers.is_ours(b"#!python\nprint('" + MARKER + b"')\n")
    assert not launchers.is_ours(b"MZ" + MARKER + b"\n")
    assert not launchers.is_ours(b"")


# --- shebang ----------------------------------------------------------------------------------------------------------


@posix
@given(path=st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1))
def test_quoting(path: str) -> None:
    """What sh reads is the path, and what Python reads is a string, without a warning."""
    quoted = launchers._quoted(path.encode())
    assert shlex.split(quoted.decode()) == [path]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(ast.literal_eval(f"'''exec' {quoted.decode()} \"$0\" \"$@\"\n' '''"), str)


@pytest.mark.parametrize(
    "first",
    [
        *("#!/bin/sh", "#!/usr/bin/perl", "#!/usr/bin/env bash", "#!/usr/bin/env uv run python x", "import python", ""),
        *(
            "#!/bin/sh\nexec python",
            "#!/bin/sh\n'''exec' perl '''",
            "#!/bin/sh\n'''exec' python",
            "#!" + "/python" * 9999,
        ),
    ],
)
def test_first_lines_of_others(first: str) -> None:
    """Only what Python itself interprets is copied."""
    assert python_source(f"{first}\nx\n".encode()) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [(" -sE", " -sEB"), ("  -I  -u", " -IB -u"), (" -u", " -u"), (" -WError -sP", " -WError -sP"), ("", "")],
)
def test_an_isolated_script_leaves_no_bytecode_either(given: str, expected: str) -> None:
    """It reads no variables: what these say of bytecode is said by an option."""
    source = python_source(f"#!/usr/bin/python3{given}\nx\n".encode())
    assert source is not None
    assert source.options.decode() == expected


def test_a_script_that_may_be_moved_names_no_place() -> None:
    """It is Python to Python, ours to us, and a script of Python's to whoever copies it."""
    made = Launchers(Path("/made/elsewhere/bin/python3.12"), windows=False, relocatable=True)
    script = made.script(Source(body=b"pass\n", options=b" -u"))
    assert b"elsewhere" not in script
    assert b"'python3.12' -u " in script
    assert launchers.is_ours(script)
    assert python_source(script) == Source(body=MARKER + b"\npass\n")
    ast.parse(script)


def test_the_same_on_windows(tmp_path: Path) -> None:
    """Stands in for Windows: distlib's launcher puts its own directory in the place of ``<launcher_dir>``."""
    python = tmp_path / "python.exe"
    data = Launchers(python, windows=True, relocatable=True).entry_point("a", "b", gui=False)
    assert b"#!<launcher_dir>\\python.exe\n" in data
    assert os.fsencode(tmp_path) not in data
    stub = resources.files("distlib").joinpath("t64.exe").read_bytes()
    assert "<launcher_dir>\\".encode("utf-16-le") in stub


# --- Windows ----------------------------------------------------------------------------------------------------------


def test_windows_interpreter_in_the_first_line(tmp_path: Path) -> None:
    """Stands in for Windows: spaces are quoted, gui scripts get pythonw, the stub is for the interpreter's machine."""
    python = tmp_path / "my env" / "python.exe"
    python.parent.mkdir()
    header = b"MZ" + bytes(58) + (64).to_bytes(4, "little")
    for machine, name in ((b"\x4c\x01", "w32.exe"), (b"\x64\x86", "w64.exe"), (b"\x64\xaa", "w64-arm.exe")):
        python.write_bytes(header + b"PE\0\0" + machine)
        data = Launchers(python, windows=True).entry_point("a", "b", gui=True)
        stub = resources.files("distlib").joinpath(name).read_bytes()
        assert data.startswith(stub + f'#!"{python.with_name("pythonw.exe")}"\n'.encode())


def test_windows_crash_status() -> None:
    """Stands in for Windows: the status of a crash (0xC0000005) is passed on as the number with the same 32 bits."""
    source = launchers._RUN_PROGRAM.format(program="x").replace("subprocess.call(['x'] + sys.argv[1:])", "0xC0000005")
    with pytest.raises(SystemExit) as caught:
        exec(source, {})
    assert isinstance(caught.value.code, int)
    assert caught.value.code & 0xFFFFFFFF == 0xC0000005


# --- the real thing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", [b"#!" + b" " * 16_000, b"#!/env " + b"-/ " * 5400, b"#!python" + b" -a" * 5400 + b"!"]
)
def test_an_absurd_first_line_is_read_at_once(line: bytes) -> None:
    """It takes no steps that grow with the square of its length: then so many of them would hold everything up."""
    with must_end():
        for _ in range(1000):
            assert python_source(line) is None
