"""Data files of what is inherited, below the environment's prefix."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from support.scripts import Base
from tox_sitediff.environment import data
from tox_sitediff.environment.data import Provided, provide
from tox_sitediff.interpreter.system_packages import system_packages

if TYPE_CHECKING:
    from pathlib import Path

    from tox_sitediff.core.model import Distribution

UP = "../../../"


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return Base(tmp_path / "base")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "env"
    path.mkdir()
    return path


def add(base: Base, name: str, **content: str) -> Distribution:
    """A distribution with data files: place with __ for slashes and - for dots, and content."""
    places = {place.replace("__", "/").replace("DOT", "."): text for place, text in content.items()}
    for place, text in places.items():
        path = base.site.parents[2] / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return base.add(name, record=[f"{UP}{place}" for place in places])


def run(
    directory: Path, *found: Distribution, own: tuple[Distribution, ...] = (), ours: tuple[str, ...] = ()
) -> Provided:
    return provide(found, own=own, directory=directory, python=directory / "bin" / "python", ours=ours, windows=False)


def tree(directory: Path) -> dict[str, str]:
    return {path.relative_to(directory).as_posix(): path.read_text() for path in directory.rglob("*") if path.is_file()}


def test_files_are_linked_and_settings_are_copied(base: Base, directory: Path) -> None:
    """Directories are real: what a program adds stays in the environment; what it rewrites is its own copy."""
    found = add(base, "demo", share__demo__page="page", share__demo__demoDOTcfg="[x]", etc__demo__main="on")
    result = run(directory, found)
    assert result == Provided(files=("etc/demo/main", "share/demo/demo.cfg", "share/demo/page"), warnings=())
    assert tree(directory) == {"etc/demo/main": "on", "share/demo/demo.cfg": "[x]", "share/demo/page": "page"}
    assert [place for place in result.files if (directory / place).is_symlink()] == ["share/demo/page"]
    assert not (directory / "share" / "demo").is_symlink()
    assert data.measured(directory, result.files)[0] == 3

    (directory / "etc/demo/main").write_text("off")
    assert run(directory, found, ours=result.files) == result
    assert tree(directory)["etc/demo/main"] == "off"


def test_what_jupyter_serves_is_no_link(base: Base, directory: Path) -> None:
    """Its server refuses links that lead out; JupyterLab's own build is one link to a directory."""
    found = add(
        base,
        "lab",
        share__jupyter__lab__static__mainDOTjs="js",
        share__jupyter__lab__static__deep__xDOTcss="css",
        share__jupyter__lab__themes__index="theme",
        share__jupyter__labextensions__a__aDOTjsDOTmap="for who looks for a mistake",
        share__jupyter__lab__schemas__aDOTjson="{}",
    )
    result = run(directory, found)
    assert result.files == (
        "share/jupyter/lab/schemas/a.json",
        "share/jupyter/lab/static",
        "share/jupyter/lab/themes/index",
        "share/jupyter/labextensions/a/a.js.map",
    )
    assert (directory / "share/jupyter/lab/schemas/a.json").is_symlink()
    assert (directory / "share/jupyter/labextensions/a/a.js.map").is_symlink()
    assert (directory / "share/jupyter/lab/static").is_symlink()
    assert not (directory / "share/jupyter/lab/themes/index").is_symlink()
    assert (directory / "share/jupyter/lab/static/deep/x.css").read_text() == "css"
    assert run(directory, found, ours=result.files) == result
    assert run(directory, ours=result.files) == Provided(files=(), warnings=())
    assert list(directory.iterdir()) == []
    assert (base.site.parents[2] / "share/jupyter/lab/static/main.js").read_text() == "js"


@pytest.mark.parametrize(
    ("inherited", "own", "linked"),
    [("6.5.1", None, True), ("6.5", None, True), ("6.5.9", None, False), (None, None, False), ("6.5.1", "6.6", False)],
)
def test_what_is_large_is_linked_where_an_older_tornado_serves_it(
    base: Base, directory: Path, tmp_path: Path, inherited: str | None, own: str | None, *, linked: bool
) -> None:
    """Older than 6.5.9, it hands out links; a newer one that comes later gets a copy."""
    start = "share/jupyter/nbextensions/a/"
    large = add(base, "a", **{f"{start}largeDOTjs": " " * 2_000_000, f"{start}smallDOTjs": " " * 1_000_000})
    tornado = Base(tmp_path / "other").add("tornado")
    below = [] if inherited is None else [replace(tornado, version=Version(inherited))]
    above = () if own is None else (replace(tornado, version=Version(own)),)
    result = run(directory, large, *below, own=above)
    assert [(directory / start / name).is_symlink() for name in ("large.js", "small.js")] == [linked, False]
    newer = replace(tornado, version=Version("6.6"))
    assert run(directory, large, own=(newer,), ours=result.files) == result
    assert not (directory / start / "large.js").is_symlink()
    assert (directory / start / "large.js").read_text() == " " * 2_000_000


def test_what_is_too_large_for_settings_is_linked(base: Base, directory: Path) -> None:
    """Data may be JSON too."""
    found = add(base, "data", share__data__aDOTjson=" " * 70_000, share__data__bDOTjson="{}")
    run(directory, found)
    assert [(directory / "share/data" / name).is_symlink() for name in ("a.json", "b.json")] == [True, False]


def test_what_jupyterlab_built_anew_stays(base: Base, directory: Path) -> None:
    """A real directory in place of our link is the user's build."""
    found = add(base, "lab", share__jupyter__lab__static__mainDOTjs="js")
    (directory / "share/jupyter/lab/static").mkdir(parents=True)
    assert run(directory, found, ours=("share/jupyter/lab/static",)) == Provided(files=(), warnings=())


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["/usr/bin/python3", "-m", "k"], "ENV"),
        (["C:\\conda\\python.exe", "-m", "k"], "ENV"),
        (["python", "-m", "k"], "python"),
        (["/usr/bin/bash"], "/usr/bin/bash"),
        ([], None),
        ("python", None),
    ],
)
def test_kernels_run_under_the_environments_interpreter(
    base: Base, directory: Path, argv: object, expected: str | None
) -> None:
    """conda and Debian name the base's interpreter in a kernel: it would not see the environment."""
    text = json.dumps({"argv": argv})
    result = run(directory, add(base, "kernel", share__jupyter__kernels__p__kernelDOTjson=text))
    content = (directory / result.files[0]).read_text()
    if expected is None:
        assert content == text
    else:
        wanted = str(directory / "bin" / "python") if expected == "ENV" else expected
        assert json.loads(content)["argv"][0] == wanted


@pytest.mark.parametrize("content", ["", "[", "[]", '{"argv": [1]}', "\udcff"])
def test_a_kernel_that_is_none_is_left_as_it_is(base: Base, directory: Path, content: str) -> None:
    """Whatever stands in it is the base's."""
    found = add(base, "kernel", share__jupyter__kernels__p__kernelDOTjson="")
    path = base.site.parents[2] / "share/jupyter/kernels/p/kernel.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    result = run(directory, found)
    assert (directory / result.files[0]).read_bytes() == path.read_bytes()


def test_of_two_the_first_one_counts_and_own_files_stay(base: Base, directory: Path) -> None:
    """Nothing is there twice, and what is installed in the environment is not touched."""
    first = add(base, "first", share__x="first", share__own="base")
    second = base.add("second", record=[f"{UP}share/x"])
    (directory / "share").mkdir()
    (directory / "share" / "own").write_text("own")
    site = Base(directory)
    own = site.add("own", record=[f"{UP}share/own"])
    result = run(directory, first, second, own=(own,), ours=("share/own",))
    assert result == Provided(files=("share/x",), warnings=())
    assert (directory / "share" / "own").read_text() == "own"
    assert run(directory, own=(own,), ours=("share/own", "share/x")).files == ()
    assert (directory / "share" / "own").read_text() == "own"
    assert not (directory / "share" / "x").is_symlink()


def test_what_the_user_has_there_stays(base: Base, directory: Path) -> None:
    """Files that are not ours are not replaced, and not counted."""
    found = add(base, "demo", share__a="a", share__bDOTcfg="b", share__cDOTcfg="c")
    (directory / "share").mkdir()
    (directory / "share" / "a").write_text("mine")
    (directory / "share" / "b.cfg").write_text("mine")
    (directory / "share" / "c.cfg").write_text("c")  # of a run that was killed before it could say so
    assert run(directory, found) == Provided(files=("share/c.cfg",), warnings=())
    assert (directory / "share" / "a").read_text() == "mine"
    assert (directory / "share" / "b.cfg").read_text() == "mine"


def test_an_earlier_link_and_an_earlier_copy_are_brought_up_to_date(
    base: Base, directory: Path, tmp_path: Path
) -> None:
    """A link that leads to another base is replaced; a link in place of a copy too."""
    found = add(base, "demo", share__a="a", share__bDOTcfg="b")
    (directory / "share").mkdir()
    for name in ("a", "b.cfg"):
        (directory / "share" / name).symlink_to(tmp_path / "gone")
    assert run(directory, found).files == ("share/a", "share/b.cfg")
    assert tree(directory) == {"share/a": "a", "share/b.cfg": "b"}
    (directory / "share" / "a").unlink()
    (directory / "share" / "a").write_text("was copied by an earlier version")
    run(directory, found, ours=("share/a", "share/b.cfg"))
    assert (directory / "share" / "a").is_symlink()


def test_obstacles_are_named(base: Base, directory: Path, tmp_path: Path) -> None:
    """A directory or a link in the way: nothing is written elsewhere, and it is said."""
    found = add(base, "demo", share__demo__x="x", etc__demo="y", man__man1__z="z")
    (tmp_path / "elsewhere").mkdir()
    (directory / "share").symlink_to(tmp_path / "elsewhere")
    (directory / "etc" / "demo").mkdir(parents=True)
    (directory / "man").write_text("")
    result = run(directory, found, ours=("share/gone", "man/gone", "etc/demo", "etc/nothing"))
    assert result.files == ()
    assert result.warnings == (
        "the data file etc/demo is left out: there is a directory in its place",
        f"the data file man/man1/z is left out: {directory / 'man'} is no directory",
        f"the data file share/demo/x is left out: {directory / 'share'} is a link, which may lead into the base",
    )
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_is_gone_or_no_file_is_left_out(base: Base, directory: Path) -> None:
    """RECORD may be older than the base, or name a directory."""
    (base.site.parents[2] / "share" / "folder").mkdir(parents=True)
    found = base.add("demo", record=[f"{UP}share/gone", f"{UP}share/folder"])
    assert run(directory, found) == Provided(files=(), warnings=())
    assert run(directory, base.add("other")) == Provided(files=(), warnings=())


def test_only_some_is_said_and_only_so_many_are_made(
    base: Base, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base with absurdly many files costs one line."""
    monkeypatch.setattr(data, "MOST", 10)
    found = add(base, "demo", **{f"share__f{number:02}": "" for number in range(12)})
    (directory / "share").write_text("")
    result = run(directory, found)
    assert len(result.warnings) == 6
    assert result.warnings[0] == "the base has 12 data files of what is declared: beyond 10 they are left out"
    assert result.warnings[-1] == "6 more data files are left out"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_an_environment_that_can_not_be_written(base: Base, directory: Path) -> None:
    """The error names the file."""
    directory.chmod(0o500)
    with pytest.raises(OSError, match="share"):
        run(directory, add(base, "demo", share__x="x"))


@pytest.mark.skipif(os.name == "nt", reason="needs owners and modes")
def test_no_file_of_another_user_is_published(base: Base, directory: Path) -> None:
    """A copy is as open as the file; what a link leads to, out of the base, is copied if it is of the base's owner."""
    prefix = base.site.parents[2]
    found = add(base, "demo", etc__own="own", etc__closed="closed", etc__linked="x", share__page="page")
    (prefix / "etc" / "closed").chmod(0o600)
    elsewhere = directory.parent / "elsewhere"
    elsewhere.write_text("of somebody")
    (prefix / "etc" / "linked").unlink()
    (prefix / "etc" / "linked").symlink_to(elsewhere)
    before = os.umask(0o022)
    try:
        assert run(directory, found).files == ("etc/closed", "etc/linked", "etc/own", "share/page")
        assert [(directory / "etc" / name).stat().st_mode & 0o777 for name in ("closed", "own")] == [0o600, 0o644]
        if os.geteuid() == 0:
            (directory / "etc" / "linked").unlink()
            os.chown(elsewhere, 65534, 65534)
            result = run(directory, found)
            assert "etc/linked" not in result.files
            assert result.warnings == (
                "the data file etc/linked is left out: it leads out of the base, to a file of another user",
            )
            assert not (directory / "etc" / "linked").exists()
    finally:
        os.umask(before)


def test_what_a_package_manager_knows_is_there_too(base: Base, directory: Path) -> None:
    """Besides what RECORD names, each file once; what the environment has itself is looked up in RECORD alone."""
    prefix = base.site.parents[2]
    found = add(base, "demo", share__demo__a="a")
    for place in ("share/demo/a", "share/demo/b"):
        (prefix / place).write_text(place[-1])
    info = "lib/python3.12/site-packages/demo-1.0.dist-info"
    listed = [f"{info}/METADATA", "share/demo/a", "share/demo/b", "share/demo/gone"]
    (prefix / "conda-meta").mkdir()
    (prefix / "conda-meta" / "demo-1.0-0.json").write_text(json.dumps({"files": listed}))
    packages = system_packages(str(prefix), [str(base.site)])

    def result(*own: Distribution) -> Provided:
        return provide(
            [found], own=own, directory=directory, python=directory / "python", packages=packages, windows=False
        )

    assert result() == Provided(files=("share/demo/a", "share/demo/b"), warnings=())
    assert tree(directory) == {"share/demo/a": "a", "share/demo/b": "b"}
    assert result(found).files == ("share/demo/b",)
