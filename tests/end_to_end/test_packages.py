"""The package under test, in each of the ways in which tox installs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.projects import Project

NEEDS = """
dependencies = ["frame", "tiny<1.1"]
[project.scripts]
demo = "demo:main"
"""
MAIN = "import sys\n\ndef main():\n    print('demo', __file__, sys.prefix)\n"


def test_every_kind_of_package(project: Project) -> None:
    """Wheel, sdist, both editables, only its dependencies, built by commands, none: all over the base."""
    project.package(NEEDS)
    project.write("src/demo/__init__.py", MAIN)
    project.write("build_it.py", "import backend, os\nos.makedirs('dist')\nbackend.build_wheel('dist')\n")
    project.ini(
        "commands = demo",
        tox="env_list = wheel, sdist, editable, legacy, deps, external, skip",
        rest="""
        [testenv:wheel]
        package = wheel
        [testenv:sdist]
        package = sdist
        [testenv:editable]
        package = editable
        [testenv:legacy]
        package = editable-legacy
        [testenv:deps]
        package = deps-only
        commands = python -c 'import importlib.util as u; print("demo is", u.find_spec("demo"))'
        [testenv:external]
        package = external
        [testenv:.pkg_external]
        commands = python build_it.py
        package_glob = {tox_root}/dist/*.whl
        [testenv:skip]
        package = skip
        commands = python -c 'import importlib.util as u; print("demo is", u.find_spec("demo"))'
        """,
    )
    run = project.tox().ok()
    reused = {"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}
    for env in ("wheel", "sdist", "external"):
        assert project.installed(env) == {"demo": "1.0", "tiny": "1.0"}, env
        assert project.reused(env) == reused, env
        assert run.lines(f"demo {project.site(env)}/demo/__init__.py {project.directory(env)}"), env
    for env in ("editable", "legacy"):
        assert project.installed(env) == {"demo": "1.0", "tiny": "1.0"}, env
        assert project.reused(env) == reused, env
        assert run.lines(f"demo {project.root}/src/demo/__init__.py {project.directory(env)}"), env
    assert project.installed("deps") == {"tiny": "1.0"}
    assert project.reused("deps") == reused
    assert project.installed("skip") == project.reused("skip") == {}
    assert len(run.lines("demo is None")) == 2
    assert [row[0] for row in run.table()] == [
        *("wheel", "sdist", "editable", "legacy", "deps", "external", "skip"),
        "total",
    ]


def test_a_package_that_is_handed_in_is_installed(project: Project) -> None:
    """``--installpkg`` installs a wheel that somebody else built, and the base serves it."""
    project.package(NEEDS)
    project.ini("package = wheel\ncommands = python -c 'import svglib'", tox="")
    project.tox("-e", "a", "--installpkg", str(project.index.wheel("svglib", "1.5"))).ok()
    assert project.installed() == {"svglib": "1.5"}


def test_a_package_that_changed_is_installed_again(project: Project) -> None:
    """The next run brings the new sources and the new dependencies, and drops none of the record."""
    project.package('dependencies = ["frame"]')
    project.ini("package = wheel\ncommands = python -c 'import demo; print(\"value\", demo.VALUE)'", tox="")
    assert project.tox("-e", "a").ok().lines("value 1")
    project.package('dependencies = ["frame", "svglib"]')
    project.write("src/demo/__init__.py", "VALUE = 2\n")
    run = project.tox("-e", "a").ok()
    assert run.lines("value 2")
    assert not run.lines("recreate env")
    assert project.installed() == {"demo": "1.0", "svglib": "1.5"}
    assert project.reused() == {"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}
    assert len([line for line in project.record().declared if line.startswith("demo")]) == 1


def test_packages_of_tox_uv(with_tox_uv: Project) -> None:
    """``package = uv`` and ``uv-editable`` let uv build, and it sees what the base has."""
    project = with_tox_uv
    project.package(NEEDS)
    project.write("src/demo/__init__.py", MAIN)
    project.ini(
        "commands = demo",
        tox="env_list = a, b",
        rest="[testenv:a]\npackage = uv\n[testenv:b]\npackage = uv-editable",
    )
    run = project.tox().ok()
    for env in ("a", "b"):
        assert project.installed(env) == {"demo": "1.0", "tiny": "1.0"}
        assert project.reused(env) == {"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}
    assert run.lines(f"demo {project.site('a')}/demo/__init__.py {project.directory('a')}")
    assert run.lines(f"demo {project.root}/src/demo/__init__.py {project.directory('b')}")


def test_the_build_environment_takes_from_the_base_only_where_asked_to(project: Project) -> None:
    """``.pkg`` is isolated, and with ``sitediff = true`` the backend of the base builds the package."""
    project.index.add("backend", "2.0", modules={"backend.py": "raise SystemExit('this backend is not the base one')"})
    try:
        project.package(build='requires = ["backend<2"]')
        project.ini("package = wheel\ncommands = python -c 'import demo'", tox="")
        project.tox("-e", "a").ok()
        assert project.installed(".pkg")["backend"] == "1.0"
        assert not (project.directory(".pkg") / "sitediff.json").exists()
        project.package(build='requires = ["backend"]')
        project.ini(
            "package = wheel\ncommands = python -c 'import demo'",
            tox="",
            rest=f"[testenv:.pkg]\nsitediff = true\nbase_python = {project.base.python}",
        )
        run = project.tox("-e", "a").ok()
        assert project.installed(".pkg") == {}
        assert project.reused(".pkg") == {"backend": "1.0"}
        assert project.installed() == {"demo": "1.0"}
        assert run.lines(".pkg: sitediff: base")
        assert {row[0] for row in run.table()} == {"a", ".pkg", "total"}
        run = project.tox("-e", "a").ok()
        assert not run.lines("recreate env")
        run = project.tox("-e", "a", "--no-sitediff").failed()
        assert run.lines("failed to start backend")
    finally:
        project.index.wheel("backend", "2.0").unlink()


NAMELESS = '''\
"""A build backend whose wheel is UNKNOWN, as setuptools makes one of a setup.py that says none."""
import os, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "unknown-0.0.0-py3-none-any.whl"
    info = "unknown-0.0.0.dist-info"
    files = {
        "thing.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: UNKNOWN\\nVersion: 0.0.0\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: b\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\\n" for path in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name

def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError
'''


def test_a_project_without_a_name(project: Project) -> None:
    """pip installs it where stock tox would have let pip do it; with tox-uv, whose uv refuses it, the message helps."""
    project.write("pyproject.toml", '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n')
    project.write("backend.py", NAMELESS)
    project.ini(
        "deps = frame\npackage = wheel\ncommands = python -c 'import thing, frame'",
        tox="env_list = a, b",
        rest="[testenv:b]\nskip_install = true\ndeps =\n    frame\n    {tox_root}",
    )
    if project.family == "tox-uv":
        run = project.tox("-e", "a").failed()
        assert len(run.lines("uv installs no project whose metadata have no name; give it one ([project] name in")) == 1
        return
    run = project.tox().ok()
    assert len(run.lines("the project has no name, which uv refuses: pip installs it")) == 2
    for name in ("a", "b"):
        assert project.installed(name) == {"unknown": "0.0.0"}
        assert set(project.reused(name)) == {"dates", "frame", "numlib"}
    assert not project.tox().ok().lines("recreate env")
