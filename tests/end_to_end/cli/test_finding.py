"""Which environment or base a command is about."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.bases.made import uv_program
from support.interpreters import SUPPORTED, interpreter, needed
from support.shell import own, site, versions

if TYPE_CHECKING:
    from support.shell import Shell


def test_the_order_is_that_of_uv(shell: Shell) -> None:
    """--python, then UV_PYTHON, then VIRTUAL_ENV, then .venv here or above: for uv and for us, the same one."""
    places = {name: shell.venv(name) for name in ("named", "wished", "active", ".venv")}
    deep = shell.directory / "a" / "b"
    deep.mkdir(parents=True)
    given: list[str] = []

    def found() -> set[str]:
        ours = shell.sitediff("install", *given, "tiny==1.0", cwd=deep)
        assert "1 installed" in ours.err or "tiny==1.0" in ours.err
        changed = [name for name, place in places.items() if own(place)]
        theirs = shell.run(uv_program(), "pip", "uninstall", *given, "tiny", cwd=deep)
        assert "tiny" in theirs.err
        assert not any(own(place) for place in places.values())  # uv took it out of the same one
        return {*changed}

    assert found() == {".venv"}
    shell.variables["VIRTUAL_ENV"] = str(places["active"])
    assert found() == {"active"}
    shell.variables["UV_PYTHON"] = str(places["wished"])
    assert found() == {"wished"}
    given += ["--python", str(places["named"])]
    assert found() == {"named"}


def test_a_file_in_the_place_of_an_environment_leads_to_one_as_for_uv(shell: Shell) -> None:
    """As tox writes it (``venv_redirect``); ``.python-envs`` of PEP 832, which uv does not know yet, does so too."""
    environment = shell.venv("made")
    shell.write("project/.venv", "../made\n")
    deep = shell.directory / "project" / "src"
    deep.mkdir()
    shell.sitediff("install", "tiny==1.0", cwd=deep)
    assert own(environment) == {"tiny": "1.0"}
    shell.run(uv_program(), "pip", "uninstall", "tiny", cwd=deep)
    assert own(environment) == {}
    (deep.parent / ".venv").rename(deep.parent / ".python-envs")
    shell.sitediff("install", "tiny==1.1", cwd=deep)
    assert own(environment) == {"tiny": "1.1"}
    assert f"{environment}: all that was declared is met" in shell.sitediff("check", cwd=deep).out
    assert shell.sitediff("report", cwd=deep.parent).rows()[1][:3] == ["made", "0", "1"]
    assert f"{environment}: all that" in shell.sitediff("check", "--python", shell.write(".venv", "made\n")).out
    shell.write("project/.venv", "../nowhere\n")
    assert f"the file .venv in {deep.parent} names {shell.directory / 'nowhere'}, which is not there; make it anew" in (
        shell.refused("check", "--directory", deep)
    )


def test_site_packages_that_were_stored_as_nothing_are_made_anew(shell: Shell) -> None:
    """Stores of artefacts, and git, leave empty directories out: Python has none on its path that is not there."""
    environment = shell.venv()
    shutil.rmtree(environment / "lib")
    before = sorted(environment.rglob("*"))
    assert versions(shell.plan("numlib", "tiny")["install"]) == {"tiny": "1.1"}
    assert "all that was declared is met" in shell.sitediff("check").out
    assert sorted(environment.rglob("*")) == before
    shell.sitediff("install", "numlib", "tiny")
    assert own(environment) == {"tiny": "1.1"}
    shutil.rmtree(site(environment))
    shell.sitediff("install", "--layer", shell.base.site, "tiny")  # this writes there before uv does
    assert own(environment) == {"tiny": "1.1"}


def test_without_any_environment_the_message_says_where_it_was_looked_for(shell: Shell) -> None:
    assert shell.refused("install", "tiny") == (
        "no environment was found: neither VIRTUAL_ENV nor CONDA_PREFIX is set, and there is no .venv in "
        f"{shell.directory} or above; make one with: sitediff venv .venv"
    )


def test_plan_and_inventory_need_no_environment(shell: Shell) -> None:
    """They take the first interpreter that uv finds, and leave nothing behind."""
    shell.variables |= {"PATH": f"{shell.base.scripts}{os.pathsep}{os.defpath}", "TMPDIR": str(shell.directory / "t")}
    (shell.directory / "t").mkdir()
    found = shell.plan("frame", "tiny")
    assert versions(found["reused"]) == {"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}
    assert versions(found["install"]) == {"tiny": "1.1"}
    assert "6 distributions offered" in shell.sitediff("inventory").err
    assert [*(shell.directory / "t").iterdir()] == []
    assert [path.name for path in shell.directory.iterdir()] == ["t"]


def test_a_base_is_not_written(shell: Shell) -> None:
    """`plan` answers for a new environment over it; what would change it is refused, with the way out."""
    python = shell.base.python
    said = shell.sitediff("plan", "--python", python, "frame")
    assert f"for a new environment over {python}" in said.err
    for command in ("install", "uninstall"):
        message = shell.refused(command, "--python", python, "tiny")
        assert "is a base interpreter, which is never written" in message
        assert f"sitediff venv --python {python} .venv" in message
    assert "in which nothing was declared" in shell.refused("check", "--python", python)
    shell.write("requirements.txt", "frame\n")
    assert shell.sitediff("check", "--python", python, "-r", "requirements.txt").status == 0


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", "directory"])
def test_a_broken_environment_is_no_base(shell: Shell, content: bytes | str | None, is_known: bool) -> None:
    """Its ``pyvenv.cfg`` is what makes it one: where that is gone, what is known of it or its scripts still tell."""
    if is_known:
        environment = shell.venv()
    else:
        environment = shell.directory / ".venv"
        shell.run(uv_program(), "venv", "-q", "--python", shell.base.python, environment)
    configuration = environment / "pyvenv.cfg"
    configuration.unlink()
    if isinstance(content, bytes):
        configuration.write_bytes(content)
    elif content == "directory":
        configuration.mkdir()
    for command in ("install tiny", "plan tiny", "inventory", "check", "uv pip list", "venv --python .venv more"):
        message = shell.refused(*command.split())
        assert message.startswith(f"{configuration} is missing or damaged, so that this virtual environment (")
        assert message.endswith(f"remove the directory, and make it anew: sitediff venv {environment}")
    shutil.rmtree(environment)
    shell.sitediff("venv", "-q", "--python", shell.base.python, environment)
    shell.sitediff("install", "frame")


def test_an_environment_that_does_not_inherit_is_filled_as_uv_fills_it_and_that_is_said(shell: Shell) -> None:
    shell.run(uv_program(), "venv", "-q", "--python", shell.base.python, "plain")
    said = shell.sitediff("plan", "--python", "plain", "numlib")
    assert "plain does not inherit from its base, so nothing of the base is reused" in said.err
    said = shell.sitediff("install", "--python", "plain", "numlib<2")
    assert "include-system-site-packages in its pyvenv.cfg is not true" in said.err
    assert "sitediff venv" in said.err
    assert own(shell.directory / "plain") == {"numlib": "1.26.0"}


@pytest.fixture
def conda(shell: Shell) -> Path:
    """Something that has conda's mark. It stands in for a conda environment; genuine ones are in tests/bases."""
    prefix = shell.directory / "conda"
    shutil.copytree(shell.base.prefix, prefix, symlinks=True)
    (prefix / "conda-meta").mkdir()
    shell.variables["CONDA_PREFIX"] = str(prefix)
    return prefix


def test_an_active_conda_environment_is_a_base(shell: Shell, conda: Path) -> None:
    message = shell.refused("install", "tiny")
    assert f"{conda} (CONDA_PREFIX) is a conda environment, which is never written" in message
    assert versions(shell.plan("numlib", "tiny")["install"]) == {"tiny": "1.1"}
    shell.sitediff("venv")
    shell.sitediff("install", "--python", ".venv", "numlib", "tiny")
    assert own(shell.directory / ".venv") == {"tiny": "1.1"}
    base = shell.run(shell.directory / ".venv" / "bin" / "python", "-c", "import sys; print(sys.base_prefix)")
    assert base.out.strip() == str(conda)


def test_an_interpreter_that_is_another_one_now_is_the_reason(shell: Shell) -> None:
    """An upgrade below an environment: that is said, and not that packages are missing; nothing is installed."""
    others = (v for v in SUPPORTED[::-1] if v != "{}.{}".format(*sys.version_info[:2]) and interpreter(v))
    version = next(others, "another")
    python = shell.directory / "bin" / "python3"
    python.parent.mkdir()
    python.symlink_to(Path(sys.executable).resolve())
    shell.sitediff("venv", "-q", "--python", python, "env")
    shell.sitediff("install", "-q", "--python", "env", "tiny")
    python.unlink()
    python.symlink_to(needed(version).resolve())
    before = sorted(str(path) for path in (shell.directory / "env").rglob("*"))
    reason = f"it was made for cpython {platform.python_version()}, and its interpreter is cpython {version}"
    said = shell.sitediff("check", "--python", "env", status=1)
    assert said.out.startswith(reason)
    assert len(said.out.splitlines()) == 1
    assert f"make it anew: sitediff venv --clear {shell.directory}/env" in said.err
    for command in ("install", "uninstall"):
        message = shell.refused(command, "--python", "env", "tiny")
        assert reason in message
        assert "make it anew" in message
    assert reason in shell.sitediff("plan", "--python", "env", "tiny").err
    assert sorted(str(path) for path in (shell.directory / "env").rglob("*")) == before
    shell.sitediff("venv", "-q", "--clear", "--python", python, "env")
    shell.sitediff("install", "-q", "--python", "env", "tiny")
    shell.sitediff("check", "--python", "env")
