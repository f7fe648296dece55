"""What a command and each kind of run loads: not what it has no use for."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from support.bench import make_bench
from tox_sitediff.cli.commands import COMMANDS

if TYPE_CHECKING:
    from support.bench import Bench

UNWANTED: Final = {"tox", "nox", "ssl", "http.client", "email.message", "urllib.request", "virtualenv"}
SHOW: Final = "import sys, importlib; [importlib.import_module(name) for name in sys.argv[1:]]; print(*sys.modules)"
OURS: Final = """\
import sys
from tox.run import run
try:
    run(sys.argv[1:])
except SystemExit as end:
    print("modules:", *(name for name in sys.modules if name.partition(".")[0] == "tox_sitediff"))
    sys.exit(end.code)
"""
ALWAYS: Final = {"tox_sitediff", "tox_sitediff.tox_plugin", "tox_sitediff.tox_plugin.entry"}
"""Two of them are packages, without code of their own."""
IN_A_RUN: Final = ALWAYS | {"tox_sitediff.tox_plugin.session"}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_no_command_loads_tox_or_the_network(command: str) -> None:
    """uv does all that has to do with an index, and tox's parser is only loaded for a requirements file."""
    modules = ["tox_sitediff.cli.main", f"tox_sitediff.cli.{COMMANDS[command].run.partition(':')[0]}"]
    done = subprocess.run([sys.executable, "-c", SHOW, *modules], capture_output=True, text=True, check=True)
    assert UNWANTED.isdisjoint(done.stdout.split())


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A base with two distributions, an index, and a project."""
    found = make_bench(tmp_path_factory.mktemp("loading"), tmp_path_factory.mktemp("shared"))
    found.base("numlib", "1.0")
    found.base("frame", "2.0", requires=("numlib",))
    found.wheel("tiny", "1.0")
    return found


def loaded(bench: Bench, *arguments: str) -> set[str]:
    """Run tox, and name the modules of ours that its process has loaded at the end."""
    done = subprocess.run(
        [sys.executable, "-c", OURS, *arguments],
        cwd=bench.project,
        env=bench.variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("modules:")]
    return {*line.split()[1:]}


def test_a_run_without_us_loads_next_to_nothing(bench: Bench) -> None:
    """tox loads its plugins for every project of a machine, and for each of its commands."""
    bench.configure(extra="sitediff = false")
    assert loaded(bench, "--version") == ALWAYS
    assert loaded(bench, "list") == IN_A_RUN
    assert loaded(bench, "run", "-e", "e") == IN_A_RUN
    bench.configure(extra="runner = virtualenv")
    assert loaded(bench, "run", "-e", "e") == IN_A_RUN


NOTHING_TO_DO: Final = IN_A_RUN | {
    f"tox_sitediff.{name}"
    for name in (
        *("core", "core.fields", "core.fingerprint", "core.isolated", "core.summary"),
        *("environment", "environment.busy", "environment.bytecode", "environment.pyvenv", "environment.uv_cache"),
        *(
            "errors",
            "files",
            "interpreter",
            "interpreter.fingerprint",
            "interpreter.trees",
            "report",
            "text",
            "user_cache",
            "values",
        ),
        *(f"tox_plugin.{name}" for name in ("as_it_was", "base_python", "bytecode", "cache", "commands", "ending")),
        *(f"tox_plugin.{name}" for name in ("environment", "failures")),
        *(f"tox_plugin.{name}" for name in ("filled", "installer", "known", "named_base", "seeds", "stock")),
        "tox_plugin.unlogged",
    )
}
ALL_MET: Final = (NOTHING_TO_DO - {"tox_sitediff.tox_plugin.known"}) | {
    f"tox_sitediff.{name}"
    for name in (
        *("core.advice", "core.closure", "core.declared", "core.drift", "core.inventory", "core.model"),
        *("core.outcome", "core.record", "core.render", "core.request", "core.requirements", "core.snapshot"),
        *("core.state", "core.target", "core.visible"),
        *("engine", "engine.audit", "engine.beside", "engine.environment", "engine.history", "engine.installation"),
        *("engine.request", "engine.seen", "engine.slim", "engine.unverified", "engine.variables"),
        *("environment.data", "environment.launchers", "environment.over", "environment.scripts"),
        *("environment.state_file", "interpreter.base", "interpreter.beside", "interpreter.contents"),
        *("interpreter.layers", "interpreter.listings", "interpreter.memo", "interpreter.metadata"),
        *("interpreter.observer", "interpreter.probe", "interpreter.probe_script", "interpreter.sizes"),
        *("interpreter.start_up", "interpreter.system_packages", "programs", "terminal", "times"),
        *("tox_plugin.elsewhere", "visibility", "visibility.scope"),
        *("uv", "uv.arguments", "uv.command", "uv.hidden", "uv.options", "uv.program", "uv.settings"),
        *("uv.settings.choose", "uv.settings.pip", "uv.settings.pip_files", "uv.settings.pip_names"),
        *("uv.settings.pip_reading", "uv.settings.places", "uv.settings.uv_files"),
    )
}
"""What an installation walks through that installs nothing: all but what plans, and what asks uv."""
A_REMAINDER: Final = ALL_MET | {
    f"tox_sitediff.uv.{name}" for name in ("asking", "missing", "order", "plans", "remainder")
}
AT_ONCE: Final = A_REMAINDER | {"tox_sitediff.uv.at_once"}
PLANNED: Final = A_REMAINDER | {
    f"tox_sitediff.{name}"
    for name in (
        *(
            "core.plan",
            "uv.behaviour",
            "uv.certificates",
            "uv.dry_run",
            "uv.lock_file",
            "uv.pinned",
            "uv.planning",
            "uv.proven",
        ),
        *("uv.shadow", "uv.unshadowable"),
    )
}
"""With a plan of an earlier run, and without."""


@pytest.mark.skipif(sys.platform != "linux", reason="a run looks by itself elsewhere")
def test_a_run_with_nothing_to_do_loads_neither_the_engine_nor_uv(bench: Bench) -> None:
    """And writes nothing but what tox itself writes; what changes the base has the engine loaded again."""
    bench.configure(["frame"])
    assert loaded(bench, "run", "-r", "-e", "e") == ALL_MET
    before = written(bench)
    assert loaded(bench, "run", "-e", "e") == NOTHING_TO_DO
    assert written(bench) == before
    bench.base("more", "1.0")
    assert "tox_sitediff.engine.history" in loaded(bench, "run", "-e", "e")
    assert loaded(bench, "run", "-e", "e") == NOTHING_TO_DO


@pytest.mark.skipif(sys.platform != "linux", reason="other modules there")
def test_an_installation_loads_what_it_walks_through(bench: Bench) -> None:
    """What plans is loaded where there is no plan yet."""
    bench.configure(["frame", "tiny"])
    assert loaded(bench, "run", "-r", "-e", "e") == PLANNED
    assert loaded(bench, "run", "-r", "-e", "e") == AT_ONCE


def test_another_environment_with_the_same_remainder_is_no_change(bench: Bench) -> None:
    """uv links both to one file in its cache, whose status changes with each link."""
    bench.configure(["frame", "tiny"])
    loaded(bench, "run", "-r", "-e", "e")
    assert loaded(bench, "run", "-e", "e") == NOTHING_TO_DO
    (metadata,) = bench.own_site.glob("tiny-*.dist-info/METADATA")
    if metadata.stat().st_nlink < 2:
        pytest.skip("uv made no link here")
    before = metadata.stat().st_ctime_ns
    os.link(metadata, bench.root / "another")
    assert metadata.stat().st_ctime_ns != before
    assert loaded(bench, "run", "-e", "e") == NOTHING_TO_DO


def written(bench: Bench) -> dict[str, tuple[int, int]]:
    """When the files of the environment were written, and as which, but for tox's log and its lock."""
    return {
        str(path): (path.lstat().st_mtime_ns, path.lstat().st_ino)
        for path in bench.env_dir.rglob("*")
        if "log" not in path.parts and path.name != "file.lock" and not path.is_dir()
    }
