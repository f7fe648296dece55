"""Builds without isolation find the base as it is, whatever uv is shown: what is built is what pip builds."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.bases.made import Base, uv_program
from support.shell import Shell, own, site
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.index import Index

PLUGIN = """\
def version(distribution):
    distribution.metadata.version = "7.7"


def module(distribution):
    distribution.py_modules = [*(distribution.py_modules or []), "added_by_plugin"]
"""
SETUP = """\
import torchy
from setuptools import setup

setup(name="extension", py_modules=["extension"], install_requires=["torchy"])
"""


@pytest.fixture
def build_base(tmp_path: Path, index: Index) -> Iterator[Base]:
    """A base with what builds, a plugin of setuptools, and a distribution that requires setuptools, as torch does."""
    made = Base(tmp_path / "build-base")
    target = made.site
    tools = ["setuptools<81", "wheel", "hatchling", "hatch-vcs", "editables"]
    subprocess.run([uv_program(), "pip", "install", "-q", "--target", target, *tools], check=True)
    for name, requires, points in (
        ("torchy", "setuptools", ""),
        (
            "plugin",
            "",
            "[setuptools.finalize_distribution_options]\nversion = plugin:version\nmodule = plugin:module\n",
        ),
    ):
        info = target / f"{name}-1.0.dist-info"
        info.mkdir()
        line = f"Requires-Dist: {requires}\n" if requires else ""
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{line}\n")
        (info / "RECORD").write_text(f"{name}.py,,\n{info.name}/METADATA,,\n{info.name}/RECORD,,\n")
        (info / "entry_points.txt").write_text(points)
        (target / f"{name}.py").write_text(PLUGIN if name == "plugin" else "here = True\n")
    # what looks for interpreters starts them isolated from all variables, and site.py runs a .pth file of setuptools'
    subprocess.run([made.python, "-m", "compileall", "-q", target], check=True)
    before = made.tree()
    yield made
    assert made.tree() == before


@pytest.fixture
def shell(tmp_path: Path, build_base: Base, index: Index) -> Shell:
    """A shell beside a source tree that imports what the base has."""
    directory = tmp_path / "work"
    directory.mkdir()
    made = Shell(directory=directory, base=build_base, index=index)
    made.write("extension/setup.py", SETUP)
    made.write("extension/extension.py", "")
    made.write("extension/added_by_plugin.py", "")
    return made


def contents(environment: Path) -> tuple[set[str], str]:
    """What was built: the files by their RECORD, and the metadata."""
    info = next(site(environment).glob("extension-*.dist-info"))
    rows = {line.partition(",")[0] for line in (info / "RECORD").read_text().splitlines()}
    left_out = {"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
    files = {row for row in rows if row.rpartition("/")[2] not in left_out and not row.endswith(".pyc")}
    return files, (info / "METADATA").read_text()


@pytest.mark.network
@pytest.mark.parametrize(
    ("arguments", "variables", "setting"),
    [
        (["--no-build-isolation", "./extension"], {}, ""),
        (["./extension"], {"UV_NO_BUILD_ISOLATION": "1"}, ""),
        (["--no-build-isolation-package", "extension", "extension @ ./extension"], {}, ""),
        (["extension @ ./extension"], {}, 'no-build-isolation-package = ["extension"]'),
    ],
)
def test_what_is_built_is_what_pip_builds(
    arguments: list[str], variables: dict[str, str], setting: str, shell: Shell, tmp_path: Path
) -> None:
    """The same files and metadata; and plain uv with the same cache installs the same afterwards."""
    ours = shell.venv("ours")
    shell.write("pyproject.toml", f"[tool.uv]\n{setting}\n")
    shell.variables |= variables
    shell.sitediff("install", "--python", "ours", *arguments)
    assert own(ours) == {"extension": "7.7"}
    built = contents(ours)
    assert "added_by_plugin.py" in built[0]

    shell.run(shell.base.python, "-m", "venv", "--system-site-packages", "pips")
    source = shutil.copytree(shell.directory / "extension", tmp_path / "source")
    for left in ("build", "extension.egg-info"):
        shutil.rmtree(source / left, ignore_errors=True)
    shell.run("pips/bin/python", "-m", "pip", "uninstall", "-q", "--yes", "setuptools")  # of venv's own, if any
    shell.run("pips/bin/python", "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", source)
    assert contents(shell.directory / "pips") == built

    shell.run(uv_program(), "venv", "-q", "--system-site-packages", "--python", shell.base.python, "uvs")
    shell.run(
        uv_program(), "pip", "install", "-q", "--python", "uvs", "--no-deps", "--no-build-isolation", "./extension"
    )
    assert contents(shell.directory / "uvs") == built


@pytest.mark.network
@pytest.mark.parametrize(
    ("runner", "setting"), [("sitediff", "PIP_NO_BUILD_ISOLATION=0"), ("sitediff-uv", "UV_NO_BUILD_ISOLATION=1")]
)
def test_tox_builds_without_isolation(shell: Shell, runner: str, setting: str) -> None:
    """In tox too, and through pip's own variable where pip's settings count."""
    shell.write(
        "tox.ini",
        f"[tox]\nenv_list = a\nno_package = true\n[testenv]\nbase_python = {shell.base.python}\n"
        f"runner = {runner}\ndeps = ./extension\nset_env = {setting}\n"
        "commands = python -c 'import added_by_plugin'\n",
    )
    shell.run(sys.executable, "-m", "tox", "-e", "a")
    assert own(shell.directory / ".tox" / "a") == {"extension": "7.7"}
    record = json.loads((shell.directory / ".tox" / "a" / "sitediff.json").read_text())
    assert {item["name"] for item in record["reused"]} == {"setuptools", "torchy"}


@pytest.mark.network
def test_nox_builds_without_isolation(shell: Shell) -> None:
    """A session builds as the command line does."""
    shell.write(
        "noxfile.py",
        "from tox_sitediff.nox import session\n"
        f"@session(venv_backend='uv', python={str(shell.base.python)!r})\n"
        "def a(session):\n"
        "    session.install('--no-build-isolation', './extension')\n"
        "    session.run('python', '-c', 'import added_by_plugin')\n",
    )
    shell.run(sys.executable, "-m", "nox", "-s", "a")
    assert own(shell.directory / ".nox" / "a") == {"extension": "7.7"}


@pytest.mark.network
def test_versions_from_hooks_of_the_base(shell: Shell) -> None:
    """hatch-vcs and setuptools-scm are plugins of what builds: those of the base are found, as pip finds them."""
    shell.write(
        "pyproject.toml",
        '[build-system]\nrequires = ["hatchling", "hatch-vcs"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "extension"\ndynamic = ["version"]\ndependencies = ["hatch-vcs"]\n'
        '[tool.hatch.version]\nsource = "vcs"\n[dependency-groups]\ndev = ["tiny"]\n',
    )
    shell.write("extension.py", "")
    shell.variables["SETUPTOOLS_SCM_PRETEND_VERSION"] = "3.2.1"
    shell.venv("ours")
    shell.sitediff("install", "--python", "ours", "--no-build-isolation", "-e", ".", "--group", "dev")
    assert own(shell.directory / "ours") == {"extension": "3.2.1", "tiny": "1.1"}


@pytest.mark.network
def test_groups_of_a_project_built_with_what_the_base_has(shell: Shell) -> None:
    """An editable project with dynamic metadata and a group: the plugin of the base makes its version."""
    shell.write(
        "pyproject.toml",
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "extension"\ndynamic = ["version"]\ndependencies = ["torchy"]\n'
        '[tool.setuptools]\npy-modules = ["extension"]\n[dependency-groups]\ndev = ["tiny"]\n',
    )
    shell.write("extension.py", "")
    shell.write("added_by_plugin.py", "")
    shell.venv("ours")
    shell.sitediff("install", "--python", "ours", "--no-build-isolation", "-e", ".", "--group", "dev")
    assert own(shell.directory / "ours") == {"extension": "7.7", "tiny": "1.1"}


@pytest.mark.network
def test_plain_uv_installs_later_what_it_would_have_installed(shell: Shell, tmp_path: Path) -> None:
    """After runs of ours for requirements of each kind, uv's cache leads to the same files as an empty one."""
    for name, place in (("archived", "archived-1.0"), ("editable", "editable")):
        shell.write(
            f"{place}/pyproject.toml",
            '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
            f'[project]\nname = "{name}"\nversion = "1.0"\ndependencies = ["torchy"]\n',
        )
        shell.write(f"{place}/{name}.py", "")
    shell.write("archived-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: archived\nVersion: 1.0\n")
    offered = tmp_path / "offered"
    shutil.copytree(shell.index.directory, offered)
    make_wheel(offered, "torchy", "1.0")  # plain uv does not see the base's
    shutil.make_archive(str(offered / "archived-1.0"), "gztar", shell.directory, "archived-1.0")
    asked = ["tiny", "archived", f"svglib @ {shell.index.wheel('svglib', '1.5').as_uri()}", "./extension"]
    asked += ["-e", "./editable", "frame[nothing]"]
    shell.variables |= {"UV_NO_BUILD_ISOLATION": "1", "UV_FIND_LINKS": str(offered)}

    def by_plain_uv(cache: Path) -> dict[str, bytes]:
        shell.variables["UV_CACHE_DIR"] = str(cache)
        shell.run(uv_program(), "venv", "-q", "--clear", "--system-site-packages", "--python", shell.base.python, "uvs")
        shell.run(uv_program(), "pip", "install", "-q", "--python", "uvs", *asked)
        found = site(shell.directory / "uvs")
        left_out = {"RECORD", "uv_cache.json", "uv_build.json"}  # hold times
        return {
            path.relative_to(found).as_posix(): path.read_bytes()
            for path in found.rglob("*")
            if path.is_file() and path.name not in left_out
        }

    shell.variables["UV_CACHE_DIR"] = str(tmp_path / "warm")
    shell.venv("ours")
    shell.sitediff("plan", "--python", "ours", *asked)
    shell.sitediff("install", "--python", "ours", *asked)
    later = by_plain_uv(tmp_path / "warm")
    assert {"archived.py", "added_by_plugin.py", "tiny.py"} <= later.keys(), later.keys()
    assert later == by_plain_uv(tmp_path / "cold")
