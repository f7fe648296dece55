"""The table at the end of a run of nox."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from support.strategies import RECORD
from tox_sitediff.nox import table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("is_worker", [False, True])
def test_a_session_whose_installation_failed_is_marked(
    tmp_path: Path, is_worker: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether this process ran it, or one of ``nox --parallel``; its copy in nox's cache is a record like others."""
    run = table._Run(shared=tmp_path / "shared", is_first=True)
    monkeypatch.setattr(table, "begin", lambda: run)
    for env, has_failed in (("good", False), ("bad", True)):
        table.keep(
            replace(RECORD, env=env),
            directory=tmp_path / env,
            cache=tmp_path,
            is_worker=is_worker,
            has_failed=has_failed,
        )
    run.show()
    rows = capsys.readouterr().err.splitlines()
    assert {row.split()[0]: row.endswith("  installation failed") for row in rows[1:3]} == {"good": False, "bad": True}
    assert sorted(path.name for path in (tmp_path / "sitediff").iterdir()) == [
        "bad-sitediff.json",
        "good-sitediff.json",
    ]
