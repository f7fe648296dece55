"""The releases that the package says it works with: the oldest of each, the newest, and a tox that is older still."""

from __future__ import annotations

import json
import os
import subprocess
from importlib.metadata import requires
from typing import TYPE_CHECKING, Final

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from support import interpreters
from support.bases.made import uv_program
from support.hosts import NAME, make_host
from support.projects import make_project

if TYPE_CHECKING:
    from pathlib import Path

    from support.bases.made import Base
    from support.hosts import Host
    from support.index import Index
    from support.projects import Project

pytestmark = [pytest.mark.network, pytest.mark.slow]

_IMPORT_ALL: Final = """
import importlib, importlib.util, pkgutil, tox_sitediff
left_out = {"__main__", "hook", "probe_script", "tox_uv_family", "tox_uv_lock"}
left_out |= set() if importlib.util.find_spec("cyclonedx") else {"bom"}
left_out |= set() if importlib.util.find_spec("jinja2") else {"page"}
left_out |= set() if importlib.util.find_spec("nox") else {"nox", "environment", "internals", "table"}
for found in pkgutil.walk_packages(tox_sitediff.__path__, "tox_sitediff."):
    if found.name.rpartition(".")[2] not in left_out:
        importlib.import_module(found.name)
"""
_VERSIONS: Final = """
import importlib.metadata as m, json
print(json.dumps({d.metadata["Name"].lower().replace("_", "-"): d.version for d in m.distributions()}))
"""
_NOXFILE: Final = """
from tox_sitediff.nox import session

@session(python={python!r})
def tests(given):
    given.install("frame", "tiny")
    given.run("python", "-c", "import numlib, tiny; print('numlib in', numlib.__file__)")
"""


def _tried(host: Host, directory: Path, base: Base, index: Index) -> Project:
    """Load every module, and go each of the three ways once."""
    host.run(_IMPORT_ALL)
    project = make_project(directory, base, index, "virtualenv")
    project.programs = host.programs
    assert "tox-sitediff-" in project.tox("--version").ok().out
    project.write("more.txt", "runner-mock\n")
    project.ini("deps =\n    -r more.txt\n    frame\n    numlib<2\ncommands = runner numlib")
    run = project.tox("-e", "a").ok()
    assert run.lines(f"numlib is 1.26.0 in {base.site}")
    assert [row[:3] for row in run.table()] == [["a", "5", "1"]]
    assert project.installed() == {"runner_mock": "3.1"}
    assert project.record().env == "a"
    plan = project.tox("sitediff", "plan", "-e", "a", "--format", "json").ok()
    assert [item["name"] for item in json.loads(plan.out)["a"]["install"]] == ["runner-mock"]
    arguments = ["plan", "--python", str(base.python), "--format", "json", "frame", "tiny"]
    command = [str(host.programs / "sitediff"), *arguments]
    done = subprocess.run(command, env=project.environment(), capture_output=True, text=True, check=True)
    assert [item["name"] for item in json.loads(done.stdout)["install"]] == ["tiny"]
    return project


def test_the_oldest_of_each(tmp_path: Path, shared_base: Base, index: Index) -> None:
    """Each lower bound can be had together with all others, and what is named works with it: tox, nox, command line."""
    requirements = [Requirement(line) for line in requires(NAME) or ()]
    assert {"nox", "packaging", "tox", "uv"} <= {requirement.name for requirement in requirements}
    # named, because of an archive uv takes the oldest of what was named alone
    named = [f"{requirement.name}{requirement.specifier}" for requirement in requirements]
    host = make_host(tmp_path / "host", *named, options=("--resolution", "lowest-direct"))
    found = json.loads(host.run(_VERSIONS))
    for requirement in requirements:
        [specifier] = requirement.specifier
        assert (specifier.operator, Version(found[requirement.name])) == (">=", Version(specifier.version))
    project = _tried(host, tmp_path, shared_base, index)
    project.write("noxfile.py", _NOXFILE.format(python=str(shared_base.python)))
    done = subprocess.run(
        [host.programs / "nox"], cwd=project.root, env=project.environment(), capture_output=True, text=True, check=True
    )
    assert f"numlib in {shared_base.site}" in done.stdout


def test_the_newest_of_each(tmp_path: Path, shared_base: Base, index: Index) -> None:
    """What a user installs today."""
    _tried(make_host(tmp_path / "host", options=("--resolution", "highest", "--upgrade")), tmp_path, shared_base, index)


@pytest.mark.skipif(not os.environ.get("SITEDIFF_TEST_PRERELEASES"), reason="SITEDIFF_TEST_PRERELEASES is not set")
@pytest.mark.xfail(strict=False, reason="nobody has promised anything")
def test_pre_releases(tmp_path: Path, shared_base: Base, index: Index) -> None:
    """What a user installs tomorrow."""
    _tried(make_host(tmp_path / "host", options=("--prerelease", "allow")), tmp_path, shared_base, index)


def test_a_tox_that_is_too_old_goes_on_without_the_plugin(tmp_path: Path, shared_base: Base, index: Index) -> None:
    """One line says so, with what it needs; the run is that of tox alone, and ``--no-sitediff`` no mistake.

    A library that is too old is missed by slim environments alone, so a run without them has no such line.
    """
    host = make_host(tmp_path / "host")
    project = make_project(tmp_path, shared_base, index, "virtualenv")
    project.programs = host.programs
    project.ini("skip_install = true\nsitediff_exclude = tiny\ncommands = python -c 'import sys; print(sys.prefix)'")
    for version, reason, switched_off in (
        # a library that is needed only in the midst of an installation: nothing is wrong where nobody wants one
        ("packaging==26.0", "packaging>=26.1 and finds 26.0", 0),
        ("tox==4.30.3", "tox>=4.59 and finds 4.30.3", 1),
    ):
        command = [str(uv_program()), "pip", "install", "-q", "-p", str(host.python), version]
        subprocess.run(command, env=interpreters.variables(), check=True)
        for options, said in (((), 1), (("--no-sitediff",), switched_off)):
            run = project.tox("-e", "a", *options).ok()
            lines = run.lines("sitediff")
            assert len(lines) == said
            for line in lines:
                assert "sitediff: left out of this run: it needs " in line
                assert f"{reason} (python -m pip install -U tox-sitediff)" in line
            assert run.lines(str(project.directory()))
            assert run.table() == []
    assert reason in project.tox("--version").ok().out
