"""A real WinPython: CPython for Windows under wine, with pip, tox, virtualenv, uv.exe and numpy for Windows.

What wine can't show is tried on stand-ins, which say so: tests/test_scripts.py (launchers on other machines than
x86-64, names that Windows reserves, statuses of crashes), tests/test_windows.py (conda's directories and their order),
tests/test_sizes.py (listings without link counts). A gui script is not run by tox here, only directly. Nothing here
shows what a virus scanner, a locked file or the registry of a real Windows does, nor how long things take. wine 8 makes
hard links, but no junctions ("Request not supported"), so that a view can't be made there.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from filelock import FileLock

from support.bases.found import OnlineIndex, snapshot
from support.bases.made import clean_environment
from support.distributions import metadata, write
from support.limits import Allowance, HungError, SpentError, once_more
from tox_sitediff.core.record import from_json

from .wine import REPOSITORY, WinPython, forwarding_dll, make_winpython, windows_path, wine_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.projects import Run
    from tox_sitediff.core.record import Record

pytestmark = [pytest.mark.network, pytest.mark.slow]

TOGETHER: Final = 1200
"""How many seconds all that runs under wine may take: they took 610 on a busy machine."""
FAMILIES: Final = {"virtualenv": {"TOX_DISABLED_EXTERNAL_PLUGINS": "tox-uv"}, "tox-uv": {}}
NO_CEXP: Final = '''\
"""wine 8 has no exponential function of complex numbers: this one stands in for it, as Windows has it."""

import numpy as np

real_exp = np.exp


def exp(x):
    return real_exp(np.real(x)) * (np.cos(np.imag(x)) + 1j * np.sin(np.imag(x))) if np.iscomplexobj(x) else real_exp(x)


np.exp = exp
'''
TELL: Final = "import sys\n\ndef main():\n    print('{name} runs in', sys.prefix, *sys.argv[1:])\n    return 3\n"
TELL_FILE: Final = (
    "import sys\n\ndef main():\n"
    "    with open(sys.argv[1], 'w') as file:\n        print(sys.executable, sys.prefix, file=file)\n"
)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WinPython]:
    """One for all tests, whichever process runs them; the last of these removes it."""
    if os.environ.get("SITEDIFF_TEST_WINE") == "0":
        pytest.skip("left out by SITEDIFF_TEST_WINE=0")
    if (sys.platform, platform.machine()) != ("linux", "x86_64") or (wine := wine_program()) is None:
        pytest.skip("wine was not found on a Linux for x86-64; on Debian: apt-get install wine wine64")
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    allowance = Allowance(file=shared / "winpython-seconds", seconds=TOGETHER)
    if by_hand := os.environ.get("SITEDIFF_TEST_WINPYTHON"):
        made = WinPython(directory=Path(by_hand).absolute(), wine=wine, allowance=allowance)
        yield made
        made.end()
        return
    made = WinPython(directory=shared / "winpython", wine=wine, allowance=allowance)
    users, hung = shared / "winpython-users", shared / "winpython-hung"
    with FileLock(shared / "winpython.lock"):
        if not users.exists() and not hung.exists():
            assert not made.directory.exists(), "it could not be made: see the test that failed before"
            make_with_patience(made, hung)
        if hung.exists():
            pytest.skip(f"wine can't make a WinPython here, which is no fault of ours: {hung.read_text('utf-8')}")
        users.write_text(f"{int(users.read_text('ascii')) + 1 if users.exists() else 1}", "ascii")
    yield made
    with FileLock(shared / "winpython.lock"):
        left = int(users.read_text("ascii")) - 1
        users.write_text(f"{left}", "ascii")
        if not left:
            made.end()
            shutil.rmtree(made.directory, ignore_errors=True)
            users.unlink()


def make_with_patience(made: WinPython, hung: Path) -> None:
    """Make it, a second time where wine hung the first time; if it does so again, write that into a file."""
    home = made.directory.with_name("winpython-home")
    online = OnlineIndex(home)
    pip = os.environ.get("PIP_CACHE_DIR") or str(Path(online.cache).with_name("pip"))
    for attempt in ("first", "second"):
        try:
            make_winpython(made, {**clean_environment(), **online.variables(), "PIP_CACHE_DIR": pip})
        except (HungError, SpentError) as error:
            warnings.warn(f"wine hung while it made a WinPython, the {attempt} time: {error}", stacklevel=1)
            hung.write_text(f"{error}", "utf-8")
            shutil.rmtree(made.directory)
        else:
            hung.unlink(missing_ok=True)
            return


@pytest.fixture
def winpython(made: WinPython) -> Iterator[WinPython]:
    """The WinPython, for one test at a time: where wine hangs, all that it runs is ended."""
    with FileLock(made.directory / "one-at-a-time.lock"):
        yield made


@contextmanager
def untouched(tree: Path) -> Iterator[None]:
    """Make sure that a base is bit-identical afterwards, its times too, and holds no new bytecode."""
    before = snapshot(tree)
    yield
    after = snapshot(tree)
    assert [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)] == []


class Project:
    """A directory to run tox in, by WinPython's own ``python -m tox``."""

    def __init__(self, winpython: WinPython, root: Path, family: str = "tox-uv") -> None:
        """Take a directory, which is made where it is not there."""
        root.mkdir(parents=True, exist_ok=True)
        self.winpython, self.root, self.family = winpython, root, family
        self.variables: dict[str, str] = {}

    def tox(self, *words: str | Path) -> Run:
        """Run tox."""
        variables = FAMILIES[self.family] | self.variables
        return self.winpython.run("python", "-m", "tox", *words, cwd=self.root, more=variables)

    def directory(self, env: str = "a") -> Path:
        """The directory of an environment."""
        return self.root / ".tox" / env

    def record(self, env: str = "a") -> Record:
        """The record of an environment."""
        return from_json(json.loads((self.directory(env) / "sitediff.json").read_text("utf-8")))

    def scripts(self, env: str = "a") -> set[str]:
        """The programs of an environment, but for its interpreter and what activates it."""
        names = {path.name for path in (self.directory(env) / "Scripts").iterdir()}
        return {name for name in names if not name.startswith(("python", "activate", "deactivate", "pydoc"))}

    def installed(self, env: str = "a") -> set[str]:
        """The distributions that lie in an environment itself."""
        site = self.directory(env) / "Lib" / "site-packages"
        return {path.name.partition("-")[0] for path in site.glob("*.dist-info")}


@pytest.mark.parametrize("family", FAMILIES)
@once_more
def test_the_example_project_on_winpython(tmp_path: Path, winpython: WinPython, family: str) -> None:
    """``python -m tox``: its 23 tests pass with numpy, pandas and matplotlib of the base; a second run keeps all.

    The project is as in the repository, but for a stand-in for a function that wine lacks.
    """
    root = tmp_path / "example project"  # as paths on Windows are
    shutil.copytree(REPOSITORY / "example-project", root, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    write(root / "conftest.py", NO_CEXP)
    project = Project(winpython, root, family)
    with untouched(winpython.prefix):
        run = project.tox("-e", "py", "--result-json", "result.json").ok()
        assert run.lines("23 passed")
        assert len(run.lines(f"sitediff: base {windows_path(winpython.prefix)}\\python.exe (cpython 3.12.9, ")) == 1
        assert [row[:3] for row in run.table()] == [["py", "18", "3"]]
        assert project.installed("py") == {"pytest_mock", "pytest_randomly", "tideline"}
        record = project.record("py")
        assert {"numpy", "pandas", "matplotlib", "pytest", "colorama"} <= {item.name for item in record.reused}
        site = windows_path(winpython.site)
        assert {item.location for item in record.reused} == {site}
        own = windows_path(project.directory("py"))
        layers = [(layer.path, layer.role.value) for layer in record.layers]
        # on Windows the prefixes are site directories too; the base's is where its library lies
        assert layers == [(own, "own"), (f"{own}\\Lib\\site-packages", "own"), (site, "base")]
        assert record.python.base_prefix == windows_path(winpython.prefix)
        assert record.bytes.saved is not None
        assert record.bytes.environment is not None
        assert record.bytes.saved > 100e6
        assert record.bytes.environment < 4e6
        result = json.loads((root / "result.json").read_text("utf-8"))
        assert result["testenvs"]["py"]["sitediff"] == json.loads(
            (project.directory("py") / "sitediff.json").read_text("utf-8")
        )
        assert {"pytest.exe", "py.test.exe", "f2py.exe", "tideline.exe"} <= project.scripts("py")
        assert "ruff.exe" not in project.scripts("py")  # the base has it, and nobody declared it
        # fonttools', which matplotlib needs: the wheel has it under share
        page = project.directory("py") / "share" / "man" / "man1" / "ttx.1"
        assert page.read_bytes() == (winpython.prefix / "share" / "man" / "man1" / "ttx.1").read_bytes()
        assert record.data.files == 1
        again = project.tox("-e", "py", "--", "-k", "gauge").ok()
        assert not again.lines("recreate env")
        assert not again.lines("install_dep")
        assert again.lines("2 passed")


@once_more
def test_bytes_are_those_of_the_files(tmp_path: Path, winpython: WinPython) -> None:
    """What the record says of an environment is what its directory holds, less what is a link to uv's cache."""
    project = Project(winpython, tmp_path / "bytes")
    write(project.root / "tox.ini", "[tox]\nno_package = true\n[testenv:a]\ndeps =\n    numpy\n    pytest-mock\n")
    project.tox("-e", "a").ok()
    record = project.record()
    files = [path.lstat() for path in project.directory().rglob("*") if path.is_file() and path.name != "sitediff.json"]
    text = (project.directory() / "sitediff.json").stat().st_size
    assert record.bytes.environment is not None
    assert record.bytes.unshared is not None
    assert abs(record.bytes.environment - text - sum(status.st_size for status in files)) < 3000  # tox's logs go on
    linked = sum(status.st_size for status in files if status.st_nlink > 1)
    assert linked > 0, "uv made no links"
    assert record.bytes.environment - record.bytes.unshared == linked
    (numpy,) = (item for item in record.reused if item.name == "numpy")
    lines = (winpython.site / "numpy-1.26.4.dist-info" / "RECORD").read_text("utf-8").splitlines()
    sizes = [line.rsplit(",", 2) for line in lines]
    assert numpy.bytes is not None
    assert numpy.bytes >= sum(int(size) for name, _, size in sizes if size and not name.endswith(".pyc"))


def distribution(site: Path, name: str, version: str, *, points: str = "", record: str = "", module: str = "") -> None:
    """Lay a distribution out in a site directory, as an installer would."""
    info = site / f"{name}-{version}.dist-info"
    write(info / "METADATA", metadata(name, version))
    write(info / "INSTALLER", "pip\n")
    write(info / "entry_points.txt", points)
    write(info / "RECORD", f"{name}.py,,\n{info.name}/METADATA,,\n{record}")
    write(site / f"{name}.py", module)


@once_more
def test_programs_of_the_base_run_under_the_environments_interpreter(tmp_path: Path, winpython: WinPython) -> None:
    """Console, gui, data and batch scripts and a native program, with arguments and status, in a path with a space."""
    site = tmp_path / "the layer" / "Lib" / "site-packages"
    scripts = site.parents[1] / "Scripts"
    write(scripts / "plain-script.py", "#!python\r\nimport sys; print('plain runs in', sys.prefix, *sys.argv[1:])\r\n")
    write(scripts / "batched.cmd", "@echo batched %1\r\n@exit /b 5\r\n")
    distribution(
        site,
        "several",
        "1.0",
        points="[console_scripts]\ntell = several:main\n[gui_scripts]\ntellw = windowed:main\n",
        record="windowed.py,,\n..\\..\\Scripts\\plain-script.py,,\n../../Scripts/batched.cmd,,\n",
        module=TELL.format(name="tell"),
    )
    write(site / "windowed.py", TELL_FILE)
    project = Project(winpython, tmp_path / "a project")
    write(
        project.root / "tox.ini",
        f"""[tox]
no_package = true
[testenv:a]
deps =
    several
    ruff
    pytest
sitediff_layers = {windows_path(site.parents[1])}
ignore_errors = true
commands =
    - tell one "two words"
    - plain-script one
    - batched one
    ruff --version
    pytest --version
""",
    )
    with untouched(winpython.prefix), untouched(site.parents[1]):
        run = project.tox("-e", "a").ok()
    prefix = windows_path(project.directory())
    assert run.lines(f"tell runs in {prefix} one two words")
    assert run.lines(f"plain runs in {prefix} one")
    assert run.lines("batched one")
    assert run.lines("ruff 0.14.10")
    assert run.lines("pytest 8.4.2")
    codes = [int(line.split("exit ")[1].split()[0]) for line in run.lines(": exit ")]
    assert codes == [3, 5]
    # not as a command of tox, which waits for ever for a program without a console where there is no display
    winpython.run(project.directory() / "Scripts" / "tellw.exe", tmp_path / "windowed.txt").ok()
    written = (tmp_path / "windowed.txt").read_text("utf-8")
    assert written.split("\n")[0].lower() == f"{prefix}\\Scripts\\pythonw.exe {prefix}".lower()
    assert {"tell.exe", "tellw.exe", "plain-script.exe", "batched.cmd", "ruff.exe"} <= project.scripts()
    layers = [(layer.path, layer.role.value) for layer in project.record().layers]
    assert (windows_path(site), "extra") in layers
    (several,) = (item for item in project.record().reused if item.name == "several")
    assert several.location == windows_path(site)


@once_more
def test_a_base_of_conda_lends_its_dlls(tmp_path: Path, winpython: WinPython) -> None:
    """A DLL in ``Library\\bin`` beside ``conda-meta`` is loaded from PATH; the base's change makes it anew.

    The base is a copy of the interpreter with the directories of a conda prefix: a stand-in, but for Windows' loader.
    """
    base = winpython.bare(tmp_path / "conda")
    write(base.parent / "Library" / "bin" / "lent.dll", forwarding_dll("Lent", to="kernel32.GetCurrentProcessId"))
    distribution(base.parent / "Lib" / "site-packages", "needy", "1.0", module=f"{LOAD}\n")
    project = Project(winpython, tmp_path / "project")
    write(
        project.root / "tox.ini",
        f"[tox]\nno_package = true\n[testenv:a]\nbase_python = {windows_path(base)}\ndeps = needy\n"
        f"commands = python -c \"import needy, os; [print(n, os.environ.get(n)) for n in ('PATH', *{SET}, 'OWN')]\"\n",
    )
    assert project.tox("-e", "a").lines("Could not find module 'lent.dll'")
    write(base.parent / "conda-meta" / "state", json.dumps({"env_vars": {"OWN": "of the environment"}}))
    write(base.parent / "etc" / "conda" / "activate.d" / "proj4-activate.bat", PROJ)
    write(base.parent / "etc" / "conda" / "activate.d" / "second.bat", '@set "SECOND=%PROJ_DATA% & more"\r\n')
    with untouched(base.parent):
        run = project.tox("-e", "a").ok()
    prefix = windows_path(base.parent)
    # cmd calls what activates a conda prefix, as the packages of PROJ have it
    assert run.lines(f"counts as activated: OWN, {', '.join(sorted(SET))}")
    values = (f"{prefix}\\Library\\share\\proj", "ON", f"{prefix}\\Library\\share\\proj & more")
    for name, value in (*zip(SET, values, strict=True), ("OWN", "of the environment")):
        assert run.lines(f"{name} {value}")
    (path,) = run.lines(f";{prefix};{prefix}\\Library\\bin;")
    assert path.startswith(f"PATH {windows_path(project.directory())}\\Scripts;")
    assert f"{prefix}\\Scripts" not in path  # what nobody declared can't be run
    assert project.record().python.base_prefix == prefix
    info = base.parent / "Lib" / "site-packages"
    (info / "needy-1.0.dist-info").rename(info / "needy-1.1.dist-info")
    write(info / "needy-1.1.dist-info" / "METADATA", metadata("needy", "1.1"))
    run = project.tox("-e", "a").ok()
    assert run.lines("recreate env because")
    assert [item.version for item in project.record().reused] == ["1.1"]


SET: Final = ("PROJ_DATA", "PROJ_NETWORK", "SECOND")
PROJ: Final = (
    '@if defined PROJ_DATA (\r\n    @set "_CONDA_SET_PROJ_DATA=%PROJ_DATA%"\r\n)\r\n@echo noise\r\n'
    '@set "PROJ_DATA=%CONDA_PREFIX%\\Library\\share\\proj"\r\n@set PROJ_NETWORK=ON\r\n'
)
LOAD: Final = "import ctypes; ctypes.CDLL('lent.dll', winmode=0).Lent()"


@once_more
def test_user_site_pythonpath_and_pth_files(tmp_path: Path, winpython: WinPython) -> None:
    """The user site under APPDATA, what PYTHONPATH names, and .pth files with and without code are all seen."""
    base = winpython.bare(tmp_path / "base")
    site = base.parent / "Lib" / "site-packages"
    user = tmp_path / "roaming" / "Python" / "Python312" / "site-packages"
    distribution(user, "mine", "1.0", points="[console_scripts]\nmine = mine:main\n", module=TELL.format(name="mine"))
    for name in ("listed", "coded", "before"):
        distribution(tmp_path / name, name, "1.0")
    write(site / "listed.pth", f"# a comment\n{windows_path(tmp_path / 'listed')}\n")
    write(site / "coded.pth", f"import sys; sys.path.append({windows_path(tmp_path / 'coded')!r})\n")
    project = Project(winpython, tmp_path / "project")
    write(
        project.root / "tox.ini",
        f"""[tox]
no_package = true
[testenv:a]
base_python = {windows_path(base)}
set_env =
    APPDATA = {windows_path(tmp_path / "roaming")}
    PYTHONPATH = {windows_path(tmp_path / "before")}
deps =
    mine
    listed
    coded
    before
commands =
    - mine
    python -c "import mine, listed, coded, before"
""",
    )
    with untouched(base.parent), untouched(tmp_path / "roaming"):
        run = project.tox("-e", "a").ok()
    assert run.lines(f"mine runs in {windows_path(project.directory())}")
    assert project.installed() == set()
    roles = {layer.path: layer.role.value for layer in project.record().layers}
    assert roles[windows_path(user)] == "user"
    assert roles[windows_path(tmp_path / "before")] == "injected"
    assert roles[windows_path(tmp_path / "coded")] == "base"
    assert len(project.record().reused) == 4


INVENTORY: Final = (
    "import json; from importlib import metadata as m;"
    "print(json.dumps({n: m.version(n) for n in {d.metadata['Name'] for d in m.distributions()}}))"
)


@once_more
def test_the_command_line_on_winpython(tmp_path: Path, winpython: WinPython) -> None:
    """``sitediff.exe``: venv, inventory, plan, install, check, and uv's own check, over one environment."""

    def sitediff(*words: str | Path) -> Run:
        return winpython.run("sitediff", *words, cwd=tmp_path)

    with untouched(winpython.prefix):
        said = sitediff("venv", "env", "--python", winpython.prefix / "python.exe").ok()
        assert said.lines("inherits")
        python = tmp_path / "env" / "Scripts" / "python.exe"
        known = json.loads(winpython.run(python, "-c", INVENTORY).ok().out)
        listed = json.loads(sitediff("inventory", "--python", "env", "--format", "json").ok().out)
        names = {str(name).lower().replace("_", "-").replace(".", "-"): version for name, version in known.items()}
        assert {item["name"]: item["version"] for item in listed["distributions"]} == names
        plan = json.loads(sitediff("plan", "--python", "env", "--format", "json", "pandas", "pytest-mock").ok().out)
        assert [(item["name"], item["why"]) for item in plan["install"]] == [("pytest-mock", ["pytest-mock"])]
        assert {"numpy", "pandas", "pytest", "tzdata"} <= {item["name"] for item in plan["reused"]}
        assert not list((tmp_path / "env" / "Lib" / "site-packages").glob("*.dist-info"))
        sitediff("install", "--python", "env", "pandas", "pytest-mock").ok()
        assert sitediff("check", "--python", "env").ok().lines("all that was declared is met")
        assert sitediff("uv", "pip", "check", "--python", "env").ok().lines("All installed packages are compatible")
        assert (tmp_path / "env" / "Scripts" / "pytest.exe").is_file()
        failed = sitediff("install", "--python", "env", "not-there==1")
        assert failed.code == 1
        assert "Traceback" not in failed.out + failed.err


@once_more
def test_a_wine_that_hangs_is_ended_and_goes_on_anew(tmp_path: Path, winpython: WinPython) -> None:
    """A stopped wineserver stands in for one that hangs: nothing of it is left, and the next program runs."""
    winpython.run("python", "-c", "").ok()
    servers = [number for number in winpython.processes() if program(number).startswith("wineserver")]
    assert servers
    for number in servers:
        os.kill(number, signal.SIGSTOP)
    with pytest.raises(HungError, match="still running after"):
        winpython.run("python", "-c", "", seconds=5)
    assert not winpython.processes()
    assert winpython.run("python", "-c", "import platform; print(platform.system())").ok().lines("Windows")


def program(number: int) -> str:
    """Name the program of a process."""
    return Path(f"/proc/{number}/exe").resolve().name
