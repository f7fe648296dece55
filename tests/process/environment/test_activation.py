"""What activating a conda base sets: a real shell runs the scripts of a prefix that looks like conda's."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.environment import activation as module
from tox_sitediff.environment.activation import activation

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the scripts are those of POSIX shells")


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A prefix of conda's without scripts, and a cache of our own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "prefix"
    (path / "conda-meta").mkdir(parents=True)
    (path / "etc/conda/activate.d").mkdir(parents=True)
    (path / "etc/conda/env_vars.d").mkdir(parents=True)
    return path


class Lines(list[str]):
    """What was said."""


def found(prefix: Path, **variables: str) -> tuple[dict[str, str], Lines]:
    said = Lines()
    return activation(prefix, variables={"HOME": "/home/me", **variables}, warn=said.append), said


def script(prefix: Path, name: str, text: str) -> None:
    (prefix / "etc/conda/activate.d" / name).write_text(text)


def test_what_scripts_and_files_set(prefix: Path) -> None:
    """Scripts in their order, packages' variables, and those of the environment, which win; not PATH."""
    script(prefix, "b.sh", 'export B="$A and b"\nexport PATH="/odd:$PATH"\necho noise\necho noise >&2\n')
    script(prefix, "a.sh", 'export A="$CONDA_PREFIX/share"\nexport LINES_OF="one\ntwo"\nlocal=1\ncd /\n')
    script(prefix, "ignored.fish", "set -x C 1")
    (prefix / "etc/conda/env_vars.d/p.json").write_text(json.dumps({"P": "package", "Q": "package", "N": 1}))
    state = {"env_vars": {"Q": "environment", "GONE": "***unset***", "PATH": "/no", "a b": "no"}}
    (prefix / "conda-meta/state").write_text(json.dumps(state))
    expected = {
        "A": f"{prefix}/share",
        "B": f"{prefix}/share and b",
        "LINES_OF": "one\ntwo",
        "P": "package",
        "Q": "environment",
    }
    assert found(prefix, A="of the user", PATH="/nowhere") == (expected, [])


def test_worked_out_once_for_a_base(prefix: Path) -> None:
    """It is kept until a script changes; what is damaged is worked out anew."""
    count = prefix / "count"
    script(prefix, "a.sh", f"echo x >> {count}\nexport A=1\n")
    for _ in range(3):
        assert found(prefix) == ({"A": "1"}, [])
    assert count.read_text() == "x\n"
    script(prefix, "a.sh", f"echo x >> {count}\nexport A=22\n")
    assert found(prefix) == ({"A": "22"}, [])
    (kept,) = [path for path in (prefix.parent / "cache").rglob("*.json") if "22" in path.read_text()]
    for damage in ("", "[]", '{"A": 1}'):
        kept.write_text(damage)
        assert found(prefix) == ({"A": "22"}, [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("exit 0\n", "ends the shell"),
        ("sleep 60\n", "do not work"),
        ("kill -9 $$\n", "ends the shell"),
    ],
)
def test_a_script_that_does_not_work(prefix: Path, text: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line names the scripts and what to do; what files say is there all the same."""
    monkeypatch.setattr(module, "LIMIT", 0.5)
    (prefix / "conda-meta/state").write_text(json.dumps({"env_vars": {"S": "1"}}))
    script(prefix, "bad.sh", text)
    variables, said = found(prefix)
    assert variables == {"S": "1"}
    (line,) = said
    assert reason in line
    assert "bad.sh" in line
    assert "sitediff_activate = false" in line


def test_a_script_that_fails_or_wants_a_terminal_does_no_harm(prefix: Path) -> None:
    """What it sets before counts, and so does the next script."""
    script(prefix, "a.sh", "export A=1\nread answer\nreturn 3\n")
    script(prefix, "b.sh", "export B=2\nno-such-command\n")
    assert found(prefix) == ({"A": "1", "B": "2"}, [])


@pytest.mark.parametrize("state", ["", "[", "[]", '{"env_vars": []}', "[" * 5000])
def test_a_state_that_is_damaged_says_nothing(prefix: Path, state: str) -> None:
    """It is conda's business."""
    (prefix / "conda-meta/state").write_text(state)
    assert found(prefix) == ({}, [])


def test_what_is_not_condas(tmp_path: Path) -> None:
    """Without conda-meta there is nothing to activate."""
    assert found(tmp_path) == ({}, [])
