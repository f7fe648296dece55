"""What stands for the actions that the workflows use, which can't be had here: each does the part that matters."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from support.bases.made import uv_program
from support.ci.github import ActionError

if TYPE_CHECKING:
    from support.ci.github import Action, Called


def checkout(called: Called) -> str:
    """The workspace is the checkout already."""
    return f"checked out in {called.machine.workspace}"


def setup_uv(called: Called) -> str:
    """The uv of the tests is on PATH."""
    called.paths.append(str(uv_program().parent))
    return "uv"


def python_from(python: Path) -> Action:
    """Make what stands for ``actions/setup-python``: the interpreter of the tests is first on PATH."""

    def setup_python(called: Called) -> str:
        called.paths.append(str(python.parent))
        called.outputs["python-path"] = str(python)
        return str(python)

    return setup_python


def conda_from(prefix: Path) -> Action:
    """Make what stands for ``conda-incubator/setup-miniconda``.

    A base is the activated environment; like the real one it is active in login shells only.
    """

    def setup_miniconda(called: Called) -> str:
        if not called.inputs.get("activate-environment"):
            raise ActionError("no environment is activated")
        profile = Path(called.variables["HOME"]) / ".bash_profile"
        # /etc/profile of Debian sets PATH anew, which that of Ubuntu, on which the runner is made, does not
        lines = [f"export CONDA_PREFIX='{prefix}'", f"export PATH='{prefix / 'bin'}':\"$RUNNER_PATH\"", ""]
        profile.write_text("\n".join(lines), "utf-8")
        return f"activated {prefix}"

    return setup_miniconda


def upload_artifact(called: Called) -> str:
    """Files of the patterns are uploaded, without hidden ones unless that is asked for.

    Like the real one (from version 4.4 on) it takes nothing whose path has a part that begins with a dot, and strips
    the directories that all files have in common.
    """
    name = called.inputs.get("name", "artifact")
    root = called.machine.root
    found: set[Path] = set()
    for pattern in called.inputs["path"].splitlines():
        below = (called.machine.workspace / pattern.strip()).relative_to(root)
        for match in root.glob(str(below)):
            found |= {match} if match.is_file() else {path for path in match.rglob("*") if path.is_file()}
    if called.inputs.get("include-hidden-files") != "true":
        found = {path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts)}
    if not found:
        said = f"No files were found with the provided path: {called.inputs['path']}"
        if called.inputs.get("if-no-files-found") == "error":
            raise ActionError(said)
        return said
    target = called.machine.artifacts / name
    if target.exists() and called.inputs.get("overwrite") != "true":
        raise ActionError(f"an artifact with this name already exists: {name}")
    common = os.path.commonpath([path.parent for path in found])
    for path in found:
        to = target / os.path.relpath(path, common)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, to)
    return f"{len(found)} files uploaded as {name}"


def download_artifact(called: Called) -> str:
    """One artifact comes into the directory, or those of a pattern into one each below it."""
    directory = called.machine.workspace / called.inputs.get("path", ".")
    if "name" in called.inputs:
        source = called.machine.artifacts / called.inputs["name"]
        if not source.is_dir():
            raise ActionError(f"Artifact not found: {source.name}")
        shutil.copytree(source, directory, dirs_exist_ok=True)
        return source.name
    names = [path.name for path in sorted(called.machine.artifacts.glob(called.inputs.get("pattern", "*")))]
    for name in names:
        to = directory if called.inputs.get("merge-multiple") == "true" else directory / name
        shutil.copytree(called.machine.artifacts / name, to, dirs_exist_ok=True)
    return f"{len(names)} artifacts: {', '.join(names)}"


def cache(called: Called) -> str:
    """Nothing was kept from a run before; what would be kept is noted in ``cached.txt``."""
    if not called.inputs.get("key") or not called.inputs.get("path"):
        raise ActionError("a cache needs a key and a path")
    called.outputs["cache-hit"] = "false"
    with (called.machine.root / "cached.txt").open("a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in called.inputs["path"].splitlines()))
    return f"Cache not found for input keys: {called.inputs['key']}"


def everywhere(python: Path, conda: Path) -> dict[str, Action]:
    """Name all of them.

    Args:
        python: What ``actions/setup-python`` gives.
        conda: The prefix that ``conda-incubator/setup-miniconda`` activates.
    """
    return {
        "actions/cache": cache,
        "actions/checkout": checkout,
        "actions/download-artifact": download_artifact,
        "actions/setup-python": python_from(python),
        "actions/upload-artifact": upload_artifact,
        "astral-sh/setup-uv": setup_uv,
        "conda-incubator/setup-miniconda": conda_from(conda),
    }
