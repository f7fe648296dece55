"""What a run says, and what it writes down."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from support.projects import Project

KEYS = [
    *("schema", "env", "created", "python", "machine", "layers", "declared", "reused", "installed", "shadowed"),
    *("conflicts", "undeclared", "unused", "used", "misplaced", "unstated", "data", "bytes", "files", "seconds"),
]


def size_on_disk(directory: Path) -> int:
    """The apparent size of all files."""
    return sum(path.lstat().st_size for path in directory.rglob("*") if path.is_symlink() or path.is_file())


def test_the_record_is_true_and_the_same_in_the_result(project: Project) -> None:
    """``sitediff.json`` says what is on disk, and ``--result-json`` holds the same object, and what is installed."""
    start = datetime.now(tz=UTC).replace(microsecond=0)
    project.ini("deps =\n    frame\n    tiny\ncommands = python -m runner frame")
    run = project.tox("-e", "a", "--result-json", "result.json").ok()
    written = project.record_object()
    assert isinstance(written, dict)
    assert list(written) == KEYS
    record = project.record()
    assert record.env == "a"
    assert start <= datetime.fromisoformat(record.created) <= datetime.now(tz=UTC)
    assert record.python.base_prefix == str(project.base.prefix)
    assert record.python.version == project.see("import platform; print(platform.python_version())")
    assert [str(layer.role) for layer in record.layers] == ["own", "base"]
    assert {item.location for item in record.reused} == {str(project.base.site)}
    for item in record.reused:
        info = project.base.site / f"{item.name}-{item.version}.dist-info"
        expected = size_on_disk(info) + (project.base.site / f"{item.name}.py").stat().st_size
        assert expected - 200 <= (item.bytes or 0) <= expected
        assert item.files == len([*info.iterdir()]) + 1
    assert record.bytes.environment is not None
    assert 0 < (record.files.environment or 0) < len([*project.directory("a").rglob("*")]), "without directories"
    assert str(record.machine) == project.see("import platform as p; print(p.system(), p.machine())")
    result = json.loads((project.root / "result.json").read_text("utf-8"))["testenvs"]["a"]
    assert result["sitediff"] == written
    assert {"tiny==1.1", "frame==2.1.0", "numlib==1.26.0"} <= set(result["installed_packages"])
    notes = run.lines("sitediff: base")
    assert len(notes) == 1
    assert f"{project.base.python.parent}" in notes[0]
    assert f"{len(list(project.base.site.glob('*.dist-info')))} distributions" in notes[0]
    assert "3 reused, 1 installed" in notes[0]
    assert [row[:3] for row in run.table()] == [["a", "3", "1"]]


def test_the_summary_of_a_job_has_one_table_of_all_runs_of_a_step(project: Project) -> None:
    """Without being asked, as on GitHub; a job of GitLab finds metrics in the work directory."""
    rest = "[testenv:b]\ndeps = tiny"
    project.ini("deps = frame", rest=rest)
    summary = project.root.parent / "summary.md"
    project.tox("-e", "a", GITHUB_STEP_SUMMARY=str(summary)).ok()
    project.tox("-e", "b", "-qq", GITHUB_STEP_SUMMARY=str(summary), GITLAB_CI="true").ok()
    text = summary.read_text("utf-8")
    assert text.count("| environment |") == 1
    assert [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")][2:] == [
        "`b`", "`a`", "total"
    ]  # fmt: skip
    metrics = (project.root / ".tox" / "sitediff-metrics.txt").read_text("utf-8")
    assert 'sitediff_environment_bytes{environment="b"' in metrics


def test_how_much_is_said_follows_the_verbosity(project: Project) -> None:
    """The note and the table by default, the table alone with ``-q``, nothing with ``-q`` twice."""
    project.ini("deps = frame")
    run = project.tox("-e", "a").ok()
    assert len(run.lines("sitediff: base")) == len(run.table()) == 1
    run = project.tox("-e", "a", "-q").ok()
    assert len(run.table()) == 1
    run = project.tox("-e", "a", "-q", "-q").ok()
    assert run.table() == []
    assert "sitediff" not in run.out + run.err


def test_parallel_environments_end_with_one_table(project: Project) -> None:
    """``-p`` shows one table behind all else, in the order of the environments; no note stands in another's output."""
    project.ini(
        "deps = frame\nparallel_show_output = true\ncommands = python -c 'print(\"output of {env_name}\")'",
        tox="no_package = true\nenv_list = a, b, c",
        rest="[testenv:b]\ndeps =\n    runner-mock\n    tiny",
    )
    run = project.tox("-p", "2").ok()
    assert [row[:3] for row in run.table()] == [
        ["a", "3", "0"],
        ["b", "2", "2"],
        ["c", "3", "0"],
        ["total", "8", "2"],
    ]
    assert run.out.index("output of c") < run.out.index("environment  reused")
    for env in "abc":
        assert len(run.lines(f"{env}: sitediff: base")) == 1
        assert project.record(env).env == env
    run = project.tox("-p", "all", "-q", "-q").ok()
    assert "sitediff" not in run.out + run.err


def test_a_record_of_a_run_that_changed_nothing_and_of_one_that_recreated(project: Project) -> None:
    """The second run leaves the record, a recreation begins a new one; both are shown, with what is installed."""
    project.ini("deps =\n    frame\n    tiny")
    project.tox("-e", "a").ok()
    first = project.record()
    run = project.tox("-e", "a", "--result-json", "second.json").ok()
    assert len(run.lines("sitediff: base")) == 1
    assert [row[:3] for row in run.table()] == [["a", "3", "1"]]
    second = project.record()
    assert (second.created, second.reused, second.installed) == (first.created, first.reused, first.installed)
    run = project.tox("-r", "-e", "a", "--result-json", "third.json").ok()
    third = project.record()
    assert (third.reused, third.installed, third.declared) == (first.reused, first.installed, first.declared)
    for name in ("second.json", "third.json"):
        result = json.loads((project.root / name).read_text("utf-8"))["testenvs"]["a"]
        assert {"tiny==1.1", "frame==2.1.0"} <= set(result["installed_packages"]), name
        assert result["sitediff"]["reused"], name


def test_what_commands_install_and_remove_is_in_the_record(project: Project) -> None:
    """The record is true of the environment as the run left it, whoever changed it, also where a command failed."""
    project.ini(
        """
        deps = tiny
        commands =
            python -m pip install svglib
            python -m pip uninstall -y tiny
            python -c 'raise SystemExit(3)'
        """
    )
    run = project.tox("-e", "a").failed()
    assert project.installed() == {"svglib": "1.5"}
    assert {item.name for item in project.record().installed} == {"svglib"}
    assert [row[:3] for row in run.table()] == [["a", "0", "1"]]


def test_a_run_that_failed_half_way_leaves_a_true_record(project: Project) -> None:
    """What uv can't find fails the run with its message; what an earlier step installed is on record."""
    project.package('dependencies = ["frame", "nowhere-to-be-found"]')
    project.ini("deps = tiny\npackage = wheel", tox="")
    run = project.tox("-e", "a").failed()
    assert run.lines("nowhere-to-be-found was not found")
    assert run.lines("the base does not satisfy nowhere-to-be-found")
    assert project.installed() == {"tiny": "1.1"}
    assert [item.name for item in project.record().installed] == ["tiny"]
    assert project.record().declared == ("tiny",)
    assert [(row[:3], row[5:]) for row in run.table()] == [(["a", "0", "1"], ["installation failed"])]
    assert [row[:3] for row in run.table()] == [["a", "0", "1"]]
    project.package('dependencies = ["frame"]')
    run = project.tox("-e", "a").ok()
    assert project.installed() == {"demo": "1.0", "tiny": "1.1"}
    assert set(project.reused()) == {"dates", "frame", "numlib"}


def test_a_damaged_record_is_made_anew(project: Project) -> None:
    """The record is for people and may be edited or deleted: the next run writes it again."""
    project.ini("deps =\n    frame\n    tiny")
    project.tox("-e", "a").ok()
    first = project.record()
    (project.directory() / "sitediff.json").write_text('{"schema": 1', "utf-8")
    run = project.tox("-e", "a").ok()
    assert not run.lines("recreate env")
    assert (project.record().reused, project.record().installed) == (first.reused, first.installed)
    (project.directory() / "sitediff.json").unlink()
    project.tox("-e", "a").ok()
    assert (project.record().reused, project.record().installed) == (first.reused, first.installed)


def test_sizes_are_those_of_the_files(project: Project) -> None:
    """The environment's size is that of its directory, and the table and the note show the saving."""
    project.ini("deps =\n    frame\n    tiny")
    run = project.tox("-e", "a").ok()
    record = project.record()
    environment = record.bytes.environment or 0
    # the record itself, tox's own log and state were written after the measurement
    assert abs(size_on_disk(project.directory()) - environment) < 8000
    assert 0 < (record.bytes.unshared or 0) <= environment
    shown = re.search(r"([\d.]+ \w+) saved", run.lines("sitediff: base")[0])
    assert shown is not None
    assert run.table()[0][4] == shown[1]


def test_an_installer_that_did_not_install_is_found_out(project: Project) -> None:
    """The audit names each gap with the chain that leads to it; the record is of what is there, and mending heals."""
    project.write("installer.py", "")
    project.ini("deps =\n    plotter[svg]\n    tiny\ninstall_command = python installer.py {packages}")
    run = project.tox("-e", "a").failed()
    assert run.lines("the environment does not meet what was declared")
    assert run.lines("  tiny: not found")
    assert run.lines(
        "    way out: tox -r, if something else changed the environment, or take tiny out of what is declared"
    )
    assert run.lines("  plotter 3.8.0 -> svglib>=1: not found")
    assert run.lines("    way out: add 'svglib>=1' to deps, or take plotter out of what is declared")
    assert project.record().installed == ()
    assert project.reused() == {"numlib": "1.26.0", "plotter": "3.8.0"}
    project.ini("deps =\n    plotter[svg]\n    tiny")
    project.tox("-e", "a").ok()
    assert project.installed() == {"svglib": "1.5", "tiny": "1.1"}


def test_a_failing_command_changes_nothing_of_the_table(project: Project) -> None:
    """Also in parallel runs, where one environment fails and the other does not."""
    project.ini(
        "deps = frame",
        tox="no_package = true\nenv_list = a, b",
        rest="[testenv:b]\ncommands = python -c 'raise SystemExit(3)'",
    )
    run = project.tox("-p", "2").failed()
    assert [row[:3] for row in run.table()] == [["a", "3", "0"], ["b", "3", "0"], ["total", "6", "0"]]
