"""Which uv, whether it is new enough, and led to which environment."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.uv.program import OLDEST, check_version, find_uv, uv_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.remainders import Slim


posix_only = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")
pytestmark = pytest.mark.usefixtures("ask_anew")


# --- which uv


def test_the_uv_of_the_package_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The uv that was installed with this package is taken, whatever is on PATH."""
    monkeypatch.setenv("PATH", "")
    assert find_uv().name in {"uv", "uv.exe"}
    assert check_version(find_uv()) >= OLDEST


@posix_only
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo uv 0.12.17", r"is uv 0\.12\.17, but 0\.12\.18 or newer is needed; upgrade it:"),
        ("echo uv 0.12.18rc1", r"is uv 0\.12\.18rc1, but 0\.12\.18 or newer is needed"),
        ("exit 3", r"does not work \(--version ended with status 3 and said nothing\); reinstall it:"),
        ("echo uv", r"--version ended with status 0 and said uv\)"),
        ("echo uv is something else", "status 0 and said uv is something else"),
        ("printf 'no \\033[31mlibrary\\nmore' >&2; exit 127", r"status 127 and said no \\x1b\[31mlibrary\)"),
    ],
)
def test_a_uv_that_is_too_old_or_broken(script: str, message: str, stand_in: Callable[[str], Path]) -> None:
    """A uv that is too old, or says anything but its version, is named with what it said, safe to show."""
    program = stand_in(script)
    with pytest.raises(EnvironmentProblem, match=message) as raised:
        check_version(program)
    assert str(raised.value).startswith(str(program))


@posix_only
@pytest.mark.parametrize(
    "text", ["uv 0.12.18", "uv 0.13.9 (8e2f6d0 2026-11-12 x86_64-unknown-linux-gnu)", "uv 1.0.0\nand more"]
)
def test_a_uv_that_is_new_enough(text: str, stand_in: Callable[[str], Path]) -> None:
    """The second word of what uv prints is its version."""
    assert str(check_version(stand_in(f"echo {shlex.quote(text)}"))) == text.split()[1]


def test_a_uv_that_is_not_there(tmp_path: Path) -> None:
    """A uv that can't be started is named with the system's reason."""
    with pytest.raises(EnvironmentProblem, match=r"does not work \(No such file or directory\)|cannot find the file"):
        check_version(tmp_path / "uv")


@posix_only
def test_a_uv_that_hangs(stand_in: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A uv that does not tell its version in the time that is allowed is not waited for."""
    monkeypatch.setenv("TOX_SITEDIFF_PROBE_TIMEOUT", "0.2")
    with pytest.raises(EnvironmentProblem, match=r"no answer to --version within 0\.2 seconds"):
        check_version(stand_in("exec sleep 60"))


# --- which environment


@pytest.mark.parametrize(
    "misleading",
    [
        {"UV_SYSTEM_PYTHON": "1"},
        {"UV_SYSTEM_PYTHON": "1", "UV_BREAK_SYSTEM_PACKAGES": "1"},
        {"UV_PYTHON": "{base}"},
        {"UV_TARGET": "{root}/elsewhere"},
        {"UV_PREFIX": "{root}/elsewhere"},
        {"CONDA_PREFIX": "{root}/elsewhere"},
        {"CONDA_PREFIX": "{root}/elsewhere", "CONDA_DEFAULT_ENV": "base"},
        {"VIRTUAL_ENV": "{root}/elsewhere"},
    ],
)
def test_no_variable_leads_uv_astray(misleading: dict[str, str], slim: Slim) -> None:
    """Whatever the user's variables name, uv installs into the environment, and nowhere else."""
    (slim.root / "elsewhere").mkdir()
    slim.offer("new", "1.0")
    given = {name: value.format(root=slim.root, base=sys.executable) for name, value in misleading.items()}
    slim.variables = uv_environment({**slim.variables, **given}, slim.root / "env")
    assert slim.install("new") == {"new": "1.0"}
    assert [*(slim.root / "elsewhere").iterdir()] == []
