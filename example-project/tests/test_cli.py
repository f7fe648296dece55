from __future__ import annotations

from pathlib import Path
from shutil import which
from subprocess import run

import pytest
from pytest_mock import MockerFixture

from tideline.cli import main


def test_constants_are_printed(record: Path, capsys: pytest.CaptureFixture[str]):
    assert main([str(record), "--constituents", "M2,S2,O1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "mean level 2.500, origin 2024-03-01 00:00"
    assert lines[3].split() == ["M2", "12.421", "1.800", "40.000"]


def test_picture_is_drawn_on_request_only(record: Path, tmp_path: Path, mocker: MockerFixture):
    save = mocker.patch("tideline.plot.save")
    assert main([str(record)]) == 0
    save.assert_not_called()
    assert main([str(record), "--plot", str(tmp_path / "tide.png")]) == 0
    assert save.call_args.args[2] == tmp_path / "tide.png"


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([str(tmp_path / "none.csv")]) == 1
    assert capsys.readouterr().err.startswith("tideline: ")


def test_installed_command_runs(record: Path):
    command = which("tideline")
    assert command is not None
    done = run([command, str(record)], capture_output=True, text=True, check=True)
    assert "amplitude" in done.stdout
