"""Options taken out of arguments, and said with variables."""

from __future__ import annotations

import pytest

from tox_sitediff.uv.options import LOOKING, is_harmless, settings_of, without


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ("a --check b", "a b"),
        ("--output-format json a", "a"),
        ("--output-format=json -q a", "-q a"),
        ("-r --check a", "-r --check a"),
        ("a -- --check", "a -- --check"),
        ("a --output-format", "a"),
        ("", ""),
    ],
)
def test_options_are_left_out_with_their_values(arguments: str, kept: str) -> None:
    assert without(arguments.split(), {*LOOKING, "--output-format"}) == kept.split()


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        ("--project x a", {"UV_PROJECT": "x"}),
        ("--no-config --config-file=f a", {"UV_NO_CONFIG": "1", "UV_CONFIG_FILE": "f"}),
        ("-r --no-config", {}),
        ("a -- --no-config", {}),
        ("a --project", {"UV_PROJECT": ""}),
    ],
)
def test_where_settings_are_is_said_with_variables(arguments: str, variables: dict[str, str]) -> None:
    assert settings_of(arguments.split()) == variables


def test_what_is_said_louder_or_lower_is_harmless() -> None:
    assert all(map(is_harmless, ("-q", "-qqq", "-vvvv", "--verbose", "-i")))
    assert not any(map(is_harmless, ("-x", "--unknown", "-qv", "--check")))
