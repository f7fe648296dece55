"""Side by side: processes at work in one environment wait for each other, and find it whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faults.support import placeholders_in, tree_hash
from faults.truth import PATIENCE, plain, start, untrue

if TYPE_CHECKING:
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
