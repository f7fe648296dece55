"""The recipes for GitLab, Azure Pipelines and Jenkins: each shell step of each file is run, on stand-ins for agents.

Stand-ins: images, agents of other systems, tasks that are not shell steps. Shells, tox, pip and sitediff are real.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.ci.pipelines import azure, gitlab, jenkins, jenkins_sh

if TYPE_CHECKING:
    from support.ci.pipelines import Agent
    from support.ci.world import World

RECIPES: Final = Path(__file__).parents[2] / "docs" / "ci"


def rows(said: str) -> list[list[str]]:
    """The lines of the merged table: environment, reused, installed."""
    return sorted(line.split()[:3] for line in said.splitlines() if line.split()[:1] in (["py"], ["cov"]))


def test_gitlab(agent: Agent) -> None:
    """Two jobs of a matrix and the report: what they keep are the records alone, each in its own place."""
    file = RECIPES / "gitlab.yml"
    for name in ("py", "cov"):
        assert gitlab(agent, file, "tests", ENVIRONMENT=name), agent.said
    kept = sorted(str(path.relative_to(agent.root / "kept")) for path in (agent.root / "kept").rglob("*.json"))
    assert kept == ["tests cov/records/tests-cov/sitediff.json", "tests py/records/tests-py/sitediff.json"]
    before = len(agent.said)
    assert gitlab(agent, file, "report"), agent.said
    assert rows(agent.said[before:]) == [["cov", "3", "1"], ["py", "3", "1"]]
    assert "<html" in (agent.root / "kept" / "report" / "report.html").read_text("utf-8")
    assert 'environment="py"' in (agent.workspace / "metrics.txt").read_text("utf-8")


def test_azure(agent: Agent) -> None:
    """One of the matrix, and the report; where tox fails the job fails, and its records are published all the same."""
    file = RECIPES / "azure.yml"
    assert azure(agent, file, "tests", "linux"), agent.said
    before = len(agent.said)
    assert azure(agent, file, "report"), agent.said
    assert rows(agent.said[before:]) == [["cov", "3", "1"], ["py", "3", "1"]]
    ini = agent.workspace / "tox.ini"
    ini.write_text(ini.read_text("utf-8").replace("import frame", "import nowhere"), "utf-8")
    assert not azure(agent, file, "tests", "windows")
    published = (agent.root / "kept" / "sitediff-tests windows").rglob("sitediff.json")
    assert sorted(json.loads(path.read_text("utf-8"))["env"] for path in published) == ["cov", "py"]


def test_jenkins(agent: Agent, world: World) -> None:
    """The steps of each stage, in their order, over one base."""
    steps = jenkins((RECIPES / "Jenkinsfile").read_text("utf-8"))
    assert list(steps) == ["tools", "tox", "report"]
    for script in (*steps["tools"], *steps["tox"], *steps["report"]):
        assert jenkins_sh(agent, script, BASE=str(world.base.python)), agent.said
    *_, last = agent.said.split("--- ")
    assert rows(last) == [["cov", "3", "1"], ["py", "3", "1"]]
