"""The entry point: whatever the paths look like that users name, what is wrong is said in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tox_sitediff.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

ODD: Final = (
    *("~nouser/x", "~nouser", "~/x", " ", "\n", "a/" * 300, "caf\udce9", "\x1b[2J", "file/x", "missing"),
    *("a,b", "a:b", "file:///x", "[", "=", "/dev/null", "/dev/null/x", "file", "."),
)


COMMANDS: Final = (
    *("--directory={} report", "report {}", "check --python={}", "install --python={} a", "plan --python={}/x a"),
    *("sync {} --python={}/bin", "venv --layer={} --python={}/x"),
)


def is_looked_at_first(command: str, path: str) -> bool:
    """Tell whether it is for us to say what is wrong: a name without a slash is a request, which uv is asked for."""
    return "--python={} " not in f"{command} " or bool({"/", "."} & {*path}) or path == "file"


@pytest.mark.parametrize(
    ("command", "path"),
    [(command, path) for command in COMMANDS for path in ODD if is_looked_at_first(command, path)],
    ids=ascii,
)
def test_no_path_ends_in_a_traceback(
    command: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """None of them starts a program: what is named is looked at first."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "UV_PYTHON"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "file").touch()
    assert main([word.format(path, path) for word in command.split()]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("sitediff: error: ")
    assert said.err.count("sitediff:") == 1
    assert said.err.replace("\n", "").isprintable()
