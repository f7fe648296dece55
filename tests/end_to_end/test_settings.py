"""Indexes, passwords and hashes through the front ends: who is asked, and who gets to see what is secret.

Attacks: somebody waits on the public index for a private name; somebody reads what a run leaves, shows or logs, or the
arguments of all programs of the machine.
"""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from support.distributions import sha256
from support.projects import SpyUv, make_project
from support.shell import Shell, own, site
from support.watched import watched_network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.bases.made import Base
    from support.index import Index
    from support.projects import Project
    from support.watched import Network

SECRET = re.compile("s3cret-[a-z]+")
"""Each secret of these tests says in itself where it stands."""


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    """An index of the organisation with two private names; the proxy is all there is of the rest of the world."""
    with watched_network(tmp_path / "network") as found:
        found.corporate.add("corp-lib", "1.0")
        found.corporate.add("corp-url", "1.0", requires=("corp-lib",))
        found.other.add("corp-lib", "9.0")
        yield found


def url(network: Network, secret: str) -> str:
    """The wheel of ``corp-url``, for somebody."""
    place = network.corporate.url_with("me", secret)
    return f"{place}/corp-url/corp_url-1.0-py3-none-any.whl"


def variables(network: Network, home: Path) -> dict[str, str]:
    """What leads to that network, and nowhere else."""
    kept = network.variables(home)
    return {name: value for name, value in kept.items() if os.environ.get(name) != value} | {
        "UV_DEFAULT_INDEX": "",
        "UV_FIND_LINKS": "",
        "UV_NO_CACHE": "1",
    }


def leaks(root: Path, *texts: str, but: tuple[str, ...]) -> dict[str, set[str]]:
    """Find secrets in texts, and in all files below a directory but those in which the user wrote them down."""
    found = {"shown": {secret for text in texts for secret in SECRET.findall(text)}}
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.name not in but:
            found[str(path)] = set(SECRET.findall(path.read_bytes().decode("utf-8", "replace")))
    return {where: secrets for where, secrets in found.items() if secrets}


def test_tox_asks_nobody_else_and_tells_nobody_a_password(
    tmp_path: Path, shared_base: Base, index: Index, family: str, network: Network
) -> None:
    """Passwords in pip's configuration, uv's variables and requirements; the project adds an index of its own."""
    project = make_project(tmp_path, shared_base, index, family)
    spy = SpyUv(tmp_path / "spy")
    home = tmp_path / "home"
    links = network.corporate.url_with("me", "s3cret-links")
    conf = home / ".config" / "pip" / "pip.conf"
    conf.parent.mkdir(parents=True)
    main = network.corporate.url_with("me", "s3cret-main")
    conf.write_text(f"[global]\nindex-url = {main}\nfind-links = {links}/corp-lib/\n", "utf-8")
    project.write("pyproject.toml", f'[[tool.uv.index]]\nname = "added"\nurl = "{network.other.url}/empty"\n')
    project.write("requirements.txt", f"corp-url @ {url(network, '${CORP_KEY}')}\n")
    project.ini(
        "deps =\n    -r requirements.txt\n    corp-lib\n    frame\ncommands = python -c 'import corp_url, frame'"
    )
    given = {
        **variables(network, home),
        **spy.variables,
        "CORP_KEY": "s3cret-requirement",
        "TOX_OVERRIDE": "testenv.pass_env+=*_PROXY,CORP_KEY",
    }
    if family == "tox-uv":  # pip's configuration does not count there
        given["UV_DEFAULT_INDEX"] = network.corporate.url_with("me", "s3cret-variable")
    report = tmp_path / "report.json"
    run = project.tox("-e", "a", "-vv", "--result-json", str(report), **given).ok()
    allowed = {"other/empty", "corporate/corp-lib", "corporate/corp-url", "corporate/frame"}
    assert network.asked() & {"corporate/corp-lib", "corporate/corp-url"}
    assert {name for name in network.asked() if not name.startswith("corporate/")} <= allowed
    assert project.installed() == {"corp_lib": "1.0", "corp_url": "1.0"}
    assert "frame" in project.reused()
    plan = project.tox("sitediff", "plan", "--format", "json", **given).ok()
    shown = project.tox("sitediff", "report", "--format", "markdown", **given).ok()
    assert "corp-url" in plan.out
    texts = (run.out, run.err, plan.out, plan.err, shown.out, shown.err, report.read_text("utf-8"))
    calls = "\n".join(spy.installs())
    assert "--find-links" not in calls
    # .tox-info.json is tox's, and stock tox writes into it what is declared, as it stands
    assert leaks(project.root, *texts, calls, but=("requirements.txt", ".tox-info.json")) == {}


def test_nox_asks_nobody_else_and_tells_nobody_a_password(
    tmp_path: Path, shared_base: Base, index: Index, network: Network
) -> None:
    """Passwords in the arguments of `session.install`, and in pip's configuration."""
    pytest.importorskip("nox")
    home = tmp_path / "home"
    conf = home / ".config" / "pip" / "pip.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text(f"[global]\nindex-url = {network.corporate.url_with('me', 's3cret-main')}\n", "utf-8")
    shell = Shell(directory=tmp_path / "work", base=shared_base, index=index)
    shell.directory.mkdir()
    spy = SpyUv(tmp_path / "spy")
    shell.variables = {**variables(network, home), **spy.variables}
    shell.write("uv.toml", f'extra-index-url = ["{network.other.url}/empty"]\n')
    links = network.corporate.url_with("me", "s3cret-links")
    shell.write(
        "noxfile.py",
        textwrap.dedent(f"""
        from tox_sitediff.nox import session

        @session(python={str(shared_base.python)!r}, venv_backend="virtualenv")
        def a(session):
            session.install("--find-links", {links + "/corp-lib/"!r}, "corp-lib", "frame",
                            {"corp-url @ " + url(network, "s3cret-requirement")!r})
            session.run("python", "-c", "import corp_url, frame")
        """),
    )
    said = shell.run(sys.executable, "-m", "nox", "-v")
    assert {name for name in network.asked() if not name.startswith("corporate/")} <= {"other/empty"}
    calls = "\n".join(spy.installs())
    assert "pip install" in calls
    assert leaks(shell.directory, said.out, said.err, calls, but=("noxfile.py",)) == {}


def test_the_command_line_tells_nobody_a_password(
    tmp_path: Path, shared_base: Base, index: Index, network: Network
) -> None:
    """A plan (a slow one too), an installation, a check, a lock file: options, variables and requirements have some."""
    shell = Shell(directory=tmp_path / "work", base=shared_base, index=index)
    shell.directory.mkdir()
    spy = SpyUv(tmp_path / "spy")
    shell.variables = {**variables(network, tmp_path / "home"), "SECRET": "s3cret-requirement"}
    directory = shell.venv()
    network.forget()
    shell.variables |= spy.variables
    shell.write("requirements.txt", f"corp-url @ {url(network, '${SECRET}')}\nframe\n")
    shell.write("far.txt", "-r requirements.txt\n-r http://me:s3cret-file@far.example/r.txt\n")
    main = ("--index-url", network.corporate.url_with("me", "s3cret-main"))
    direct = f"corp-url @ {url(network, 's3cret-argument')}"
    found = [
        shell.sitediff("plan", *main, "-r", "requirements.txt", "--explain", "corp-url"),
        shell.sitediff("plan", "--format", "json", *main, direct, "frame"),
        # nobody is asked, nor told: uv says why it does not read it
        shell.sitediff("plan", "--offline", "-r", "far.txt", status=2),
        shell.sitediff("install", "--format", "json", *main, "-r", "requirements.txt"),
        shell.sitediff("check", "--format", "json", *main, "-r", "requirements.txt"),
        shell.sitediff("install", *main, direct, "corp-lib==7", status=1),
        shell.sitediff("uv", "pip", "list", "--outdated", *main),
    ]
    assert "far.example" in found[2].err
    assert {name for name in network.asked() if not name.startswith("corporate/")} == set()
    wheel = next(network.corporate.directory.glob("corp-lib/*.whl"))
    place = f"{network.corporate.url_with('me', 's3cret-lock')}/corp-lib/{wheel.name}"
    shell.write(
        "pylock.toml",
        'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "corp-lib"\nversion = "1.0"\n'
        f'[[packages.wheels]]\nurl = "{place}"\nhashes = {{ sha256 = "{sha256(wheel)}" }}\n',
    )
    found.append(shell.sitediff("sync", "--dry-run", *main))
    found.append(shell.sitediff("sync", "--format", "json", "--reinstall", *main))
    calls = "\n".join(spy.installs())
    assert calls.count("pip install") >= 5
    texts = [text for said in found for text in (said.out, said.err)]
    assert leaks(shell.directory, *texts, calls, but=("requirements.txt", "far.txt", "pylock.toml")) == {}
    assert (directory / "sitediff.json").exists()


def test_what_is_repaired_comes_from_where_it_came(
    tmp_path: Path, shared_base: Base, index: Index, network: Network
) -> None:
    """A killed run left a distribution of the environment without files: no index learns the name of a local one."""
    shell = Shell(directory=tmp_path / "work", base=shared_base, index=index)
    shell.directory.mkdir()
    shell.variables = {**variables(network, tmp_path / "home"), "UV_DEFAULT_INDEX": network.other.url}
    directory = shell.venv()
    shell.sitediff("install", f"tiny @ {index.wheel('tiny', '1.0').as_uri()}")
    state = directory / ".sitediff-state.json"
    state.write_text(json.dumps({**json.loads(state.read_text("utf-8")), "installing": True}), "utf-8")
    next(site(directory).glob("tiny-1.0.dist-info/RECORD")).unlink()
    said = shell.sitediff("install", "frame")
    assert "tiny was left without some of its files by an earlier run, and was installed anew" in said.err
    assert own(directory) == {"tiny": "1.0"}
    assert network.asked() == set()


def test_what_is_not_verified_is_said_or_is_an_error(stock: Project) -> None:
    """pip's setting asks for hashes, so it counts where stock tox has pip look at them; the key is strict."""
    stock.write("hashed.txt", f"frame==2.1.0 --hash=sha256:{'0' * 64}\n")
    stock.ini("deps = -r hashed.txt")
    run = stock.tox("-e", "a", PIP_REQUIRE_HASHES="1").ok()
    assert run.lines("not checked against its hash: dates 2.8.0, frame 2.1.0, numlib 1.26.0")
    assert {item.verified for item in stock.record().reused} == {False}
    stock.ini("deps = -r hashed.txt\nsitediff_unverified = error")
    run = stock.tox("-e", "a", PIP_REQUIRE_HASHES="1").failed()
    assert run.lines("recreate env because sitediff_unverified changed")
    assert run.lines("have it installed (sitediff_exclude = dates, frame, numlib)")
    assert stock.installed() == {}
