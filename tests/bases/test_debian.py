"""The Python of Debian, with scientific packages from apt: nearly all .egg-info, in several site directories."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.bases.found import FoundBase, agrees, judge, untouched
from support.bases.made import clean_environment
from support.interpreters import MISSING, SYSTEM, environment, run, variables
from support.projects import make_project
from tox_sitediff.core.model import Visibility
from tox_sitediff.core.requirements import key
from tox_sitediff.interpreter.observer import Observer
from tox_sitediff.visibility.findings import collect
from tox_sitediff.visibility.selection import seen_names
from tox_sitediff.visibility.showing import write

if TYPE_CHECKING:
    from support.bases.found import OnlineIndex

SCIENTIFIC: Final = ("numpy", "scipy", "pandas", "matplotlib", "pytest", "requests", "sqlalchemy")


@pytest.fixture
def debian() -> FoundBase:
    """The interpreter of the system where it is Debian's and has what this test is about."""
    if not Path("/etc/debian_version").exists() or not SYSTEM.exists():
        pytest.skip("this is no Debian with its own Python")
    if missing := run(SYSTEM, MISSING % (SCIENTIFIC,)).strip():
        pytest.skip(f"Debian's Python is here without {missing}: apt-get install python3-NAME")
    sites = run(SYSTEM, "import site; print(*site.getsitepackages(), sep='\\n')").splitlines()
    return FoundBase(SYSTEM, *(Path(site) for site in sites if Path(site).is_dir()))


@pytest.mark.network
def test_the_difference_over_debians_python_is_pips(
    tmp_path: Path, debian: FoundBase, online: OnlineIndex, family: str
) -> None:
    """Of eight names one is installed, a few kB; pip agrees, programs run, and nothing of the system is touched."""
    declared = (*SCIENTIFIC, "pytest-mock")
    with untouched(debian):
        would = judge(tmp_path / "pip", debian, *declared, variables=clean_environment() | online.variables())
        assert set(would) == {"pytest-mock"}
        project = make_project(tmp_path, debian, online, family)
        project.write("test_it.py", "def test_it(mocker):\n    import matplotlib, pandas, scipy, sqlalchemy\n")
        project.ini("\n    ".join(["deps =", *declared]) + "\ncommands = pytest -p no:cacheprovider -q")
        ran = project.tox("-e", "a").ok()
        assert ran.lines("1 passed")
        agrees(project, *declared, would=would)
        reused = project.reused()
        assert set(SCIENTIFIC) <= set(reused)
        assert {"pytest", "py.test"} <= project.scripts()
        record = project.record()
        assert record.shadowed == ()
        assert (record.bytes.installed or 0) < 100_000
        assert not project.tox("-e", "a").ok().lines("recreate env")


def test_what_is_declared_works_over_debians_python(
    tmp_path: Path, debian: FoundBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its metadata leave out most requirements, which dpkg knows; what no package needs is out of sight."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    python = environment(tmp_path / "env", debian.python)
    seen = Observer(python, frozenset(), variables()).look()
    assert (found := seen.lookup(key("pandas"))) is not None
    assert not any("dateutil" in line for line in found.requires)
    names = seen_names(seen, [key("pandas"), key("matplotlib")])
    write(seen, Visibility.DECLARED, directory=tmp_path / "env", names=names)
    code = (
        "import dateutil, numpy, matplotlib.pyplot, pandas, pytz, importlib.util as u\n"
        "assert pandas.DataFrame({'a': [1.5]}).a.sum() == 1.5\n"
        "print(*[name for name in ('requests', 'sqlalchemy', 'pytest') if u.find_spec(name)])"
    )
    assert run(python, code, env=variables(PYTHONDONTWRITEBYTECODE="1", MPLCONFIGDIR=str(tmp_path))) == "\n"


def test_what_is_declared_and_reported_with_pypy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's PyPy shares the packages of Debian's Python: what is declared is seen, what is not is named."""
    if (pypy := shutil.which("pypy3")) is None:
        pytest.skip("no PyPy here: apt-get install pypy3")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    directory = tmp_path / "env"
    python = environment(directory, Path(pypy))
    seen = Observer(python, frozenset(), variables()).look()
    assert seen.interpreter.implementation == "pypy"
    if missing := {"packaging", "pyparsing"} - {*seen.inventory.names()}:
        pytest.skip(f"PyPy is here without {missing}: apt-get install python3-packaging python3-pyparsing")
    names = seen_names(seen, [key("packaging")])
    found = "import packaging, importlib.util as u; print(u.find_spec('pyparsing') is not None)"
    write(seen, Visibility.DECLARED, directory=directory, names=names)
    assert run(python, found) == "False\n"
    write(seen, Visibility.REPORT, directory=directory, names=names)
    run(python, "import packaging, pyparsing")
    assert [(item.name, item.module) for item in collect(directory, seen).undeclared] == [("pyparsing", "pyparsing")]
