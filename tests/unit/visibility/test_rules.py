"""What an environment may see: rules from claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tox_sitediff.visibility.rules import Claim, Rules, build, has_module, module_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def claim(name: str, *paths: str, seen: bool = False, directory: str = "/base", metadata: bool = True) -> Claim:
    return Claim(name=name, label=f"{name} 1", directory=directory, paths=paths, visible=seen, has_metadata=metadata)


def rules(claims: Sequence[Claim], tree: Mapping[str, Sequence[str]] | None = None) -> dict[str, Rules]:
    listed = tree or {}
    return build(["/base"], claims, lambda path: listed.get(path, ()))


@pytest.mark.parametrize(
    ("child", "module"),
    [
        ("six.py", "six"),
        ("fast.cpython-312-x86_64-linux-gnu.so", "fast"),
        ("fast.pyd", "fast"),
        ("old.pyc", "old"),
        ("numpy/", "numpy"),
        ("numpy.libs/", None),
        ("x-1.0.dist-info/", None),
        ("__pycache__/", None),
        ("data.txt", None),
        (".py", None),
        ("two words.py", None),
        ("LICENSE", None),
    ],
)
def test_which_files_are_modules(child: str, module: str | None) -> None:
    """By suffix for files; for directories, what an import statement could name."""
    assert module_of(child) == module


def test_what_is_declared_is_seen_and_the_rest_has_an_owner() -> None:
    """Top-level modules go with their distribution; what nobody claims is in no list."""
    found = rules(
        [
            claim("a", "a/__init__.py", "a.pth", "sub/x.pth", "a-1.dist-info/METADATA", seen=True),
            claim("b", "b.py", "b.pth"),
            claim("elsewhere", "c.py", seen=True, metadata=False),
        ],
        {"/base/a": ["__init__.py"], "/base": ["a/", "b.py", "orphan.py"], "/base/sub": ["__init__.py"]},
    )
    declared = {"a 1": {"a", "sub"}, "elsewhere 1": {"c"}}
    assert found == {"/base": Rules(modules={"a", "c", "sub"}, owners={"b 1": {"b"}}, declared=declared)}


def test_a_namespace_package_is_seen_by_portion() -> None:
    """In a directory without an __init__ each child counts for itself, to any depth."""
    found = rules(
        [
            claim("one", "ns/one.py", "ns/deep/one/__init__.py", seen=True),
            claim("two", "ns/two.py", "ns/deep/two.py", "other/x.py"),
        ],
        {"/base/ns/deep/one": ["__init__.py"]},
    )
    assert found["/base"] == Rules(modules={"ns"}, owners={"two 1": {"other"}}, declared={"one 1": {"ns"}})
    owners, declared = {"two 1": {"two"}}, {"one 1": {"one", "deep"}}
    assert found["/base/ns"] == Rules(modules={"one", "deep"}, owners=owners, declared=declared)
    assert found["/base/ns/deep"] == Rules(modules={"one"}, owners=owners, declared={"one 1": {"one"}})
    assert found["/base/other"] == Rules(owners={"two 1": {"x"}})
    assert "/base/ns/deep/one" not in found


def test_of_a_package_that_is_shared_only_what_is_undeclared_alone_is_hidden() -> None:
    """Files that nobody claims belong to the declared package that they lie in."""
    found = rules(
        [
            claim("a", "a/__init__.py", "a/both.py", seen=True),
            claim("b", "a/both.py", "a/added.py", "a/__pycache__/added.pyc"),
        ],
        {"/base/a": ["__init__.py", "both.py", "added.py", "made.py", "README"]},
    )
    declared = {"a 1": {"__init__", "both"}}
    assert found["/base/a"] == Rules(
        modules={"__init__", "both", "made"}, owners={"b 1": {"added"}}, declared=declared, is_package=True
    )


def test_a_claim_on_a_whole_directory_claims_what_lies_in_it() -> None:
    """Where nothing lists the files, a directory stands for them, in a namespace package too."""
    found = rules(
        [claim("a", "ns/", "", seen=True), claim("b", "ns/b.py")],
        {"/base": ["x.py", "y/"], "/base/ns": ["a.py", "b.py"], "/base/y": ["__init__.py"]},
    )
    assert found["/base"].modules == {"x", "y", "ns"}
    assert found["/base/ns"] == Rules(modules={"a", "b"}, declared={"a 1": {"a", "b"}})


def test_namespace_packages_within_each_other_end_somewhere() -> None:
    """A chain of directories that a hostile RECORD names is not followed for ever."""
    found = rules([claim("a", "/".join(["n"] * 500) + "/x.py", seen=True)])
    assert len(found) < 20


def test_windows_paths() -> None:
    """Directories are joined as the platform of the base does."""
    found = build(["C:\\base"], [claim("a", "ns/x.py", seen=True, directory="C:\\base")], lambda _: ())
    assert found["C:\\base\\ns"].modules == {"x"}


@pytest.mark.parametrize(
    ("module", "there"),
    [
        ("six", True),
        ("numpy", True),
        ("numpy.random", True),
        ("numpy.random.mtrand", True),
        ("numpy.linalg", True),
        ("numpy.nosuch", False),
        ("numpy.random.nosuch", False),
        ("six.moves", False),
        ("nosuch", False),
        ("nosuch.random", False),
    ],
)
def test_which_modules_a_distribution_has(module: str, there: bool) -> None:
    """Also one in a package, and in a directory that its record names as a whole."""
    tree = {"/base/numpy/linalg": ["__init__.py"], "/base/numpy": ["linalg/", "random/"]}
    paths = ("six.py", "numpy/__init__.py", "numpy/random/mtrand.cpython-312-x86_64-linux-gnu.so", "numpy/linalg/")
    assert has_module(claim("numpy", *paths), module, lambda path: tree.get(path, ())) is there
