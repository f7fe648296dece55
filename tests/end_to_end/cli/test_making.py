"""``sitediff venv``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from support.bases.made import uv_program
from support.shell import own, recorded, site

if TYPE_CHECKING:
    from support.shell import Shell


def test_an_environment_over_the_base_is_one_as_usual(shell: Shell) -> None:
    """Prompt and activation scripts are those of uv; it says what it inherits."""
    said = shell.sitediff("venv", "--python", shell.base.python, "--prompt", "work")
    environment = shell.directory / ".venv"
    assert f"{environment} inherits 6 distributions of {shell.base.python}" in said.err
    shell.run(uv_program(), "venv", "-q", "--python", shell.base.python, "plain")
    scripts = {path.name for path in (environment / "bin").iterdir()}
    assert scripts == {path.name for path in (shell.directory / "plain" / "bin").iterdir()}
    assert "activate.fish" in scripts
    active = shell.run(
        "bash", "-c", '. .venv/bin/activate; echo "$VIRTUAL_ENV $VIRTUAL_ENV_PROMPT"; python -c "import numlib"'
    )
    assert active.out.split() == [str(environment), "work"]


def test_an_environment_that_may_be_moved_works_in_another_place(shell: Shell) -> None:
    """Scripts of what is reused are relocatable where it is; where it is not, they are named, and made anew."""
    for name, options in (("may", ["--relocatable"]), ("may-not", [])):
        environment = shell.venv(name, *options)
        shell.sitediff("install", "-q", "--python", environment, "runner", "meter")
        environment.rename(shell.directory / f"{name}-moved")
    moved = shell.directory / "may-moved"
    assert f"runner runs in {moved}\n" in shell.run(moved / "bin" / "runner").out
    assert shell.run(moved / "bin" / "meter", "run", "-m", "runner").out.startswith(f"meter runs in {moved}\n")
    assert "all that was declared is met" in shell.sitediff("check", "--python", moved).out
    (shell.directory / "link").symlink_to("may-moved/bin/runner")
    assert f"runner runs in {moved}\n" in shell.run(shell.directory / "link").out
    moved = shell.directory / "may-not-moved"
    reason = f"it was made in {shell.directory / 'may-not'}, and moved or copied to where it is: its scripts "
    said = shell.sitediff("check", "--python", moved, status=1)
    assert f"{reason}hooks, meter, runner still run the interpreter there; make the environment anew" in said.out
    drift = shell.sitediff("check", "--python", moved, "--format", "json", status=1).json()["drift"]
    assert str(drift).startswith(reason)
    assert f"{reason}hooks, meter, runner still" in shell.sitediff("install", "--python", moved, "tiny").err
    assert f"runner runs in {moved}\n" in shell.run(moved / "bin" / "runner").out
    # that of what is installed is uv's
    assert f"{reason}meter still run" in shell.sitediff("check", "--python", moved, status=1).out
    shell.run(uv_program(), "pip", "install", "--python", moved, "--reinstall", "meter")
    assert "all that was declared is met" in shell.sitediff("check", "--python", moved).out


def test_layers_are_stacked_in_their_order_to_any_depth(shell: Shell) -> None:
    """An environment over two others, of which one stands over a third: the nearest copy of each name counts."""
    shell.venv("deep")
    shell.sitediff("install", "-q", "--python", "deep", "tiny==1.0", "svglib")
    shell.sitediff("venv", "-q", "--layer", "deep", "team")
    shell.sitediff("install", "-q", "--python", "team", "tiny==1.1")
    shell.venv("other")
    shell.sitediff("install", "-q", "--python", "other", "tiny==2.0a1", "dates>=2.9")
    said = shell.sitediff("venv", "--layer", "team", "--layer=other", "top")
    assert f"of {shell.base.python}" in said.err
    assert "those of the layers among them" in said.err
    top = shell.directory / "top"
    shell.sitediff("install", "--python", top, "tiny", "svglib", "dates", "numlib")
    assert own(top) == {}
    assert recorded(top, "reused") == {"dates": "2.9.0", "numlib": "1.26.0", "svglib": "1.5", "tiny": "1.1"}
    code = "import tiny, svglib, dates, numlib; print(*(m.__file__ for m in (tiny, svglib, dates, numlib)))"
    places = shell.run(top / "bin" / "python", "-c", code).out.split()
    layers = (*(site(shell.directory / name) for name in ("team", "deep", "other")), shell.base.site)
    assert [place.rpartition("/")[0] for place in places] == [str(layer) for layer in layers]


def test_over_the_interpreter_of_an_environment_that_environment_is_a_layer(shell: Shell) -> None:
    team = shell.venv("team")
    shell.sitediff("install", "-q", "--python", "team", "tiny==1.0")
    said = shell.sitediff("venv", "--python", "team", "mine")
    assert f"{team} is a virtual environment: its site-packages are stacked as a layer" in said.err
    shell.sitediff("install", "--python", "mine", "tiny")
    assert own(shell.directory / "mine") == {}


def test_a_link_to_a_copy_of_a_python_means_that_copy(shell: Shell) -> None:
    """The base of these tests is one: what it was copied from is there too, and Python would fall back to that."""
    link = shell.directory / "links" / "workbench"
    link.parent.mkdir()
    link.symlink_to(shell.base.python)
    for more in ((), ("--clear",)):
        said = shell.sitediff("venv", "--python", link, *more, "mine")
        assert f"inherits 6 distributions of {shell.base.python}" in said.err
        code = "import sys, numlib; print(sys.base_prefix)"
        assert shell.run("mine/bin/python", "-c", code).out.strip() == str(shell.base.prefix)
    found = json.loads(shell.sitediff("plan", "--python", link, "--format", "json", "frame").out)
    assert found["python"]["executable"] == str(shell.base.python)
    assert found["python"]["base_prefix"] == str(shell.base.prefix)
    assert found["install"] == []


def test_a_plain_directory_can_be_a_layer(shell: Shell) -> None:
    shell.run(uv_program(), "pip", "install", "--python", shell.base.python, "--target", "packages", "tiny==1.0")
    environment = shell.venv(".venv", "--layer", "packages")
    shell.sitediff("install", "tiny")
    assert own(environment) == {}


def test_what_can_not_be_made_leaves_nothing(shell: Shell) -> None:
    shell.write("packages/note.txt", "")
    for arguments, message in (
        (("--layer", "nowhere", "new"), "nowhere is no directory"),
        (("--python", "3.99", "new"), "No interpreter found for Python 3.99"),
        (("--python", "/nowhere/python", "new"), "there is no such interpreter"),
        (("new", "newer"), "one directory can be made at a time"),
    ):
        assert message in shell.refused("venv", *arguments)
    assert sorted(path.name for path in shell.directory.iterdir()) == ["packages"]


def test_what_is_there_is_not_overwritten(shell: Shell) -> None:
    """As uv has it: --clear does."""
    environment = shell.venv()
    shell.sitediff("install", "-q", "tiny")
    assert "already exists" in shell.sitediff("venv", "--python", shell.base.python, status=2).err
    assert own(environment) == {"tiny": "1.1"}
    shell.sitediff("venv", "--python", shell.base.python, "--clear")
    assert own(environment) == {}
