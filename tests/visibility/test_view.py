"""Under ``declared`` the closure of what is declared is there as files, and nothing else: as in a clean environment."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support import interpreters
from support.bases.made import Base, clean_environment, uv_program
from support.visibility.ground import VERSIONS, Environment, Ground, distribution
from tox_sitediff import files
from tox_sitediff.cli.main import main
from tox_sitediff.core.model import Role, Visibility
from tox_sitediff.core.requirements import key
from tox_sitediff.environment import pyvenv
from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.interpreter.layers import stack
from tox_sitediff.interpreter.observer import Observer
from tox_sitediff.interpreter.probe import probe
from tox_sitediff.user_cache import user_cache
from tox_sitediff.visibility import views
from tox_sitediff.visibility.findings import collect
from tox_sitediff.visibility.selection import seen_names
from tox_sitediff.visibility.showing import is_intact, shown, write
from tox_sitediff.visibility.views import PTH_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@pytest.fixture(scope="module", params=[VERSIONS[0], VERSIONS[-1]])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("ground"), request.param)


@pytest.fixture
def declared(ground: Ground, tmp_path: Path) -> Environment:
    return Environment(ground, tmp_path / "env", Visibility.DECLARED)


def view_of(environment: Environment) -> Path:
    """The view that an environment leads to."""
    name = views.named((environment.purelib / PTH_NAME).read_bytes())
    assert name is not None
    found = views.find(name, environment.directory)
    assert found is not None
    return found


def intact(environment: Environment) -> bool:
    return is_intact(environment.purelib, environment.directory, Visibility.DECLARED)


# --- what is there


def test_the_interpreter_is_that_of_an_environment_without_the_base(declared: Environment, tmp_path: Path) -> None:
    """Modules that are loaded, finders, hooks and messages are those of a clean one, whatever the options."""
    clean = tmp_path / "clean"
    subprocess.run([declared.ground.base.python, "-m", "venv", "--without-pip", clean], check=True)
    # for such a file the interpreter loads a codec
    (interpreters.purelib(clean / "bin" / "python") / "any.pth").write_text("# nothing\n", encoding="ascii")
    code = (
        "import sys, traceback\nprint(sys.meta_path, len(sys.path_hooks), *sorted(sys.modules))\n"
        "try:\n    import unwanted.sub\nexcept ModuleNotFoundError as e:\n"
        "    print(e, e.name, e.path, len(traceback.extract_tb(e.__traceback__)))"
    )
    for options in ((), ("-I",), ("-E", "-s"), ("-B", "-S")):
        said = [
            subprocess.run(
                [python, *options, "-c", code],
                env=declared.ground.variables(),
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for python in (declared.python, clean / "bin" / "python")
        ]
        assert said[0] == said[1]


def test_the_probe_tells_what_is_behind_the_view(declared: Environment) -> None:
    """As of an environment with access to all of the base: layers, roles, order, distributions."""
    variables = declared.ground.variables()
    for more in ({}, {"PYTHONNOUSERSITE": "1"}, {"PYTHONPATH": str(declared.work)}):
        found = probe(declared.python, {**variables, **more})
        names = declared.view().inventory.names()
        pyvenv.let_inherit(declared.directory)
        content = (declared.purelib / PTH_NAME).read_bytes()
        (declared.purelib / PTH_NAME).unlink()
        again = probe(declared.python, {**variables, **more})
        assert replace(again, decides=found.decides) == found  # one more file decides about a view
        assert names == declared.view().inventory.names()
        (declared.purelib / PTH_NAME).write_bytes(content)
        pyvenv.let_view(declared.directory)


def test_the_probe_of_the_system_s_own_python(tmp_path: Path) -> None:
    """Debian's site module puts other directories into environments that inherit."""
    python = interpreters.environment(tmp_path / "env", interpreters.system())
    found = probe(python, interpreters.variables())
    pyvenv.let_view(tmp_path / "env")
    assert replace(probe(python, interpreters.variables()), decides=found.decides, absent=found.absent) == found
    assert [layer for layer in found.layers if layer.role is Role.BASE]


def test_path_files_of_declared_distributions_count(ground: Ground, tmp_path: Path) -> None:
    """A directory, a module that is imported at each start, a finder of an editable install; and only of these."""
    environment = Environment(ground, tmp_path / "env", Visibility.DECLARED)
    code = (
        "import importlib.util as u, sys\n"
        "names = ('in_path', 'by_hand', 'booted', 'edited', 'zipped')\n"
        "print(*[name for name in names if u.find_spec(name)], 'booted' in sys.modules)"
    )
    for names, said in (
        (("wanted",), "False"),
        (("pathed",), "in_path False"),
        (("booted",), "booted True"),
        (("edited", "booted", "pathed"), "in_path booted edited True"),
    ):
        environment.write(*names)
        assert environment.run("-c", code).stdout.strip() == said
        assert environment.run("-I", "-c", code).stdout.strip() == said


def test_an_environment_that_is_made_inside_sees_nothing_of_it(declared: Environment, tmp_path: Path) -> None:
    """`python -m venv` within it makes one of the base's."""
    assert declared.run("-m", "venv", "--without-pip", str(tmp_path / "inner")).returncode == 0
    with pytest.raises(subprocess.CalledProcessError):
        interpreters.run(tmp_path / "inner" / "bin" / "python", "import wanted")


# --- the files


def _file(view: Path) -> None:
    shutil.rmtree(view)
    view.write_text("", encoding="ascii")


def _elsewhere(view: Path) -> None:
    link = view / "site-packages" / "wanted" / "user.py"
    link.unlink()
    link.symlink_to("/")


DAMAGES: Final[Mapping[str, Callable[[Path], object]]] = {
    "it is gone": shutil.rmtree,
    "it is a file": _file,
    "a link is gone": lambda view: (view / "site-packages" / "wanted" / "user.py").unlink(),
    "a link leads elsewhere": _elsewhere,
    "something was put in": lambda view: (view / "site-packages" / "shared" / "x.py").write_text("", encoding="ascii"),
    "a directory is gone": lambda view: shutil.rmtree(view / "site-packages" / "shared"),
    "the list is gone": lambda view: (view / "manifest.json").unlink(),
    "the list was changed": lambda view: (view / "manifest.json").write_text("{}", encoding="ascii"),
    "who uses it is gone": lambda view: shutil.rmtree(view / "users"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_seen_and_mended(declared: Environment, damage: str) -> None:
    """Each is noticed, and the next writing puts it right in its place."""
    view = view_of(declared)
    assert intact(declared)
    DAMAGES[damage](view)
    assert not intact(declared)
    declared.write("wanted", "shared-one", "legacy-one")
    assert intact(declared)
    assert view_of(declared) == view
    assert declared.run("-c", "import wanted, shared.one, legacy.one").stderr == ""
    for content in (b"", b"noise"):
        (declared.purelib / PTH_NAME).write_bytes(content)
        assert not intact(declared)
        declared.write("wanted", "shared-one", "legacy-one")
        assert intact(declared)


def test_what_the_base_has_no_more_is_noticed(ground: Ground, tmp_path: Path) -> None:
    """Of what is seen without being declared too, which no audit looks at; a dangling link of the base is none."""
    base = Base(tmp_path / "base", of=ground.base.python)
    distribution(base.site, "wanted", {"wanted.py": "", "dangling.py": ""})
    distribution(base.site, "beside", {"beside.py": ""})
    (base.site / "dangling.py").unlink()
    (base.site / "dangling.py").symlink_to(tmp_path / "nowhere")
    environment = environment_over(tmp_path, base, "wanted", "beside").parents[1]
    purelib = interpreters.purelib(environment / "bin" / "python")
    assert is_intact(purelib, environment, Visibility.DECLARED)
    os.rename(base.site / "beside-1.0.dist-info", base.site / "beside-1.1.dist-info")
    assert not is_intact(purelib, environment, Visibility.DECLARED)


def test_views_are_shared_and_go_with_the_last_who_uses_them(ground: Ground, tmp_path: Path) -> None:
    """Two environments that see the same have one view; it lies outside of both, and is for nobody else."""
    one, other = (Environment(ground, tmp_path / name / "env", Visibility.DECLARED) for name in ("one", "other"))
    for environment in (one, other):
        environment.write("wanted", "single")
    view = view_of(one)
    assert view == view_of(other)
    assert user_cache() in view.parents
    assert view.stat().st_mode & 0o077 == 0
    assert shown(one.purelib, one.directory) == ("single", "wanted")
    one.write("wanted", "booted")
    assert view.is_dir()
    write(other.view(), Visibility.BASE, directory=other.directory, names=())
    assert not view.exists()
    assert other.run("-c", "import unwanted").returncode == 0
    assert not (other.purelib / PTH_NAME).exists()
    assert "sitediff" not in (other.directory / "pyvenv.cfg").read_text("utf-8")
    assert one.run("-c", "import wanted, booted").returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="there a profile is for its user alone")
def test_a_cache_that_others_can_write_to_is_not_used(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view lies beside the environment then, for nobody else; where that can't be, the message says what to do."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    environment = Environment(ground, tmp_path / "work" / "env", Visibility.DECLARED)
    assert view_of(environment).parent == tmp_path / "work" / ".sitediff-views"
    assert view_of(environment).parent.stat().st_mode & 0o077 == 0
    assert environment.run("-c", "import wanted").returncode == 0
    assert intact(environment)
    view_of(environment).parent.chmod(0o777)
    with pytest.raises(EnvironmentProblem, match="others can write into"):
        environment.write("wanted", "single")


def test_where_no_link_can_be_made_it_is_said(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In one line, with the reason and what to do; no part of a view stays behind."""

    def refuse(*_: object, **__: object) -> None:  # stands for a file system without links
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    interpreters.environment(tmp_path / "env", ground.base.python)
    monkeypatch.setattr(files, "link", refuse)
    monkeypatch.setenv("UV_OFFLINE", "1")
    arguments = ["install", "--python", str(tmp_path / "env"), "--visibility", "declared", "wanted"]
    assert main(arguments) == 2
    said = capfd.readouterr().err.splitlines()[-1]
    assert f"no view of the base can be made in {tmp_path / 'cache'}" in said
    assert "Operation not permitted" in said
    assert "set XDG_CACHE_HOME" in said
    assert "sitediff_visibility = report or base" in said
    assert [*(tmp_path / "cache").rglob(f"{files.TEMPORARY}*")] == []


def test_a_view_with_a_name_of_any_language(ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site module reads .pth files by the locale: what is not ASCII is written otherwise."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "Größe 日本"))
    environment = Environment(ground, tmp_path / "env", Visibility.DECLARED)
    for locale in ("C", "C.UTF-8", "POSIX"):
        assert environment.run("-c", "import wanted", LC_ALL=locale).stderr == ""


# --- tools


def test_a_type_checker_sees_what_is_declared(declared: Environment) -> None:
    """mypy looks into the directories by itself."""
    command = [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir", os.devnull]  # no settings from a parent
    done = subprocess.run(
        [*command, "--python-executable", declared.python, "-c", "import wanted.user\nimport unwanted"],
        env={**declared.ground.variables(), "MYPYPATH": ""},
        cwd=declared.work,
        capture_output=True,
        text=True,
        check=False,
    )
    missing = "Cannot find implementation or library stub for module named"
    assert [line for line in done.stdout.splitlines() if missing in line] == [
        f'<string>:2: error: {missing} "unwanted"  [import-not-found]'
    ], done.stdout + done.stderr


def test_pip_leaves_the_base_alone(ground: Ground, tmp_path: Path) -> None:
    """It lists and checks the closure; told to remove or replace what it sees, it touches no file of the base."""
    if ground.minor < 9:
        pytest.skip("for a pip of today")
    base = Base(tmp_path / "base", of=interpreters.needed(f"3.{ground.minor}"))
    subprocess.run(
        [ground.base.python, "-m", "ensurepip", "--root", tmp_path / "pip"],
        env=clean_environment(),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (site,) = (path.parent for path in (tmp_path / "pip").rglob("pip") if (path / "__main__.py").is_file())
    shutil.copytree(site, base.site, dirs_exist_ok=True)
    distribution(base.site, "wanted", {"wanted/__init__.py": "", "solo.py": ""})
    distribution(base.site, "unwanted", {"unwanted.py": ""})
    newer = tmp_path / "wanted-2.0-py3-none-any.whl"
    with zipfile.ZipFile(newer, "w") as wheel:
        wheel.writestr("wanted/__init__.py", "NEW = 1")
        wheel.writestr("wanted-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: wanted\nVersion: 2.0\n")
        wheel.writestr("wanted-2.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("wanted-2.0.dist-info/RECORD", "")
    python = environment_over(tmp_path, base, "pip", "wanted")
    before = base.digest()

    def pip(*words: str | Path) -> subprocess.CompletedProcess[str]:
        more = {"PYTHONDONTWRITEBYTECODE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1"}
        return subprocess.run(
            [python, "-m", "pip", *words],
            env=interpreters.variables(**more),
            capture_output=True,
            text=True,
            check=False,
        )

    names = {item["name"] for item in json.loads(pip("list", "--format", "json").stdout)}
    assert names == {"pip", "wanted"} | ({"setuptools"} & names)
    assert pip("check").returncode == 0
    assert pip("freeze").stdout.splitlines() == ["wanted==1.0"]
    done = pip("uninstall", "-y", "wanted")
    assert "outside environment" in done.stdout + done.stderr
    done = pip("install", newer)
    assert done.returncode == 0, done.stderr
    assert interpreters.run(python, "import wanted; print(wanted.NEW)") == "1\n"
    assert pip("uninstall", "-y", "wanted").returncode == 0
    assert interpreters.run(python, "import wanted; print(hasattr(wanted, 'NEW'))") == "False\n"
    assert base.digest() == before


PLUGIN = "def pytest_report_header():\n    return 'the undeclared plugin is loaded'\n"
TEST = """\
import os
def test_it():
    try:
        import undeclared_module
    except ImportError:
        assert os.environ['MODE'] == 'declared'
"""


def test_a_changed_environment_changes_what_is_seen(declared: Environment) -> None:
    """Where the environment has a copy of its own, the base's is hidden as a whole, with its metadata."""
    distribution(declared.purelib, "wanted", {"wanted_new.py": ""})
    declared.write("wanted")
    done = declared.run("-c", "import wanted_new, importlib.util as u; print(u.find_spec('wanted'))")
    assert done.stdout == "None\n"


def test_pkg_resources_and_the_backport_see_what_is_declared(tmp_path: Path) -> None:
    """A declared pkg_resources and importlib_metadata show the declared, and nothing else."""
    python = interpreters.needed("3.11")
    base = Base(tmp_path / "base", of=python)
    where = "import ensurepip, os; print(os.path.join(os.path.dirname(ensurepip.__file__), '_bundled'), end='')"
    (wheel,) = Path(interpreters.run(python, where)).glob("setuptools-*.whl")
    shutil.unpack_archive(wheel, base.site, "zip")
    distribution(base.site, "wanted", {"wanted.py": ""}, entry_points="[demo]\nwanted = wanted\n")
    distribution(base.site, "unwanted", {"unwanted.py": ""}, entry_points="[demo]\nunwanted = unwanted\n")
    environment = environment_over(tmp_path, base, "wanted", "setuptools")
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
    environment = environment_over(tmp_path, base, "wanted", "importlib-metadata")
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
    stack(interpreters.purelib(python), [layer], version=platform.python_version())
    environment_over(tmp_path, base)
    code = (
        "import sys, layered, importlib.util as u; "
        f"print(u.find_spec('unneeded'), [path for path in sys.path if path == {str(layer)!r}])"
    )
    assert interpreters.run(python, code) == f"None {[str(layer)]}\n"


def environment_over(tmp_path: Path, base: Base, *declared: str, mode: Visibility = Visibility.DECLARED) -> Path:
    """Make an environment over a base, and return its interpreter."""
    python = interpreters.environment(tmp_path / f"env-{mode}", base.python)
    view = Observer(python, frozenset(), interpreters.variables()).look()
    names = seen_names(view, (), map(key, declared))
    write(view, mode, directory=tmp_path / f"env-{mode}", names=names)
    return python


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
        python = environment_over(tmp_path, base, "pytest", "pytest-xdist", mode=mode)
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
        seen = Observer(python, frozenset(), interpreters.variables()).look()
        found = collect(tmp_path / f"env-{mode}", seen).undeclared
        named = {
            (item.module, Path(item.imported_by.rpartition(":")[0]).name, item.entry_point)
            for item in found
            if item.name == "undeclared"
        }
        assert (("undeclared_module", "test_it.py", "") in named) is (mode is Visibility.REPORT)
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
