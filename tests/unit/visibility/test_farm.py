"""What a view holds: links from claims."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.visibility.farm import Farm, absolute, digest, parse, plan
from tox_sitediff.visibility.rules import Claim

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def claim(name: str, *paths: str, seen: bool = False, directory: str = "/base") -> Claim:
    return Claim(name=name, label=f"{name} 1", directory=directory, paths=paths, visible=seen)


def farm(
    claims: Sequence[Claim],
    tree: Mapping[str, Sequence[str]],
    *,
    directories: Sequence[str] = ("/base",),
    metadata: Mapping[str, str] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Farm:
    """Plan with directories that are named, and nothing else on the disk."""
    return plan(
        directories,
        claims,
        metadata or {},
        listing=lambda path: tree.get(path, ()),
        read=lambda path: (texts or {}).get(path, ""),
    )


def test_packages_modules_libraries_and_metadata_are_linked_as_a_whole() -> None:
    """What declared distributions alone have is one link each; nothing else is there."""
    found = farm(
        [
            claim(
                "a", "a/__init__.py", "a/x.py", "a.libs/x.so", "six.py", "gone.py", "a-1.dist-info/RECORD", seen=True
            ),
            claim("b", "b.py", "b-1.dist-info/RECORD"),
        ],
        {"/base": ["a/", "a.libs/", "a-1.dist-info/", "b.py", "b-1.dist-info/", "o.py", "six.py", "__pycache__/"]}
        | {"/base/a": ["__init__.py", "x.py"]},
        metadata={"/base/a-1.dist-info": "a"},
    )
    assert found.links == {
        "a/": "/base/a",
        "a.libs/": "/base/a.libs",
        "a-1.dist-info/": "/base/a-1.dist-info",
        "six.py": "/base/six.py",
    }
    assert found.directories() == [""]
    assert (found.paths, found.names, found.starts) == ((), ("a",), False)


def test_namespace_packages_are_real_directories_with_portions_of_several_places() -> None:
    """PEP 420: portions come together, also of several directories of sys.path; of each name the first one counts."""
    found = farm(
        [
            claim("one", "ns/one.py", "ns/deep/one/__init__.py", seen=True),
            claim("two", "ns/two.py"),
            claim("three", "ns/one.py", "ns/three.py", seen=True, directory="/other"),
        ],
        {
            "/base": ["ns/"],
            "/base/ns": ["one.py", "two.py", "deep/"],
            "/base/ns/deep": ["one/"],
            "/base/ns/deep/one": ["__init__.py"],
            "/other": ["ns/"],
            "/other/ns": ["one.py", "three.py"],
        },
        directories=["/base", "/other"],
    )
    assert found.links == {
        "ns/one.py": "/base/ns/one.py",
        "ns/deep/one/": "/base/ns/deep/one",
        "ns/three.py": "/other/ns/three.py",
    }
    assert found.directories() == ["", "ns", "ns/deep"]


def test_of_a_package_that_is_shared_only_what_is_undeclared_alone_is_hidden() -> None:
    """Files that nobody claims belong to the declared package that they lie in."""
    found = farm(
        [claim("a", "a/__init__.py", "a/both.py", seen=True), claim("b", "a/both.py", "a/added.py")],
        {"/base": ["a/"], "/base/a": ["__init__.py", "both.py", "added.py", "made.py", "data/", "__pycache__/"]},
    )
    assert set(found.links) == {"a/__init__.py", "a/both.py", "a/made.py", "a/data/"}


def test_a_module_behind_another_of_its_name_is_not_there() -> None:
    """A merged directory shows what a search of both in their order finds."""
    tree = {"/base": ["x.py"], "/other": ["x/", "y.py"], "/other/x": ["__init__.py"]}
    claims = [
        claim("a", "x.py", seen=True),
        claim("b", "x/__init__.py", "y.py", seen=True, directory="/other"),
    ]
    assert set(farm(claims, tree, directories=["/base", "/other"]).links) == {"x.py", "y.py"}
    assert set(farm(claims, tree, directories=["/other", "/base"]).links) == {"x/", "y.py"}


def test_a_directory_of_one_distribution_stays_as_it_is() -> None:
    """An egg, or a directory that a declared path file adds, goes on sys.path itself."""
    found = farm([claim("a", "", seen=True, directory="/src")], {"/src": ["a.py"]}, directories=["/base", "/src"])
    assert (found.links, found.paths) == ({}, ("/src",))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("/src\nimport x\n# y\n", "/src\nimport x\n# y\n"),
        ("there/lib\n./there\n", "there/lib\n./there\n"),
        ("../src\nother\n", "/src\n/base/other\n"),
    ],
)
def test_path_files_mean_the_same_in_another_place(text: str, wanted: str) -> None:
    """A relative line that leads to nothing in the view is made absolute."""
    assert absolute(text, "/base", {"there"}) == wanted
    found = farm(
        [claim("a", "a.pth", "there/__init__.py", seen=True)],
        {"/base": ["a.pth", "there/"], "/base/there": ["__init__.py"]},
        texts={"/base/a.pth": text},
    )
    assert found.starts
    assert found.texts == ({} if text == wanted else {"a.pth": wanted})


def test_hostile_paths_lead_nowhere() -> None:
    """Only what a listing names is linked, and chains of directories end somewhere."""
    deep = "/".join(["n"] * 500)
    tree = {"/base" + "/n" * depth: ["n/"] for depth in range(500)}
    found = farm([claim("a", "../x", "n/../../y", "./z", "/etc/passwd", f"{deep}/x.py", seen=True)], tree)
    assert len(found.links) == 1
    assert len(found.directories()) < 20


def test_a_manifest_comes_back() -> None:
    """A view is named by all that is in it."""
    made = Farm(links={"a/": "/base/\udce9"}, texts={"a.pth": "x"}, paths=("/src",), names=("a",), python="3.12.1")
    text = made.manifest({"implementation": "cpython"})
    assert parse(text) == made
    assert digest(text) != digest(made.manifest({"implementation": "pypy"}))
    assert digest(text) != digest(replace(made, python="3.12.2").manifest({"implementation": "cpython"}))


@pytest.mark.parametrize(
    "manifest",
    ["", "[]", "{}", '{"links": {}, "texts": {}, "paths": [], "names": [1]}', '{"links": {"a": 1}}', "[" * 5000],
)
def test_what_is_no_manifest_is_a_value_error(manifest: str) -> None:
    """Its digest proves nothing: whoever can write it can work that out."""
    with pytest.raises(ValueError, match=r"."):
        parse(manifest)
