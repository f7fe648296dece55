"""``sitediff plan``, ``inventory``, ``check``, ``uv`` and ``report``: what changes nothing."""

from __future__ import annotations

import json
import shutil
import tarfile
import zipfile
from typing import TYPE_CHECKING, cast

import pytest

from support.bases.made import Base, uv_program
from support.shell import own, site, versions

if TYPE_CHECKING:
    from pathlib import Path

    from support.index import Index
    from support.shell import Shell


def test_the_plan_is_what_the_installation_does_and_changes_nothing(shell: Shell) -> None:
    environment = shell.venv()
    before = sorted(site(environment).rglob("*"))
    found = shell.plan("runner-mock", "numlib>=2", "dates")
    assert sorted(site(environment).rglob("*")) == before
    assert not (environment / "sitediff.json").exists()
    assert [*found] == ["schema", "python", "declared", "reused", "install", "shadowed", "conflicts", "unmet"]
    assert found["schema"] == 1
    assert found["declared"] == ["dates", "numlib>=2", "runner-mock"]
    assert [*found["reused"][0]] == ["name", "version", "location", "bytes", "why"]
    assert [*found["install"][0]] == ["name", "version", "why"]
    assert versions(found["reused"]) == {"dates": "2.8.0", "hooks": "1.0", "runner": "7.4.0"}
    assert {item["name"]: item["why"] for item in found["reused"]}["hooks"] == ["runner-mock", "runner", "hooks"]
    assert found["shadowed"] == [{"name": "numlib", "base_version": "1.26.0", "version": "2.0.0"}]
    assert found["conflicts"] == [{"name": "frame", "version": "2.1.0", "requires": "numlib<2", "found": "2.0.0"}]
    shell.sitediff("install", "runner-mock", "numlib>=2", "dates")
    assert own(environment) == {"numlib": "2.0.0", "runner_mock": "3.1"}
    assert versions(found["install"]) == {"numlib": "2.0.0", "runner-mock": "3.1"}


def test_a_dry_run_of_install_is_the_plan(shell: Shell) -> None:
    shell.venv()
    assert shell.sitediff("install", "--dry-run", "tiny").out == shell.sitediff("plan", "tiny").out


def test_a_plan_that_can_not_be_carried_out_names_what_is_not_met(shell: Shell) -> None:
    """Exit status 1; uv's own reason for people, the requirement for programs."""
    shell.venv()
    said = shell.sitediff("plan", "--format", "json", "frame", "numlib>=2", status=1)
    assert "sitediff: not met: numlib>=2: found 1.26.0 in" in said.err
    assert "No solution found" in said.err
    found = said.plan()
    assert [item["requirement"] for item in found["unmet"]] == ["numlib>=2"]
    assert versions(found["reused"]).keys() == {"dates", "frame"}
    assert found["install"] == []


def test_explained(shell: Shell) -> None:
    """Reused, installed, excluded, hidden in a layer, in nobody's way: in words, with the requirement and the place."""
    shell.venv("team")
    shell.sitediff("install", "-q", "--python", "team", "numlib>=2", "tiny==1.0")
    shell.venv(".venv", "--layer", "team")
    base, layer = shell.base.site, site(shell.directory / "team")

    def explained(name: str, *arguments: str) -> list[str]:
        return shell.sitediff("plan", *arguments, "--explain", name).out.splitlines()

    assert explained("dates", "frame") == [
        f"dates 2.8.0 would be reused from {base}, needed by frame -> dates",
        "  frame 2.1.0 asks for dates>=2",
        f"  {base} (base) has 2.8.0, which meets all of these",
    ]
    assert explained("numlib", "frame") == [
        "numlib 1.26.0 would be installed, needed by frame -> numlib",
        "  frame 2.1.0 asks for numlib<2",
        f"  {layer} (extra) has 2.0.0, which is not what is asked for by frame 2.1.0: numlib<2",
        f"  {base} (base) has 1.26.0, hidden behind the first one",
    ]
    assert explained("tiny", "tiny", "--exclude", "tiny") == [
        "tiny 1.1 would be installed",
        "  you ask for tiny",
        f"  {layer} (extra) has 1.0, which is excluded (--exclude, sitediff_exclude)",
    ]
    assert explained("unrelated", "tiny") == [
        "unrelated would be neither reused nor installed: nothing that was asked for requires it",
        f"  {base} (base) has 1.0",
    ]
    assert explained("svglib", "svglib") == [
        "svglib 1.5 would be installed",
        "  you ask for svglib",
        f"  nothing of that name lies in the environment, {layer}, {base}",
    ]


def test_a_constraint_is_explained_with_where_it_comes_from(shell: Shell) -> None:
    """Not as what a distribution requires: from a file, a file that a file names, a variable, uv's configuration."""
    shell.venv()
    shell.write("limits.txt", "numlib>=2\n")
    shell.write("sub/requirements.txt", "plotter\n-c ../limits.txt\n")

    def explained(*arguments: str) -> list[str]:
        return shell.sitediff("plan", *arguments, "--explain", "numlib").out.splitlines()

    def expected(origin: str) -> list[str]:
        return [
            "numlib 2.0.0 would be installed, needed by plotter -> numlib",
            "  plotter 3.8.0 asks for numlib",
            f"  {origin} constrains it to numlib>=2",
            f"  {shell.base.site} (base) has 1.26.0, which is not allowed by {origin}: numlib>=2",
        ]

    assert explained("plotter", "-c", "limits.txt") == expected("limits.txt")
    assert explained("-r", "sub/requirements.txt") == expected("limits.txt")
    shell.variables["UV_CONSTRAINT"] = "limits.txt"
    assert explained("plotter") == expected("limits.txt (UV_CONSTRAINT)")
    del shell.variables["UV_CONSTRAINT"]
    settings = shell.write("uv.toml", 'constraint-dependencies = ["numlib>=2"]\n')
    assert explained("plotter") == expected(f"constraint-dependencies in {settings}")


def test_the_inventory_says_what_and_from_where(shell: Shell) -> None:
    shell.venv("team")
    shell.sitediff("install", "-q", "--python", "team", "tiny==1.0")
    shell.venv(".venv", "--layer", "team")
    said = shell.sitediff("inventory")
    assert said.rows()[0] == ["distribution", "version", "from", "location"]
    assert ["tiny", "1.0", "extra", str(site(shell.directory / "team"))] in said.rows()
    assert ["numlib", "1.26.0", "base", str(shell.base.site)] in said.rows()
    assert f"7 distributions offered by {shell.base.python}" in said.err
    data = shell.sitediff("inventory", "--format", "json").json()
    assert [*data] == ["schema", "python", "layers", "distributions", "broken"]


def test_uv_sees_the_base_and_its_output_is_uvs(shell: Shell) -> None:
    """What uv says of an ordinary environment with the same distributions, it says of the slim one."""
    shell.venv()
    shell.sitediff("install", "-q", "tiny==1.0", "numlib<2")
    full = shell.directory / "full"
    shell.run(uv_program(), "venv", "-q", "--python", shell.base.python, full)
    everything = ("dates==2.8.0", "frame", "hooks", "numlib<2", "runner<8", "unrelated", "tiny==1.0")
    shell.run(uv_program(), "pip", "install", "--python", full, *everything)
    for command in (
        ("list",), ("list", "--format", "json"), ("tree",), ("tree", "--package", "frame"), ("freeze",),
        ("list", "--outdated"),
    ):  # fmt: skip
        theirs = shell.run(uv_program(), "pip", *command, "--python", full)
        ours = shell.sitediff("uv", "pip", *command)
        assert ours.out == theirs.out
    shown = shell.sitediff("uv", "pip", "show", "numlib", "tiny").out
    assert f"Name: numlib\nVersion: 1.26.0\nLocation: {shell.base.site}\n" in shown
    assert f"Name: tiny\nVersion: 1.0\nLocation: {site(shell.directory / '.venv')}\n" in shown
    for names in (("numlib", "runner"), ("numlib", "runner", "tiny")):
        blocks = shell.sitediff("uv", "pip", "show", "--files", *names).out.split("---\n")
        places = [".venv" if name == "tiny" else shell.base.python for name in names]
        assert [block.strip() for block in blocks] == [
            shell.run(uv_program(), "pip", "show", "--files", "--python", place, name).out.strip()
            for name, place in zip(names, places, strict=True)
        ]
    assert "All installed packages are compatible" in shell.sitediff("uv", "pip", "check").err
    assert own(shell.directory / ".venv") == {"tiny": "1.0"}


def test_uv_pip_check_finds_what_the_base_does_not_meet(shell: Shell) -> None:
    shell.venv()
    shell.sitediff("install", "-q", "numlib>=2")
    said = shell.sitediff("uv", "pip", "check", status=1)
    assert "frame" in said.err
    assert "numlib" in said.err


def test_of_a_base_uv_tells_without_touching_it(shell: Shell) -> None:
    assert "frame==2.1.0" in shell.sitediff("uv", "pip", "freeze", "--python", shell.base.python).out


@pytest.mark.parametrize("word", ["install", "uninstall", "sync"])
def test_what_uv_would_change_is_ours(shell: Shell, word: str) -> None:
    assert shell.refused("uv", "pip", word, "tiny").endswith(f"use: sitediff {word}")


@pytest.fixture
def own_base(tmp_path: Path, shell: Shell, index: Index) -> Base:
    """A base that the test may change, in the place of the shared one."""
    shell.base = Base(tmp_path / "own-base")
    shell.base.install(index, "frame==2.1.0", "numlib==1.26.0", "dates==2.8.0")
    return shell.base


def test_check_tells_the_chain_of_what_is_not_met_any_more_and_the_drift(
    shell: Shell, own_base: Base, index: Index
) -> None:
    shell.venv()
    shell.sitediff("install", "-q", "frame")
    good = shell.sitediff("check")
    assert "all that was declared is met, and the base is as it was" in good.out
    own_base.install(index, "numlib==2.0.0")
    said = shell.sitediff("check", status=1)
    assert f"not met: frame 2.1.0 -> numlib<2: found 2.0.0 in {own_base.site}" in said.out
    assert "numlib" in said.out.splitlines()[1]
    data = shell.sitediff("check", "--format", "json", status=1).json()
    findings = ["undeclared", "unused", "used", "misplaced", "unstated"]
    assert [*data] == ["schema", "good", "unmet", "drift", "conflicts", *findings]
    assert data["good"] is False
    assert data["unmet"] == [{"name": "numlib", "requirement": "numlib<2", "why": ["frame 2.1.0"], "found": "2.0.0"}]
    assert "numlib" in str(data["drift"])
    mended = shell.sitediff("install", "frame", "numlib<2")
    (line,) = (line for line in mended.err.splitlines() if line.endswith("; see: sitediff check"))
    assert "numlib" in line
    assert "all that was declared is met" in shell.sitediff("check").out


def test_check_audits_what_it_is_given(shell: Shell) -> None:
    shell.venv()
    assert shell.sitediff("check", "numlib<2").status == 0
    assert "not met: numlib>=2: found 1.26.0" in shell.sitediff("check", "numlib>=2", status=1).out


def test_check_names_a_gap_once_and_quietly_says_nothing_of_success(shell: Shell) -> None:
    """What breaks a declared distribution of the base is not told again as something that nobody declared."""
    shell.venv()
    shell.sitediff("install", "-q", "frame")
    assert shell.sitediff("check", "-q").out == ""
    shell.sitediff("install", "-q", "numlib>=2", status=1)
    assert shell.sitediff("check", status=1).out.splitlines() == [
        "not met: frame 2.1.0 -> numlib<2: found 2.0.0 in the environment"
    ]


def test_check_without_the_path_of_a_module_does_not_blame_the_base(shell: Shell) -> None:
    """What lies where it did is not gone: what puts it on ``sys.path`` is missing."""
    environment = shell.venv()
    module = shell.directory / "module"
    with zipfile.ZipFile(shell.index.wheel("svglib", "1.5")) as wheel:
        wheel.extractall(module)
    shell.variables["PYTHONPATH"] = str(module)
    shell.sitediff("install", "-q", "svglib", "frame")
    assert own(environment) == {}
    shell.sitediff("check")
    del shell.variables["PYTHONPATH"]
    said = shell.sitediff("check", status=1)
    assert f"svglib 1.5 is not seen any more, but still there in {module}: set what puts that on sys.path" in said.out
    assert "the base changed" not in said.out


def test_check_names_what_broke_in_the_base_without_being_declared(shell: Shell) -> None:
    shell.venv()
    shell.sitediff("install", "-q", "numlib>=2")
    said = shell.sitediff("check")
    assert "frame 2.1.0 needs numlib<2, now sees 2.0.0 (nothing that was declared needs it)" in said.out


def test_reports_of_several_are_merged(shell: Shell) -> None:
    """As CI collects them: in directories, renamed; and by default those of the active environment and .venv."""
    for name in (".venv", "other"):
        shell.venv(name)
        shell.sitediff("install", "-q", "--python", name, "frame", "tiny")
    (shell.directory / "artifacts" / "a").mkdir(parents=True)
    shutil.copy(shell.directory / "other" / "sitediff.json", shell.directory / "artifacts" / "a" / "py-sitediff.json")
    assert shell.sitediff("report").rows()[1][:3] == ["work", "3", "1"]
    said = shell.sitediff("report", ".venv", "artifacts", ".venv/sitediff.json")
    rows = {row[0]: row[1:] for row in said.rows() if row}
    assert [rows[name][:2] for name in ("work", "other", "total")] == [["3", "1"], ["3", "1"], ["6", "2"]]
    assert (rows["work"][-1], rows["other"][-1]) == (".venv/sitediff.json", "artifacts/a/py-sitediff.json")
    assert rows["base:"] == [str(shell.base.prefix)]
    # what was imported without being declared is below the table, with the lines to paste
    found = json.loads((shell.directory / ".venv" / "sitediff.json").read_text("utf-8"))
    found["undeclared"] = [
        {
            "name": "meter",
            "module": "meter",
            "imported_by": "frame.py:1",
            "kind": "base",
            "optional": False,
            "by_project": False,
            "entry_point": "",
            "in_distribution": True,
            "needed_by": ["frame"],
        }
    ]
    (shell.directory / "used.json").write_text(json.dumps(found), encoding="utf-8")
    lines = shell.sitediff("report", "used.json").out.splitlines()
    assert any("frame.py:1: import meter" in line for line in lines)
    assert lines[-2:] == ["sitediff_declare =", "    frame: meter"]
    data = shell.sitediff("report", "artifacts", "--format", "json").json()
    assert data["records"] == [json.loads((shell.directory / "other" / "sitediff.json").read_text())]
    markdown = shell.sitediff("report", "artifacts", "--format", "markdown").out.splitlines()
    assert markdown[:2] == [
        "| environment | reused | installed | size | saved | files |", "| --- | ---: | ---: | ---: | ---: | ---: |"
    ]  # fmt: skip
    assert markdown[2].startswith("| `other` | 3 | 1 | ")


def test_a_report_compares_and_ends_with_1_where_too_much_was_added(shell: Shell) -> None:
    """What got larger, what brought it about, and through which requirement; the summary of the job has it too."""
    shell.venv()
    shell.sitediff("install", "-q", "numlib", "runner")
    shell.sitediff("report", "--format", "json", "--output", "before.json")
    shell.sitediff("install", "-q", "numlib>=2", "tiny")
    shell.variables["GITHUB_STEP_SUMMARY"] = str(shell.directory / "summary.md")
    said = shell.sitediff("report", "--compare", "before.json", "--fail-over", "1GB")
    assert "work: numlib 1.26.0 reused -> 2.0.0 installed" in said.out
    assert "the base's 1.26.0 no longer fits what is declared" in said.out
    said = shell.sitediff("report", "--compare", "before.json", "--fail-increase", "10", "-q", status=1)
    assert "grew by" in said.err, "however quiet"
    shell.sitediff("report", "--compare", "before.json", "--format", "html", "--output", "report.html")
    assert "numlib 1.26.0 reused -\\u003e 2.0.0 installed" in (shell.directory / "report.html").read_text("ascii")
    assert (shell.directory / "summary.md").read_text("utf-8").count("### tox-sitediff") == 1
    bill = shell.sitediff("report", "--format", "cyclonedx").json()
    parts = {part["name"]: part for part in cast("list[dict[str, object]]", bill["components"])}
    assert {*parts} == {"hooks", "numlib", "runner", "tiny"}
    assert all("components" in part for part in parts.values()), "each has a RECORD with hashes"


def test_no_temporary_path_is_written_or_said(shell: Shell) -> None:
    """What `compile` writes is the same at every run, and as uv writes it; what is said names the environment."""
    environment = shell.venv()
    shell.write("requirements.in", "frame\ntiny\n")
    for program in ((shell.program, "uv"), (uv_program(),)):
        shell.run(*program, "pip", "compile", "requirements.in", "-o", f"{len(program)}.txt")
    ours, theirs = ((shell.directory / f"{number}.txt").read_text("utf-8") for number in (2, 1))
    assert "#    uv pip compile requirements.in -o 2.txt\n" in ours
    assert ours.replace("2.txt", "1.txt") == theirs
    shell.write("uv.toml", "[pip]\nsystem = true\n")  # which would lead uv elsewhere
    for word in ("list", "freeze", "check", "tree"):
        said = shell.sitediff("uv", "pip", word)
        assert "sitediff-" not in said.err
        assert f"environment at: {environment}\n" in said.err
    assert "frame" in shell.sitediff("uv", "pip", "list").out


def test_a_plan_says_what_is_built_here(shell: Shell) -> None:
    """A wheel that is there is taken as it is; a build can fail where the plan is content."""
    folder = shell.directory / "dist" / "sourced-1.0"
    folder.mkdir(parents=True)
    build = '[build-system]\nrequires = ["backend"]\nbuild-backend = "backend"\n'
    (folder / "pyproject.toml").write_text(f'[project]\nname = "sourced"\nversion = "1.0"\n{build}', "utf-8")
    (folder / "PKG-INFO").write_text("Metadata-Version: 2.2\nName: sourced\nVersion: 1.0\n", "utf-8")
    with tarfile.open(folder.with_name("sourced-1.0.tar.gz"), "w:gz") as archive:
        archive.add(folder, "sourced-1.0")
    shutil.rmtree(folder)
    shell.variables["UV_FIND_LINKS"] = f"{shell.index.directory},{folder.parent}"
    said = shell.sitediff("plan", "--python", shell.base.python, "sourced", "tiny", "numlib>=2")
    rows = {row[0]: row[2:] for row in said.rows() if len(row) > 2}
    assert rows["sourced"] == ["built", "sourced"]
    assert rows["tiny"] == ["installed", "tiny"]
    assert rows["numlib"] == ["installed", "(base:", "1.26.0)", "numlib"]
    assert "built here, from source, which can fail: sourced 1.0" in said.out
