"""A machine of its own, for the configuration of pip and of uv."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from uv import find_uv_bin

from tox_sitediff.uv.settings import pip_files, uv_files
from tox_sitediff.uv.settings.pip import PipSettings, uv_settings_from_pip
from tox_sitediff.uv.settings.pip_files import read_pip_config
from tox_sitediff.uv.settings.uv_files import uv_config_may_decide

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

MAIN = "https://index.example/simple"
EXTRA = "https://extra.example/simple"
VALUES = {
    "index-url": [MAIN, EXTRA],
    "pypi-url": [MAIN, EXTRA],
    "extra-index-url": [EXTRA, f"{EXTRA}  {MAIN}", f"\n  {EXTRA}\n  {MAIN}"],
    "no-index": ["1", "yes", "False", ""],
    "no-build-isolation": ["1", "0", "off"],
    "timeout": ["3", "4.5"],
    "default-timeout": ["5", "6"],
    "no-binary": ["a", "A_b,c", ":all:", ":none:", "c,:all:,:none:,d"],
    "only-binary": ["a", "b,c", ":all:", ":none:", "d"],
    "pre": ["true", "n"],
    "trusted-host": ["a.example", "a.example b.example:8080"],
    "upgrade": ["true", "no"],
}


class Machine:
    """A machine with a home, a system directory, an environment and a project, all empty."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.etc, self.home, self.prefix, self.project = (root / n for n in ("etc", "home", "prefix", "project"))
        for directory in (self.etc, self.home, self.prefix, self.project):
            directory.mkdir()
        self.base = {"HOME": str(self.home), "USERPROFILE": str(self.home)}

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def settings(self, variables: Mapping[str, str] | None = None, *, platform: str = "linux") -> PipSettings:
        environment = {**self.base, **(variables or {})}
        return uv_settings_from_pip(environment, prefix=self.prefix, project=self.project, platform=platform)

    def options(self, variables: Mapping[str, str] | None = None, *, platform: str = "linux") -> dict[str, str]:
        config = read_pip_config({**self.base, **(variables or {})}, prefix=self.prefix, platform=platform)
        return {option.name: option.value for option in config.options}

    def decides(self, variables: Mapping[str, str] | None = None) -> bool:
        return uv_config_may_decide({**self.base, **(variables or {})}, project=self.project, platform="linux")

    def uv(self, settings: PipSettings, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **self.base,
            "UV_CACHE_DIR": str(self.root / "cache"),
            "UV_NO_PROGRESS": "1",
            **settings.variables,
        }
        command = [find_uv_bin(), "pip", "install", "--python", sys.executable, "--target", str(self.root / "target")]
        command += ["--dry-run", "--output-format", "json", *settings.arguments_beside(arguments), *arguments]
        return subprocess.run(
            command, env=environment, cwd=self.project, capture_output=True, text=True, check=False, timeout=60
        )

    def chosen(self, settings: PipSettings, *arguments: str) -> dict[str, str]:
        done = self.uv(settings, *arguments)
        assert done.returncode == 0, done.stderr
        return {change["name"]: change["version"] for change in json.loads(done.stdout)["changes"]}


def make_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Make it, and let the readers take its system directory for theirs."""
    machine = Machine(tmp_path)
    monkeypatch.setattr(pip_files, "_ETC", machine.etc)
    monkeypatch.setattr(uv_files, "_ETC", machine.etc)
    return machine
