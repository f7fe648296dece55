"""The options of the real uv, as the reader of its arguments knows them."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from support.requirements_files import Project, make_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return make_project(tmp_path, monkeypatch)


def options_with_a_value() -> list[str]:
    done = subprocess.run([find_uv_bin(), "pip", "install", "--help"], check=True, capture_output=True, text=True)
    found = re.findall(r"^ *(-\w)?,? *(--[\w-]+) <", done.stdout, flags=re.MULTILINE)
    return [option for pair in found for option in pair if option]


# --- options


def test_the_value_of_an_option_of_uv_is_never_taken_for_a_requirement(project: Project) -> None:
    options = options_with_a_value()
    assert {"-r", "--overrides", "--upgrade-package", "-P", "--python-version"} <= {*options}
    for option in options:
        found = project.parse(option, "value", "a")
        named = [item.text for item in found.declared if item.requirement is not None]
        assert named == ["a"], option
