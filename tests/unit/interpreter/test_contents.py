"""The files that an installer wrote down for a distribution."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from support.distributions import demo, fill
from support.strategies import distribution
from tox_sitediff.interpreter.contents import is_torn, listed_files

if TYPE_CHECKING:
    from pathlib import Path


A = distribution("a", "1.0", "b", "c>=1")


def test_what_an_installer_that_was_killed_left_is_torn(tmp_path: Path) -> None:
    """Without its RECORD, or without a file that it names; an egg has no such file, and rows may be empty."""
    folder = tmp_path / "a-1.0.dist-info"
    folder.mkdir()
    found = replace(A, path=str(folder))
    assert is_torn(found)
    (folder / "RECORD").write_text("a.py,,\n\n,,\na-1.0.dist-info/RECORD,,\n")
    assert is_torn(found)
    (tmp_path / "a.py").touch()
    assert not is_torn(found)
    assert not is_torn(replace(A, path=str(tmp_path / "a.egg-info")))


def test_files_are_those_that_the_installer_wrote_down(tmp_path: Path) -> None:
    """From ``RECORD`` in its order, from what came before it, from nowhere."""
    fill(tmp_path, {"demo-1.0.dist-info/RECORD": 'demo.py,,\n\n"a,b.py",sha256=x,1\n../../../bin/demo,,\n'})
    assert listed_files(demo(tmp_path)) == ["demo.py", "a,b.py", "../../../bin/demo"]
    egg = demo(tmp_path, folder="demo-1.0.egg-info")
    assert listed_files(egg) == []
    fill(tmp_path, {"demo-1.0.egg-info/installed-files.txt": "../demo.py\n../../../../bin/demo\nPKG-INFO\n"})
    assert listed_files(egg) == ["demo.py", "../../../bin/demo", "demo-1.0.egg-info/PKG-INFO"]
    fill(tmp_path, {"demo-1.0.dist-info/RECORD": "x" * 140_000 + ",,\n"})  # longer than a field may be
    assert listed_files(demo(tmp_path)) == []
