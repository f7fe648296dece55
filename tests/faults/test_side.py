"""Side by side: processes at work in one environment wait for each other, and find it whole."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from faults import side
from faults.support import placeholders_in, tree_hash
from faults.truth import PATIENCE, plain, start, untrue

if TYPE_CHECKING:
    from pathlib import Path

    from faults.support import Bench


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
    assert placeholders_in(bench.own_site) == []
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
