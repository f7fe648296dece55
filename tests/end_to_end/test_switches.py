"""Where the plugin keeps out of the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.projects import Project

OUTSIDE = "import importlib.util as u; print(u.find_spec('frame'), u.find_spec('tiny') is not None)"


def environment(project: Project) -> dict[str, object]:
    """All of an environment that a user could notice: its type, how it was made, what it holds."""
    settings = (project.directory() / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    info = (project.directory() / ".tox-info.json").read_text(encoding="utf-8")
    return {
        "settings": sorted(settings),
        "info": info,
        "installed": project.installed(),
        "scripts": project.scripts(),
        "files": sorted(str(path.relative_to(project.directory())) for path in project.directory().iterdir()),
        "sees": project.see(OUTSIDE),
    }


def test_switched_off_is_exactly_tox_without_the_plugin(project: Project) -> None:
    """The environment is the same in type, settings, packages, programs and files, and nothing is said."""
    ways: list[tuple[str, list[str], dict[str, str]]] = [
        ("sitediff = false", [], {}),
        ("", ["--no-sitediff"], {}),
        ("", [], {"TOX_SITEDIFF": "0"}),
        ("system_site_packages = false", [], {}),
        ("sitepackages = false", [], {}),
        ("", [], {"VIRTUALENV_SYSTEM_SITE_PACKAGES": "0"}),
    ]
    configuration = "deps = tiny\ncommands = python -c 'import tiny'"
    project.ini(configuration)
    disabled = ",".join(filter(None, [project.environment()["TOX_DISABLED_EXTERNAL_PLUGINS"], "sitediff"]))
    plain = project.tox("-e", "a", TOX_DISABLED_EXTERNAL_PLUGINS=disabled).ok()
    expected = environment(project)
    assert expected["sees"] == "None True"
    for number, (line, arguments, variables) in enumerate(ways):
        project.ini(f"{configuration}\n{line}")
        # over what tox made, which it goes on using, and once from the beginning
        run = project.tox(*(["-r"] if number == 0 else []), "-e", "a", *arguments, **variables).ok()
        assert environment(project) == expected, (line, arguments, variables)
        assert not run.lines("sitediff")
        assert not run.lines("recreate env because")
        assert run.table() == plain.table() == []
        assert not (project.directory() / "sitediff.json").exists()


def test_an_explicit_runner_wins(project: Project) -> None:
    """``runner`` in the configuration and ``--runner`` are the user's choice, and are not replaced."""
    name = "uv-venv-runner" if project.family == "tox-uv" else "virtualenv"
    project.ini(f"deps = tiny\nrunner = {name}")
    run = project.tox("-e", "a").ok()
    assert not run.lines("sitediff")
    assert project.see(OUTSIDE) == "None True"
    project.ini("deps = tiny")
    for arguments, variables in ((["--runner", name], {}), ([f"--runner={name}"], {}), ([], {"TOX_RUNNER": name})):
        run = project.tox("-e", "a", *arguments, **variables).ok()
        assert not run.lines("sitediff")
        assert project.see(OUTSIDE) == "None True"


def test_the_slim_runner_can_be_named(project: Project) -> None:
    """A project can ask for slim environments by the name of the runner."""
    name = "sitediff-uv" if project.family == "tox-uv" else "sitediff"
    project.ini(f"deps = frame\nrunner = {name}")
    project.tox("-e", "a").ok()
    assert project.reused() == {"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}


def test_toggling_recreates_the_environment(project: Project) -> None:
    """An environment that was slim is made anew as a full one and back, and never is something of both."""
    project.ini("deps = frame")
    project.tox("-e", "a").ok()
    assert project.installed() == {}
    run = project.tox("-e", "a", "--no-sitediff").ok()
    assert run.lines("recreate env because")
    assert run.lines("sitediff: made anew without the base for this run: a; the next run with sitediff makes that anew")
    assert {"dates": "2.9.0", "frame": "2.1.0", "numlib": "1.26.0"}.items() <= project.installed().items()
    assert not (project.directory() / "sitediff.json").exists()
    run = project.tox("-e", "a").ok()
    assert run.lines("recreate env because")
    assert project.installed() == {}
    assert project.reused() == {"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}


def test_one_environment_may_be_slim_and_another_not(project: Project) -> None:
    """``sitediff`` is a key of each environment, and the table shows the slim ones alone."""
    project.ini("deps = frame", tox="no_package = true\nenv_list = a, b", rest="[testenv:b]\nsitediff = false")
    run = project.tox().ok()
    assert [row[0] for row in run.table()] == ["a"]
    assert project.installed("a") == {}
    assert "frame" in project.installed("b")


def test_a_variable_that_is_no_switch_is_an_error(stock: Project) -> None:
    """``TOX_SITEDIFF`` says what is wrong with it; empty it counts as not set."""
    stock.ini("deps = frame")
    assert stock.tox("-e", "a", TOX_SITEDIFF="perhaps").failed().lines("TOX_SITEDIFF: value 'perhaps'")
    stock.tox("-e", "a", TOX_SITEDIFF="").ok()
    assert "frame" in stock.reused()


def test_plain_and_slim_environments_share_a_packaging_environment(project: Project) -> None:
    """An environment with a runner of its own builds its package in the same ``.pkg`` as the slim ones."""
    name = "uv-venv-runner" if project.family == "tox-uv" else "virtualenv"
    project.package('dependencies = ["frame"]')
    project.ini("package = wheel", tox="env_list = a, b", rest=f"[testenv:a]\nrunner = {name}")
    run = project.tox().ok()
    assert [row[0] for row in run.table()] == ["b"]
    assert {"demo", "frame"} <= set(project.installed("a"))
    assert project.installed("b") == {"demo": "1.0"}


def test_commands_that_run_nothing_show_no_table(stock: Project) -> None:
    """Listing and explaining commands of tox say what they said before."""
    stock.ini("deps = frame")
    for arguments in (["list"], ["depends"], ["config"]):
        run = stock.tox(*arguments).ok()
        assert run.table() == []
        assert not stock.directory().exists()
