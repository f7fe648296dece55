"""What an earlier run, or somebody, left behind: the next plain run heals it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from faults import kill
from support.distributions import pretending_in, write
from support.truth import start
from tox_sitediff.interpreter.layers import PTH_NAME
from tox_sitediff.uv.program import find_uv

if TYPE_CHECKING:
    from support.bench import Bench


@pytest.fixture
def made(bench: Bench) -> Bench:
    """A finished environment with something reused and something installed."""
    bench.base("alpha", "1.0", requires=["beta"])
    bench.base("beta", "2.0")
    bench.wheel("gamma", "3.0", requires=["beta"])
    bench.configure(["alpha", "gamma"])
    assert bench.tox().code == 0
    return bench


def is_true(bench: Bench) -> bool:
    return (bench.names("reused"), bench.names("installed")) == ({"alpha": "1.0", "beta": "2.0"}, {"gamma": "3.0"})


@pytest.mark.parametrize("name", ["sitediff.json", ".sitediff-state.json", ".tox-info.json"])
@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"schema": 1, "format": 1}', b"\xff\xfe\0"], ids=repr)
def test_a_lost_or_damaged_file_is_healed(made: Bench, name: str, content: str | bytes | None) -> None:
    """Without -r, whichever file it is and whatever is in it; only a lost record alone needs no new environment."""
    path = made.env_dir / name
    path.unlink()
    if content is not None:
        write(path, content)
    outcome = made.tox()
    assert outcome.code == 0
    assert is_true(made)
    assert bool(outcome.lines("recreate env because")) == (name != "sitediff.json")


@pytest.mark.parametrize("name", ["sitediff.json", ".sitediff-state.json", ".tox-info.json", PTH_NAME])
@pytest.mark.parametrize("target", ["file", "nothing", "directory"])
def test_a_link_into_the_base_in_place_of_a_file_is_not_followed(made: Bench, name: str, target: str) -> None:
    """Whichever file of the environment it is: the base stays as it is, and the file is a file again."""
    (made.root / "layer").mkdir()
    made.configure(["alpha", "gamma"], extra=f"sitediff_layers = {made.root / 'layer'}")
    assert made.tox().code == 0
    path = (made.own_site if name == PTH_NAME else made.env_dir) / name
    path.unlink()
    path.symlink_to({"file": made.site / "alpha.py", "nothing": made.site / "new.py", "directory": made.site}[target])
    assert made.tox().code == 0
    assert is_true(made)
    assert path.is_file()
    assert not path.is_symlink()


@pytest.mark.parametrize("name", ["sitediff.json", ".sitediff-state.json", ".tox-info.json", PTH_NAME])
def test_a_directory_in_place_of_a_file_goes(made: Bench, name: str) -> None:
    """It bears a name of ours in a directory of ours, and nobody has to remove it."""
    (made.root / "layer").mkdir()
    made.configure(["alpha", "gamma"], extra=f"sitediff_layers = {made.root / 'layer'}")
    assert made.tox().code == 0
    path = (made.own_site if name == PTH_NAME else made.env_dir) / name
    path.unlink()
    write(path / "something")
    assert made.tox().code == 0
    assert is_true(made)
    assert path.is_file()


@pytest.mark.parametrize(
    ("damage", "deps"),
    [
        ("gone", ["alpha", "gamma"]),
        ("gone", ["alpha", "gamma", "delta"]),
        ("not text", ["alpha", "gamma"]),
        ("no home", ["alpha", "gamma", "delta"]),
        ("wrong home", ["alpha", "gamma"]),
        ("fifo", ["alpha", "gamma"]),
    ],
)
def test_an_environment_that_does_not_know_its_own_place_is_made_anew(
    made: Bench, damage: str, deps: list[str]
) -> None:
    """Without its pyvenv.cfg its interpreter is the base's, and all that is installed would go there."""
    made.wheel("delta", "1.0")
    path = made.env_dir / "pyvenv.cfg"
    text = path.read_text()
    path.unlink()
    content = {
        "not text": b"\xff\xfe\0",
        "no home": "".join(line for line in text.splitlines(keepends=True) if not line.startswith("home")).encode(),
        "wrong home": text.replace("home = ", "home = /nowhere").encode(),
    }
    if damage in content:
        write(path, content[damage])
    elif damage == "fifo":
        os.mkfifo(path)
    made.configure(deps)
    outcome = made.tox(TOX_SITEDIFF_PROBE_TIMEOUT="5")
    assert outcome.code == 0
    assert outcome.lines("recreate env because")
    assert set(made.names("installed")) == {*deps} - {"alpha"}


def test_an_environment_whose_interpreter_hangs_is_made_anew_where_the_base_answers(made: Bench) -> None:
    """A FIFO that is read when it starts is the environment's own trouble, and goes with it."""
    os.mkfifo(made.own_site / "hang.pth")
    outcome = made.tox(TOX_SITEDIFF_PROBE_TIMEOUT="3")
    assert outcome.code == 0
    assert outcome.lines("recreate env because the interpreter ")
    assert is_true(made)


def test_an_environment_stays_where_the_base_does_not_answer_either(made: Bench) -> None:
    """What is broken in the base is said, and nothing is thrown away for it."""
    hook = write(made.site / "sitecustomize.py", "raise SystemExit(3)\n")
    outcome = made.tox()
    assert outcome.code == 1
    assert outcome.lines("can't be asked for its sys.path")
    assert not outcome.lines("recreate")
    hook.unlink()
    outcome = made.tox()
    assert outcome.code == 0
    assert not outcome.lines("recreate")
    assert is_true(made)


def test_an_environment_stays_where_its_interpreter_was_interrupted(made: Bench) -> None:
    """Ctrl-C while it is asked: the run ends, and nothing is made anew on the way, nor in the next run."""
    hook = write(made.own_site / "interrupt.pth", "import os, signal; os.kill(os.getpid(), signal.SIGINT)\n")
    outcome = made.tox()
    assert outcome.code == 1
    assert outcome.lines("was interrupted while it was asked")
    assert not outcome.lines("recreate")
    hook.unlink()
    outcome = made.tox()
    assert outcome.code == 0
    assert not outcome.lines("recreate")
    assert is_true(made)


def test_a_dist_info_of_somebody_else_stays(made: Bench) -> None:
    """What a command of the user's put there stays, and is on record."""
    info = made.own_site / "mine-1.0.dist-info"
    write(info / "METADATA", "Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n\n")
    write(info / "RECORD", "mine-1.0.dist-info/METADATA,,\n")
    assert made.tox().code == 0
    assert made.names("installed") == {"gamma": "3.0", "mine": "1.0"}


def test_half_written_files_are_removed(made: Bench) -> None:
    """What a run killed while writing leaves beside the record, the state and tox's own file is gone after the next."""
    for name in ("sitediff.json.x1.tmp", ".sitediff-state.json.x2.tmp", ".tox-info.json.x3.tmp"):
        write(made.env_dir / name, "{")
    assert made.tox().code == 0
    assert list(made.env_dir.glob("*.tmp")) == []


@pytest.mark.parametrize("gone", [".tox-info.json", "none"])
def test_a_removal_that_was_killed_does_not_pass_for_an_environment(made: Bench, gone: str) -> None:
    """A dist-info that lost its files would count as installed; the environment is made anew instead."""
    script = (
        "import os, signal, sys\nimport tox.tox_env.api as api\nfrom tox.run import run\n"
        "def die(path, **options):\n    os.unlink(sys.argv[1])\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "api.ensure_empty_dir = lambda path, **options: die(path) if path.name == 'e' else None\n"
        "run(['run', '-e', 'e', '-r'])\n"
    )
    module = made.own_site / "gamma.py"
    done = subprocess.run(
        [sys.executable, "-c", script, module], cwd=made.project, env=made.variables, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL
    if gone != "none":
        (made.env_dir / gone).unlink()
    outcome = made.tox()
    assert outcome.code == 0
    assert outcome.lines("recreate env because")
    assert module.exists()


def test_a_directory_of_the_users_is_not_taken_for_a_left_over(made: Bench) -> None:
    """tox devenv fills a directory that exists, and removes nothing from it."""
    place = write(made.root / "work" / "bin" / "mine", "precious").parent.parent
    command = [sys.executable, "-m", "tox", "devenv", "-e", "e", str(place)]
    done = subprocess.run(command, cwd=made.project, env=made.variables, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout
    assert (place / "bin" / "mine").read_text() == "precious"


@pytest.mark.parametrize("moment", ["--dry-run", "install"])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_run_interrupted_while_uv_hangs_leaves_nothing(bench: Bench, moment: str, name: str) -> None:
    """Ctrl-C ends it at once; while uv plans nothing lies in the environment, and the next run does what was to do."""
    bench.base("alpha", "1.0")
    bench.wheel("gamma", "3.0", requires=["alpha"])
    reached = bench.root / "reached"
    hang = f"touch {reached}; exec sleep 60"
    # --offline: uv tried out on its own, before
    cases = f"*--offline*) ;; *--dry-run*) {hang if moment == '--dry-run' else ''};; *'pip install'*) {hang};;"
    path = write(bench.root / "fake" / "uv", f'#!/bin/sh\ncase "$*" in {cases} esac\nexec {find_uv()} "$@"\n')
    path.chmod(0o755)
    bench.configure(
        ["alpha", "gamma"],
        extra=f"install_command = {path} pip install {{opts}} {{packages}}\nallowlist_externals = {path}",
    )
    process = start(bench)
    while not reached.exists() and process.poll() is None:
        time.sleep(0.02)
    assert process.poll() is None
    assert pretending_in(bench.own_site) == []
    os.killpg(process.pid, signal.Signals[name])
    out = process.communicate(timeout=30)[0].decode("utf-8", "replace")
    assert process.returncode != 0
    if name == "SIGINT":
        assert pretending_in(bench.own_site) == [], out
    path.write_text(f'#!/bin/sh\nexec {find_uv()} "$@"\n')
    assert bench.tox().code == 0
    assert bench.names("installed") == {"gamma": "3.0"}
    assert bench.names("reused") == {"alpha": "1.0"}


@pytest.mark.slow
def test_runs_killed_at_random_moments_are_healed(bench: Bench) -> None:
    """A sample; ``python tests/faults/kill.py --runs 300`` for more."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    kill.furnish(bench)
    tally = kill.campaign(bench, runs=10, seed=seed)
    assert tally.failures == []
    assert sum(tally.tried.values()) == 10
