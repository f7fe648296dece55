"""Each Python that tox can make environments of, as a base."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.bases.found import FoundBase, agrees, judge, untouched
from support.bases.made import Base, clean_environment
from support.interpreters import SUPPORTED, needed
from support.projects import make_project

if TYPE_CHECKING:
    from support.index import Index

DEPS = ("frame", "runner-mock", "plotter[svg]", "tiny>=1.1")


COMMANDS = ("runner numlib dates svglib tiny", "hooks one", "python -c 'import frame, runner_mock'")


@pytest.mark.parametrize("version", ["3.6", "3.7", *SUPPORTED, "3.13t", "3.14t"])
def test_the_difference_over_each_interpreter(tmp_path: Path, index: Index, version: str) -> None:
    """With both runners: reuse, shadowing, scripts, record, a second run; pip agrees, the base stays as it is."""
    made = Base(tmp_path / "base", of=needed(version))
    made.install(index, "frame", "numlib<2", "plotter", "runner==7.4.0", "tiny==1.0")
    base = FoundBase(made.python)
    with untouched(base):
        would = judge(tmp_path / "pip", base, *DEPS, variables={**clean_environment(), **index.variables()})
        assert would == {"runner-mock": "3.1", "svglib": "1.5", "tiny": "1.1"}
        for family in ("virtualenv", "tox-uv"):
            (tmp_path / family).mkdir()
            project = make_project(tmp_path / family, base, index, family)
            project.ini("\n    ".join(["deps =", *DEPS]) + "\n" + "\n    ".join(["commands =", *COMMANDS]))
            run = project.tox("-e", "a").ok()
            assert run.lines(f"numlib is 1.26.0 in {base.site}")
            assert run.lines(f"tiny is 1.1 in {project.site()}")
            assert run.lines(f"runner runs in {project.directory()}")
            assert run.lines(f"hooks runs in {project.directory()} one")
            record = project.record()
            assert record.python.version.startswith(version.removesuffix("t"))
            assert record.python.base_prefix == str(base.prefix)
            assert Path(record.python.executable).resolve() == base.python
            assert [(item.name, item.base_version) for item in record.shadowed] == [("tiny", "1.0")]
            assert set(project.reused()) == {"dates", "frame", "hooks", "numlib", "plotter", "runner"}
            again = project.tox("-e", "a").ok()
            assert not again.lines("recreate env")
            assert not again.lines("install_deps")
            agrees(project, *DEPS, would=would)


def test_an_interpreter_that_is_too_old_is_named(tmp_path: Path, index: Index, family: str) -> None:
    """What tox can make no environment of is tox's own error; with another one the next run works."""
    base = Base(tmp_path / "base")
    base.install(index, "frame")
    real, base.python = base.python, needed("2.7")
    project = make_project(tmp_path, base, index, family)
    project.ini("deps = frame")
    run = project.tox("-e", "a").failed()
    assert len(run.lines(f"could not find python interpreter matching any of the specs {base.python}")) == 1
    base.python = real
    project.ini("deps = frame")
    project.tox("-e", "a").ok()
    assert project.installed() == {}
