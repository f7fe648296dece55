"""The hook of ``report`` never breaks an interpreter, changes nothing of what is found, and says what is wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support import interpreters
from support.visibility.ground import VERSIONS, Environment, Ground
from tox_sitediff.core.findings import Findings
from tox_sitediff.core.model import Visibility
from tox_sitediff.core.requirements import key
from tox_sitediff.files import read_text
from tox_sitediff.interpreter.start_up import runs_start_files
from tox_sitediff.interpreter.trees import directory_bytes
from tox_sitediff.visibility import noting as module
from tox_sitediff.visibility.findings import clear
from tox_sitediff.visibility.showing import is_intact, remove, write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OLDEST, NEWEST = VERSIONS[0], VERSIONS[-1]


@pytest.fixture(scope="module", params=[OLDEST, NEWEST])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("ground"), request.param)


@pytest.fixture
def report(ground: Ground, tmp_path: Path) -> Environment:
    return Environment(ground, tmp_path / "env", Visibility.REPORT)


# --- the interpreter is as it was


def test_the_path_and_the_site_module_are_as_without_the_hook(report: Environment) -> None:
    """``sys.path``, ``site.PREFIXES`` and what the site module says of the user site are the same, in each start."""
    code = (
        "import json, site, sys; print(json.dumps([sys.path, site.PREFIXES, site.ENABLE_USER_SITE, "
        "site.getsitepackages(), sys.flags.isolated]))"
    )
    for options in ((), ("-I",), ("-s",), ("-E",), ("-B", "-S")):
        with_hook, without = (
            json.loads(report.run(*options, "-c", code, **more).stdout)
            for more in ({}, {"TOX_SITEDIFF_VISIBILITY": "base"})
        )
        assert with_hook == without


def test_its_bytecode_is_there_from_the_first_start(report: Environment) -> None:
    """Where commands may write no bytecode, the hook is not compiled at each start all the same."""
    done = report.run("-v", "-c", "pass", PYTHONDONTWRITEBYTECODE="1")
    assert re.search(r"code object from '?\S*__pycache__\S*_sitediff_visibility\.\S+\.pyc", done.stderr)


def test_what_is_found_of_a_declared_package_is_the_same(report: Environment) -> None:
    """Spec, loader, origin and cache of a declared module are those of Python's own finder."""
    code = (
        "import wanted.other as m, wanted; print(m.__spec__.origin, type(m.__loader__).__name__, m.__spec__.cached, "
        "wanted.__path__, m.__loader__.get_source('wanted.other'))"
    )
    assert report.run("-c", code).stdout == report.run("-c", code, TOX_SITEDIFF_VISIBILITY="base").stdout != ""


def test_an_environment_that_stands_on_this_one_is_left_alone(report: Environment, tmp_path: Path) -> None:
    """As a layer behind another environment, the hook's files do nothing."""
    other = interpreters.environment(tmp_path / "other", report.ground.base.python)
    pth = interpreters.purelib(other) / "layer.pth"
    pth.write_text(f"import site; site.addsitedir({str(report.purelib)!r})\n", encoding="utf-8")
    assert interpreters.run(other, "import unwanted, sys; print(sys.path_hooks)").count("wrapped") == 0


# --- data that are missing or damaged


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: Final[Mapping[str, Callable[[Path], object]]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "one byte": lambda path: path.write_bytes(path.read_bytes().replace(b"wanted", b"wAnted", 1)),
    "noise": lambda path: path.write_bytes(os.urandom(100)),
    "of another mode": lambda path: path.write_bytes(path.read_bytes().replace(b" 3 report ", b" 1 declared ")),
    "a directory": _directory,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_data_are_said_once_under_report(report: Environment, damage: str) -> None:
    """The first process says it, all processes run as without the hook."""
    DAMAGES[damage](report.purelib / module.DATA_NAME)
    first, second = (report.run("-c", "import unwanted; print('ran')") for _ in range(2))
    assert (first.stdout, second.stdout, second.stderr) == ("ran\n", "ran\n", "")
    assert first.stderr.startswith(f"sitediff: {report.purelib / module.DATA_NAME} can't be used (")
    assert not is_intact(report.purelib, report.directory, Visibility.REPORT)
    report.write("wanted")
    assert is_intact(report.purelib, report.directory, Visibility.REPORT)


def test_a_missing_hook_is_said(report: Environment) -> None:
    """The .pth file alone says what is wrong; from Python 3.15 on Python does, of an entry point in the .start file."""
    for environment, code, out in ((report, 0, "ran\n"),):
        environment.write("wanted")
        (environment.purelib / module.HOOK_NAME).unlink()
        shutil.rmtree(environment.purelib / "__pycache__", ignore_errors=True)
        done = environment.run("-c", "print('ran')")
        assert (done.returncode, done.stdout) == (code, out)
        if runs_start_files(f"3.{environment.ground.minor}"):
            assert "entry point _sitediff_visibility:start" in done.stderr
        else:
            assert "_sitediff_visibility.py in " in done.stderr
            assert len(done.stderr.splitlines()) == 1
        environment.write("wanted")


@pytest.mark.parametrize("state", ["missing", "a file", "read-only", "pipes", "links"])
def test_where_nothing_can_be_noted_the_run_goes_on(report: Environment, tmp_path: Path, state: str) -> None:
    """The directory for notes may be away, or something else; nothing blocks, and no link is followed."""
    log = report.directory / module.LOG_NAME
    shutil.rmtree(log)
    target = tmp_path / "target"
    target.write_text("", encoding="ascii")
    if state == "a file":
        log.write_text("", encoding="utf-8")
    elif state == "read-only":
        log.mkdir()
        for shard in range(32):
            (log / f"{shard:02}.txt").mkdir()
    elif state in {"pipes", "links"}:
        log.mkdir()
        for shard in range(32):
            file = log / f"{shard:02}.txt"
            os.mkfifo(file) if state == "pipes" else file.symlink_to(target)
    done = report.run("-c", "import unwanted; print('ran')")
    assert (done.stdout, done.stderr) == ("ran\n", "")
    assert report.found() == Findings()
    assert target.read_bytes() == b""


# --- what is noted


def test_notes_of_many_processes_are_merged(report: Environment) -> None:
    """Each module once; the project's own import counts before one inside the base; what was cut off is passed over."""
    clear(report.directory)
    (report.work / "a.py").write_text("\nimport unwanted\n", encoding="utf-8")
    (report.work / "b.py").write_text("import wanted\nwanted.late()\n", encoding="utf-8")
    workers = [
        subprocess.Popen([report.python, name], cwd=report.work, env=report.ground.variables())
        for name in ("b.py", "a.py") * 4
    ]
    assert {worker.wait() for worker in workers} == {0}
    with (report.directory / module.LOG_NAME / "00.txt").open("a", encoding="utf-8") as file:
        file.write("cut\toff")
    assert [(item.name, item.module, item.imported_by, item.needed_by) for item in report.found().undeclared] == [
        ("unwanted", "unwanted", f"{report.work / 'a.py'}:2", ("wanted",))
    ]
    size = sum(path.stat().st_size for path in (report.directory / module.LOG_NAME).iterdir())
    for _ in range(3):
        report.run("a.py")
    # the same notes again take no more than one copy for each file of notes
    assert sum(path.stat().st_size for path in (report.directory / module.LOG_NAME).iterdir()) <= size + 3 * 400
    clear(report.directory)
    assert report.found() == Findings()


def test_what_the_files_take_counts_as_the_environment_s(report: Environment) -> None:
    """No installer takes them for a distribution, and removing them leaves nothing."""
    before = directory_bytes(report.directory).apparent
    assert not any("sitediff" in name for name in report.view().inventory.names())
    assert remove(report.purelib, report.directory)
    assert not remove(report.purelib, report.directory)
    assert [path.name for path in report.purelib.rglob("*sitediff*")] == []
    assert directory_bytes(report.directory).apparent < before
    assert is_intact(report.purelib, report.directory, Visibility.BASE)
    assert report.run("-c", "import unwanted").returncode == 0


def test_writing_again_changes_nothing_and_heals_what_stands_in_the_way(report: Environment, tmp_path: Path) -> None:
    """Directories and links in the place of the files are replaced, and a link is not followed."""
    names = frozenset({key("wanted")})
    view = report.view()
    assert write(view, Visibility.REPORT, directory=report.directory, names=names)
    assert not write(view, Visibility.REPORT, directory=report.directory, names=names)
    target = tmp_path / "target"
    for name in (module.PTH_NAME, module.HOOK_NAME, module.DATA_NAME):
        path = report.purelib / name
        target.write_bytes(path.read_bytes())
        path.unlink()
        path.symlink_to(target)
        assert write(view, Visibility.REPORT, directory=report.directory, names=names)
        assert not path.is_symlink()
        path.unlink()
        path.mkdir()
        assert write(view, Visibility.REPORT, directory=report.directory, names=names)
        assert (read_text(path) or "") != ""
    assert write(view, Visibility.BASE, directory=report.directory, names=names)
    assert is_intact(report.purelib, report.directory, Visibility.BASE)


def test_the_hook_is_readable() -> None:
    """It says what it is and how to get rid of it, and imports nothing at its start but what is loaded already."""
    text = Path(module.__file__).with_name("hook.py").read_text("utf-8")
    assert "To get rid of it" in text
    assert [line for line in text.splitlines() if line.startswith(("import ", "from "))] == [
        "import os",
        "import sys",
    ]
