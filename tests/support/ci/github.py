"""A stand-in for GitHub's runner: it runs the jobs of a workflow here, step by step.

Shell steps are really run, by the shells and with the options that the runner uses, with its files for outputs,
variables, PATH and summaries. Composite actions of this repository are run too. Other actions can't be had here: each
has a stand-in, which does the part that matters (`Action`). Not there are: Windows' own shells, containers, services,
contexts that a recipe does not use.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from support.ci.documents import FormError, load, mapping, sequence, text
from support.ci.expressions import Scope, filled, holds

if TYPE_CHECKING:
    from pathlib import Path

SHELLS: Final = {
    "": ("bash", "-e"),
    "bash": ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail"),
    "sh": ("sh", "-e"),
}
"""How GitHub's runner starts a shell on Linux and macOS; on Windows `bash` is the same, from Git."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A step that was run.

    Attributes:
        name: What it is called, or its first words.
        failed: Whether it failed.
        said: What it wrote.
        summary: What it added to the summary of the job.
    """

    name: str
    failed: bool
    said: str = ""
    summary: str = ""


@dataclass(frozen=True, kw_only=True)
class JobRan:
    """A job that was run."""

    failed: bool
    steps: tuple[Ran, ...]
    outputs: Mapping[str, str]

    def said(self) -> str:
        """All that its steps wrote."""
        return "\n".join(f"--- {step.name}\n{step.said}" for step in self.steps)

    def summary(self) -> str:
        """The summary of the job."""
        return "".join(step.summary for step in self.steps)

    def ok(self) -> JobRan:
        """Make sure that it did not fail."""
        assert not self.failed, self.said()
        return self


@dataclass(kw_only=True)
class Called:
    """An action that a step uses, as its stand-in sees it.

    Attributes:
        machine: The machine it runs on.
        inputs: What the step gives it.
        variables: The variables that it sees; what it adds holds for the steps after it.
        paths: Directories that it puts first on PATH.
        outputs: What it says to later steps.
    """

    machine: Machine
    inputs: Mapping[str, str]
    variables: dict[str, str]
    paths: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)


Action = Callable[[Called], str]
"""What stands for an action: it does what matters, returns what it says, and raises `ActionError` where it fails."""


class ActionError(Exception):
    """An action failed."""


@dataclass(kw_only=True)
class Machine:
    """A runner, and what all jobs of a workflow run share.

    Attributes:
        root: Where everything lies; nothing outside of it is written.
        variables: Those of the machine: PATH, HOME and what leads uv and pip to the index of the tests.
        actions: What stands for actions, by name without version.
        composites: Directories of composite actions, by name without version.
        contexts: ``github``, ``vars``, ``runner`` and what else the test sets.
    """

    root: Path
    variables: dict[str, str]
    actions: dict[str, Action]
    composites: dict[str, Path] = field(default_factory=dict)
    contexts: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the directories that a runner has."""
        for path in (self.workspace, self.temporary, self.artifacts):
            path.mkdir(parents=True, exist_ok=True)

    @property
    def workspace(self) -> Path:
        """Where the checkout is."""
        return self.root / "workspace"

    @property
    def temporary(self) -> Path:
        """What ``RUNNER_TEMP`` names."""
        return self.root / "temp"

    @property
    def artifacts(self) -> Path:
        """What the jobs of the run uploaded, a directory each."""
        return self.root / "artifacts"

    def job(
        self,
        file: Path,
        name: str,
        *,
        matrix: Mapping[str, object] | None = None,
        index: int = 0,
        env: Mapping[str, str] | None = None,
    ) -> JobRan:
        """Run a job of a workflow.

        Args:
            file: The workflow.
            name: The key of the job.
            matrix: One combination of its matrix.
            index: Which one it is.
            env: Values in place of those that the workflow gives its variables.
        """
        workflow = load(file)
        job = mapping(mapping(workflow["jobs"]).get(name), f"{file.name}: job {name}")
        github = {**mapping(self.contexts.get("github")), "job": name, "workspace": str(self.workspace)}
        contexts = {
            "runner": {"os": "Linux", "temp": str(self.temporary)},
            "vars": {},
            "secrets": {"GITHUB_TOKEN": "token"},
            **self.contexts,
            "github": {"action_path": "", "event": {}, "token": "token", **github},
            "matrix": dict(matrix or {}),
            "strategy": {"job-index": index},
        }
        running = _Running(machine=self, contexts=contexts, variables=dict(self.variables))
        running.defaults = mapping(mapping(mapping(workflow.get("defaults")).get("run")))
        running.defaults = {**running.defaults, **mapping(mapping(job.get("defaults")).get("run"))}
        for source in (workflow, job):
            for key, value in mapping(source.get("env")).items():
                running.variables[key] = (env or {}).get(key, filled(value, running.scope()))
        steps = running.run(sequence(job.get("steps")), name)
        outputs = {key: filled(value, running.scope()) for key, value in mapping(job.get("outputs")).items()}
        return JobRan(failed=running.failed, steps=tuple(steps), outputs=outputs)


@dataclass(kw_only=True)
class _Running:
    """Steps that are run one after the other: those of a job, or of a composite action."""

    machine: Machine
    contexts: dict[str, object]
    variables: dict[str, str]
    paths: list[str] = field(default_factory=list)
    steps: dict[str, dict[str, object]] = field(default_factory=dict)
    defaults: Mapping[str, object] = field(default_factory=dict)
    failed: bool = False

    def scope(self, more: Mapping[str, str] | None = None) -> Scope:
        """What expressions can ask for now."""
        env = {**self.variables, **(more or {})}
        contexts = {
            **self.contexts,
            "steps": self.steps,
            "env": env,
            "job": {"status": "failure" if self.failed else ""},
        }
        return Scope(contexts=contexts, failed=self.failed, workspace=self.machine.workspace)

    def run(self, steps: object, place: str) -> list[Ran]:
        """Run them; those after a failure only where they say so."""
        done = []
        for number, item in enumerate(sequence(steps), 1):
            step = mapping(item, f"{place}: step {number}")
            if not holds(step.get("if"), self.scope()):
                continue
            variables = {key: filled(value, self.scope()) for key, value in mapping(step.get("env")).items()}
            if "uses" in step:
                ran, outputs = self._use(step, variables)
            elif "run" in step:
                ran, outputs = self._shell(step, variables)
            else:
                raise FormError(f"{place}: step {number} does nothing")
            if "id" in step:
                outcome = "failure" if ran.failed else "success"
                self.steps[text(step["id"])] = {"outputs": outputs, "outcome": outcome}
            self.failed = self.failed or (ran.failed and not step.get("continue-on-error"))
            done.append(ran)
        return done

    def _shell(self, step: Mapping[str, object], variables: Mapping[str, str]) -> tuple[Ran, dict[str, str]]:
        scope = self.scope(variables)
        script = filled(step["run"], scope)
        shell = text(step.get("shell") or self.defaults.get("shell"))
        if shell in SHELLS:
            command = list(SHELLS[shell])
        elif shell.endswith(" {0}") and shell.split()[0] in {"bash", "sh"}:
            command = shell.removesuffix(" {0}").split()
        else:
            raise FormError(f"the shell {shell!r} can't be run here")
        directory = self.machine.workspace / filled(
            step.get("working-directory") or self.defaults.get("working-directory"), scope
        )
        files = {
            name: self.machine.temporary / f"_{name.lower()}" for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")
        }
        for path in files.values():
            path.write_text("", "utf-8")
        file = self.machine.temporary / "_script.sh"
        file.write_text(script, "utf-8")
        environment = {
            **self.variables,
            **variables,
            **{f"GITHUB_{name}": str(path) for name, path in files.items()},
            "GITHUB_ACTIONS": "true",
            "GITHUB_JOB": text(mapping(self.contexts["github"]).get("job")),
            "GITHUB_WORKSPACE": str(self.machine.workspace),
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.machine.temporary),
            "CI": "true",
        }
        environment["PATH"] = os.pathsep.join([*reversed(self.paths), environment["PATH"]])
        environment["RUNNER_PATH"] = environment["PATH"]  # for what stands for a profile
        done = subprocess.run(
            [*command, str(file)],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.variables |= _settings(files["ENV"].read_text("utf-8"))
        self.paths += files["PATH"].read_text("utf-8").split("\n")[:-1]
        name = filled(step.get("name") or script.strip().partition("\n")[0], scope)
        summary = files["STEP_SUMMARY"].read_text("utf-8")
        ran = Ran(name=name, failed=done.returncode != 0, said=done.stdout, summary=summary)
        return ran, _settings(files["OUTPUT"].read_text("utf-8"))

    def _use(self, step: Mapping[str, object], variables: Mapping[str, str]) -> tuple[Ran, dict[str, str]]:
        scope = self.scope(variables)
        uses = text(step["uses"])
        inputs = {key: filled(value, scope) for key, value in mapping(step.get("with")).items()}
        name, _, version = uses.partition("@")
        if not uses.startswith("./") and not version:
            raise FormError(f"{uses}: an action without a version")
        if uses.startswith("./"):
            return self._composite(self.machine.workspace / uses, inputs)
        if name in self.machine.composites:
            return self._composite(self.machine.composites[name], inputs)
        if name not in self.machine.actions:
            raise FormError(f"nothing stands for {name} here")
        called = Called(machine=self.machine, inputs=inputs, variables=self.variables | dict(variables))
        before = dict(called.variables)
        try:
            said, failed = self.machine.actions[name](called), False
        except ActionError as error:
            said, failed = str(error), True
        self.variables |= {key: value for key, value in called.variables.items() if before.get(key) != value}
        self.paths += called.paths
        return Ran(name=name, failed=failed, said=said), called.outputs

    def _composite(self, directory: Path, inputs: Mapping[str, str]) -> tuple[Ran, dict[str, str]]:
        action = load(next(path for path in (directory / "action.yml", directory / "action.yaml") if path.is_file()))
        runs = mapping(action["runs"])
        if runs.get("using") != "composite":
            raise FormError(f"{directory}: not a composite action")
        declared = mapping(action.get("inputs"))
        if unknown := inputs.keys() - declared.keys():
            raise FormError(f"{directory}: no inputs {sorted(unknown)}")
        values = {
            key: inputs.get(key, filled(mapping(value).get("default"), self.scope())) for key, value in declared.items()
        }
        if missing := [key for key, value in declared.items() if mapping(value).get("required") and not values[key]]:
            raise FormError(f"{directory}: {missing} must be given")
        contexts = {**self.contexts, "inputs": values}
        contexts["github"] = {**mapping(self.contexts["github"]), "action_path": str(directory)}
        inner = _Running(machine=self.machine, contexts=contexts, variables=dict(self.variables), paths=self.paths)
        steps = inner.run(runs["steps"], str(directory))
        outputs = {
            key: filled(mapping(value).get("value"), inner.scope())
            for key, value in mapping(action.get("outputs")).items()
        }
        for step in sequence(runs["steps"]):
            if "run" in mapping(step) and "shell" not in mapping(step):
                raise FormError(f"{directory}: a step of a composite action names its shell")
        said = "\n".join(f"--- {step.name}\n{step.said}" for step in steps)
        summary = "".join(step.summary for step in steps)
        return Ran(name=text(action.get("name")), failed=inner.failed, said=said, summary=summary), outputs


def _settings(written: str) -> dict[str, str]:
    """Read ``name=value`` and ``name<<END`` lines."""
    found = {}
    lines = iter(written.splitlines())
    for line in lines:
        if (match := re.fullmatch(r"(\w[\w-]*)<<(.+)", line)) is not None:
            held = []
            for inner in lines:
                if inner == match[2]:
                    break
                held.append(inner)
            found[match[1]] = "\n".join(held)
        else:
            name, sign, value = line.partition("=")
            if not sign:
                raise FormError(f"not a setting: {line!r}")
            found[name] = value
    return found
