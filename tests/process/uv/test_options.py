"""The options of the real uv, as its help names them: each is known to be harmless, or takes the long way."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from uv import find_uv_bin

from tox_sitediff.uv.arguments import parse_arguments
from tox_sitediff.uv.options import is_harmless, takes_value
from tox_sitediff.uv.settings.uv_files import uv_config_may_decide

if TYPE_CHECKING:
    from pathlib import Path

    from support.remainders import Slim

# what to give to an option, where its help names no values
VALUES: Final = {
    "--allow-insecure-host": "host.example",
    "--cache-dir": "{root}/another-cache",
    "--cert": "{root}/none.pem",
    "--config-setting": "a=b",
    "--config-settings-package": "have:a=b",
    "--constraints": "{root}/empty.txt",
    "--build-constraints": "{root}/empty.txt",
    "--default-index": "{root}/index",
    "--exclude-newer": "2999-01-01",
    "--exclude-newer-package": "have=2999-01-01",
    "--excludes": "{root}/empty.txt",
    "--extra-index-url": "{root}/index",
    "--find-links": "{root}/index",
    "--index": "{root}/index",
    "--index-url": "{root}/index",
    "--no-binary": "have",
    "--no-build-isolation-package": "have",
    "--no-editable-package": "have",
    "--no-sources-package": "have",
    "--only-binary": "have",
    "--overrides": "{root}/empty.txt",
    "--prerelease-package": "have=allow",
    "--refresh-package": "have",
    "--reinstall-package": "other",
    "--upgrade-package": "other",
}
# what names another place or another input, and is followed by its own tests
ELSEWHERE: Final = frozenset(
    {
        *("--all-extras", "--config-file", "--directory", "--editable", "--extra", "--group", "--help", "--prefix"),
        *("--project", "--python", "--python-platform", "--python-version", "--requirements", "--system", "--target"),
        *("--torch-backend", "--upgrade-group", "--user"),
    }
)
REFUSED: Final = frozenset({"--require-hashes", "--cert"})
"""What can't be given here: hashes for what has none, a bundle of certificates that does not exist."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """One option as the help of uv has it.

    Attributes:
        flags: Its spellings.
        value: What it is called that belongs to it; empty where nothing does.
        values: The values that are possible, where the help names them.
        variable: The variable that means the same.
    """

    flags: tuple[str, ...]
    value: str
    values: tuple[str, ...]
    variable: str

    @property
    def name(self) -> str:
        return self.flags[-1]

    def words(self, root: Path) -> list[str]:
        """Return the option with a value."""
        if not self.value:
            return [self.name]
        value = VALUES.get(self.name) or next((value for value in self.values if value != "lowest"), None)
        assert value is not None, f"{self.name} is new: say in this test what can be given to it"
        return [self.name, value.format(root=root)]


@cache
def options() -> tuple[Known, ...]:
    """Read the help of uv."""
    done = subprocess.run(
        [find_uv_bin(), "pip", "install", "--help"], check=True, capture_output=True, text=True, env={"NO_COLOR": "1"}
    )
    entry = re.compile(
        r"^ {2,6}(?:(-\w), )?(--[\w-]+)(?:\.\.\.)?(?: <([^>]+)>)?(?= |$)(.*(?:\n {8,}.*)*)", re.MULTILINE
    )
    found = []
    for short, name, value, rest in entry.findall(done.stdout):
        text = " ".join(rest.split())
        values = re.search(r"\[possible values: ([^]]*)\]", text)
        variable = re.search(r"\[env: `?(UV_\w+)`?=?[\]=]", text)
        found.append(
            Known(
                flags=tuple(filter(None, (short, name))),
                value=value,
                values=tuple(values[1].split(", ")) if values else (),
                variable=variable[1] if variable else "",
            )
        )
    return tuple(found)


def test_the_help_is_read() -> None:
    named = {option.name: option for option in options()}
    assert {"--requirements", "--check", "--verbose", "--offline", "--python", "--resolution", "--user"} <= named.keys()
    assert named["--resolution"].values == ("highest", "lowest", "lowest-direct")
    assert named["--no-cache"].variable == "UV_NO_CACHE"
    assert len(named) > 70


def test_which_options_have_a_value_is_known_of_all(tmp_path: Path) -> None:
    """Also of those that uv does not show, and of one that nobody has: the value is not taken for a requirement."""
    hidden = {"--python-fetch": True, "--offline-please": False, "--no-offline": False, "--preview": False}
    shown = {flag: bool(option.value) for option in options() for flag in option.flags}
    for flag, has_value in {**shown, **hidden}.items():
        assert takes_value(flag) == has_value, flag
    found = parse_arguments(["--python-fetch", "automatic", "a"], directory=tmp_path, environment={})
    assert [item.text for item in found.declared] == ["a"]
    assert not found.plain


def test_what_is_not_known_to_be_harmless_takes_the_long_way(tmp_path: Path) -> None:
    """uv decides; and a variable is harmless where its option is."""
    (tmp_path / "empty.txt").touch()
    for option in options():
        if option.name in ELSEWHERE - {"--torch-backend"}:
            continue
        words = option.words(tmp_path) if option.name != "--torch-backend" else ["--torch-backend", "cpu"]
        found = parse_arguments([*words, "a"], directory=tmp_path, environment={})
        constrains = option.name in {"--constraints", "--no-deps"}  # which the short way does itself
        assert found.plain == (is_harmless(option.name) or constrains), option
        if option.variable and not constrains:
            value = words[1] if option.value else "1"
            decides = uv_config_may_decide({option.variable: value, "UV_NO_CONFIG": "1"}, project=tmp_path)
            assert decides or option.name in HARMLESS_AS_VARIABLES or is_harmless(option.name), option


HARMLESS_AS_VARIABLES: Final = frozenset(
    {
        *("--build-constraints", "--exclude-newer", "--fork-strategy", "--no-sources", "--no-sources-package"),
        *("--no-verify-hashes", "--require-build-hashes", "--break-system-packages", "--no-config"),
    }
)
"""Where a variable takes the short way all the same: it is there for all of a user's commands, most of which it is not
about."""


@pytest.fixture
def kept(slim: Slim) -> Slim:
    """An environment that has something of its own and something inherited, both of which the index has newer."""
    for name in ("have", "other"):
        slim.offer(name, "1.0")
    assert slim.install("have") == {"have": "1.0"}
    slim.inherit("other", "1.0")
    for name in ("have", "other", "lacking"):
        slim.offer(name, "2.0")
    (slim.root / "empty.txt").touch()
    return slim


def test_what_is_harmless_replaces_nothing(kept: Slim) -> None:
    """Asked by the real uv: with none of them is what is installed not good enough any more."""
    for option in options():
        if not is_harmless(option.name) or option.name == "--python":
            continue
        done = subprocess.run(
            [kept.uv, "pip", "install", "--dry-run", *option.words(kept.root), "have"],
            env={**kept.variables, "RUST_LOG": "off"},
            cwd=kept.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (option, done.stderr)
        assert not re.search("^ [-+~] ", done.stderr, re.MULTILINE), (option, done.stderr)


def test_each_option_can_be_planned_with(kept: Slim) -> None:
    """None gets in the way of ours, which ask uv for JSON, for a log, and to change nothing."""
    observer = kept.observer()
    view = observer.look()
    for option in options():
        if option.name in ELSEWHERE | REFUSED | {"--no-deps", "--constraints"}:
            continue
        outcome = kept.remainder(*option.words(kept.root), "other", "lacking", view=view).rehearse()
        assert not outcome.refused, (option, outcome.message)
        if option.name in {"--exclude-newer", "--no-index"}:  # the index here has no dates
            assert outcome.changes is None
            continue
        assert outcome.changes is not None, (option, outcome.message)
        names = {change.name for change in outcome.changes}
        renewed = {"other"} if option.name in {"--upgrade", "--reinstall", "--reinstall-package"} else set()
        renewed |= {"other"} if option.name == "--upgrade-package" else set()
        assert names == {"lacking"} | renewed, (option, outcome.changes)
