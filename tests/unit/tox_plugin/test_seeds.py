"""Which commands use pip."""

from __future__ import annotations

import pytest
from tox.config.types import Command

from tox_sitediff.tox_plugin.seeds import uses_pip


@pytest.mark.parametrize(
    "words",
    [
        ["pip", "install", "x"],
        ["pip3.12", "list"],
        ["/env/bin/pip3"],
        ["python", "-m", "pip", "check"],
        ["sh", "-c", "cd x && pip install ."],
        ["sh", "-c", "python -m pip --version|cat"],
    ],
)
def test_a_program_a_module_or_a_line_for_a_shell(words: list[str]) -> None:
    assert uses_pip([Command(["true"]), Command(words)])


@pytest.mark.parametrize(
    "words", [["pip-compile"], ["pipx", "run"], ["pytest", "tests/test_pip.py"], ["cat", "pip.conf"], ["x", "--no-pip"]]
)
def test_what_only_looks_like_it(words: list[str]) -> None:
    assert not uses_pip([Command(words)])
