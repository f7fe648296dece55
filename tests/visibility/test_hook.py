"""The hook never breaks an interpreter, leaves what is declared as it was, and says what is wrong."""

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
from support.bases.made import Base, clean_environment, uv_program
from support.visibility.ground import VERSIONS, Environment, Ground, distribution
from tox_sitediff.core.model import Visibility
from tox_sitediff.core.requirements import key
from tox_sitediff.files import read_text
from tox_sitediff.interpreter.layers import stack
from tox_sitediff.interpreter.probe import probe
from tox_sitediff.interpreter.sizes import directory_bytes
from tox_sitediff.visibility import files as module
from tox_sitediff.visibility.files import is_intact, remove, write
from tox_sitediff.visibility.findings import clear, collect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OLDEST, NEWEST = VERSIONS[0], VERSIONS[-1]


@pytest.fixture(scope="module", params=[OLDEST, NEWEST])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("ground"), request.param)


@pytest.fixture
def declared(ground: Ground, tmp_path: Path) -> Environment:
    return Environment(ground, tmp_path / "env", Visibility.DECLARED)


@pytest.fixture
def report(ground: Ground, tmp_path: Path) -> Environment:
    return Environment(ground, tmp_path / "env", Visibility.REPORT)


# --- the interpreter is as it was


def test_the_path_and_the_site_module_are_as_without_the_hook(declared: Environment) -> None:
    """``sys.path``, ``site.PREFIXES`` and what the site module says of the user site are the same, in each start."""
    code = (
        "import json, site, sys; print(json.dumps([sys.path, site.PREFIXES, site.ENABLE_USER_SITE, "
        "site.getsitepackages(), sys.flags.isolated]))"
    )
    finder = "__editable__"
    for options in ((), ("-I",), ("-s",), ("-E",), ("-B", "-S")):
        with_hook, without = (
            json.loads(declared.run(*options, "-c", code, **more).stdout)
            for more in ({}, {"TOX_SITEDIFF_VISIBILITY": "base"})
        )
        without[0] = [path for path in without[0] if finder not in path]
        assert with_hook == without


def test_no_module_is_loaded_that_was_not(declared: Environment) -> None:
    """The start loads the hook, and nothing else that it would not have loaded."""
    code = "import sys; print(*sorted(sys.modules))"
    with_hook = set(declared.run("-c", code).stdout.split())
    (declared.purelib / module.PTH_NAME).unlink()
    base = set(declared.run("-c", code).stdout.split())
    assert with_hook - base == {"_sitediff_visibility"}


def test_its_bytecode_is_there_from_the_first_start(declared: Environment) -> None:
    """Where commands may write no bytecode, the hook is not compiled at each start all the same."""
    done = declared.run("-v", "-c", "pass", PYTHONDONTWRITEBYTECODE="1")
    assert re.search(r"code object from '?\S*__pycache__\S*_sitediff_visibility\.\S+\.pyc", done.stderr)


def test_our_own_probe_sees_the_truth(declared: Environment, report: Environment) -> None:
    """Roles, order and distributions are the same with the hook and without, and no foreign finder is met."""
    for environment in (declared, report):
        variables = environment.ground.variables()
        found = probe(environment.python, variables)
        names = environment.view().inventory.names()
        assert not found.foreign_finders
        remove(environment.purelib, environment.directory)
        assert found == probe(environment.python, variables)
        assert names == environment.view().inventory.names()


def test_what_is_found_of_a_declared_package_is_the_same(declared: Environment) -> None:
    """Spec, loader, origin and cache of a declared module are those of Python's own finder."""
    code = (
        "import wanted.other as m, wanted; print(m.__spec__.origin, type(m.__loader__).__name__, m.__cached__, "
        "wanted.__path__, m.__loader__.get_source('wanted.other'))"
    )
    assert declared.run("-c", code).stdout == declared.run("-c", code, TOX_SITEDIFF_VISIBILITY="base").stdout != ""


def test_another_home_brings_its_user_site_but_nothing_of_it_is_seen(declared: Environment, tmp_path: Path) -> None:
    """A user site that was not there when the data were written is hidden as a whole."""
    other = tmp_path / "other"
    where = "import site; print(site.getusersitepackages(), end='')"
    user = Path(declared.run("-c", where, PYTHONUSERBASE=str(other)).stdout)
    distribution(user, "late", {"late.py": ""})
    done = declared.run("-c", "import sys; print(sys.path); import late", PYTHONUSERBASE=str(other))
    assert str(user) in done.stdout
    assert "ModuleNotFoundError: No module named 'late'" in done.stderr


def test_an_environment_that_stands_on_this_one_is_left_alone(declared: Environment, tmp_path: Path) -> None:
    """As a layer behind another environment, the hook's files do nothing."""
    other = interpreters.environment(tmp_path / "other", declared.ground.base.python)
    pth = interpreters.purelib(other) / "layer.pth"
    pth.write_text(f"import site; site.addsitedir({str(declared.purelib)!r})\n", encoding="utf-8")
    assert interpreters.run(other, "import unwanted, sys; print(sys.path_hooks)").count("wrapped") == 0


def test_an_environment_that_inherits_nothing_stays_so(declared: Environment) -> None:
    """With system site packages off in pyvenv.cfg, the base does not come in through the hook."""
    configuration = declared.directory / "pyvenv.cfg"
    text = configuration.read_text("utf-8").replace("= true", "= false")
    configuration.write_text(text, encoding="utf-8")
    code = (
        "import site, sys; print(site.ENABLE_USER_SITE, len(site.PREFIXES), [p for p in sys.path if 'base/lib' in p])"
    )
    with_hook = declared.run("-c", code)
    (declared.purelib / module.PTH_NAME).unlink()
    assert with_hook.stderr == ""
    assert with_hook.stdout.startswith("False ")
    assert str(declared.ground.base.site) not in with_hook.stdout


# --- the message


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("import unwanted", "(unwanted 1.0 of the base has it, but is not declared; add unwanted to the requirements"),
        ("import shared.two", "(shared-two 1.0 of the base has it, but is not declared"),
        ("import edited", "(edited 1.0 of the base has it, but is not declared"),
        ("import orphan", "(the base has it, but no distribution that is declared"),
        ("import unwanted.sub", "No module named 'unwanted' ("),
        ("import nowhere", "No module named 'nowhere'\n"),
        ("import wanted.nowhere", "No module named 'wanted.nowhere'\n"),
    ],
)
def test_the_message_says_who_has_it(declared: Environment, statement: str, told: str) -> None:
    """What the base has is named with its distribution; for what nobody has, Python's own message stands."""
    code = f"try:\n    {statement}\nexcept ModuleNotFoundError as e:\n    print(e)\n    print(e.name)"
    done = declared.run("-c", code)
    assert told in done.stdout
    name = statement.split()[1]
    assert done.stdout.splitlines()[1] == ("unwanted" if name == "unwanted.sub" else name)


def test_a_finder_behind_ours_is_asked_first(declared: Environment) -> None:
    """What an editable install in the environment provides is found, though the base has a hidden copy."""
    source = declared.work / "src" / "unwanted.py"
    source.parent.mkdir()
    source.write_text("print('own')", encoding="utf-8")
    (declared.purelib / "zz_finder.py").write_text(
        "import sys\nfrom importlib.util import spec_from_file_location\nclass F:\n    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        f"        return spec_from_file_location(name, {str(source)!r}) if name == 'unwanted' else None\n"
        "sys.meta_path.append(F)\n",
        encoding="utf-8",
    )
    (declared.purelib / "zz.pth").write_text("import zz_finder\n", encoding="utf-8")
    assert declared.run("-c", "import unwanted").stdout == "own\n"


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
    "of another mode": lambda path: path.write_bytes(
        path.read_bytes().replace(b" 1 declared ", b" 1 REPORT ").replace(b" 1 report ", b" 1 declared ")
    ),
    "a directory": _directory,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_data_stop_the_interpreter_under_declared(declared: Environment, damage: str) -> None:
    """The message names the file and what to do, nothing runs, and `write` puts it right."""
    path = declared.purelib / module.DATA_NAME
    DAMAGES[damage](path)
    done = declared.run("-c", "print('ran')")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"sitediff: {path} can't be used (")
    assert "run tox -r or sitediff install, or delete " in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not is_intact(declared.purelib, Visibility.DECLARED)
    declared.write("wanted")
    assert is_intact(declared.purelib, Visibility.DECLARED)
    assert declared.run("-c", "import wanted; print('ran')").stdout == "ran\n"


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_data_are_said_once_under_report(report: Environment, damage: str) -> None:
    """The first process says it, all processes run as without the hook."""
    DAMAGES[damage](report.purelib / module.DATA_NAME)
    first, second = (report.run("-c", "import unwanted; print('ran')") for _ in range(2))
    assert (first.stdout, second.stdout, second.stderr) == ("ran\n", "ran\n", "")
    assert first.stderr.startswith(f"sitediff: {report.purelib / module.DATA_NAME} can't be used (")
    assert not is_intact(report.purelib, Visibility.REPORT)
    report.write("wanted")
    assert is_intact(report.purelib, Visibility.REPORT)


def test_a_missing_hook_stops_declared_and_not_report(declared: Environment, report: Environment) -> None:
    """The .pth file alone says what is wrong."""
    for environment, code, out in ((report, 0, "ran\n"), (declared, 2, "")):
        environment.write("wanted")
        (environment.purelib / module.HOOK_NAME).unlink()
        shutil.rmtree(environment.purelib / "__pycache__", ignore_errors=True)
        done = environment.run("-c", "print('ran')")
        assert (done.returncode, done.stdout) == (code, out)
        assert "_sitediff_visibility.py in " in done.stderr
        assert len(done.stderr.splitlines()) == 1
        environment.write("wanted")


@pytest.mark.parametrize("state", ["missing", "a file", "read-only"])
def test_where_nothing_can_be_noted_the_run_goes_on(report: Environment, state: str) -> None:
    """The directory for notes may be away, or something else."""
    log = report.directory / module.LOG_NAME
    shutil.rmtree(log)
    if state == "a file":
        log.write_text("", encoding="utf-8")
    elif state == "read-only":
        log.mkdir()
        for shard in range(32):
            (log / f"{shard:02}.txt").mkdir()
    done = report.run("-c", "import unwanted; print('ran')")
    assert (done.stdout, done.stderr) == ("ran\n", "")
    assert collect(report.directory, report.purelib) == ()


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
    found = collect(report.directory, report.purelib)
    assert [(item.name, item.version, item.module, item.imported_by) for item in found] == [
        ("unwanted", "1.0", "unwanted", f"{report.work / 'a.py'}:2")
    ]
    size = sum(path.stat().st_size for path in (report.directory / module.LOG_NAME).iterdir())
    for _ in range(3):
        report.run("a.py")
    # the same notes again take no more than one copy for each file of notes
    assert sum(path.stat().st_size for path in (report.directory / module.LOG_NAME).iterdir()) <= size + 3 * 400
    clear(report.directory)
    assert collect(report.directory, report.purelib) == ()


def test_what_the_files_take_counts_as_the_environment_s(declared: Environment) -> None:
    """No installer takes them for a distribution, and removing them leaves nothing."""
    before = directory_bytes(declared.directory).apparent
    assert not any("sitediff" in name for name in declared.view().inventory.names())
    assert remove(declared.purelib, declared.directory)
    assert not remove(declared.purelib, declared.directory)
    assert [path.name for path in declared.purelib.rglob("*sitediff*")] == []
    assert directory_bytes(declared.directory).apparent < before
    assert is_intact(declared.purelib, Visibility.BASE)
    assert declared.run("-c", "import unwanted").returncode == 0


def test_writing_again_changes_nothing_and_heals_what_stands_in_the_way(declared: Environment, tmp_path: Path) -> None:
    """Directories and links in the place of the files are replaced, and a link is not followed."""
    names = frozenset({key("wanted")})
    view = declared.view()
    assert write(view, Visibility.DECLARED, directory=declared.directory, names=names)
    assert not write(view, Visibility.DECLARED, directory=declared.directory, names=names)
    target = tmp_path / "target"
    for name in (module.PTH_NAME, module.HOOK_NAME, module.DATA_NAME):
        path = declared.purelib / name
        target.write_bytes(path.read_bytes())
        path.unlink()
        path.symlink_to(target)
        assert write(view, Visibility.DECLARED, directory=declared.directory, names=names)
        assert not path.is_symlink()
        path.unlink()
        path.mkdir()
        assert write(view, Visibility.DECLARED, directory=declared.directory, names=names)
        assert (read_text(path) or "") != ""
    assert write(view, Visibility.BASE, directory=declared.directory, names=names)
    assert is_intact(declared.purelib, Visibility.BASE)


def test_a_changed_environment_changes_what_is_seen(declared: Environment) -> None:
    """Where the environment has a copy of its own, the base's is hidden as a whole, with its metadata."""
    distribution(declared.purelib, "wanted", {"wanted_new.py": ""})
    declared.write("wanted")
    done = declared.run("-c", "import wanted_new, importlib.util as u; print(u.find_spec('wanted'))")
    assert done.stdout == "None\n"


# --- tools that look by themselves


def test_pkg_resources_and_the_backport_see_what_is_declared(tmp_path: Path) -> None:
    """A declared pkg_resources and importlib_metadata show the declared, and nothing else."""
    python = interpreters.needed("3.11")
    base = Base(tmp_path / "base", of=python)
    where = "import ensurepip, os; print(os.path.join(os.path.dirname(ensurepip.__file__), '_bundled'), end='')"
    (wheel,) = Path(interpreters.run(python, where)).glob("setuptools-*.whl")
    shutil.unpack_archive(wheel, base.site, "zip")
    distribution(base.site, "wanted", {"wanted.py": ""}, entry_points="[demo]\nwanted = wanted\n")
    distribution(base.site, "unwanted", {"unwanted.py": ""}, entry_points="[demo]\nunwanted = unwanted\n")
    environment = _environment(tmp_path, base, "wanted", "setuptools")
    code = (
        "import pkg_resources as p; print(sorted(d.key for d in p.working_set), "
        "[e.name for e in p.iter_entry_points('demo')], p.get_distribution('wanted').version); "
        "import distutils; print('_distutils' in distutils.__file__)"
    )
    done = subprocess.run(
        [environment, "-W", "ignore", "-c", code],
        env=interpreters.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("['setuptools', 'wanted'] ['wanted'] 1.0\nTrue\n", "")


@pytest.mark.network
@pytest.mark.parametrize("version", ["3.8", "3.12"])
def test_the_backport_of_importlib_metadata_shows_what_is_declared(tmp_path: Path, version: str) -> None:
    """It brings a finder of its own: that is filtered too, and nothing comes twice."""
    base = Base(tmp_path / "base", of=interpreters.needed(version))
    subprocess.run(
        [uv_program(), "pip", "install", "-q", "--python", base.python, "importlib-metadata"],
        env=clean_environment(),
        check=True,
    )
    for name in ("wanted", "unwanted"):
        distribution(base.site, name, {f"{name}.py": ""}, entry_points=f"[demo]\n{name} = {name}\n")
    environment = _environment(tmp_path, base, "wanted", "importlib-metadata")
    code = (
        "import importlib_metadata as b, importlib.metadata as s\n"
        "for m in (b, s):\n    names = [d.metadata['Name'] for d in m.distributions()]\n"
        "    print(names.count('wanted'), names.count('unwanted'), m.version('wanted'))\n"
        "print([e.name for e in b.entry_points(group='demo')])\n"
        "try:\n    b.version('unwanted')\nexcept b.PackageNotFoundError:\n    print('not found')"
    )
    assert interpreters.run(environment, code) == "1 0 1.0\n1 0 1.0\n['wanted']\nnot found\n"


def test_layers_behind_the_environment_are_untouched_with_what_they_need(tmp_path: Path) -> None:
    """A layer of the user is seen as a whole, and so is what it needs of the base, declared or not."""
    base = Base(tmp_path / "base")
    for name in ("needed", "unneeded"):
        distribution(base.site, name, {f"{name}.py": ""})
    layer = tmp_path / "layer"
    distribution(layer, "layered", {"layered.py": "import needed\n"})
    info = layer / "layered-1.0.dist-info" / "METADATA"
    info.write_text("Metadata-Version: 2.1\nName: layered\nVersion: 1.0\nRequires-Dist: needed\n\n", encoding="utf-8")
    python = interpreters.environment(tmp_path / "env-declared", base.python)
    stack(interpreters.purelib(python), [layer])
    _environment(tmp_path, base)
    code = (
        "import sys, layered, importlib.util as u; "
        f"print(u.find_spec('unneeded'), [path for path in sys.path if path.startswith({str(tmp_path)!r})][-2:])"
    )
    assert interpreters.run(python, code) == f"None {[str(layer), str(base.site)]}\n"


def _environment(tmp_path: Path, base: Base, *declared: str, mode: Visibility = Visibility.DECLARED) -> Path:
    from tox_sitediff.interpreter.observer import Observer
    from tox_sitediff.visibility.files import seen_names

    python = interpreters.environment(tmp_path / f"env-{mode}", base.python)
    view = Observer(python, frozenset(), interpreters.variables()).look()
    names = seen_names(view, (), map(key, declared))
    write(view, mode, directory=tmp_path / f"env-{mode}", names=names)
    return python


PLUGIN = "def pytest_report_header():\n    return 'the undeclared plugin is loaded'\n"
TEST = """\
import os
def test_it():
    try:
        import undeclared_module
    except ImportError:
        assert os.environ['MODE'] == 'declared'
"""


@pytest.mark.slow
def test_pytest_loads_declared_plugins_alone_and_xdist_workers_too(tmp_path: Path) -> None:
    """Under ``declared`` pytest with xdist loads what an isolated environment would; ``report`` names the plugin."""
    base = Base(tmp_path / "base")
    for name in ("pytest", "pytest-xdist", "pluggy", "iniconfig", "packaging", "execnet", "pygments"):
        _copy_installed(name, base.site)
    distribution(
        base.site,
        "undeclared",
        {"undeclared.py": PLUGIN, "undeclared_module.py": ""},
        entry_points="[pytest11]\nundeclared = undeclared\n",
    )
    (tmp_path / "test_it.py").write_text(TEST, encoding="utf-8")
    said = {}
    for mode in (Visibility.REPORT, Visibility.DECLARED):
        python = _environment(tmp_path, base, "pytest", "pytest-xdist", mode=mode)
        done = subprocess.run(
            [python, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", "test_it.py"],
            cwd=tmp_path,
            env=interpreters.variables(MODE=mode, PYTHONDONTWRITEBYTECODE="1"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said[mode] = done.stdout
        found = collect(tmp_path / f"env-{mode}", interpreters.purelib(python))
        named = {
            (item.module, Path(item.imported_by.rpartition(":")[0]).name, item.entry_point)
            for item in found
            if item.name == "undeclared"
        }
        assert ("undeclared_module", "test_it.py", "") in named
        assert any(module == "undeclared" and point == "pytest11: undeclared" for module, _, point in named) is (
            mode is Visibility.REPORT
        )
    assert "the undeclared plugin is loaded" in said[Visibility.REPORT]
    assert "the undeclared plugin is loaded" not in said[Visibility.DECLARED]


def _copy_installed(name: str, site: Path) -> None:
    from importlib.metadata import distribution as installed

    found = installed(name)
    for file in found.files or ():
        if ".." not in file.parts and "__pycache__" not in file.parts:
            target = site / str(file)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(Path(str(file.locate())), target)


def test_the_hook_is_readable() -> None:
    """It says what it is and how to get rid of it, and imports nothing at its start but what is loaded already."""
    text = Path(module.__file__).with_name("hook.py").read_text("utf-8")
    assert "To get rid of it" in text
    assert [line for line in text.splitlines() if line.startswith(("import ", "from "))] == [
        "import os",
        "import sys",
        "from _frozen_importlib import spec_from_loader",
        "from _frozen_importlib_external import PathFinder as StandardPathFinder",
    ]
