"""Reading what is installed, against importlib.metadata; and what is damaged or hostile."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from support.distributions import fill
from support.patience import must_end
from tox_sitediff.core.inventory import Inventory
from tox_sitediff.core.model import Broken, Distribution, Entry, Layer, Origin, Role
from tox_sitediff.core.requirements import key
from tox_sitediff.interpreter.metadata import egg_requirements, list_layer, list_layers, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")


def base(path: Path) -> Layer:
    return Layer(path=str(path), role=Role.BASE)


def only(site: Path) -> Distribution | Broken:
    """Read the one entry of a directory."""
    (entry,) = list_layer(base(site))
    return read(entry)


def installed(
    site: Path, metadata: str | bytes, *, folder: str = "demo-1.0.dist-info", **more: str
) -> Distribution | Broken:
    fill(site / folder, {"METADATA": metadata, **more})
    return only(site)


def good(found: Distribution | Broken) -> Distribution:
    assert isinstance(found, Distribution)
    return found


def reason(found: Distribution | Broken) -> str:
    assert isinstance(found, Broken)
    return found.reason


# --- generated directories, against the importlib.metadata of this interpreter


_projects = st.sampled_from(["foo", "Foo.Bar", "foo_bar", "FOO-BAR", "foo__bar", "x1", "a-b-c", "~oo", ""])


_headers = st.sampled_from(
    [
        "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\nRequires-Dist: a>=1\nRequires-Dist: b; extra == 'x'\n",
        "Version: 2.0a1\r\nRequires-Dist: a\r\n  (>=1)\r\n\r\nRequires-Dist: body\r\n",
        "Name: foo\nVERSION: 1.0+local\n\nVersion: 3\n",
        " Version: 7\nVersion: 1.1\n",
        "Name: foo\nno field\nVersion: 1.0\n",
        "Name: foo\n \nVersion: 1.0\n\ttext\n",
        "Na me: foo\nVersion: 1.0\n",
        "Version: 1.0\nVersion: 2.0\n",
        "\nVersion: 1.0\n",
        "Name: foo\n",
        "",
    ]
)


_requires = st.sampled_from(
    ["", "a\nb>=1\n\n[x]\nc\n\n[y:python_version<'3']\nd@ https://host.example\n\n[:os_name]\ne"]
)


_kinds = st.sampled_from(["dist-info", "egg-info", "egg-info file", "dist-info file", "egg", "DIST-INFO"])


entries = st.tuples(_projects, st.sampled_from(["", "-1.0", "-1.0-py3.8"]), _kinds, _headers, _requires)


def lay(site: Path, found: Iterable[tuple[str, str, str, str, str]]) -> list[Path]:
    """Lay out a site directory; return what stands on the path: the directory, and the eggs in it."""
    paths = [site]
    site.mkdir()
    for name, version, kind, header, requires in found:
        if kind.endswith(" file"):
            path = site / f"{name}{version}.{kind.partition(' ')[0]}"
            if not path.exists():
                path.write_bytes(header.encode())
        elif kind == "egg":
            egg = site / f"{name}{version}.egg"
            fill(egg / "EGG-INFO", {"PKG-INFO": header, "requires.txt": requires})
            paths.append(egg)
        elif not (path := site / f"{name}{version}.{kind}").is_file():
            fill(path, {"PKG-INFO" if kind == "egg-info" else "METADATA": header, "requires.txt": requires})
    return list(dict.fromkeys(paths))


def expected(name: str, paths: list[Path]) -> list[tuple[str, str, list[str]]]:
    """Return what importlib.metadata finds of a name that has a valid version, in order."""
    found = []
    for item in importlib.metadata.MetadataPathFinder.find_distributions(
        importlib.metadata.DistributionFinder.Context(name=name, path=[str(path) for path in paths])
    ):
        try:
            metadata = item.metadata
        except FileNotFoundError:  # which from Python 3.15 on says that there is none
            continue
        version = metadata["Version"] if "Version" in metadata else ""  # noqa: SIM401  # older ones have no get()
        try:
            found.append((str(Version(version)), str(item._path), [line.strip() for line in item.requires or []]))
        except InvalidVersion:
            continue
    return found


_file_names = st.builds(
    "{}{}{}".format,
    st.text(
        st.sampled_from("aB-_.\N{GREEK CAPITAL LETTER SIGMA}\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}\n1"), max_size=5
    ),
    st.sampled_from(["", "-1.0", "-1.0-py3.8", ".dist"]),
    st.sampled_from([".dist-info", ".egg-info", ".DIST-INFO", ".Egg-info", "-info", "dist-info", "", ".py"]),
).filter(lambda name: name not in {"", ".", ".."})


@pytest.mark.skipif(os.path.normcase("A") == "a", reason="names that differ in case are one file")
@given(names=st.lists(_file_names, max_size=8, unique=True), inside_egg=st.booleans())
@example(names=["egg-info", "EGG-INFO", "a-1.0.egg-info"], inside_egg=True)
@example(names=["a-1.dist-info", "A-1.egg-info", "a.dist-info", "a.dist-1.dist-info"], inside_egg=False)
def test_a_listing_names_what_each_file_name_carries_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], inside_egg: bool
) -> None:
    site = tmp_path_factory.mktemp("listed") / ("Some_Egg-1.egg" if inside_egg else "site")
    fill(site, dict.fromkeys(names, ""))
    expected = [
        (canonicalize_name(name.rpartition(".")[0].partition("-")[0]), str(site / name))
        for name in os.listdir(site)
        if name.lower().endswith((".dist-info", ".egg-info"))
    ]
    expected += [
        (canonicalize_name("some-egg"), str(site / name))
        for name in os.listdir(site)
        if inside_egg and name.lower() == "egg-info"
    ]
    listing = list_layer(base(site))
    assert [(entry.name, entry.path) for entry in listing] == expected
    assert listing.names() == {name for name, _ in expected}
    for name in [*listing.names(), canonicalize_name("missing")]:
        found = [(entry.name, entry.path) for entry in listing.of(name)]
        assert found == [pair for pair in expected if pair[0] == name]
        assert (name in listing) == bool(found)


@pytest.mark.skipif(os.path.normcase("A") == "a", reason="names that differ in case are one file")
@given(found=st.lists(entries, max_size=6))
@example(found=[("foo", "-1.0", "dist-info", "", "")])
def test_a_generated_directory_is_read_as_importlib_metadata_reads_it(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[str, str, str, str, str]]
) -> None:
    importlib.invalidate_caches()
    paths = lay(tmp_path_factory.mktemp("lay") / "site", found)
    inventory = Inventory(list_layers(map(base, paths)), read)
    for name in ("foo", "foo-bar", "x1", "a-b-c"):
        mine = [
            (str(copy.version), copy.path, [" ".join(line.split()) for line in copy.requires])
            for copy in inventory.copies(canonicalize_name(name))
        ]
        theirs = [
            (version, path, [" ".join(line.split()) for line in requires])
            for version, path, requires in expected(name, paths)
        ]
        if name == "a-b-c" or any(kind == "egg" for *_, kind, _, _ in found):
            # an egg is looked up by a name that is normalised less, so that some are found by us alone
            assert [copy for copy in mine if copy in theirs] == theirs
            assert all(".egg" in path for _, path, _ in mine if path not in {other for _, other, _ in theirs})
        else:
            assert mine == theirs


_lines = ["a", "b>=1", "c[x]", "d @ https://host.example/d.whl", "", "  e  ", "[x]", "[]", "[y:os_name == 'nt']"]


_lines += ["[:python_version < '3']", "[[z]]", "[unclosed", "closed]", "f; os_name == 'nt'"]


_sections = st.lists(st.sampled_from(_lines), max_size=8).map("\n".join)


@given(_sections)
def test_requires_txt_becomes_what_importlib_metadata_makes_of_it(text: str) -> None:
    theirs = importlib.metadata.Distribution._deps_from_requires_text(text)  # type: ignore[attr-defined]
    assert list(egg_requirements(text)) == [line.rstrip() for line in theirs]


def test_comments_in_requires_txt_are_no_requirements() -> None:
    assert list(egg_requirements("# b\na\n#\n")) == ["a"]


def test_an_egg_provides_the_extras_of_its_sections(tmp_path: Path) -> None:
    listed = "a\n[X.y]\nb\n[z:os_name]\nc\n[:os_name]\nd\n[bad\nProvides-Extra: evil]\n[a b]\ne\n[]\nf\n"
    fill(tmp_path / "demo.egg-info", {"PKG-INFO": "Version: 1", "requires.txt": listed})
    assert good(only(tmp_path)).extras == {"x-y", "z"}


# --- damage and hostility


def test_a_header_is_read_whatever_its_line_ends_case_and_folding(tmp_path: Path) -> None:
    text = (
        "Metadata-Version: 2.1\r\nname: demo\r\nVERSION:1.0\r\nRequires-Dist: a\r\n >=1\r\n"
        "Provides-Extra: X_y\r\nSummary: caf\xe9: no field\r\n\r\nVersion: 2.0\r\n"
    )
    found = good(installed(tmp_path, text.encode("latin-1")))
    assert (str(found.version), found.requires, found.extras) == ("1.0", ("a >=1",), frozenset({"x-y"}))


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("Name: demo\n", "its METADATA has no Version"),
        ("Name: demo\n\nVersion: 1.0\n", "its METADATA has no Version"),
        ("Version:\n", "its METADATA has no Version"),
        ("", "it has no readable METADATA"),
        ("Version: 1.0/../..\n", "its version '1.0/../..' is not valid (PEP 440)"),
        ("Version: 1\x1b[31m\n", r"its version '1\x1b[31m' is not valid (PEP 440)"),
        ("Version: 1\n 2\n", "its version '1 2' is not valid (PEP 440)"),
        ("Version: 1\r2\n", r"its version '1\r2' is not valid (PEP 440)"),
        (f"Version: {'9' * 5000}x\n", f"its version '{'9' * 80}' is not valid (PEP 440)"),
        (f"Version: 1.{'9' * 20}\n", f"its version '1.{'9' * 20}' has a number that is too large for uv"),
        (f"Version: {'9' * 5000}\n", f"its version '{'9' * 80}' has a number that is too large for uv"),
        (f"Version: 1+{'9' * 5000}\n", f"its version '1+{'9' * 78}' has a number that is too large for uv"),
        (f"Version: 1{'.1' * 120}\n", "its name and version are too long for the name of a directory"),
        (b"\xff\xfe\x00V\n", "its METADATA has no Version"),
        (b"\0" * 100, "its METADATA has no Version"),
    ],
)
def test_metadata_without_a_usable_version_is_broken_for_a_reason_that_is_safe_to_show(
    tmp_path: Path, metadata: str | bytes, expected: str
) -> None:
    assert reason(installed(tmp_path, metadata)) == expected


@pytest.mark.parametrize("name", ["~umpy", "", "a b", "-", "caf\xe9", "a\x1b[31m", "a\nb", ".."])
@posix
def test_a_name_that_no_index_would_take_is_not_read(tmp_path: Path, name: str) -> None:
    assert reason(installed(tmp_path, "Version: 1.0", folder=f"{name}-1.0.dist-info")) == (
        "its name is not a valid distribution name"
    )


@posix
def test_a_name_that_is_not_utf8_is_not_read(tmp_path: Path) -> None:
    if sys.platform == "darwin":
        pytest.skip("names are UTF-8 there")
    os.mkdir(os.fsencode(tmp_path) + b"/caf\xe9-1.0.dist-info")
    assert "not a valid" in reason(only(tmp_path))


def test_an_empty_metadata_gives_way_to_pkg_info(tmp_path: Path) -> None:
    assert good(installed(tmp_path, "", **{"PKG-INFO": "Version: 1.5\n"})).version == Version("1.5")


@pytest.mark.parametrize(
    "line", [b"Summary: " + b"x" * 100 + b"\n", b"x" * 101 + b"\n", b"Requires-Dist: a\n", b"\0" * 4096]
)
def test_metadata_without_an_end_is_refused_or_read_up_to_its_header(tmp_path: Path, line: bytes) -> None:
    endless = fill(
        tmp_path / "endless-1.0.dist-info", {"METADATA": b"Version: 1.0\n" + line * (6_000_000 // len(line))}
    )
    body = fill(tmp_path / "body-1.0.dist-info", {"METADATA": b"Version: 1.0\n\n" + line})
    for path in (endless, body):
        os.truncate(path / "METADATA", 1 << 40)  # more than any memory holds, and nothing of it on the disk
    with must_end():
        found = {entry.name: read(entry) for entry in list_layer(base(tmp_path))}
    assert reason(found[key("endless")]) == "it has no readable METADATA"
    assert good(found[key("body")]).version == Version("1.0")


def test_a_value_of_a_million_lines_is_put_together_at_once(tmp_path: Path) -> None:
    """Put together line by line, it would be copied a million times."""
    with must_end():
        found = good(installed(tmp_path, "Version: 1.0\nRequires-Dist: a;\n" + " a\n" * 1_300_000 + "\n"))
    assert [len(line) for line in found.requires] == [2 + 2 * 1_300_000]


def test_a_header_of_a_megabyte_is_read_whole(tmp_path: Path) -> None:
    found = good(installed(tmp_path, "Version: 1.0\n" + "Requires-Dist: a\n" * 60_000 + "\nbody"))
    assert len(found.requires) == 60_000


def test_a_dist_info_that_is_a_file_is_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "demo-1.0.dist-info").write_bytes(b"Version: 1.0\n")
    assert good(only(tmp_path)).version == Version("1.0")


def loop(path: Path) -> None:
    (path / "METADATA").symlink_to("METADATA")


def fifo(path: Path) -> None:
    os.mkfifo(path / "METADATA")


def device(path: Path) -> None:
    (path / "METADATA").symlink_to("/dev/zero")


def folder(path: Path) -> None:
    (path / "METADATA").mkdir()


@posix
@pytest.mark.parametrize("damage", [loop, fifo, device, folder])
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = fill(tmp_path / "demo-1.0.dist-info", {})
    damage(path)
    assert reason(only(tmp_path)) == "it has no readable METADATA"


@posix
def test_a_directory_that_is_a_loop_or_a_pipe_holds_nothing_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "loop-1.0.dist-info").symlink_to("loop-1.0.dist-info")
    os.mkfifo(tmp_path / "pipe-1.0.egg-info")
    assert {reason(read(entry)) for entry in list_layer(base(tmp_path))} == {"it has no readable METADATA"}


@posix
def test_metadata_that_may_not_be_read_is_broken(tmp_path: Path) -> None:
    path = fill(tmp_path / "demo-1.0.dist-info", {"METADATA": "Version: 1.0\n"}) / "METADATA"
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("nothing is forbidden to root")
    assert reason(only(tmp_path)) == "it has no readable METADATA"


@pytest.mark.parametrize("path", ["missing", "file", "nul\0", "x" * 5000])
def test_a_layer_that_can_not_be_listed_holds_nothing(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    assert list(list_layer(base(tmp_path / path))) == []


@given(header=st.binary(max_size=200), requires=st.text(max_size=60), origin=st.binary(max_size=60))
def test_reading_whatever_there_is_gives_a_value(
    tmp_path_factory: pytest.TempPathFactory, header: bytes, requires: str, origin: bytes
) -> None:
    site = tmp_path_factory.mktemp("any")
    fill(site / "demo.dist-info", {"METADATA": header, "requires.txt": requires, "direct_url.json": origin})
    found = only(site)
    assert isinstance(found, Broken) or all("\n" not in line for line in (*found.requires, *found.extras))


# --- origins


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"url": "https://host.example/a.whl", "archive_info": {}}, ("archive", None, False)),
        ({"url": "u", "vcs_info": {"vcs": "git", "commit_id": "abc"}}, ("vcs", "abc", False)),
        ({"url": "u", "vcs_info": {"commit_id": 5}}, None),
        ({"url": "u", "vcs_info": {"vcs": "git", "commit_id": "abc"}, "archive_info": {}}, None),
        ({"url": "file:///croot/six_1644875935023/work", "dir_info": {}}, ("directory", None, False)),
        ({"url": "file:///C:/src", "dir_info": {}}, ("directory", None, False)),
        ({"url": "file:///src", "dir_info": {"editable": False}, "subdirectory": "a"}, ("directory", None, False)),
        ({"url": "https://host.example/src", "dir_info": {}}, None),
        ({"url": "file://[src", "dir_info": {}}, None),
        ({"url": "https://host.example/a.tar.gz", "archive_info": {"hash": "sha256=x"}}, ("archive", None, False)),
        ({"url": "https://host.example/a.tar.gz", "archive_info": {"hashes": {"sha256": 5}}}, None),
        ({"url": "file:///src", "dir_info": {"editable": True}}, ("directory", None, True)),
        ({"url": "file:///src", "dir_info": {"editable": "yes"}}, None),
        ({"url": "u"}, None),
        ({"url": 1, "archive_info": {}}, None),
        ({"archive_info": {}}, None),
        ({"url": "u", "archive_info": []}, None),
        ([], None),
        ("text", None),
    ],
)
def test_an_origin_counts_where_it_is_well_formed(
    tmp_path: Path, data: object, expected: tuple[str, str | None, bool] | None
) -> None:
    text = json.dumps(data)
    origin = good(installed(tmp_path, "Version: 1\n", **{"direct_url.json": text})).origin
    if expected is None:
        assert origin is None
    else:
        assert isinstance(data, dict)
        kind, commit, editable = expected
        assert origin == Origin(url=data["url"], kind=kind, commit=commit, editable=editable, text=text)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"url": "u", "dir_info": {}}' + " " * (1 << 20)])
def test_an_origin_that_can_not_be_read_counts_as_none(tmp_path: Path, text: str) -> None:
    assert good(installed(tmp_path, "Version: 1\n", **{"direct_url.json": text})).origin is None


def test_an_egg_directory_is_known_by_its_own_name(tmp_path: Path) -> None:
    egg = tmp_path / "Foo_Bar-1.0-py3.8.egg"
    fill(egg / "EGG-INFO", {"PKG-INFO": "Version: 1.0\n"})
    fill(tmp_path / "plain" / "EGG-INFO", {"PKG-INFO": "Version: 1.0\n"})
    listed = list_layers([base(egg), base(tmp_path / "plain")])
    assert [entry.name for listing in listed for entry in listing] == ["foo-bar"]
    assert good(read(Entry(name=key("foo-bar"), path=str(egg / "EGG-INFO"), layer=base(egg)))).version == Version("1.0")
