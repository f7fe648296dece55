"""Side by side: processes at work in one environment wait for each other, and find it whole."""

from __future__ import annotations

import os
import random
import signal
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from faults import side
from support.distributions import pretending_in, tree_hash
from support.truth import PATIENCE, plain, start, untrue
from tox_sitediff.environment.busy import LOCK_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from support.bench import Bench


def test_several_processes_fill_one_environment(bench: Bench) -> None:
    """All of them end well, none makes anew what another one has just begun, and the record is true."""
    bench.base("alpha", "1.0")
    bench.wheel("gamma", "3.0", requires=["alpha"], files=200)
    bench.configure(["alpha", "gamma"])
    before = tree_hash(bench.prefix)
    processes = [start(bench) for _ in range(4)]
    texts = [process.communicate(timeout=PATIENCE)[0].decode("utf-8", "replace") for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, "\n".join(texts)
    assert not any("recreate" in text or "Traceback" in text for text in texts), "\n".join(texts)
    assert pretending_in(bench.own_site) == []
    assert list(untrue(bench)) == []
    assert plain(bench).code == 0
    assert tree_hash(bench.prefix) == before


@pytest.mark.slow
@pytest.mark.parametrize("part", ["in parallel", "processes", "commands"])
def test_many_work_on_one_base_and_one_cache(bench: Bench, tmp_path: Path, part: str) -> None:
    """A sample; ``python tests/faults/side.py`` for more."""
    bench.variables |= {"UV_CACHE_DIR": str(tmp_path / "uv"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    side.furnish(bench)
    before = tree_hash(bench.prefix)
    chance = random.Random(1)
    found = {
        "in parallel": lambda: side.in_parallel(bench, 4),
        "processes": lambda: side.in_processes(bench, 3, 3, chance),
        "commands": lambda: side.in_commands(bench, 4),
    }[part]()
    assert list(found) == []
    assert tree_hash(bench.prefix) == before


@pytest.mark.parametrize("kind", ["link", "loop", "directory", "pipe"])
def test_what_is_no_lock_stops_nobody(bench: Bench, kind: str) -> None:
    """A link into the base, a directory or a pipe in its place: nothing is written there, and the run goes on."""
    bench.base("alpha", "1.0")
    bench.wheel("gamma", "3.0")
    bench.configure(["alpha", "gamma"])
    assert bench.tox().code == 0
    lock = bench.env_dir / LOCK_NAME
    lock.unlink()
    if kind == "directory":
        lock.mkdir()
    elif kind == "pipe":
        os.mkfifo(lock)
    else:
        lock.symlink_to(bench.site / "new.py" if kind == "link" else lock)
    bench.wheel("delta", "1.0")
    bench.configure(["alpha", "gamma", "delta"])
    assert bench.tox().code == 0
    assert bench.names("installed") == {"gamma": "3.0", "delta": "1.0"}


def test_whoever_waits_can_be_interrupted(bench: Bench) -> None:
    """Ctrl-C while another process holds the environment: the run ends, with one message and nothing changed."""
    bench.base("alpha", "1.0")
    bench.configure(["alpha"])
    assert bench.tox().code == 0
    before = tree_hash(bench.env_dir)
    with FileLock(bench.env_dir / LOCK_NAME):
        process = start(bench)
        assert process.stdout is not None
        text = b""
        while b"waiting for another process" not in text and (line := process.stdout.readline()):
            text += line
        os.killpg(process.pid, signal.SIGINT)
        text += process.communicate(timeout=PATIENCE)[0]
    assert process.returncode != 0
    assert text.count(b"waiting for another process") == 1, text
    assert b"Traceback" not in text, text
    assert tree_hash(bench.env_dir) == before
    assert bench.tox().code == 0
