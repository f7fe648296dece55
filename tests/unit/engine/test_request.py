"""What a front end asks for, made from arguments of ``uv pip install``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tox_sitediff.core.advice import Ways
from tox_sitediff.core.target import Target
from tox_sitediff.engine.request import make_request
from tox_sitediff.uv.settings.pip import PipSettings

if TYPE_CHECKING:
    from pathlib import Path

    from tox_sitediff.core.request import Request

UV = ("uv", "pip", "install")


def request(
    tmp_path: Path, *arguments: str, settings: PipSettings, program: tuple[str, ...] = UV, **variables: str
) -> Request:
    return make_request(
        arguments,
        build=lambda words: [*program, *words],
        target=Target(name="e", directory=tmp_path / "e", python=tmp_path / "python", project=tmp_path),
        variables=variables,
        settings=settings,
        ways=Ways(),
    )


@pytest.mark.parametrize("upgrades", [True, False])
def test_pips_upgrade_is_of_what_is_asked_for_by_name(tmp_path: Path, upgrades: bool) -> None:
    """And nothing else: not of what stands in constraints, comes from a URL, or has no name."""
    (tmp_path / "r.txt").write_text("B_b>=1\n./directory\n-c c.txt\n", "utf-8")
    (tmp_path / "c.txt").write_text("c<2\n", "utf-8")
    arguments = ("a", "-r", "r.txt", "d @ https://host.example/d-1.0-py3-none-any.whl")
    made = request(tmp_path, *arguments, settings=PipSettings(constrains=True, upgrades=upgrades))
    more = ["--upgrade-package=a", "--upgrade-package=b-b"] if upgrades else []
    python = ["--python", str(tmp_path / "python")]
    assert made.build(["x"]) == [*UV, *more, *python, "x"]
    assert not made.neutral
    pip = request(tmp_path, *arguments, settings=PipSettings(upgrades=upgrades), program=("pip", "install"))
    assert pip.build(["x"]) == ["pip", "install", "x"]


def test_options_that_lead_to_other_settings_count_where_these_are_read(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "uv.toml").write_text('override-dependencies = ["a==1"]\n', "utf-8")
    for arguments in (("--project", "other"), ("--config-file", "other/uv.toml")):
        made = request(tmp_path, *arguments, "a", settings=PipSettings())
        assert {*made.ignored} == {"a"}
        assert not made.neutral
    made = request(tmp_path, "a", settings=PipSettings(), UV_PROJECT="other")
    assert {*made.ignored} == {"a"}
    made = request(tmp_path, "a", "--no-config", settings=PipSettings(), UV_PROJECT="other")
    assert not made.ignored
    assert not made.neutral
    assert request(tmp_path, "a", settings=PipSettings()).neutral
