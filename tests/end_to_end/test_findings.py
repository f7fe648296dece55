"""What ``report`` finds beside what is undeclared: transitive, unused, misplaced, unstated; with tox and by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.projects import Run, make_project

if TYPE_CHECKING:
    from support.bases.made import Base
    from support.index import Index
    from support.projects import Project

PACKAGE = """\
dependencies = ["frame", "tiny"]
optional-dependencies.svg = ["plotter"]
optional-dependencies.test = ["runner"]
"""
GROUPS = '[dependency-groups]\ncheck = ["meter", {include-group = "more"}]\nmore = ["greedy"]'


@pytest.fixture
def project(tmp_path: Path, base: Base, index: Index) -> Project:
    """A project that imports what it declares, what it does not, and what it declares elsewhere."""
    if not list(index.directory.glob("greedy-*.whl")):
        source = (
            "import dates\ntry:\n    import backend\nexcept ImportError:\n    pass\ndef late():\n    import unrelated\n"
        )
        index.add("greedy", "1.0", requires=["frame"], modules={"greedy.py": source})
    found = make_project(tmp_path, base, index, "virtualenv")
    found.package(PACKAGE, rest=GROUPS)
    found.write("src/demo/__init__.py", "import frame\nimport meter\nimport numlib\n")
    found.write("src/demo/drawn.py", "try:\n    import plotter\nexcept ImportError:\n    plotter = None\n")
    found.write("tests/test_it.py", "import greedy\ngreedy.late()\nimport demo.drawn\nimport dates, runner\n")
    return found


TESTED = """\
package = {package}
extras = test
dependency_groups = check
sitediff_visibility = report
commands = python tests/test_it.py
"""


@pytest.mark.parametrize("package", ["wheel", "editable"])
def test_each_finding_is_in_record_table_and_report(project: Project, package: str) -> None:
    """Installed as a wheel or in editable mode, the package's code is the project's, and tests are no part of it."""
    project.ini(TESTED.format(package=package), tox="")
    run = project.tox("-e", "a").ok()
    found = project.record()
    assert [(item.name, str(item.kind), item.module, item.by_project) for item in found.undeclared] == [
        ("backend", "base", "backend", False),
        ("plotter", "base", "plotter", True),
        ("unrelated", "base", "unrelated", False),
        ("dates", "transitive", "dates", True),
        ("numlib", "transitive", "numlib", True),
    ]
    assert [item.optional for item in found.undeclared] == [True, True, False, False, False]
    own = project.root / "src" if package == "editable" else project.site()
    assert [item.imported_by for item in found.undeclared[3:]] == [
        f"{project.root / 'tests' / 'test_it.py'}:4",
        f"{own / 'demo' / '__init__.py'}:3",
    ]
    assert found.unused == ("tiny",)
    assert found.used == ("frame", "greedy", "meter", "runner")
    assert [(item.name, item.group, item.imported_by) for item in found.misplaced] == [
        ("meter", "check", f"{own / 'demo' / '__init__.py'}:2")
    ]
    assert [(item.name, item.needs, str(item.kind), item.optional) for item in found.unstated] == [
        ("greedy", "backend", "base", True),
        ("greedy", "dates", "transitive", False),
        ("greedy", "unrelated", "base", False),
    ]
    assert found.undeclared[2].needed_by == ("greedy",)
    shown = project.tox("sitediff", "report", "-e", "a").ok().out
    for text in (run.out, shown):
        for line in (
            "numlib (transitive)",
            "declared, and used by none of the commands: tiny",
            "meter is declared for development alone (check), and imported by the package",
            "imported without being required, by greedy: unrelated",
            "    greedy: unrelated",
        ):
            assert line in text


def test_what_is_unused_in_one_environment_and_used_in_another_is_used(project: Project) -> None:
    """Over several environments; where a command failed, or none was run, nothing is called unused."""
    project.ini(
        "deps =\n    frame\n    plotter\nsitediff_visibility = report",
        rest="[testenv:a]\ncommands = python -c 'import frame'\n[testenv:b]\ncommands = python -c 'import plotter'\n"
        "[testenv:c]\ncommands = python -c 'raise SystemExit(1)'\n[testenv:d]\ncommands = python -c pass\n",
    )
    run = project.tox("-e", "a,b").ok()
    assert [project.record(env).unused for env in "ab"] == [("plotter",), ("frame",)]
    assert "used by none" not in run.out
    project.tox("-e", "c").failed()
    assert project.record("c").unused == ()
    run = project.tox("-e", "d").ok()
    assert project.record("d").unused == ("frame", "plotter")
    assert "declared, and used by none of the commands: frame, plotter" in run.out
    assert "used by none" not in project.tox("sitediff", "report", "-e", "a,b,d").ok().out
    project.tox("-e", "d", "--notest").ok()
    assert project.record("d").unused == ()


def test_plugins_and_scripts_count_as_used(project: Project) -> None:
    """An entry point that is loaded, a script that is run, a module that is run by name, and nothing of stubs."""
    index = project.index
    if not list(index.directory.glob("types-frame-*.whl")):
        index.add("types-frame", "1.0", modules={"frame-stubs/__init__.pyi": ""})
        modules = {"pluggy_demo.py": "hook = 1\n"}
        modules["pluggy_demo-1.0.dist-info/entry_points.txt"] = "[demo11]\nextra = pluggy_demo:hook\n"
        index.add(
            "pluggy-demo",
            "1.0",
            modules=modules,
        )
    load = "from importlib.metadata import entry_points as e; [p.load() for p in e(group='demo11')]"
    project.ini(
        "deps =\n    hooks\n    runner\n    pluggy-demo\n    types-frame\n    meter\n    tiny\n"
        "sitediff_visibility = report\n"
        f'commands =\n    hooks\n    python -m meter run -m runner\n    python -c "{load}"'
    )
    project.tox("-e", "a").ok()
    assert project.record().used == ("hooks", "meter", "pluggy-demo", "runner")
    assert project.record().unused == ("tiny",)


def check(project: Project, *options: str) -> Run:
    """Run ``sitediff check``."""
    program = shutil.which("sitediff", path=str(project.programs)) or str(Path(sys.executable).with_name("sitediff"))
    python = project.directory() / "bin" / "python"
    command = [program, "check", "--python", str(python), *options]
    done = subprocess.run(
        command, cwd=project.root, env=project.environment(), capture_output=True, text=True, check=False
    )
    return Run(code=done.returncode, out=done.stdout, err=done.stderr)


ALL = ("--undeclared", "--transitive", "--unused", "--misplaced", "--unstated")


def test_check_fails_for_what_it_is_told_to(project: Project) -> None:
    """Each option of ``sitediff check``, and the JSON; without one nothing of this is wrong, and optional never is."""
    project.ini(TESTED.format(package="wheel"), tox="")
    project.tox("-e", "a").ok()
    assert check(project).code == 0
    assert [check(project, option).code for option in ALL] == [1] * len(ALL)
    data = json.loads(check(project, "--unused", "--format", "json").out)
    assert data["good"] is False
    assert data["unused"] == ["tiny"]
    said = check(project).out.splitlines()
    assert "tiny is declared, and nothing used it" in said
    assert any(line.startswith("numlib (transitive) used without being declared itself: ") for line in said)
    project.write(
        "tests/test_it.py", "import demo.drawn, tiny, frame\ntry:\n    import unrelated\nexcept ImportError: pass\n"
    )
    project.write("src/demo/__init__.py", "import frame\nimport tiny\n")
    project.ini("package = wheel\nsitediff_visibility = report\ncommands = python tests/test_it.py", tox="")
    project.tox("-e", "a").ok()
    done = check(project, *ALL)
    assert done.code == 0
    assert "unrelated (optional) used without being declared" in done.out


def test_where_nothing_could_be_noted_one_line_says_so(project: Project) -> None:
    """The run goes on, nothing is called unused, and the next run mends it."""
    log = project.directory() / ".sitediff-undeclared"
    remove = f'python -c "import frame, shutil; shutil.rmtree({str(log)!r})"'
    project.ini(f"deps = frame\nsitediff_visibility = report\ncommands =\n    {remove}\n    python -c 'import numlib'")
    run = project.tox("-e", "a").ok()
    assert len(run.lines("could not be: it is gone")) == 1
    assert project.record().unused == ()
    project.ini("deps = frame\nsitediff_visibility = report\ncommands = python -c 'import frame'")
    run = project.tox("-e", "a").ok()
    assert not run.lines("could not be")
    assert project.record().used == ("frame",)
