"""What is an installation among the commands that tox is to execute, and what of it counts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tox_sitediff.tox_plugin.commands import InstallCommand, installation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def builder(*start: str) -> Callable[[Sequence[str]], list[str]]:
    return lambda given: [*start, *given]


UV = builder("/bin/uv", "-q", "pip", "install", "--pre")
PIP = builder("python", "-I", "-m", "pip", "install")


@pytest.mark.parametrize("build", [UV, PIP])
def test_what_our_installer_built_is_taken_as_it_is(build: Callable[[Sequence[str]], list[str]]) -> None:
    command = InstallCommand(["tiny"], build)
    assert installation(command, "install_deps") is command
    assert command == build(["tiny"])


@pytest.mark.parametrize("build", [UV, PIP])
def test_what_a_plugin_changed_in_it_counts(build: Callable[[Sequence[str]], list[str]]) -> None:
    command = InstallCommand(["tiny"], build)
    command.append("frame")
    found = installation(command, "")
    assert found is not None
    assert found == build(["tiny", "frame"])
    assert [*found.arguments][-2:] == ["tiny", "frame"]
    if build is UV:
        assert found.arguments == ["--pre", "tiny", "frame"]
        assert found.build(["other"]) == ["/bin/uv", "-q", "pip", "install", "other"]


def test_what_a_plugin_put_in_the_place_of_pip_keeps_what_it_installs() -> None:
    """A program that nobody here knows gets the arguments as they were."""
    command = InstallCommand(["tiny"], PIP)
    command[:] = ["mine", "tiny"]
    found = installation(command, "install_deps")
    assert found is not None
    assert (found, found.arguments) == (["mine", "tiny"], ["tiny"])


def test_other_commands_are_none() -> None:
    """Only what tox calls an installation, and uv carries out, is one without having been built by us."""
    words: list[str | Path] = [Path("/bin/uv"), "pip", "install", "tiny"]
    found = installation(words, "install_package")
    assert found is not None
    assert found.arguments == ["tiny"]
    assert installation(words, "commands[0]") is None
    assert installation(["python", "-m", "pip", "install", "tiny"], "install_deps") is None
    assert installation(["pytest"], "commands[0]") is None
