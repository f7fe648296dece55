"""``sitediff debug``: enough for a stranger to understand, and nothing that is none of his business."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.shell import Shell

LEAKS = ("s3cret-w0rd", "tk-55-path", "annabel", "hidden-in-ini", "AbCdEf0123456789AbCdEf0123456789")


@pytest.fixture
def talkative(shell: Shell) -> Shell:
    """A shell of somebody who keeps secrets wherever there is room for them."""
    home = shell.directory / "homes/annabel"
    home.mkdir(parents=True)
    shell.variables |= {
        "HOME": str(home),
        "USER": "annabel",
        "UV_EXTRA_INDEX_URL": "https://annabel:s3cret-w0rd@host.example/t/tk-55-path/simple",
        "UV_INDEX_MINE_PASSWORD": "s3cret-w0rd",
        "UV_PUBLISH_TOKEN": LEAKS[-1],
        "HTTPS_PROXY": "annabel:s3cret-w0rd@proxy.example:3128",
        "PIP_CERT": str(home / "cert.pem"),
        "TOX_ANY": LEAKS[-1],
        "AWS_SECRET_ACCESS_KEY": "s3cret-w0rd",
    }
    shell.directory = home / "project"
    shell.directory.mkdir()
    shell.write(
        "tox.ini",
        "[testenv]\nsitediff_visibility = report\nsitediff_layers = /home/annabel/x\nset_env = A = hidden-in-ini\n",
    )
    return shell


def test_a_report_has_what_a_stranger_needs_and_no_more(talkative: Shell) -> None:
    """Versions, base, layers, settings and the record's head, as text and as JSON; no password, token, name or home."""
    talkative.venv()
    talkative.sitediff("install", "frame")
    texts = [talkative.sitediff("debug", *words) for words in ((), ("--format", "json"))]
    for said in texts:
        assert not [leak for leak in LEAKS if leak in said.out + said.err]
        assert str(talkative.directory) not in said.out
    data = json.loads(texts[1].out)
    assert {"tox-sitediff", "tox", "virtualenv", "uv"} <= data["versions"].keys()
    assert data["environment"]["directory"] == "~/project/.venv"
    assert data["environment"]["python"]["base_prefix"] == str(talkative.base.prefix)
    assert {"role": "base", "path": str(talkative.base.site)} in data["environment"]["layers"]
    assert data["variables"]["UV_EXTRA_INDEX_URL"] == "https://host.example/****"
    assert data["variables"]["PIP_CERT"] == "~/cert.pem"
    assert "AWS_SECRET_ACCESS_KEY" not in data["variables"]
    assert data["files"] == [
        {"name": "tox.ini", "keys": {"sitediff_visibility": "report", "sitediff_layers": "/home/<user>/x"}}
    ]
    assert (data["record"]["env"], data["record"]["reused"]) == ("project", 3)
    assert data["problems"] == []
    for line in ("  UV_EXTRA_INDEX_URL", "  tox-sitediff", "record", "problems"):
        assert line in texts[0].out


def test_what_is_broken_is_told_and_nobody_is_left_without_a_report(talkative: Shell) -> None:
    """No environment, one whose interpreter is gone, a damaged record, a name that leads nowhere."""
    data = json.loads(talkative.sitediff("debug", "--python", talkative.base.python, "--format", "json").out)
    assert data["environment"]["kind"] == "base interpreter"
    assert data["record"] is None
    environment = talkative.venv(".tox/a")
    (environment / "sitediff.json").write_text("{")
    shutil.rmtree(environment / "bin")
    for named in (".tox/a", "nowhere"):
        data = json.loads(talkative.sitediff("debug", "--python", named, "--format", "json").out)
        assert len(data["problems"]) == 1
        assert data["record"] == {"file": "~/project/.tox/a/sitediff.json", "damaged": True}
    assert "damaged" in talkative.sitediff("debug", "--python", sys.executable).out
