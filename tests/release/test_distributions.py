"""What is released: an sdist that is the whole repository, a wheel that is the package, the same in every build."""

from __future__ import annotations

import os
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from release import bare
from release.distributions import (
    ROOT,
    TIMES,
    FaultError,
    build,
    build_twice,
    contents,
    copy,
    metadata_faults,
    sdist_faults,
    tool_faults,
    tracked,
    wheel_faults,
)
from support.wheels import write_wheel

if TYPE_CHECKING:
    from pathlib import Path

for tool in ("build", "check_wheel_contents", "hatchling", "twine"):
    pytest.importorskip(tool, reason="of the dependency group release")
if not (ROOT / "src").is_dir():
    pytest.skip("the sources are out of the way", allow_module_level=True)


@dataclass(frozen=True, kw_only=True)
class Built:
    """What two builds gave.

    Attributes:
        files: Those of the first, under ``sdist`` and ``wheel``.
        different: What differs in the second.
        sdist: What the sdist holds.
        wheel: What the wheel holds.
    """

    files: dict[str, Path]
    different: list[str]
    sdist: dict[str, bytes]
    wheel: dict[str, bytes]

    def metadata(self) -> bytes:
        """The core metadata of the wheel."""
        return next(text for name, text in self.wheel.items() if name.endswith(".dist-info/METADATA"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built once for all tests of this module."""
    directory = tmp_path_factory.mktemp("distributions")
    (directory / "copies").mkdir()
    files, different = build_twice(ROOT, directory / "copies", directory / "dist")
    sdist, wheel = contents(files["sdist"]), contents(files["wheel"])
    return Built(files=files, different=different, sdist=sdist, wheel=wheel)


def test_two_builds_are_the_same_byte_by_byte(built: Built) -> None:
    """From copies with other places, times, modes, orders, time zones, languages and hash seeds."""
    assert built.different == []


@pytest.mark.skipif(os.name == "nt", reason="modes of files are not kept there")
def test_nothing_of_the_machine_is_in_an_archive(built: Built) -> None:
    """No owner, no time of a file, no mode of a umask."""
    with tarfile.open(built.files["sdist"]) as sdist:
        members = sdist.getmembers()
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}
    assert len({member.mtime for member in members}) == 1
    assert {member.mode & 0o777 for member in members} == {0o644, 0o755}
    with zipfile.ZipFile(built.files["wheel"]) as wheel:
        assert len({info.date_time for info in wheel.infolist()}) == 1


def test_the_sdist_is_the_repository(built: Built) -> None:
    """Each file that git knows, with its bytes, and the metadata; and a file too much or too few is noticed."""
    assert sdist_faults(built.sdist, ROOT) == []
    changed = {**built.sdist, "notes.txt": b"", "README.md": b"x"}
    del changed["tests/conftest.py"]
    assert sdist_faults(changed, ROOT) == [
        "sdist: lacks tests/conftest.py",
        "sdist: has notes.txt, which is not in the repository",
        "sdist: README.md differs",
    ]


def test_the_wheel_is_the_package(built: Built) -> None:
    """Each module, the type marker, the schema, the licence, and nothing else; and what differs is noticed."""
    assert wheel_faults(built.wheel, ROOT) == []
    changed = {**built.wheel, "tests/test_a.py": b"", "tox_sitediff/__init__.py": b""}
    del changed["tox_sitediff/py.typed"]
    assert wheel_faults(changed, ROOT) == [
        "wheel: lacks tox_sitediff/py.typed",
        "wheel: has tests/test_a.py, which nothing asks for",
        "wheel: tox_sitediff/__init__.py differs",
    ]


def test_the_metadata_says_what_the_project_says(built: Built) -> None:
    """In the sdist and in the wheel; a requirement that is lost on the way is noticed."""
    assert metadata_faults(built.sdist["PKG-INFO"], ROOT) == []
    assert metadata_faults(built.metadata(), ROOT) == []
    lost = built.metadata().replace(b"Requires-Dist: tox>=4.59\n", b"").replace(b"Name: tox-sitediff", b"Name: other")
    found = metadata_faults(lost, ROOT)
    assert found == ["metadata: Name is 'other'", "metadata: Requires-Dist differs by ['tox>=4.59']"]


def test_the_fields_own_checkers_find_nothing(built: Built, tmp_path: Path) -> None:
    """twine and check-wheel-contents; and they do find a wheel that puts its tests beside the package."""
    assert tool_faults(list(built.files.values())) == []
    about = "Metadata-Version: 2.4\nName: demo\nVersion: 1.0\n"
    wrong = write_wheel(tmp_path, "demo-1.0", about, {"demo/__init__.py": "A = 1\n", "tests/__init__.py": "B = 1\n"})
    twine, contents_of = tool_faults([wrong])
    assert twine.startswith("twine: ")
    assert contents_of.startswith("check_wheel_contents: ")


def test_what_the_sdist_is_built_from_can_be_an_sdist(built: Built, tmp_path: Path) -> None:
    """A distribution that builds from the released sdist gets the same wheel, byte by byte."""
    with tarfile.open(built.files["sdist"]) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (root,) = (tmp_path / "unpacked").iterdir()
    assert tracked(root) == tracked(ROOT)
    copy(root, tmp_path / "copy", tracked(root), changed=TIMES[1], private=False)
    again = build(tmp_path / "copy", tmp_path / "dist")
    assert again["wheel"].read_bytes() == built.files["wheel"].read_bytes()


def test_a_build_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[build-system]\nrequires = []\nbuild-backend = 'nothing'\n", "utf-8")
    with pytest.raises(FaultError, match="Backend 'nothing' is not available"):
        build(tmp_path, tmp_path / "dist")


def test_what_the_wheel_requires(built: Built) -> None:
    """As its metadata says it, with an extra only where it counts: the long form takes the oldest of each."""
    plain = bare.required(built.files["wheel"], [])
    assert "tox>=4.59" in plain
    assert set(bare.required(built.files["wheel"], ["nox"])) - set(plain) == {"nox>=2026.4.10"}


@pytest.mark.network
@pytest.mark.slow
def test_the_sdists_tests_against_the_wheel(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In a bare environment, without tox-uv and nox, with the sources out of the way; the long form has all others."""
    monkeypatch.setenv("SITEDIFF_TEST_EXAMPLES", "2")
    way = bare.Way(python=sys.executable, oldest=False, beside="nothing")
    code = bare.run(way, built.files, tmp_path, bare.SHORT)
    said = capfd.readouterr().out
    assert code == 0, said
    assert " passed" in said
    assert not list(tmp_path.glob("tox_sitediff-*/src"))
