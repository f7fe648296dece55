"""What is remembered of a base: by many processes at once, some of them killed while they write it down."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.distributions import tree_hash, write
from support.truth import PATIENCE, start, untrue
from tox_sitediff.files import TEMPORARY
from tox_sitediff.interpreter.fingerprint import mark
from tox_sitediff.interpreter.listings import MANY
from tox_sitediff.interpreter.memo import is_settled

if TYPE_CHECKING:
    import subprocess

    from support.bench import Bench

MANY_AT_ONCE: Final = 12
_WHOLE: Final = re.compile(r"[0-9a-f]{32}\.(?:json|names)")


def wait_until_settled(site: Path) -> None:
    """Wait until nothing in a site directory is new: what is new is not kept."""
    while not all(is_settled(mark(str(path)), time.time_ns()) for path in (site, *site.rglob("*"))):
        time.sleep(0.1)


def needs_of(number: int) -> list[str]:
    """Choose what an environment declares: each one something else, of the same base."""
    return [f"lib-{number % 4}", f"lib-{number % 3 + 4}", "tool"]


def furnish(bench: Bench) -> None:
    """Give the bench a large base, and a project with many environments over it."""
    for at in range(7):
        bench.base(f"dep-{at}", "1.0")
        bench.base(f"lib-{at}", "1.0", requires=[f"dep-{at}"])
    bench.base("tool", "1.0", scripts={"tool": "tool:main"})
    for at in range(MANY):
        (bench.site / f"single_{at:05}.py").touch()
    wait_until_settled(bench.site)
    sections = [
        f"[testenv:e{at}]\nbase_python = {bench.python}\ndeps =\n"
        + "".join(f"    {need}\n" for need in needs_of(at))
        + "commands = python -c 'import tool'\n"
        for at in range(MANY_AT_ONCE)
    ]
    write(bench.project / "tox.ini", "[tox]\nno_package = true\n" + "\n".join(sections))


def ended(process: subprocess.Popen[bytes]) -> str:
    """Wait for a run, and return what it printed."""
    return process.communicate(timeout=PATIENCE)[0].decode("utf-8", "replace")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="names are kept on Linux")
def test_many_remember_one_base_at_once_and_some_are_killed_meanwhile(bench: Bench, tmp_path: Path) -> None:
    """Cold, and each killed one at another of the things that it does to the cache: no run is misled, nothing is left.

    What was half written is gone with the next thing that is kept, once nobody can be writing it any more.
    """
    caches = tmp_path / "caches"
    kept = caches / "tox-sitediff" / "bases"
    bench.variables |= {"XDG_CACHE_HOME": str(caches)}
    furnish(bench)
    before = tree_hash(bench.prefix)
    moments = {2 * number: number + 1 for number in range(MANY_AT_ONCE // 2)}
    processes = {
        number: start(
            bench,
            env=f"e{number}",
            before=(
                str(Path(__file__).with_name("steps.py")),
                *("--root", str(kept), "--at", str(moments.get(number, 0)), "--"),
            ),
        )
        for number in range(MANY_AT_ONCE)
    }
    texts = {number: ended(process) for number, process in processes.items()}
    killed = {number for number, process in processes.items() if process.returncode < 0}
    assert killed
    assert killed <= moments.keys()
    for number in range(MANY_AT_ONCE):
        if number not in killed:
            assert processes[number].returncode == 0, texts[number]
            assert "Traceback" not in texts[number]
            assert list(untrue(bench, bench.project / ".tox" / f"e{number}")) == []
    left = [path for path in kept.iterdir() if not _WHOLE.fullmatch(path.name)]
    assert all(path.name.startswith(TEMPORARY) for path in left)
    assert len(left) <= len(killed)
    for path in left:
        os.utime(path, (1, 1))
    # all that there is now is right for everybody, and what comes to the base is seen
    assert tree_hash(bench.prefix) == before
    bench.base("late", "1.0")
    wait_until_settled(bench.site)
    for number in sorted(killed):
        text = ended(process := start(bench, env=f"e{number}"))
        assert process.returncode == 0, text
        assert "Traceback" not in text
        assert list(untrue(bench, bench.project / ".tox" / f"e{number}")) == []
    text = ended(process := start(bench, "-r", "-x", "testenv:e1.deps=late", env="e1"))
    assert process.returncode == 0, text
    assert bench.seen(bench.project / ".tox" / "e1")["late"] == "1.0"
    assert [path.name for path in kept.iterdir() if not _WHOLE.fullmatch(path.name)] == []
