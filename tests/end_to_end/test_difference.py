"""What is taken from the base, and what is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.projects import Project, SpyUv


def test_nothing_is_installed_where_the_base_satisfies_all(project: Project, spy: SpyUv) -> None:
    """A uv that can't install is not noticed: it is not started."""
    spy.refuse()
    project.ini(
        """
        deps =
            frame
            numlib>=1.20,<2
        commands = python -c 'import frame, numlib, dates; print("numlib", numlib.__version__, numlib.__file__)'
        """
    )
    run = project.tox("-e", "a").ok()
    assert run.lines(f"numlib 1.26.0 {project.base.site}")
    assert spy.installs() == []
    assert project.installed() == {}
    assert project.reused() == {"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}
    record = project.record()
    assert record.installed == ()
    assert record.bytes.installed == 0
    assert record.bytes.saved == record.bytes.full == sum(item.bytes or 0 for item in record.reused) > 0
    assert {item.name: item.why for item in record.reused} == {
        "dates": ("frame", "dates"),
        "frame": ("frame",),
        "numlib": ("numlib",),
    }
    assert not list(project.site().glob("pip*"))


def test_only_the_remainder_is_installed_and_the_base_serves_what_it_needs(project: Project, spy: SpyUv) -> None:
    """What the base lacks goes into the environment; its dependencies are met by the base as it is."""
    project.ini(
        """
        deps =
            frame
            runner-mock
            plotter[pdf,svg]
        commands = python -m runner svglib plotter hooks
        """
    )
    run = project.tox("-e", "a").ok()
    assert run.lines(f"svglib is 1.5 in {project.site()}")
    assert run.lines(f"plotter is 3.8.0 in {project.base.site}")
    assert project.installed() == {"runner_mock": "3.1", "svglib": "1.5"}
    assert project.reused() == {
        "dates": "2.8.0",
        "frame": "2.1.0",
        "hooks": "1.0",
        "numlib": "1.26.0",
        "plotter": "3.8.0",
        "runner": "7.4.0",
    }
    record = project.record()
    assert {item.name: item.why for item in record.installed} == {
        "runner-mock": ("runner-mock",),
        "svglib": ("plotter", "svglib"),
    }
    assert {item.why for item in record.reused if item.name == "hooks"} == {("runner-mock", "runner", "hooks")}
    assert record.declared == ("frame", "plotter[pdf,svg]", "runner-mock")
    assert record.shadowed == ()
    assert record.bytes.full == (record.bytes.reused or 0) + (record.bytes.installed or 0)
    # as few as the work needs: nothing of the base that has nothing to do with it
    assert not any("unrelated" in line for line in spy.installs())


def test_an_old_copy_is_shadowed_and_what_breaks_by_it_is_named(project: Project) -> None:
    """A newer copy stands before the base's, which stays; a user of the old one in the base is reported, no error."""
    project.ini("deps = numlib>=2\ncommands = python -m runner numlib")
    run = project.tox("-e", "a").ok()
    assert run.lines("numlib is 2.0.0")
    assert project.installed() == {"numlib": "2.0.0"}
    record = project.record()
    assert [(item.name, item.base_version, item.version) for item in record.shadowed] == [("numlib", "1.26.0", "2.0.0")]
    assert [str(item) for item in record.conflicts] == ["base frame 2.1.0 needs numlib<2, now sees 2.0.0"]
    assert len(run.lines("base frame 2.1.0 needs numlib<2, now sees 2.0.0")) == 1
    assert (project.base.site / "numlib-1.26.0.dist-info").is_dir()


def test_what_can_not_be_met_fails_with_the_installers_message_and_leaves_nothing_half_made(project: Project) -> None:
    """The declared closure needs two versions of one distribution: nothing is installed, and uv says why."""
    project.ini("deps =\n    frame\n    numlib>=2")
    run = project.tox("-e", "a").failed()
    assert run.lines("numlib")
    assert project.installed() == {}
    assert project.record().installed == ()
    project.ini("deps = frame")
    run = project.tox("-e", "a").ok()
    assert project.reused() == {"dates": "2.8.0", "frame": "2.1.0", "numlib": "1.26.0"}


def test_excluded_names_are_installed_where_the_base_has_them_too(project: Project) -> None:
    """``sitediff_exclude`` takes any spelling of a name, also of what only a dependency asks for."""
    project.ini("deps = frame\nsitediff_exclude = NumLib\ncommands = python -m runner numlib")
    run = project.tox("-e", "a").ok()
    assert run.lines(f"numlib is 1.26.0 in {project.site()}")
    assert project.installed() == {"numlib": "1.26.0"}
    assert project.reused() == {"dates": "2.8.0", "frame": "2.1.0"}
    project.ini("deps = frame\nsitediff_exclude =\n    dates\n    numlib")
    run = project.tox("-e", "a").ok()
    assert run.lines("recreate env because sitediff_exclude changed")
    assert project.installed() == {"dates": "2.9.0", "numlib": "1.26.0"}


def test_a_pre_release_is_taken_from_the_index_only_where_asked_for(project: Project) -> None:
    """``pip_pre`` keeps its meaning for what is installed, and nothing of the base is upgraded for it."""
    project.ini("deps =\n    tiny\n    numlib", rest="[testenv:b]\npip_pre = true")
    project.tox("-e", "a,b").ok()
    assert project.installed("a") == {"tiny": "1.1"}
    assert project.installed("b") == {"tiny": "2.0a1"}
    assert project.reused("b") == {"numlib": "1.26.0"}
