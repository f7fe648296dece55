"""What RECORD puts beside a site directory: scripts and data files, in each layout."""

from __future__ import annotations

import os
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tox_sitediff.interpreter.beside import beside, scheme

POSIX = "/base/lib/python3.12/site-packages"
WINDOWS = "/base/Lib/site-packages"
DEBIAN = "/usr/lib/python3/dist-packages"
TARGET = "/layer"


@pytest.mark.parametrize(
    ("site", "windows", "recorded", "place"),
    [
        (
            POSIX,
            False,
            "../../../share/jupyter/kernels/python3/kernel.json",
            "share/jupyter/kernels/python3/kernel.json",
        ),
        (POSIX, False, '"../../../share/a,b/c.txt"', "share/a,b/c.txt"),
        (POSIX, False, "/base/share/demo.txt", "share/demo.txt"),
        (POSIX, False, "../../../etc/jupyter/x.json", "etc/jupyter/x.json"),
        (POSIX, False, "../../../man/man1/demo.1", "man/man1/demo.1"),
        (POSIX, False, "../../share/demo.txt", "share/demo.txt"),  # conda's noarch packages, built elsewhere
        (WINDOWS, True, "..\\..\\share\\demo.txt", "share/demo.txt"),
        (WINDOWS, True, "../../../share/demo.txt", "share/demo.txt"),
        (DEBIAN, False, "./share/demo.txt", "share/demo.txt"),
        (DEBIAN, False, "../data/share/demo.txt", "share/demo.txt"),
        (TARGET, False, "../../share/demo.txt", "share/demo.txt"),
        ("/home/me/.local/lib/python3.12/site-packages", False, "../../../share/demo.txt", "share/demo.txt"),
        ("/me/Python/Python312/site-packages", True, "../../share/demo.txt", "share/demo.txt"),
    ],
)
def test_data_files_in_each_layout(site: str, windows: bool, recorded: str, place: str) -> None:
    """A data file is found where the layout of its base has it."""
    record = f"demo.py,,\n{recorded},,\ndemo-1.0.dist-info/RECORD,,\n".encode()
    assert beside(site, record, windows=windows, fold=windows).data == (place,)


@pytest.mark.parametrize(
    "recorded",
    [
        "../../../bin/demo",
        "../../../lib/libdemo.so",
        "../../../include/demo.h",
        "../../../pyvenv.cfg",
        "../../../PYVENV.CFG",
        "../../../.hidden/x",
        "../../../share/x.pyc",
        "../../../share/../../etc/passwd",
        "../../../../share/../x",
        "/etc/passwd",
        "/elsewhere/share/x",
        "../../../share/esc\x1b[31m",
        "../../../share/back\\slash",
        f"../../../share/{'x' * 256}",
        '"demo,x.py"',
        "../other.pth",
    ],
)
def test_what_is_no_data_file(recorded: str) -> None:
    """Scripts, libraries, what makes an environment what it is, and paths that lead elsewhere are left out."""
    assert beside(POSIX, f"{recorded},,\n".encode(), windows=False, fold=False).data == ()


def test_a_layer_without_a_prefix_has_modules_and_data_side_by_side() -> None:
    """Of what was made with --target only share and etc are data; the rest are modules."""
    record = b'../../share/a.txt,,\n../../bin/demo,,\n"x,y.py",,\n../../man/b,,\n'
    found = beside(TARGET, record, windows=False, fold=False)
    assert (found.data, found.scripts, found.prefix) == (("share/a.txt",), ("demo",), TARGET)


@given(
    st.lists(st.text(max_size=30) | st.from_regex(r"(\.\./){0,5}(share|etc|bin)?(/[a-z.]{0,4}){0,3}", fullmatch=True))
)
def test_nothing_leads_out(lines: list[str]) -> None:
    """Whatever RECORD says, a data file lies below the prefix, and not where an environment has what it lives by."""
    found = beside(
        POSIX, "".join(f"{line},,\n" for line in lines).encode("utf-8", "replace"), windows=False, fold=False
    )
    for place in found.data:
        parts = PurePosixPath(place).parts
        assert os.path.normpath(place) == place
        assert ".." not in parts
        assert parts[0] not in {"bin", "lib", "pyvenv.cfg", "/"}


def test_the_scheme_of_a_directory() -> None:
    """The scripts directory and the prefix follow from where the site directory lies."""
    assert scheme(POSIX, windows=False) == ("/base/bin", "/base", False)
    assert scheme(WINDOWS, windows=True) == ("/base/Scripts", "/base", False)
    assert scheme(TARGET, windows=False) == ("/layer/bin", "/layer", True)
    assert scheme("/odd/site-packages", windows=False) == ("/odd/bin", "/odd", False)
