"""What the arguments of an installer declare."""

from __future__ import annotations

import os
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from support.requirements_files import Project, make_project
from tox_sitediff.uv.options import option_of, takes_value, without_pip_only
from tox_sitediff.uv.requirements_file import constraints_in, names_in

if TYPE_CHECKING:
    from pathlib import Path


TOX: Final = Version(version("tox"))


HASH: Final = f"--hash=sha256:{'0' * 64}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return make_project(tmp_path, monkeypatch)


def test_requirements_are_declared_in_their_order_and_nothing_else_is_asked_for(project: Project) -> None:
    found = project.parse("b>=1", "a[x]; python_version > '3'")
    assert [str(item.requirement) for item in found.declared] == ["b>=1", 'a[x]; python_version > "3"']
    assert (found.constraints, found.deep, found.plain) == ((), True, True)
    assert [str(root.requirement) for root in found.roots()] == ["b>=1", 'a[x]; python_version > "3"']


@pytest.mark.parametrize(
    "arguments",
    [
        ["-r", "r.txt"],
        ["-rr.txt"],
        ["-r=r.txt"],
        ["--requirement", "r.txt"],
        ["--requirements=r.txt"],
        ["-r", "./r.txt"],
    ],
)
def test_a_requirements_file_is_read_however_it_is_given(project: Project, arguments: list[str]) -> None:
    project.write("r.txt", "b>=1\na\n")
    assert project.declared(*arguments, "c") == ["a", "b>=1", "c"]


@pytest.mark.parametrize(
    "arguments", [["-c", "c.txt"], ["-cc.txt"], ["--constraint=c.txt"], ["--constraints", "c.txt"]]
)
def test_a_constraints_file_is_read_however_it_is_given(project: Project, arguments: list[str]) -> None:
    project.write("c.txt", "a<2\n# comment\nb==1 ; sys_platform == 'win32'\n")
    found = project.parse("a", *arguments)
    assert [str(item) for item in found.constraints] == ["a<2", 'b==1; sys_platform == "win32"']
    assert [item.text for item in found.declared] == ["a"]
    assert found.plain


def test_files_name_further_files_relative_to_themselves_and_constraints_stay_constraints(project: Project) -> None:
    project.write("sub/r.txt", "a\n-r more/r.txt\n-c ../c.txt\n")
    project.write("sub/more/r.txt", "b\n")
    project.write("c.txt", "a<2\n")
    found = project.parse("-r", "sub/r.txt")
    assert [item.text for item in found.declared] == ["a", "b"]
    assert [(str(item), item.origin) for item in found.constraints] == [("a<2", "c.txt")]
    assert found.plain


def test_a_constraint_is_said_to_come_from_the_file_as_people_would_call_it(project: Project) -> None:
    project.write("../outside.txt", "a<2\n")
    outside = project.path.parent / "outside.txt"
    assert [item.origin for item in project.parse("-c", "../outside.txt").constraints] == [str(outside)]
    project.write("r.txt", f"a\n-c {outside.as_uri()}\n")
    assert [item.origin for item in project.parse("-r", "r.txt").constraints] == [outside.as_uri()]


@pytest.mark.parametrize(("text", "found"), [("a<2\nb\n", ["a<2", "b"]), ("a<<2\n", []), (None, [])])
def test_constraints_of_a_file_that_a_setting_names(project: Project, text: str | None, found: list[str]) -> None:
    """What can't be read is uv's to refuse."""
    if text is not None:
        project.write("limits.txt", text)
    limits = constraints_in(project.path / "limits.txt", {}, origin="limits.txt (UV_CONSTRAINT)")
    assert [*map(str, limits)] == found
    assert {limit.origin for limit in limits} == ({"limits.txt (UV_CONSTRAINT)"} if found else set())


def test_files_use_the_variables_of_the_environment(project: Project) -> None:
    project.write("r.txt", "${NAME}>=${VERSION}\n")
    assert project.declared("-r", "r.txt", NAME="demo", VERSION="1.5") == ["demo>=1.5"]


def test_hashes_are_noted_where_they_were_asked_for(project: Project) -> None:
    project.write("r.txt", f"a==1 \\\n  {HASH}\nb\n")
    found = project.parse("-r", "r.txt")
    assert [(item.text, item.hashed) for item in found.declared] == [("a==1", True), ("b", False)]
    assert found.plain
    project.write("r.txt", f"--require-hashes\na==1 {HASH}\n")
    assert not project.parse("-r", "r.txt").plain


@pytest.mark.parametrize(
    "content", ["-i https://index.example/simple\na", "--pre\na", "--no-binary :all:\na", "-f ./wheels\na"]
)
def test_options_of_files_that_say_where_to_look_change_nothing(project: Project, content: str) -> None:
    project.write("r.txt", content)
    assert project.declared("-r", "r.txt") == ["a"]


@pytest.mark.parametrize(
    "content",
    [
        b"-r r.txt\n",
        b"-r other.txt\n",
        b"-r missing.txt\n",
        b"a\n--unknown\n",
        b"a --hash=sha256:short\n",
        pytest.param(
            b"# coding: no-such-coding\n",
            marks=pytest.mark.skipif(Version("4.67.14") > TOX, reason="this tox reads it all the same"),
        ),
        b"# coding: utf-8\n\xff\n",
        b"\xff\xfea",
        b"-e\n",
        b"a 'unclosed --hash=\"\n",
        b"-r nul\0\n",
        b"a >< 1\n",
        b"./directory\n",
        b"-e ./directory\n",
        b"https://host.example/archive\n",
        b"-c constraint.txt\n",
    ],
    ids=repr,
)
def test_a_file_that_can_not_be_read_or_says_more_is_left_to_the_installer(project: Project, content: bytes) -> None:
    project.write("r.txt", content)
    project.write("other.txt", "-r r.txt\n")
    project.write("constraint.txt", "./directory\n")
    assert not project.parse("-r", "r.txt").plain


def test_files_that_are_none_or_lie_elsewhere_are_left_to_the_installer(project: Project) -> None:
    for name in ("missing.txt", ".", "", "nul\0", "x" * 5000, "https://host.example/r.txt", "-"):
        assert not project.parse("-r", name).plain, name
    assert not project.parse("-r").plain
    assert not project.parse("a", "-c").plain


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")
def test_a_pipe_is_left_for_the_installer_to_read(project: Project) -> None:
    os.mkfifo(project.path / "pipe")
    assert not project.parse("-r", "pipe").plain


def test_files_that_go_too_deep_are_left_to_the_installer(project: Project) -> None:
    for at in range(1100):
        project.write(f"r{at}.txt", f"-r r{at + 1}.txt\n")
    project.write("r1100.txt", "a\n")
    assert not project.parse("-r", "r0.txt").plain


@given(content=st.binary(max_size=60) | st.text("-rc e.\\\n'\"#=[]a1@;/$ {", max_size=40).map(str.encode))
def test_whatever_a_file_holds_reading_it_gives_an_answer(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    project = Project(tmp_path_factory.mktemp("any"))
    for name in ("r.txt", "c.txt"):
        project.write(name, content)
    assert len(project.parse("-r", "r.txt", "-cc.txt").roots()) <= content.count(b"\n") + content.count(b"\r") + 30


@given(
    st.lists(
        st.sampled_from(["a", "-r", "-c", "-e", "--", "-", "", "--no-deps", "-q", "./x[", "x.zip[", "=", "-r=", "@"])
    )
)
def test_whatever_the_arguments_are_they_give_an_answer(
    tmp_path_factory: pytest.TempPathFactory, arguments: list[str]
) -> None:
    found = Project(tmp_path_factory.getbasetemp()).parse(*arguments)
    assert len(found.declared) <= len(arguments)


# --- paths and URLs


@pytest.mark.parametrize(
    ("text", "name", "extras"),
    [
        ("demo-1.0-py3-none-any.whl", "demo", ""),
        ("./dist/Demo_Thing-1.0-py3-none-any.whl[x,y]", "demo-thing", "[x,y]"),
        ("demo-1.0.tar.gz", "demo", ""),
        ("sub/demo-1.0.zip[x]", "demo", "[x]"),
        ("demo @ ./demo-1.0.zip", "demo", ""),
    ],
)
def test_a_file_is_known_by_the_name_that_it_carries_and_lies_in_the_project(
    project: Project, text: str, name: str, extras: str
) -> None:
    (requirement,) = project.declared(text)
    path = project.path / re.sub(r"\[.*|demo @ ", "", text)
    assert requirement == f"{name}{extras} @ {path.as_uri()}"


def test_an_archive_at_a_url_is_known_by_its_name(project: Project) -> None:
    url = "https://host.example/demo-1.0-py3-none-any.whl"
    assert project.declared(f"{url}#sha256=00", f"demo @ {url}") == [f"demo @ {url}#sha256=00", f"demo @ {url}"]


@pytest.mark.parametrize(
    ("arguments", "text", "extras"),
    [
        (["."], ".", ""),
        (["./pkg[x]"], "./pkg[x]", "[x]"),
        (["-e", "pkg"], "pkg", ""),
        (["-epkg"], "pkg", ""),
        (["--editable=pkg[x,y]"], "pkg[x,y]", "[x,y]"),
        (["./demo-1.0.zip[[bad"], "./demo-1.0.zip[[bad", ""),
        (["./a b/demo.zip"], "./a b/demo.zip", ""),
    ],
)
def test_what_has_no_name_yet_is_declared_by_its_place_and_left_to_the_installer(
    project: Project, arguments: list[str], text: str, extras: str
) -> None:
    found = project.parse(*arguments)
    (item,) = found.declared
    assert item.text == os.path.join(project.path, text)  # keeps the dot
    assert (item.requirement, item.extras, found.plain, found.roots()) == (None, extras, False, [])
    assert (project.path / text.removesuffix(extras)).as_uri() in item.sources


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_a_path_counts_as_written_and_as_resolved(project: Project) -> None:
    (project.path / "real").mkdir()
    (project.path / "link").symlink_to("real")
    (item,) = project.parse("-e", "./link/").declared
    assert item.sources == {(project.path / name).as_uri() for name in ("link", "real")}
    assert not project.parse("./nul\0").declared[0].sources


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("git+https://host.example/demo.git@main#egg=demo", "https://host.example/demo.git"),
        ("git+https://host.example/demo.git", "https://host.example/demo.git"),
        ("git+ssh://git@host.example/demo@v1", "ssh://git@host.example/demo"),
        ("git+ssh://git@host.example/demo", "ssh://git@host.example/demo"),
        ("file:///src/demo/", "file:///src/demo"),
    ],
)
def test_a_url_without_a_name_is_looked_for_as_its_origin_will_give_it(
    project: Project, text: str, source: str
) -> None:
    (item,) = project.parse(text).declared
    assert item.requirement is None
    assert source in item.sources


def test_an_editable_with_a_name_is_declared_by_it(project: Project) -> None:
    found = project.parse("-e", "demo @ file:///src/demo")
    assert [str(root.requirement) for root in found.roots()] == ["demo @ file:///src/demo"]
    assert not found.plain


def test_a_constraint_with_a_url_is_left_to_the_installer(project: Project) -> None:
    project.write("c.txt", "a @ https://host.example/a-1.0.zip\n")
    found = project.parse("a", "-c", "c.txt")
    assert [str(item) for item in found.constraints] == ["a @ https://host.example/a-1.0.zip"]
    assert not found.plain


# --- what is elsewhere, and secrets


def test_what_is_elsewhere_is_left_for_uv_to_fetch(project: Project) -> None:
    """Attack: a nested file at a URL was fetched by us, past `--offline`, the proxy, the certificates and .netrc."""
    elsewhere = "http://me:s3cret@host.example/more.txt"
    project.write(
        "r.txt", f"-r {elsewhere}\n-c https://host.example/limits.txt\n-r near.txt\nfar @ ftp://host.example/x\n"
    )
    project.write("near.txt", f"a\n-r {(project.path / 'by-url.txt').as_uri()}\n")
    project.write("by-url.txt", "b\n")
    found = project.parse("-r", "r.txt", "-r", "https://host.example/r.txt", "--offline")
    assert sorted(item.text for item in found.declared) == ["a", "b", "far @ ftp://host.example/x"]
    assert sorted(found.unread) == [
        "http://me:****@host.example/more.txt",
        "https://host.example/limits.txt",
        "https://host.example/r.txt",
    ]
    assert (found.plain, found.pinnable) == (False, False)
    assert names_in(project.path / "r.txt", {}) == {"a", "b", "far"}


def test_no_secret_of_a_url_gets_further_than_the_arguments(project: Project) -> None:
    """Attack: what is declared lies in records and reports, which are made to be passed on."""
    project.write(
        "r.txt", "a @ https://me:${TOKEN}@host.example/a-1.0.zip\n-e git+https://${TOKEN}@host.example/b.git\n"
    )
    project.write("c.txt", "c @ https://me:${TOKEN}@host.example/c.zip\n-r https://${TOKEN}@host.example/d.txt\n")
    found = project.parse("-rr.txt", "-cc.txt", "e @ https://me:s3cret@host.example/e.zip", TOKEN="s3cret")
    assert [item.text for item in found.declared if item.requirement is not None] == [
        "a @ https://me:****@host.example/a-1.0.zip",
        "e @ https://me:****@host.example/e.zip",
    ]
    assert [item.sources for item in found.declared if item.requirement is None] == [{"https://host.example/b.git"}]
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("--index-url https://host.example/simple", True),
        ("-r more.txt", True),
        ("--extra-index-url https://host.example/simple", False),
        ("--no-index\n--index-url https://host.example/simple", False),
        ("--pre", False),
    ],
)
def test_a_file_that_names_the_main_index(project: Project, lines: str, expected: bool) -> None:
    project.write("more.txt", "-i https://host.example/simple\n")
    project.write("r.txt", f"{lines}\na\n")
    assert project.parse("-r", "r.txt").names_index is expected


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ("a", ["--require-hashes"], True),
        ("--require-hashes\na", [], True),
        (f"a==1 {HASH}\nb", [], True),
        ("a", [], False),
    ],
)
def test_hashes_are_asked_for_of_everything_or_of_nothing(
    project: Project, text: str, arguments: list[str], expected: bool
) -> None:
    project.write("r.txt", f"{text}\n")
    assert project.parse("-r", "r.txt", *arguments).is_hashed is expected


# --- options


def test_without_dependencies_is_plain_and_shallow(project: Project) -> None:
    found = project.parse("--no-deps", "a")
    assert (found.deep, found.plain, found.roots()[0].deep) == (False, True, False)


@pytest.mark.parametrize(
    "option",
    [
        "-U",
        "--upgrade",
        "--reinstall",
        "--force-reinstall",
        "-x",
        "-Xvalue",
        "--unknown=value",
        "--no-sources",
    ],
)
def test_an_option_that_is_not_known_to_be_harmless_is_left_to_the_installer(project: Project, option: str) -> None:
    found = project.parse(option, "a")
    assert [item.text for item in found.declared] == ["a"]
    assert not found.plain


@pytest.mark.parametrize(
    "arguments", [["--index-url", "x"], ["-ix"], ["-i=x"], ["--pre"], ["-q"], ["--use-feature", "x"]]
)
def test_an_option_that_says_where_to_look_or_how_to_talk_changes_nothing(
    project: Project, arguments: list[str]
) -> None:
    assert project.declared("a", *arguments, "b") == ["a", "b"]


def test_behind_two_dashes_all_are_requirements(project: Project) -> None:
    assert project.declared("-q", "--", "a", "b") == ["a", "b"]
    found = project.parse("--", "a", "-r", "--pre")
    assert [os.path.basename(item.text) for item in found.declared] == ["a", "-r", "--pre"]


def test_options_that_only_pip_knows_are_dropped_for_uv_and_nothing_else_is() -> None:
    arguments = [
        "--prefer-binary",
        "-r",
        "r.txt",
        "--use-feature",
        "x",
        "--progress-bar=off",
        "--use-deprecated=y",
        "a",
    ]
    assert without_pip_only(arguments) == ["-r", "r.txt", "a"]
    assert without_pip_only(["--", "--prefer-binary", "--use-feature"]) == ["--", "--prefer-binary", "--use-feature"]
    assert without_pip_only(["a", "--use-feature"]) == ["a"]


@pytest.mark.parametrize("option", ["--override", "--overrides", "--exclude", "--excludes"])
def test_names_that_are_overridden_or_excluded_are_known_whatever_their_markers(project: Project, option: str) -> None:
    project.write("o.txt", "A_b==2; sys_platform == 'win32'\nc\n")
    for arguments in ([option, "o.txt"], [f"{option}=o.txt"]):
        found = project.parse("a", *arguments)
        assert set(found.ignored) == {"a-b", "c"}
        assert not found.plain


def test_a_file_of_overrides_that_can_not_be_read_names_nothing(project: Project) -> None:
    project.write("o.txt", "a\n./directory\n")
    project.write("unknown.txt", "a --unknown\n")
    for name in ("o.txt", "unknown.txt", "missing.txt", "."):
        assert project.parse("a", "--overrides", name).ignored == frozenset()
    assert project.parse("a").ignored == frozenset()


def test_which_options_have_a_value_and_where_it_stands() -> None:
    assert option_of("-rfile.txt") == ("-r", "file.txt")
    assert option_of("-r") == ("-r", None)
    assert option_of("--extra=x") == ("--extra", "x")
    assert option_of("--pre") == ("--pre", None)
    assert takes_value("--extra")
    assert not takes_value("--pre")


def test_projects_and_groups_declare_what_uv_takes_from_them(project: Project) -> None:
    """Wherever the extras stand; uv is asked all the same, for its sources may lead elsewhere."""
    text = '[project]\nname = "n"\ndependencies = ["a"]\n[project.optional-dependencies]\nx = ["b"]\n'
    project.write("pyproject.toml", text + '[dependency-groups]\ng = ["c"]\n')
    project.write("sub/pyproject.toml", '[dependency-groups]\ng = ["d"]\n')

    def names(*arguments: str) -> list[str]:
        found = project.parse(*arguments)
        assert not found.plain
        return [item.text for item in found.declared]

    assert names("-r", "pyproject.toml") == ["a"]
    assert names("--extra", "x", "-r", "pyproject.toml") == ["a", "b"]
    assert names("-r", "pyproject.toml", "--all-extras", "z") == ["z", "a", "b"]
    assert names("--group", "g", "--group=sub/pyproject.toml:g") == ["c", "d"]
    assert names("--group", "nobody", "-r", "sub/pyproject.toml") == []
    project.write("pyproject.toml", "[")
    assert names("-r", "pyproject.toml", "--group", "g") == []
    assert names("--group", "missing/pyproject.toml:g") == []


@pytest.mark.parametrize(
    ("arguments", "resolution", "plain"),
    [
        (["a"], None, True),
        (["a", "--resolution", "highest"], "highest", True),
        (["a", "--resolution=lowest"], "lowest", False),
        (["a", "--resolution", "lowest-direct"], "lowest-direct", False),
    ],
)
def test_which_versions_are_wanted_is_read(
    project: Project,
    arguments: list[str],
    resolution: str | None,
    plain: bool,
) -> None:
    found = project.parse(*arguments)
    assert (found.resolution, found.plain) == (resolution, plain)


# --- files that are no lists of requirements

SCRIPT: Final = """\
# /// script
# dependencies = ["a>=1", "b"]
# [tool.uv]
# constraint-dependencies = ["b<3"]
# override-dependencies = ["c==1"]
# ///
d
"""


@pytest.mark.parametrize("name", ["tool.py", "tool.PYW", "tool"])
def test_the_metadata_of_a_script_are_what_it_asks_for(project: Project, name: str) -> None:
    """And not its lines, whatever they look like; uv is asked all the same."""
    project.write(name, SCRIPT)
    found = project.parse("-r", name)
    assert [item.text for item in found.declared] == ["a>=1", "b"]
    assert [(str(item), item.origin) for item in found.constraints] == [("b<3", name)]
    assert found.ignored == {"c"}
    assert (found.plain, found.pinnable, found.unknown) == (False, False, ())


def test_what_a_script_is_uv_tells_by_its_name(project: Project) -> None:
    project.write("tool.txt", SCRIPT)
    assert project.declared("-r", "tool.txt") == ["d"]
    project.write("list", "a\n")
    assert project.declared("-r", "list") == ["a"]
    project.write("c.py", SCRIPT)
    assert [str(item) for item in project.parse("a", "-c", "c.py").constraints] == ["d"]


def test_a_script_without_metadata_is_for_uv_to_refuse(project: Project) -> None:
    project.write("tool.py", "a\n")
    found = project.parse("-r", "tool.py")
    assert (found.declared, found.plain) == ((), False)


@pytest.mark.parametrize("name", ["pylock.toml", "sub/pylock.dev.toml"])
def test_a_lock_file_is_passed_on_with_what_is_asked_of_it(project: Project, name: str) -> None:
    project.write(name, "x")
    found = project.parse("-r", name, "--extra", "e", "--group", "g")
    assert (found.declared, found.locks, found.plain) == ((), (project.path / name,), False)
    assert (found.extras, found.groups) == (("e",), ("g",))
    assert project.parse("-r", name, "--all-extras").extras is None


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg"])
def test_what_only_uv_knows_is_named(project: Project, name: str) -> None:
    project.write(name, "a\n")
    url = "https://host.example/r.txt"
    found = project.parse("-r", name, "-r", url, "-c", "https://host.example/c.txt", "-r", "")
    assert (found.declared, found.plain, found.unknown) == ((), False, (name,))
    assert found.unread == (url, "https://host.example/c.txt")


def test_groups_are_those_of_the_project_that_is_named(project: Project) -> None:
    """By the option or the variable; a file that is named with its group starts where uv does."""
    for place in ("", "one/", "two/"):
        project.write(f"{place}pyproject.toml", f'[dependency-groups]\ng = ["in-{place or "here"}"]\n'.replace("/", ""))
    assert [item.text for item in project.parse("--group", "g").declared] == ["in-here"]
    assert [item.text for item in project.parse("--group", "g", UV_PROJECT="one").declared] == ["in-one"]
    found = project.parse("--project", "two", "--group", "g", "--group", "one/pyproject.toml:g", UV_PROJECT="one")
    assert [item.text for item in found.declared] == ["in-two", "in-one"]


def test_what_is_to_be_told_and_not_done(project: Project) -> None:
    assert not project.parse("a").only_looks
    assert project.parse("a", "--check").only_looks
    assert project.parse("--dry-run", "a").only_looks
    assert (project.parse("a").exact, project.parse("a", "--exact").exact) == (False, True)
