"""Layers, requirements, uv, caches, disks and networks that are not as they should be."""

from __future__ import annotations

import shutil
import socket
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from support.bench import DROP, IS_ROOT
from support.distributions import SHORT, write
from tox_sitediff.uv.program import find_uv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.bench import Bench


@pytest.fixture
def ready(bench: Bench) -> Bench:
    bench.base("alpha", "1.0")
    bench.wheel("gamma", "3.0", requires=["alpha"])
    bench.configure(["alpha", "gamma"])
    return bench


@pytest.fixture
def plain(ready: Bench) -> Bench:
    """A bench whose tox has to obey permission bits."""
    if IS_ROOT:
        if shutil.which(DROP[0]) is None:
            pytest.skip("root ignores permission bits, and there is no setpriv")
        ready.prefix_command = DROP
    return ready


# --- layers


@pytest.mark.parametrize(
    ("make", "why"),
    [
        pytest.param("", "does not exist", id="missing"),
        pytest.param("file", "is not a directory", id="file"),
        pytest.param("loop", "does not exist", id="symlink loop"),
        pytest.param("old", f"has no site-packages for Python {SHORT[6:]}, only for python3.4", id="other version"),
    ],
)
def test_a_layer_that_does_not_fit_is_named(ready: Bench, make: str, why: str) -> None:
    """One message names the layer and the reason; once the layer is there, the next run uses it."""
    layer = ready.root / "layer"
    if make == "file":
        write(layer)
    elif make == "loop":
        layer.symlink_to(layer)
    elif make == "old":
        (layer / "lib" / "python3.4" / "site-packages").mkdir(parents=True)
    ready.configure(["alpha", "gamma"], extra=f"sitediff_layers = {layer}")
    outcome = ready.tox()
    assert outcome.code == 1
    (line,) = outcome.lines(f"failed with the layer {layer} {why}")
    assert "sitediff_layers" in line or "use an environment of the same version" in line
    if layer.is_symlink() or layer.is_file():
        layer.unlink()
    site = layer / "lib" / SHORT / "site-packages"
    site.mkdir(parents=True)
    assert ready.tox().code == 0
    assert str(site) in {item["path"] for item in ready.record()["layers"]}


# --- requirements


@pytest.mark.parametrize(
    ("deps", "code", "message"),
    [
        pytest.param(["alpha>=>1"], 2, "Failed to parse: `alpha>=>1`", id="specifier"),
        pytest.param(["alpha; nomarker == 3"], 2, "found `nomarker`", id="marker"),
        pytest.param(["alpha", "-r bad.txt"], 2, "Couldn't parse requirement in `bad.txt`", id="in a file"),
        pytest.param(["-r no.txt"], 1, "Could not open requirements file", id="missing file"),
        pytest.param(["alpha", "-c no.txt"], 1, "Could not open requirements file", id="missing constraints"),
        pytest.param(["-r one.txt"], 1, "recursive requirements include", id="cycle"),
        pytest.param(["-e nowhere"], 1, "Distribution not found at", id="missing project"),
        pytest.param(["./no-1.0-py3-none-any.whl"], 1, "Distribution not found at", id="missing wheel"),
    ],
)
def test_a_requirement_that_makes_no_sense_is_named(ready: Bench, deps: list[str], code: int, message: str) -> None:
    """tox or uv says once what it can't read; the environment stays usable for the next, mended run."""
    write(ready.project / "bad.txt", "alpha\nfoo bar\n")
    write(ready.project / "one.txt", "-r two.txt\n")
    write(ready.project / "two.txt", "-r one.txt\n")
    ready.configure(deps)
    outcome = ready.tox()
    assert outcome.code == code
    assert len(outcome.lines(message)) == 1
    ready.configure(["alpha", "gamma"])
    assert ready.tox().code == 0
    assert ready.names("installed") == {"gamma": "3.0"}


# --- uv


def with_uv(bench: Bench, script: str) -> Path:
    """Make a script the uv of the environment."""
    path = write(bench.root / "fake" / "uv", f"#!/bin/sh\nreal={find_uv()}\n{script}\n")
    path.chmod(0o755)
    bench.configure(
        ["alpha", "gamma"],
        extra=f"install_command = {path} pip install {{opts}} {{packages}}\nallowlist_externals = {path}",
    )
    return path


UNKNOWN: Final = 'echo "error: unexpected argument" >&2; exit 2'
"""What a uv says to an option that it does not know."""
VERSION: Final = '[ "$1" = --version ] && exec $real --version\n'


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param("echo uv 0.4.1", "is uv 0.4.1, but 0.12.18 or newer is needed; upgrade it", id="too old"),
        pytest.param("echo hello", "--version ended with status 0 and said hello", id="something else"),
        pytest.param("echo 'no \033[31m' >&2; exit 3", r"ended with status 3 and said no \x1b[31m", id="fails"),
        pytest.param("kill -SEGV $$", "--version ended with status -11 and said nothing", id="crashes"),
        pytest.param("exec sleep 60", "no answer to --version within 1 seconds", id="hangs"),
    ],
)
def test_a_uv_that_does_not_work_is_named(ready: Bench, script: str, message: str) -> None:
    """One message names the program, what it did and what to do; with a real uv the next run works."""
    path = with_uv(
        ready, f'case "$1" in --version) {script};; *) {"exec sleep 60" if "sleep" in script else UNKNOWN};; esac'
    )
    outcome = ready.tox(TOX_SITEDIFF_PROBE_TIMEOUT="1" if "sleep" in script else "")
    assert outcome.code == 1
    (line,) = outcome.lines(f"failed with {path} ")
    assert message in line
    assert "python -m pip install" in line
    path.write_text("#!/bin/sh\n" + f'exec {find_uv()} "$@"\n')
    assert ready.tox().code == 0


@pytest.mark.parametrize("break_it", ["missing", "not executable"])
def test_a_uv_that_can_not_be_started_is_named(plain: Bench, break_it: str) -> None:
    """A program that is gone, or is none, is named with the system's reason."""
    path = with_uv(plain, "")
    if break_it == "missing":
        path.unlink()
    else:
        path.chmod(0o644)
    outcome = plain.tox()
    assert outcome.code == 1
    (line,) = outcome.lines(f"failed with {path} does not work (")
    assert "reinstall it" in line


def test_no_uv_anywhere_is_said(ready: Bench) -> None:
    """Without the module uv and without a uv on PATH one message says how to get it."""
    write(ready.root / "without" / "uv.py", "raise ImportError\n")
    (ready.root / "empty").mkdir()
    outcome = ready.tox(PYTHONPATH=str(ready.root / "without"), PATH=str(ready.root / "empty"))
    assert outcome.code == 1
    assert len(outcome.lines("uv was not found, neither beside Python nor on PATH; install it")) == 1
    assert ready.tox().code == 0


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param("echo panicked >&2; kill -SEGV $$", "panicked", id="crashes"),
        pytest.param('case "$*" in *--dry-run*) exec $real "$@";; esac; exit 0', "gamma: not found", id="does nothing"),
        pytest.param('$real "$@"; exit 9', "exit 9", id="works, and fails"),
    ],
)
def test_a_uv_that_fails_at_work_leaves_nothing_half_made(ready: Bench, script: str, message: str) -> None:
    """Its failure is the run's, the base's copy stays out of it, and a working uv heals the environment."""
    path = with_uv(ready, VERSION + script)
    outcome = ready.tox()
    assert outcome.code != 0
    assert outcome.lines(message)
    path.write_text("#!/bin/sh\n" + f'exec {find_uv()} "$@"\n')
    assert ready.tox().code == 0
    assert ready.names("installed") == {"gamma": "3.0"}


@pytest.mark.parametrize("answer", ["echo hi", "echo '{\"changes\": 3}'", "echo '[]'", "printf '\\377\\376'"])
def test_a_dry_run_that_can_not_be_read_is_named_and_healed(ready: Bench, answer: str) -> None:
    """Without a plan nothing is installed, as that would copy the base."""
    path = with_uv(ready, f'{VERSION}case "$*" in *--dry-run*) {answer};; *) exec $real "$@";; esac')
    outcome = ready.tox()
    assert outcome.code == 1
    (line,) = outcome.lines("says in a form that can't be read what it would install")
    assert f"{path} (uv " in line
    assert not list(ready.own_site.glob("*.dist-info"))
    path.write_text("#!/bin/sh\n" + f'exec {find_uv()} "$@"\n')
    assert ready.tox().code == 0
    assert ready.names("installed") == {"gamma": "3.0"}
    assert ready.names("reused") == {"alpha": "1.0"}


def test_a_uv_that_plans_for_long_is_waited_for_and_said(ready: Bench) -> None:
    """A resolution may take minutes: one line says what is going on, and nothing is given up."""
    with_uv(ready, 'case "$*" in *--offline*) ;; *--dry-run*) sleep 2;; esac; exec $real "$@"')
    outcome = ready.tox(TOX_SITEDIFF_PROBE_TIMEOUT="1")
    assert outcome.code == 0
    assert outcome.lines("uv has been planning for 1 seconds and goes on: ")
    assert ready.names("installed") == {"gamma": "3.0"}


# --- places that can't be written


@pytest.mark.parametrize("kind", ["unwritable", "a file"])
def test_a_cache_that_can_not_be_written_is_named(plain: Bench, kind: str) -> None:
    """The message names the directory and UV_CACHE_DIR, and comes once."""
    place = plain.root / "cache"
    if kind == "a file":
        write(place)
    else:
        place.mkdir(mode=0o555)
        place = place / "uv"
    outcome = plain.tox(UV_CACHE_DIR=str(place))
    assert outcome.code == 1
    (line,) = outcome.lines(f"uv can't use its cache {place} (")
    assert "set UV_CACHE_DIR to a directory that can be written" in line
    assert plain.tox().code == 0


def test_our_own_cache_need_not_be_writable(plain: Bench) -> None:
    """Without a place for what was learned about uv all works, a little slower."""
    (plain.root / "cache").mkdir(mode=0o555)
    assert plain.tox(XDG_CACHE_HOME=str(plain.root / "cache")).code == 0


def test_a_base_of_somebody_else_is_enough(plain: Bench) -> None:
    """A base in which nothing may be written is only read."""
    for folder in [
        plain.prefix,
        *(path for path in plain.prefix.rglob("*") if path.is_dir() and not path.is_symlink()),
    ]:
        folder.chmod(0o555)
    assert plain.tox().code == 0
    assert plain.names("reused") == {"alpha": "1.0"}
    assert plain.tox().code == 0


def test_a_work_directory_that_can_not_be_written_is_named(plain: Bench) -> None:
    """Where tox itself would end in a traceback there is one line with the directory."""
    (plain.project / ".tox").mkdir(mode=0o555)
    outcome = plain.tox()
    assert outcome.code == 1
    (line,) = outcome.lines("Permission denied")
    assert f"{plain.env_dir}: Permission denied; give write permission" in line
    (plain.project / ".tox").chmod(0o755)
    assert plain.tox().code == 0


@pytest.mark.parametrize("part", ["site", "bin"])
def test_an_environment_that_can_not_be_written_is_named(plain: Bench, part: str) -> None:
    """A step that comes later fails in one line, and works when the permission is back."""
    plain.configure(["alpha"])
    assert plain.tox().code == 0
    place = plain.own_site if part == "site" else plain.env_dir / "bin"
    plain.base("tool", "1.0", scripts={"tool": "tool:main"})
    plain.configure(["alpha", "tool", "gamma"] if part == "site" else ["alpha", "tool"])
    place.chmod(0o555)
    outcome = plain.tox()
    assert outcome.code == 1
    (line,) = outcome.lines("Permission denied")
    assert f"failed with {place}" in line
    assert "give write permission" in line
    place.chmod(0o755)
    assert plain.tox().code == 0
    assert (plain.env_dir / "bin" / "tool").exists()


@pytest.fixture
def small(ready: Bench) -> Iterator[Path]:
    """A work directory of tox's that can be given any size."""
    place = ready.project / ".tox"
    place.mkdir()
    if (
        not IS_ROOT
        or subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=False, capture_output=True).returncode
    ):
        pytest.skip("a small file system can't be mounted here")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("size", ["4k", "40k", "80k", "1m"])
def test_a_full_disk_is_named_and_healed(ready: Bench, small: Path, size: str) -> None:
    """Whichever of tox, virtualenv, uv and this plugin meets the end: no traceback, and with room it works."""
    ready.wheel("gamma", "3.1", files=300)  # 4 kB each on such a file system
    subprocess.run(["mount", "-o", f"remount,size={size}", small], check=True)
    outcome = ready.tox(UV_LINK_MODE="copy")
    assert outcome.code != 0
    assert outcome.lines("No space left on device")
    subprocess.run(["mount", "-o", "remount,size=50m", small], check=True)
    assert ready.tox(UV_LINK_MODE="copy").code == 0
    assert ready.names("installed") == {"gamma": "3.1"}


# --- network


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("offline", [True, False], ids=["UV_OFFLINE", "refused"])
def test_without_a_network_what_the_base_has_is_enough(ready: Bench, offline: bool) -> None:
    """All satisfied: works. Something missing: uv's message, and its name; the next run with a network works."""
    index = {"UV_DEFAULT_INDEX": f"http://127.0.0.1:{closed_port()}/simple", "UV_HTTP_RETRIES": "0"}
    if offline:
        index["UV_OFFLINE"] = "1"
    ready.configure(["alpha"])
    assert ready.tox(**index).code == 0
    ready.configure(["alpha", "gamma"])
    outcome = ready.tox(**index)
    assert outcome.code in {1, 2}
    assert len(outcome.lines("the base does not satisfy gamma")) == 1
    assert outcome.lines("network was disabled" if offline else "Connection refused")
    assert ready.tox().code == 0
    assert ready.names("installed") == {"gamma": "3.0"}
