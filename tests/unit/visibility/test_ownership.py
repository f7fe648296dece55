"""Which files belong to which distribution, from all that says so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.core.model import Layer, Role
from tox_sitediff.interpreter.metadata import list_layer
from tox_sitediff.visibility.ownership import claims, lister, mapped

if TYPE_CHECKING:
    from collections.abc import Mapping


def site(directory: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return directory


def owned(directories: list[Path]) -> dict[tuple[str, str], list[str]]:
    """What each distribution has in each directory, by name and the directory's last part."""
    names = [str(path) for path in directories]
    entries = [entry for name in names for entry in list_layer(Layer(path=name, role=Role.BASE))]
    return {
        (claim.name, Path(claim.directory).name): sorted(claim.paths)
        for claim in claims(entries, names, frozenset(), lister(), lambda _: None)
    }


@pytest.mark.parametrize(
    ("files", "paths"),
    [
        (
            {"a-1.dist-info/RECORD": 'a/__init__.py,sha256=x,1\n"a/two, words.py",,\nb\\c.py,,\n../../bin/a,,\n\n'},
            ["a/__init__.py", "a/two, words.py", "b/c.py"],
        ),
        ({"a-1.egg-info/installed-files.txt": "../a/x.py\nPKG-INFO\n\n"}, ["a-1.egg-info/PKG-INFO", "a/x.py"]),
        ({"a-1.egg-info/top_level.txt": "b\nc\n", "b.py": "", "c/x.py": "", "a.py": ""}, ["b.py", "c/"]),
        ({"a_b-1.egg-info": "Name: a-b\n", "A_b/x.py": "", "other.py": ""}, ["A_b/"]),
        ({"python_a-1.egg-info": "", "a.cpython-312-x86_64-linux-gnu.so": ""}, ["a.cpython-312-x86_64-linux-gnu.so"]),
        ({"ns.a-1.egg-info/PKG-INFO": "", "ns/a/x.py": "", "ns/b.py": ""}, ["ns/a.py", "ns/a/"]),
        (
            {
                "ns.a-1.egg-info/top_level.txt": "ns\n",
                "ns.a-1.egg-info/namespace_packages.txt": "ns\n",
                "ns.a-1-nspkg.pth": "import sys\n",
                "ns/a/x.py": "",
                "ns/b/x.py": "",
            },
            ["ns.a-1-nspkg.pth", "ns/a/"],
        ),
        (
            {"setuptools-66.egg-info/top_level.txt": "x\n", "x.py": "", "distutils-precedence.pth": ""},
            ["distutils-precedence.pth", "x.py"],
        ),
        ({"a-1.dist-info/RECORD": '"a.py,,\n'}, ["a.py,,\n"]),
        ({"a-1.egg-info": ""}, []),
    ],
)  # fmt: skip
def test_what_lists_files(tmp_path: Path, files: dict[str, str], paths: list[str]) -> None:
    """RECORD, installed-files.txt, top_level.txt, or what bears the name."""
    (found,) = owned([site(tmp_path / "base", files)]).values()
    assert found == paths


def test_an_egg_owns_all_that_it_holds(tmp_path: Path) -> None:
    """An unpacked egg is a directory of its own on sys.path."""
    egg = site(tmp_path / "a-1.egg", {"EGG-INFO/PKG-INFO": "", "a.py": ""})
    assert owned([egg]) == {("a", "a-1.egg"): [""]}


def test_files_in_other_inherited_directories_are_found(tmp_path: Path) -> None:
    """By relative names, by path files, and where one directory of sys.path lies in another."""
    other, added, base = (tmp_path / name for name in ("other", "added", "base"))
    for directory in (other, added):
        directory.mkdir()
    record = "../other/b.py,,\n../nowhere/c.py,,\nsub/d.py,,\na.pth,,\n/etc/passwd,,\n"
    site(
        base,
        {"a-1.dist-info/RECORD": record, "a.pth": f"# x\nimport os\n{added}\n/away\n", "sub/d.py": ""},
    )
    assert owned([base, base / "sub", other, added]) == {
        ("a", "base"): ["a.pth", "sub/d.py"],
        ("a", "sub"): ["d.py"],
        ("a", "other"): ["b.py"],
        ("a", "added"): [""],
    }


def test_what_a_finder_of_setuptools_provides(tmp_path: Path) -> None:
    """The names in its mapping, each at the top level, that are there; or nothing where it can't be read."""
    name = "__editable___a_1_finder.py"
    mapping = f"{{'a': {str(tmp_path)!r}, \"b.c\": {str(tmp_path / 'y')!r}, 'd': '/gone'}}"
    site(tmp_path, {name: f"MAPPING: dict[str, str] = {mapping}\nNAMESPACES = {{}}\n", "y.py": ""})
    assert list(mapped(str(tmp_path), [name, "other_finder.py", "__editable___missing_finder.py"])) == ["a", "b"]
