"""Every way in which tox lets a project say what it needs."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.projects import SpyUv

if TYPE_CHECKING:
    from pathlib import Path

    from support.projects import Project


def test_files_of_requirements_and_constraints_keep_their_meaning(project: Project) -> None:
    """``-r`` and ``-c``, nested, count on the short way and on the long one; a constraint can rule the base out."""
    project.write("requirements/all.txt", "-r more.txt\nframe\n")
    project.write("requirements/more.txt", "-c limits.txt\ntiny\n")
    project.write("requirements/limits.txt", "tiny<1.1\n")
    project.write("newer.txt", "dates>=2.9\n")
    project.ini(
        "deps = -r requirements/all.txt",
        rest="""
        [testenv:b]
        deps =
            -r requirements/all.txt
            -c newer.txt
        [testenv:c]
        deps = frame
        constraints = newer.txt
        """,
    )
    project.tox("-e", "a,b,c").ok()
    assert project.installed("a") == {"tiny": "1.0"}
    assert project.record("a").declared == ("frame", "tiny")
    assert project.reused("a") == {"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}
    assert project.installed("b") == {"dates": "2.9.0", "tiny": "1.0"}
    assert project.installed("c") == {"dates": "2.9.0"}
    assert [item.name for item in project.record("c").shadowed] == ["dates"]


def test_urls_paths_and_projects_are_installed_where_the_base_can_not_prove_the_same(project: Project) -> None:
    """A file URL, a wheel's path, an editable with an extra: installed, their dependencies taken from the base."""
    project.package(
        'dependencies = ["frame"]',
        rest='[project.optional-dependencies]\nx = ["tiny<1.1", "plotter"]',
    )
    url = project.index.wheel("numlib", "1.26.0").as_uri()
    path = project.index.wheel("svglib", "1.5")
    project.ini(
        f"""
        deps =
            numlib @ {url}
            {path}
            -e .[x]
        commands = python -m runner numlib svglib demo frame
        """
    )
    run = project.tox("-e", "a").ok()
    assert run.lines(f"demo is there in {project.root / 'src'}")
    assert run.lines(f"numlib is 1.26.0 in {project.site()}")
    assert run.lines(f"frame is 2.1.0 in {project.base.site}")
    assert project.installed() == {"demo": "1.0", "numlib": "1.26.0", "svglib": "1.5", "tiny": "1.0"}
    assert project.reused() == {"dates": "2.8.0", "frame": "2.1.0", "plotter": "3.8.0"}
    record = project.record()
    assert {item.name: item.why for item in record.installed} == {
        "demo": ("demo",),
        "numlib": ("numlib",),
        "svglib": ("svglib",),
        "tiny": ("demo", "tiny"),
    }


def test_a_local_path_without_a_name(project: Project) -> None:
    """``deps = .`` builds and installs the project, and the base serves what it needs."""
    project.package('dependencies = ["frame", "tiny"]')
    project.ini("deps = .\ncommands = python -m runner demo")
    project.tox("-e", "a").ok()
    assert project.installed() == {"demo": "1.0", "tiny": "1.1"}
    assert project.reused() == {"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}


def test_dependency_groups_and_extras(project: Project) -> None:
    """Groups, a group in a group, and extras of the package go the same way as ``deps``."""
    project.package(
        "",
        rest="""
        [project.optional-dependencies]
        draw = ["plotter[svg]"]
        [dependency-groups]
        test = ["runner", {include-group = "mock"}]
        mock = ["runner-mock"]
        """,
    )
    project.ini(
        """
        package = wheel
        extras = draw
        dependency_groups = test
        commands = runner demo
        """,
        tox="",
    )
    project.tox("-e", "a").ok()
    assert project.installed() == {"demo": "1.0", "runner_mock": "3.1", "svglib": "1.5"}
    assert project.reused() == {"hooks": "1.0", "numlib": "1.26.0", "plotter": "3.8.0", "runner": "7.4.0"}
    declared = project.record().declared
    assert {"runner", "runner-mock", "plotter[svg]"} <= set(declared)
    assert any(line.startswith("demo @ file:") for line in declared)


def test_package_dependencies_are_constrained_by_what_deps_asked_for(project: Project) -> None:
    """``constrain_package_deps`` limits the package's own dependencies, to ``deps`` or to what they led to."""
    project.package('dependencies = ["tiny>=1", "numlib"]')
    project.ini(
        "deps = tiny==1.0\npackage = wheel",
        tox="",
        rest="""
        [testenv:b]
        deps = tiny<1.1
        constrain_package_deps = true
        [testenv:c]
        deps =
            tiny<1.1
            frame
        constrain_package_deps = true
        use_frozen_constraints = true
        """,
    )
    project.tox("-e", "b,c").ok()
    assert project.installed("b") == {"demo": "1.0", "tiny": "1.0"}
    assert (project.directory("b") / "constraints.txt").read_text("utf-8").splitlines() == ["tiny<1.1"]
    assert project.installed("c") == {"demo": "1.0", "tiny": "1.0"}
    frozen = (project.directory("c") / "constraints.txt").read_text("utf-8").splitlines()
    # as pip freeze there would say: the base's distributions too
    assert {"frame==2.1.0", "numlib==1.26.0", "tiny==1.0", "unrelated==1.0"} <= set(frozen)


def test_a_lock_file(project: Project) -> None:
    """``pylock``: locked distributions that the base has in that version are reused, others are installed."""
    locked = [("numlib", "1.26.0"), ("frame", "2.1.0"), ("tiny", "1.0"), ("dates", "2.9.0")]
    text = 'lock-version = "1.0"\ncreated-by = "tests"\n'
    for name, version in locked:
        wheel = project.index.wheel(name, version)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        text += f'[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        text += f'wheels = [{{name = "{wheel.name}", path = "{wheel}", hashes = {{sha256 = "{digest}"}}}}]\n'
    project.write("pylock.toml", text)
    project.ini("pylock = pylock.toml\ncommands = python -m runner frame dates")
    project.tox("-e", "a").ok()
    assert project.installed() == {"dates": "2.9.0", "tiny": "1.0"}
    assert project.reused() == {"frame": "2.1.0", "numlib": "1.26.0"}
    record = project.record()
    assert {item.name: item.verified for item in record.reused} == {"frame": False, "numlib": False}
    run = project.tox("-e", "a").ok()
    assert not run.lines("install_pylock>")


def test_forced_dependencies(project: Project) -> None:
    """``--force-dep`` replaces what the package asks for, whatever the base has."""
    project.package('dependencies = ["numlib", "dates"]')
    project.ini("package = wheel\ncommands = python -m runner numlib", tox="")
    project.tox("-e", "a", "--force-dep", "numlib==2.0.0").ok()
    assert project.installed() == {"demo": "1.0", "numlib": "2.0.0"}
    assert project.reused() == {"dates": "2.8.0"}


def test_a_dependency_added_later_and_one_removed(project: Project) -> None:
    """A new one is installed into the environment that is there; one less makes tox recreate it."""
    project.ini("deps = frame")
    project.tox("-e", "a").ok()
    created = project.record().created
    (project.directory() / "kept").touch()
    project.ini("deps =\n    frame\n    runner-mock")
    project.tox("-e", "a").ok()
    assert (project.directory() / "kept").exists()
    assert project.installed() == {"runner_mock": "3.1"}
    assert set(project.reused()) == {"dates", "frame", "hooks", "numlib", "runner"}
    assert project.record().declared == ("frame", "runner-mock")
    assert project.record().created == created
    project.ini("deps = runner")
    run = project.tox("-e", "a").ok()
    assert run.lines("recreate env because requirements removed")
    assert not (project.directory() / "kept").exists()
    assert project.installed() == {}
    assert project.reused() == {"hooks": "1.0", "runner": "7.4.0"}
    assert project.record().declared == ("runner",)
    assert {"hooks", "runner"} <= project.scripts()


def test_markers_hashes_and_index_options(project: Project) -> None:
    """What a line says beside the name counts: markers, hashes, where to look, whether pre-releases will do."""
    digest = hashlib.sha256(project.index.wheel("tiny", "1.0").read_bytes()).hexdigest()
    # the hash of what the base has already is not looked at, as with pip and uv
    lines = f"numlib==1.26.0 --hash=sha256:{'0' * 64}\ntiny==1.0 --hash=sha256:{{}}\n"
    project.write("hashes.txt", lines.format(digest))
    project.write("wrong.txt", lines.format("1" * 64))
    project.ini(
        """
        deps =
            tiny; python_version < "3"
            frame; python_version > "3"
        """,
        rest=f"""
        [testenv:b]
        deps = -r hashes.txt
        [testenv:c]
        deps = -r wrong.txt
        [testenv:d]
        deps =
            --no-index
            --find-links {project.index.directory}
            --pre
            tiny
            numlib
        """,
    )
    run = project.tox("-e", "a,b,d").ok()
    assert project.installed("a") == {}
    assert set(project.reused("a")) == {"dates", "frame", "numlib"}
    assert project.installed("b") == {"tiny": "1.0"}
    assert [(item.name, item.verified) for item in project.record("b").reused] == [("numlib", False)]
    assert project.installed("d") == {"tiny": "2.0a1"}
    assert project.reused("d") == {"numlib": "1.26.0"}
    run = project.tox("-e", "c").failed()
    assert run.lines("Hash mismatch")
    assert project.installed("c") == {}


def test_a_repository(project: Project) -> None:
    """A VCS requirement is built and installed, and the base serves what it needs."""
    if (git := shutil.which("git")) is None:
        pytest.skip("needs git")
    project.package('dependencies = ["frame"]')
    user = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for arguments in (["init", "-q"], ["add", "."], [*user, "commit", "-qm", "x"]):
        subprocess.run([git, *arguments], cwd=project.root, check=True, capture_output=True)
    project.ini(f"deps = demo @ git+{project.root.as_uri()}")
    project.tox("-e", "a").ok()
    assert project.installed() == {"demo": "1.0"}
    assert set(project.reused()) == {"dates", "frame", "numlib"}
    assert project.record().declared == (f"demo @ git+{project.root.as_uri()}",)


def test_variables_of_uv_keep_their_meaning_but_not_their_target(project: Project) -> None:
    """A constraint rules the base out; what would lead uv to another environment, or to the base, is not heard."""
    project.write("limits.txt", "numlib>=2\ntiny<1.1\n")
    project.ini("deps =\n    numlib\n    tiny")
    project.tox(
        *("-e", "a"),
        UV_CONSTRAINT=str(project.root / "limits.txt"),
        UV_PYTHON=str(project.base.python),
        UV_SYSTEM_PYTHON="1",
        UV_TARGET=str(project.root / "nonsense"),
        CONDA_PREFIX=str(project.base.prefix),
        VIRTUAL_ENV=str(project.root / "nonsense"),
    ).ok()
    assert project.installed() == {"numlib": "2.0.0", "tiny": "1.0"}
    assert not (project.root / "nonsense").exists()


def test_the_configuration_of_pip_counts_where_tox_would_have_run_pip(stock: Project) -> None:
    """With nothing of uv set, the index of ``pip.conf`` is the one that serves the remainder."""
    stock.ini("deps =\n    tiny\n    numlib>=2")
    stock.tox("-e", "a", UV_DEFAULT_INDEX="", UV_FIND_LINKS="").ok()
    assert stock.installed() == {"numlib": "2.0.0", "tiny": "1.1"}


def test_constraints_of_pip_are_judged_without_uv(stock: Project, tmp_path: Path) -> None:
    """As NVIDIA's containers set them: one that the base meets does not start uv, one that it does not meet counts."""
    spy = SpyUv(tmp_path / "spy")
    stock.write("kept.txt", "numlib==1.26.0\nnobody-has-this==7\n")
    stock.write("other.txt", "numlib>=2\n")
    stock.variables |= spy.variables
    stock.ini("deps = numlib")
    spy.refuse()
    stock.tox("-e", "a", PIP_CONSTRAINT=str(stock.root / "kept.txt")).ok()
    assert stock.reused() == {"numlib": "1.26.0"}
    stock.tox("-r", "-e", "a", PIP_CONSTRAINT=str(stock.root / "other.txt")).failed()
    del stock.variables["PYTHONPATH"]
    stock.tox("-r", "-e", "a", PIP_CONSTRAINT=str(stock.root / "other.txt")).ok()
    assert stock.installed() == {"numlib": "2.0.0"}


def test_an_upgrade_of_pips_is_one_of_what_is_asked_for(stock: Project) -> None:
    """``PIP_UPGRADE`` renews what is named, as pip does; what that needs stays as it is in the base."""
    stock.ini("deps =\n    runner-mock\n    dates")
    stock.tox("-e", "a", PIP_UPGRADE="1").ok()
    assert stock.installed() == {"dates": "2.9.0", "runner_mock": "3.1"}
    assert stock.reused() == {"hooks": "1.0", "runner": "7.4.0"}


def test_extras_that_name_the_package_itself(project: Project) -> None:
    """``all = ["demo[x,y]"]`` leads to the dependencies of these, and to no other copy of the package."""
    project.package(
        'dependencies = ["numlib"]',
        rest="""
        [project.optional-dependencies]
        all = ["demo[x,y]"]
        x = ["tiny"]
        y = ["plotter[svg]"]
        """,
    )
    project.ini(
        "package = wheel\nextras = all\ncommands = python -c 'import tiny, svglib'",
        tox="env_list = a, b",
        rest="[testenv:b]\npackage = deps-only",
    )
    project.tox().ok()
    assert project.installed("a") == {"demo": "1.0", "svglib": "1.5", "tiny": "1.1"}
    assert project.installed("b") == {"svglib": "1.5", "tiny": "1.1"}
    assert project.reused("a") == project.reused("b") == {"numlib": "1.26.0", "plotter": "3.8.0"}
