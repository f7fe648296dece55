"""Stand-ins for GitLab's runner, Azure's agent and Jenkins' agent: the shell steps of their files are run here.

What they have of each service: the order of steps, how scripts are started, variables between steps, what is kept from
job to job. Not there are: images, agents on other systems, conditions beyond "after a failure too".
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from support.ci.documents import FormError, load, mapping, sequence, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(kw_only=True)
class Agent:
    """What runs jobs.

    Attributes:
        root: Where everything lies.
        variables: Those of the machine.
        said: What the steps wrote.
    """

    root: Path
    variables: dict[str, str]
    said: str = ""
    kept: dict[str, Path] = field(default_factory=dict)
    checkout: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Note what is in the checkout."""
        self.checkout = frozenset(path.name for path in self.workspace.iterdir())

    def clean(self) -> None:
        """Remove what is not in the checkout, as before each job, but for the tools, to install them once."""
        for path in self.workspace.iterdir():
            if path.name not in {*self.checkout, ".tools"}:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    @property
    def workspace(self) -> Path:
        """Where the checkout is."""
        return self.root / "workspace"

    def shell(self, script: str, command: tuple[str, ...], **variables: str) -> bool:
        """Run a script; whether it went well."""
        file = self.root / "script.sh"
        file.write_text(script, "utf-8")
        done = subprocess.run(
            [*command, str(file)],
            cwd=self.workspace,
            env=self.variables | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.said += f"--- {script}\n{done.stdout}"
        return done.returncode == 0

    def keep(self, name: str, *patterns: str) -> None:
        """Keep files of the workspace, with their paths below it, for later jobs."""
        target = self.root / "kept" / name
        found = [path for pattern in patterns for path in self.workspace.glob(pattern)]
        if not found:
            raise FormError(f"{name}: nothing to keep for {patterns}")
        for path in found:
            to = target / path.relative_to(self.workspace)
            to.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, to, dirs_exist_ok=True)
            else:
                shutil.copy2(path, to)
        self.kept[name] = target

    def fetch(self, name: str, to: Path | None = None) -> None:
        """Bring back what a job kept."""
        shutil.copytree(self.kept[name], to or self.workspace, dirs_exist_ok=True)


# --- GitLab

_BASH: Final = ("bash", "-e", "-o", "pipefail")


def gitlab(agent: Agent, file: Path, name: str, **axes: str) -> bool:
    """Run a job of GitLab.

    Args:
        agent: The runner; what earlier jobs kept is in its workspace, as with `needs`.
        file: ``.gitlab-ci.yml``.
        name: The job.
        axes: A combination of its ``parallel: matrix``.

    Returns:
        Whether it passed.
    """
    agent.clean()
    jobs = load(file)
    job = dict(mapping(jobs[name]))
    for parent in sequence(job.get("extends")):
        job = {**mapping(jobs[text(parent)]), **job}
    slug = re.sub(r"[^a-z0-9]+", "-", " ".join([name, *axes.values()]).lower())
    known = {"CI": "true", "GITLAB_CI": "true", "CI_PROJECT_DIR": str(agent.workspace), "CI_JOB_NAME_SLUG": slug}
    known |= axes
    for source in (jobs, job):
        for key, value in mapping(source.get("variables")).items():
            known[key] = re.sub(r"\$(\w+)", lambda found: known.get(found[1], found[0]), text(value))
    for kept in [key for key in agent.kept if key.split(" ")[0] in map(text, sequence(job.get("needs")))]:
        agent.fetch(kept)
    script = [text(line) for part in ("before_script", "script") for line in sequence(job.get(part))]
    passed = agent.shell("\n".join(script), _BASH, **known)
    agent.shell("\n".join(text(line) for line in sequence(job.get("after_script"))), ("bash",), **known)
    artifacts = mapping(job.get("artifacts"))
    if artifacts and (passed or artifacts.get("when") == "always"):
        agent.keep(" ".join([name, *axes.values()]), *map(text, sequence(artifacts["paths"])))
    return passed


# --- Azure


def azure(agent: Agent, file: Path, name: str, axis: str = "") -> bool:
    """Run a job of Azure Pipelines.

    Args:
        agent: The agent.
        file: ``azure-pipelines.yml``.
        name: The job.
        axis: Which entry of its matrix.

    Returns:
        Whether it passed.
    """
    job = next(item for item in map(mapping, sequence(load(file)["jobs"])) if item["job"] == name)
    places = {
        "Agent.JobName": f"{name} {axis}".strip(),
        "Agent.TempDirectory": str(agent.root / "temp"),
        "Build.ArtifactStagingDirectory": str(agent.root / "staging"),
        "Pipeline.Workspace": str(agent.root / "pipeline"),
    }
    for key in ("Agent.TempDirectory", "Build.ArtifactStagingDirectory", "Pipeline.Workspace"):
        (agent.root / places[key]).mkdir(exist_ok=True)
    chosen = mapping(mapping(mapping(job.get("strategy")).get("matrix")).get(axis))
    known = places | {key: text(value) for key, value in chosen.items()}
    passed = True
    for number, step in enumerate(map(mapping, sequence(job["steps"])), 1):
        if not passed and step.get("condition") not in {"succeededOrFailed()", "always()"}:
            continue
        if "bash" in step:
            passed = _azure_bash(agent, text(step["bash"]), known) and passed
        elif "publish" in step:
            directory = _macros(text(step["publish"]), known)
            name_of = _macros(text(step["artifact"]), known)
            shutil.copytree(directory, agent.root / "kept" / name_of)
            agent.kept[name_of] = agent.root / "kept" / name_of
        elif "download" in step:
            for kept in agent.kept:
                if re.fullmatch(
                    re.escape(text(step["patterns"])).replace(r"\*\*", ".*").replace(r"\*", "[^/]*"), f"{kept}/a"
                ):
                    agent.fetch(kept, agent.root / "pipeline" / kept)
        elif step.get("checkout") != "none" and step.get("task") != "UsePythonVersion@0":
            raise FormError(f"{name}: nothing stands for step {number} here: {sorted(step)}")
    return passed


def _macros(value: str, known: Mapping[str, str]) -> str:
    return re.sub(r"\$\(([\w.]+)\)", lambda found: known.get(found[1], found[0]), value)


def _azure_bash(agent: Agent, script: str, known: dict[str, str]) -> bool:
    """Run a script with all variables, in the way that the agent names them, and take what it sets."""
    variables = {key.upper().replace(".", "_"): value for key, value in known.items()}
    before = len(agent.said)
    passed = agent.shell(_macros(script, known), ("bash", "--noprofile", "--norc"), TF_BUILD="True", **variables)
    for found in re.finditer(r"^##vso\[task\.setvariable variable=(\w+)\](.*)$", agent.said[before:], re.MULTILINE):
        known[found[1]] = found[2]
    return passed


# --- Jenkins

_SH: Final = re.compile(r"sh '''\n(.*?)'''", re.DOTALL)


def jenkins(script: str) -> dict[str, list[str]]:
    """Take the shell steps out of a declarative pipeline.

    Args:
        script: A ``Jenkinsfile`` with its shell steps between three quotation marks.

    Returns:
        By stage: its scripts, in order.
    """
    found: dict[str, list[str]] = {}
    stage = ""
    for match in re.finditer(rf"stage\('(\w+)'\)|{_SH.pattern}", script, re.DOTALL):
        if match[1]:
            stage = match[1]
        else:
            found.setdefault(stage, []).append(match[2])
    if len(re.findall(r"\bsh ['\"]", script)) != sum(map(len, found.values())):
        raise FormError("a shell step of another form")
    return found


def jenkins_sh(agent: Agent, script: str, **variables: str) -> bool:
    """Run a shell step as Jenkins does: with `sh -xe`."""
    return agent.shell(script.replace("\\n", "\n"), ("sh", "-xe"), WORKSPACE=str(agent.workspace), **variables)
