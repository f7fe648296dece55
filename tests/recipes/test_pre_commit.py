"""The hook for pre-commit, run by the real pre-commit from a clone of this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from support.ci.world import World

pytest.importorskip("pre_commit", reason="of the dependency group lint")
pytest.importorskip("hatchling", reason="of the dependency group release")
ROOT: Final = Path(__file__).parents[2]
if not (ROOT / "src").is_dir():
    pytest.skip("the sources are out of the way", allow_module_level=True)

PAGE: Final = ROOT / "docs" / "ci" / "pre-commit.md"


def configuration(repository: Path) -> str:
    """Take the configuration from the page, with the clone and the environment of the test for those that it names."""
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    block = found[1]
    for there, here in (
        ("https://github.com/OWNER/tox-sitediff", str(repository)),
        ("rev: v0.1.0", "rev: v1"),
        (".tox/py312", ".venv"),
    ):
        assert there in block
        block = block.replace(there, here)
    return block


def test_the_hook(world: World, tmp_path: Path) -> None:
    """As the page configures it: it passes over an environment in order, and fails where a requirement is gone."""
    repository, work = tmp_path / "repository", tmp_path / "work"
    variables = world.variables(tmp_path / "home") | {"PRE_COMMIT_HOME": str(tmp_path / "pre-commit")}
    variables["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])

    def run(*command: str | Path, cwd: Path = work, status: int = 0) -> str:
        done = subprocess.run(
            command, cwd=cwd, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    shutil.copytree(ROOT / "src", repository / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copyfile(ROOT / name, repository / name)
    work.mkdir()
    for directory in (repository, work):
        run("git", "init", "--quiet", cwd=directory)
        run("git", "add", "--all", cwd=directory)
        identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        run("git", *identity, "commit", "--quiet", "--allow-empty", "--message", "x", cwd=directory)
    run("git", "tag", "v1", cwd=repository)

    sitediff = Path(sys.executable).with_name("sitediff")
    run(sitediff, "venv", "--quiet", "--python", world.base.python, ".venv")
    run(sitediff, "install", "--quiet", "--python", ".venv", "frame", "tiny")
    (work / ".pre-commit-config.yaml").write_text(configuration(repository), "utf-8")
    said = run(sys.executable, "-m", "pre_commit", "run", "--all-files")
    assert "sitediff check" in said
    assert "Passed" in said
    (removed,) = (work / ".venv" / "lib").glob("python*/site-packages/tiny-*.dist-info")
    shutil.rmtree(removed)
    said = run(sys.executable, "-m", "pre_commit", "run", "--all-files", status=1)
    assert "tiny" in said
    assert "Failed" in said
