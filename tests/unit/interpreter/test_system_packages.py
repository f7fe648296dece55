"""What a base's own package manager knows of its distributions beyond their metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.distributions import fill, write
from tox_sitediff.core.model import Layer, Role
from tox_sitediff.interpreter.metadata import list_layer
from tox_sitediff.interpreter.system_packages import system_packages
from tox_sitediff.visibility.ownership import bare_claims, claims, lister

if TYPE_CHECKING:
    from collections.abc import Iterable

SITE: Final = "/usr/lib/python3/dist-packages"


class Dpkg:
    """Notes as dpkg keeps them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.stanzas: list[str] = []

    def add(
        self,
        package: str,
        *files: str,
        depends: str = "python3:any",
        status: str = "install ok installed",
        provides: str = "",
        architecture: str = "",
    ) -> None:
        """Add a package; its files are relative to the site directory, and its list names directories too."""
        suffix = f":{architecture}" if architecture else ""
        lines = {"/."}
        for file in files:
            path = Path(SITE, file)
            lines |= {str(path), *map(str, path.parents)}
        write(self.root / "info" / f"{package}{suffix}.list", "\n".join(sorted(lines)) + "\n")
        self.stanzas.append(
            f"Package: {package}\nStatus: {status}\nArchitecture: {architecture or 'all'}\nDepends: {depends}\n"
            f"Provides: {provides}\nDescription: words\n .\n more words\n"
        )
        write(self.root / "status", "\n".join(self.stanzas))

    def needs(self, *folders: str) -> tuple[set[str], dict[str, list[str]]]:
        """What the distributions with these metadata need."""
        found = system_packages("/usr", [SITE], dpkg=str(self.root)).needs(f"{SITE}/{folder}" for folder in folders)
        return names(found.metadata), {package: sorted(names(files)) for package, files in found.bare.items()}


def names(paths: Iterable[str]) -> set[str]:
    return {path.removeprefix(f"{SITE}/") for path in paths}


@pytest.fixture
def dpkg(tmp_path: Path) -> Dpkg:
    return Dpkg(tmp_path / "dpkg")


def test_dependencies_of_a_debian_package_are_those_of_its_distribution(dpkg: Dpkg) -> None:
    """With versions, architectures and lines that go on; what is not installed, and the interpreter's, is left out."""
    dpkg.add("python3-frame", "frame-1.egg-info", depends="libc6,\n python3-num (>= 1:2),python3-tz:any [amd64], gone")
    dpkg.add("python3-num", "num-2.dist-info/METADATA", architecture="amd64")
    dpkg.add("python3-tz", "pytz-3.egg-info/PKG-INFO", depends="python3-more")
    dpkg.add("python3-more", "more-1.egg-info")
    dpkg.add("python3", depends="python3-more")
    assert dpkg.needs("frame-1.egg-info") == ({"num-2.dist-info", "pytz-3.egg-info"}, {})
    assert dpkg.needs("pytz-3.egg-info") == ({"more-1.egg-info"}, {})
    assert dpkg.needs("frame-1.egg-info", "num-2.dist-info", "unknown-1.egg-info")[0] == {"pytz-3.egg-info"}
    assert dpkg.needs() == (set(), {})


def test_packages_without_metadata_are_passed_through(dpkg: Dpkg) -> None:
    """What they need is needed, and their own modules; also where they need each other."""
    dpkg.add("python3-frame", "frame-1.egg-info", "frame/__init__.py", depends="python3-frame-lib, python3 (>= 3.11)")
    dpkg.add("python3-frame-lib", "frame/_lib.so", depends="python3-num, python3-bare | python3, frame-data")
    dpkg.add("python3-bare", "bare.py", "bare.pth", depends="python3-frame-lib")
    dpkg.add("frame-data", depends="libx")
    dpkg.add("python3-num", "num-2.egg-info")
    bare = {"python3-frame-lib": ["frame/_lib.so"], "python3-bare": ["bare.pth", "bare.py"]}
    assert dpkg.needs("frame-1.egg-info") == ({"num-2.egg-info"}, bare)


def test_of_alternatives_the_first_that_is_there_counts(dpkg: Dpkg) -> None:
    """By its own name, or as what another package provides; a removed one that left its settings is not there."""
    dpkg.add("one", "one-1.egg-info", depends="python3-left | python3-abi9 | python3-late", architecture="amd64")
    dpkg.add("python3-left", "left-1.egg-info", status="deinstall ok config-files")
    dpkg.add("python3-num", "num-2.egg-info", provides="dh-num, python3-abi9 (= 9)")
    dpkg.add("python3-late", "late-2.egg-info")
    assert dpkg.needs("one-1.egg-info") == ({"num-2.egg-info"}, {})


def test_what_is_vendored_belongs_to_no_one(dpkg: Dpkg) -> None:
    """Metadata below a package are not those of the package."""
    dpkg.add("a", "a-1.egg-info", depends="python3-vendors")
    dpkg.add("python3-vendors", "vendors/_vendor/num-1.dist-info/METADATA", "vendors/__init__.py")
    found, bare = dpkg.needs("a-1.egg-info")
    assert (found, list(bare)) == (set(), ["python3-vendors"])


def test_damaged_notes_say_nothing(tmp_path: Path) -> None:
    """Missing, no text, cut off, a directory in the place of a file."""
    assert Dpkg(tmp_path / "missing").needs("a-1.egg-info") == (set(), {})
    write(
        tmp_path / "noise" / "status",
        b"\xff\nStatus: \n\nStatus: install ok installed\n\nPackage: a\nStatus: x installed",
    )
    assert Dpkg(tmp_path / "noise").needs("a-1.egg-info") == (set(), {})
    cut = Dpkg(tmp_path / "cut")
    cut.add("python3-a", "a-1.egg-info", depends="python3-b | , (, |")
    cut.add("python3-b", "b-1.egg-info")
    (cut.root / "info" / "python3-b.list").unlink()
    (cut.root / "info" / "python3-b.list").mkdir()
    assert cut.needs("a-1.egg-info") == (set(), {})


def test_dpkg_counts_where_it_fills_a_directory(dpkg: Dpkg, tmp_path: Path) -> None:
    """The notes on Debian's packages say nothing of an interpreter elsewhere."""
    dpkg.add("python3-a", "a-1.egg-info", depends="python3-b")
    dpkg.add("python3-b", "b-1.egg-info")
    for site, there in (
        (SITE, True),
        ("/usr/lib/pypy3/dist-packages", True),
        ("/opt/lib/python3.12/site-packages", False),
    ):
        found = system_packages(str(tmp_path), [site], dpkg=str(dpkg.root)).needs([f"{SITE}/a-1.egg-info"])
        assert bool(found.metadata) is there


def test_files_of_distributions_without_a_list_are_those_of_their_package(dpkg: Dpkg, tmp_path: Path) -> None:
    """All of them, and no others; of a package with two distributions nobody knows; one without metadata is seen."""
    site = tmp_path / "usr" / "lib" / "python3" / "dist-packages"
    fill(site, {"tool-1.egg-info/top_level.txt": "tool\n", "tool/x.py": "", "itool.py": "", "added/x.py": ""})
    fill(site, {"two-1.egg-info": "", "three-1.egg-info": "", "two.py": "", "three.py": ""})
    fill(site, {"listed-1.dist-info/RECORD": "listed.py,,\n", "listed.py": ""})
    dpkg.add("tool", "tool-1.egg-info/top_level.txt", "tool/x.py", "itool.py")
    dpkg.add("both", "two-1.egg-info", "three-1.egg-info", "two.py", "three.py")
    dpkg.add("listed", "listed-1.dist-info/RECORD", "other.py")
    packages = system_packages("/usr", [SITE], dpkg=str(dpkg.root))

    def packaged(path: str) -> list[str] | None:
        found = packages.files(SITE + path.removeprefix(str(site)))
        return None if found is None else [str(site) + file.removeprefix(SITE) for file in found]

    entries = list_layer(Layer(path=str(site), role=Role.BASE))
    found = {one.name: sorted(one.paths) for one in claims(entries, [str(site)], frozenset(), lister(), packaged)}
    assert found == {
        "tool": ["itool.py", "tool-1.egg-info/top_level.txt", "tool/x.py"],
        "two": ["two.py"],
        "three": ["three.py"],
        "listed": ["listed.py"],
    }
    (claim,) = bare_claims({"bare": [f"{site}/added/x.py", "/elsewhere/y.py"]}, [str(site)])
    assert (claim.directory, claim.paths, claim.visible) == (str(site), ["added/x.py"], True)


def test_dependencies_of_a_conda_package_are_those_of_its_distribution(tmp_path: Path) -> None:
    """Packages without metadata are passed through, the interpreter is not; on Windows the directory is another one."""
    for folder in ("lib/python3.12", "Lib"):
        prefix = tmp_path / folder.replace("/", "-")

        def package(name: str, *files: str, depends: Iterable[object], at: Path = prefix, lib: str = folder) -> None:
            places = [f"{lib}/site-packages/{file}" for file in files]
            data = {"name": name, "depends": [*depends], "files": ["bin/x", *places]}
            write(at / "conda-meta" / f"{name}-1.0-py312_0.json", json.dumps(data))

        package(
            "frame-base", "frame-1.dist-info/METADATA", "frame-1.dist-info/RECORD", depends=["num-py >=1,<2", "python"]
        )
        package("num-py", depends=["num-base==1.0=py3*", "__glibc >=2.17", "gone", 3])
        package("num-base", "num/__init__.py", "num-1.dist-info/METADATA", depends=[])
        package("python", depends=["pip"])
        package("pip", "pip-1.dist-info/METADATA", depends=["python"])
        write(prefix / "conda-meta" / "history")
        write(prefix / "conda-meta" / "half-1.0-0.json", '{"depends": ["pip')
        write(prefix / "conda-meta" / "odd-1.0-0.json", '{"depends": 3}')
        site = prefix / folder / "site-packages"
        site.mkdir(parents=True)
        packages = system_packages(str(prefix), [str(site)])
        found = packages.needs([str(site / "frame-1.dist-info")])
        assert found.metadata == {str(site / "num-1.dist-info")}
        assert found.bare == {}
        assert packages.files(str(site / "num-1.dist-info")) == [
            str(site / "num" / "__init__.py"),
            str(site / "num-1.dist-info" / "METADATA"),
        ]
        assert packages.files(str(site / "unknown-1.dist-info")) is None
        package("frame-base", "frame-1.dist-info/METADATA", depends=["half", "odd", "num-bare"])
        package("num-bare", "bare.py", depends=[])
        found = system_packages(str(prefix), [str(site)]).needs([str(site / "frame-1.dist-info")])
        assert (found.metadata, dict(found.bare)) == (frozenset(), {"num-bare": [str(site / "bare.py")]})


def test_data_files_of_a_debian_package(dpkg: Dpkg, tmp_path: Path) -> None:
    """By whichever name the package goes, of whichever architecture; documentation and directories are left out."""
    root = "../../../.."
    dpkg.add(
        "python3-tz",
        "pytz-3.egg-info/PKG-INFO",
        f"{root}/usr/share/man/man1/tz.1.gz",
        f"{root}/usr/share/doc/python3-tz/copyright",
        f"{root}/etc/tz/tz.conf",
        f"{root}/usr/bin/tz",
        architecture="amd64",
    )
    path = dpkg.root / "info" / "python3-tz:amd64.list"
    path.write_text(path.read_text().replace(f"{SITE}/{root}", ""))
    packages = system_packages("/usr", [SITE], dpkg=str(dpkg.root))
    assert sorted(packages.data(f"{SITE}/pytz-3.egg-info")) == [
        ("etc/tz/tz.conf", "/etc/tz/tz.conf"),
        ("share/man/man1/tz.1.gz", "/usr/share/man/man1/tz.1.gz"),
    ]
    assert list(packages.data(f"{SITE}/unknown-1.egg-info")) == []
    assert list(system_packages(str(tmp_path), ["/opt/site"]).data(f"{SITE}/pytz-3.egg-info")) == []


def test_data_files_of_a_conda_package(tmp_path: Path) -> None:
    """What a recipe adds is in no RECORD; a hostile list leads nowhere, a damaged one says what can be read of it."""
    site = tmp_path / "lib/python3.12/site-packages"
    info = "lib/python3.12/site-packages/bash_kernel-1.dist-info"
    hostile = ("share/../../x", "share//y", "etc/../x", "/etc/passwd", "share/a\nb", "share/lib\\x")
    places = (
        f"{info}/METADATA",
        "share/jupyter/kernels/bash/k\N{LATIN SMALL LETTER E WITH ACUTE}.json",
        "etc/x/y.conf",
    )
    data = {"name": "bash", "files": [*places, "bin/x", "share/doc/x", "etc/conda/activate.d/x.sh", *hostile]}
    write(tmp_path / "conda-meta/bash_kernel-1-0.json", f'{json.dumps(data, indent=2)[:-2]} cut off "share/')
    packages = system_packages(str(tmp_path), [str(site)])
    assert list(packages.data(str(tmp_path / info))) == [(place, str(tmp_path / place)) for place in places[1:]]
