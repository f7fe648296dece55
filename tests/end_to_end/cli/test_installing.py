"""``sitediff install`` and ``uninstall``."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from support.index import BACKEND
from support.shell import own, recorded, site, versions

if TYPE_CHECKING:
    from support.shell import Shell

PROJECT = """
[project]
name = "demo"
version = "1.0"
dependencies = ["frame"]
[project.optional-dependencies]
x = ["tiny"]
all = ["demo[x]", "plotter"]
[dependency-groups]
test = [{include-group = "tools"}, "runner-mock"]
tools = ["runner"]
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def test_the_difference_is_installed_and_reused_tools_get_their_scripts(shell: Shell) -> None:
    """The record names both; the table is the one thing on the standard output."""
    environment = shell.venv()
    said = shell.sitediff("install", "frame", "tiny", "runner")
    assert own(environment) == {"tiny": "1.1"} == recorded(environment, "installed")
    assert recorded(environment, "reused").keys() == {"dates", "frame", "hooks", "numlib", "runner"}
    head, row = said.rows()
    assert head == ["environment", "reused", "installed", "size", "saved"]
    assert row[:3] == ["work", "5", "1"]
    assert "+ tiny==1.1" in said.err  # uv's own progress
    assert str(environment) in shell.run(environment / "bin" / "runner").out


def test_the_second_run_changes_nothing_and_says_so(shell: Shell) -> None:
    environment = shell.venv()
    shell.sitediff("install", "frame", "tiny")
    before = {path: path.stat().st_mtime_ns for path in site(environment).rglob("*")}
    said = shell.sitediff("install", "frame", "tiny")
    assert "sitediff: nothing to do: 3 reused, 1 installed before" in said.err
    assert {path: path.stat().st_mtime_ns for path in site(environment).rglob("*")} == before


def test_where_something_was_replaced_by_the_same_version_it_is_not_nothing(shell: Shell) -> None:
    """uv has just said that it installed it again."""
    shell.venv()
    shell.sitediff("install", "frame", "tiny")
    said = shell.sitediff("install", "--reinstall-package", "tiny", "frame", "tiny")
    assert "tiny==1.1" in said.err
    assert "nothing to do" not in said.err


def test_what_fails_for_another_reason_is_not_laid_at_the_base(shell: Shell) -> None:
    """A request that contradicts itself, a file that is not there: the base is not why."""
    shell.venv()
    for wanted, status in ((("numlib>=2", "numlib<2"), 1), (("-r", "gone.txt", "svglib"), 2)):
        assert "the base does not satisfy" not in shell.sitediff("install", *wanted, status=status).err
    assert "the base does not satisfy beta, and" in shell.sitediff("install", "frame", "beta", status=1).err


def test_quiet_says_nothing_where_it_goes_well(shell: Shell) -> None:
    """Wherever -q stands, as with uv."""
    shell.venv()
    for arguments in (("install", "-q", "tiny"), ("-q", "install", "numlib>=2"), ("uninstall", "--quiet", "numlib")):
        said = shell.sitediff(*arguments)
        assert (said.out, said.err) == ("", "")
    assert "No solution found" in shell.sitediff("install", "-q", "tiny>=9", status=1).err


def test_the_arguments_of_uv_are_taken(shell: Shell) -> None:
    """-r, -c, --no-deps, an index, resolution, a pre-release: each changes the outcome as it does for uv."""
    environment = shell.venv()
    shell.write("requirements.txt", "-r more.txt\nnumlib\n")
    shell.write("more.txt", "tiny\n")
    shell.write("constraints.txt", "tiny<1.1\n")
    shell.sitediff("install", "-r", "requirements.txt", "-c", "constraints.txt")
    assert own(environment) == {"tiny": "1.0"}
    shell.sitediff("install", "--upgrade", "tiny", "--prerelease", "allow")
    assert own(environment) == {"tiny": "2.0a1"}
    shell.sitediff("install", "--resolution", "lowest-direct", "dates>=2.9", "svglib")
    shell.sitediff("install", "--no-deps", "plotter[svg]")
    assert own(environment) == {"dates": "2.9.0", "plotter": "3.8.0", "svglib": "1.5", "tiny": "2.0a1"}
    shell.variables["UV_FIND_LINKS"] = ""
    assert "No solution found" in shell.sitediff("install", "backend", status=1).err
    shell.sitediff("install", "--no-index", "--find-links", shell.index.directory, "backend")
    assert own(environment)["backend"] == "1.0"


def test_a_project_its_extras_and_its_groups(shell: Shell) -> None:
    """What the base meets of a pyproject.toml is recorded as reused, and has its scripts."""
    shell.write("pyproject.toml", PROJECT)
    environment = shell.venv()
    shell.sitediff("install", "-r", "pyproject.toml")
    assert own(environment) == {}
    assert recorded(environment, "reused").keys() == {"dates", "frame", "numlib"}
    shell.sitediff("install", "-r", "pyproject.toml", "--extra", "x")
    assert own(environment) == {"tiny": "1.1"}
    shell.sitediff("install", "-r", "pyproject.toml", "--all-extras")
    assert own(environment) == {"plotter": "3.8.0", "tiny": "1.1"}
    shell.sitediff("install", "--group", "test")
    assert own(environment) == {"plotter": "3.8.0", "runner_mock": "3.1", "tiny": "1.1"}
    assert recorded(environment, "reused").keys() == {"dates", "frame", "hooks", "numlib", "runner"}
    assert str(environment) in shell.run(environment / "bin" / "runner").out


def test_an_editable_project(shell: Shell) -> None:
    shell.write("pyproject.toml", PROJECT)
    shell.write("backend.py", BACKEND)
    shell.write("src/demo/__init__.py", "")
    environment = shell.venv()
    shell.sitediff("install", "-e", ".[x]")
    assert own(environment) == {"demo": "1.0", "tiny": "1.1"}
    assert recorded(environment, "reused").keys() == {"dates", "frame", "numlib"}
    shell.run(environment / "bin" / "python", "-c", "import demo")


def test_a_script_a_lock_file_and_a_pipe_are_asked_for_too(shell: Shell) -> None:
    """What they ask for is declared, audited, and on record; what comes through a pipe is read once."""
    environment = shell.venv(".venv", "--visibility", "declared")
    shell.write("tool.py", '# /// script\n# dependencies = ["frame", "tiny"]\n# ///\nplotter\n')
    shell.sitediff("install", "-r", "tool.py")
    assert own(environment) == {"tiny": "1.1"}
    assert recorded(environment, "reused").keys() == {"dates", "frame", "numlib"}
    shell.run(environment / "bin" / "python", "-c", "import frame, tiny")
    wheels = [f"{name}-py3-none-any.whl" for name in ("unrelated-1.0", "svglib-1.5")]
    packages = "".join(
        f'[[packages]]\nname = "{file.partition("-")[0]}"\nversion = "{file.split("-")[1]}"\n'
        f'wheels = [{{name = "{file}", path = "{shell.index.directory / file}", '
        f'hashes = {{sha256 = "{hashlib.sha256((shell.index.directory / file).read_bytes()).hexdigest()}"}}}}]\n'
        for file in wheels
    )
    shell.write("pylock.toml", f'lock-version = "1.0"\ncreated-by = "by hand"\n{packages}')
    assert versions(shell.plan("-r", "pylock.toml")["reused"]) == {"unrelated": "1.0"}
    said = shell.sitediff("install", "-r", "pylock.toml")
    assert own(environment) == {"svglib": "1.5", "tiny": "1.1"}
    assert "unrelated" in recorded(environment, "reused")
    assert "not checked against its hash: unrelated 1.0" in said.err
    shell.run("bash", "-c", f"echo 'dates>=2.9' | {shell.program} install -r - -c <(echo 'dates<3')")
    assert own(environment)["dates"] == "2.9.0"
    assert "all that was declared is met" in shell.sitediff("check").out


def test_the_project_that_a_variable_or_an_option_names(shell: Shell) -> None:
    """Groups and settings are those of that project; where uv is to start is where we start it."""
    shell.venv()
    shell.write("dir/pyproject.toml", PROJECT)
    shell.write("dir/uv.toml", 'constraint-dependencies = ["runner-mock<3"]\n')
    for arguments in (("--project", "dir"), ()):
        plan = shell.sitediff("plan", *arguments, "--group", "test", status=1)
        assert "runner-mock<3" in plan.err
        shell.variables["UV_PROJECT"] = "dir"
    (shell.directory / "dir" / "uv.toml").unlink()
    found = shell.plan("--group", "test")
    assert versions(found["reused"]) == {"hooks": "1.0", "runner": "7.4.0"}
    assert versions(found["install"]) == {"runner-mock": "3.1"}
    shell.variables = {"UV_WORKING_DIR": "dir"}
    assert shell.plan("--group", "test") == found
    shell.variables["UV_WORKING_DIR"] = "nowhere"
    assert shell.refused("check") == "UV_WORKING_DIR=nowhere: is not a directory; name another one"


def test_exactly_what_is_asked_for(shell: Shell) -> None:
    """`--exact` removes what else there is, and what was asked for before; of what only uv knows it removes nothing."""
    environment = shell.venv()
    shell.sitediff("install", "-q", "tiny", "plotter", "runner-mock")
    shell.sitediff("install", "--exact", "plotter[svg]", "tiny")
    assert own(environment) == {"plotter": "3.8.0", "svglib": "1.5", "tiny": "1.1"}
    assert "all that was declared is met" in shell.sitediff("check").out
    shell.sitediff("install", "--exact", "frame")
    assert own(environment) == {}
    assert recorded(environment, "reused").keys() == {"dates", "frame", "numlib"}


def test_what_is_set_for_pip_is_named(shell: Shell) -> None:
    """As containers set it: uv does not read it. What is only hidden is not said to be uninstalled."""
    shell.venv()
    shell.variables["PIP_CONSTRAINT"] = shell.write("limits.txt", "numlib<2\n").as_posix()
    said = shell.sitediff("install", "numlib>=2")
    assert said.err.count("sitediff: PIP_CONSTRAINT is set, for pip: uv does not read it, but UV_CONSTRAINT") == 1
    assert " + numlib==2.0.0" in said.err
    assert "Uninstalled" not in said.err
    assert " - numlib" not in said.err
    assert "PIP_CONSTRAINT" not in shell.sitediff("plan", "frame", "-c", "limits.txt").err


def test_what_is_only_to_be_checked(shell: Shell) -> None:
    """With uv's own exit statuses; a form of output that is uv's is refused by name."""
    shell.venv()
    for command in ("install", "plan"):
        assert shell.sitediff(command, "--check", "frame").status == 0
        assert shell.sitediff(command, "--check", "frame", "tiny", status=1).rows()[4][0] == "tiny"
        message = shell.refused(command, "--output-format", "json", "frame")
        assert message == f"--output-format is not for sitediff {command}: use --format"


def test_a_url_is_installed_once(shell: Shell) -> None:
    """The base's copy came from elsewhere; the own one is known by its origin."""
    environment = shell.venv()
    wanted = f"unrelated @ {shell.index.wheel('unrelated', '1.0').as_uri()}"
    shell.sitediff("install", wanted)
    assert own(environment) == {"unrelated": "1.0"}
    assert "nothing to do" in shell.sitediff("install", wanted).err


def test_hashes(shell: Shell) -> None:
    """What is reused is named as not verified, what is downloaded is verified."""
    environment = shell.venv()
    right = hashlib.sha256(shell.index.wheel("tiny", "1.0").read_bytes()).hexdigest()
    shell.write("locked.txt", f"numlib==1.26.0 --hash=sha256:{'0' * 64}\ntiny==1.0 --hash=sha256:{right}\n")
    said = shell.sitediff("install", "--require-hashes", "-r", "locked.txt")
    assert "not checked against its hash: numlib 1.26.0" in said.err
    assert own(environment) == {"tiny": "1.0"}
    shell.write("wrong.txt", f"tiny==1.1 --hash=sha256:{'0' * 64}\n")
    assert "Hash mismatch" in shell.sitediff("install", "--require-hashes", "-r", "wrong.txt", status=1).err


def test_hashes_are_asked_for_of_all_that_is_needed(shell: Shell) -> None:
    """Whoever asks, nothing of the base is said to be verified; on request it is an error, before anything is done."""
    environment = shell.venv()
    line = f"frame==2.1.0 --hash=sha256:{'0' * 64}\n"
    shell.write("hashed.txt", line)
    everything = "not checked against its hash: dates 2.8.0, frame 2.1.0, numlib 1.26.0"
    assert everything in shell.sitediff("plan", "-r", "hashed.txt").err
    shell.write("plain.txt", "frame\n")
    assert "not checked" not in shell.sitediff("plan", "--unverified", "error", "-r", "plain.txt").err
    shell.write("uv.toml", "[pip]\nrequire-hashes = true\nverify-hashes = true\n")
    assert everything in shell.sitediff("install", "-r", "hashed.txt").err
    record = json.loads((environment / "sitediff.json").read_text("utf-8"))
    assert {item["name"]: item["verified"] for item in record["reused"]} == dict.fromkeys(
        ("dates", "frame", "numlib"), False
    )
    names = "dates 2.8.0, frame 2.1.0, numlib 1.26.0; have it installed (--exclude dates, frame, numlib)"
    digest = hashlib.sha256(shell.index.wheel("tiny", "1.0").read_bytes()).hexdigest()
    shell.write("more.txt", f"{line}tiny==1.0 --hash=sha256:{digest}\n")
    for command in ("plan", "install"):
        assert names in shell.refused(command, "--unverified", "error", "-r", "more.txt", status=1)
    assert own(environment) == {}
    names_and_hashes = {
        name: hashlib.sha256(shell.index.wheel(name, version).read_bytes()).hexdigest()
        for name, version in (("frame", "2.1.0"), ("numlib", "1.26.0"), ("dates", "2.8.0"))
    }
    pins = {"frame": "2.1.0", "numlib": "1.26.0", "dates": "2.8.0"}
    shell.write("all.txt", "".join(f"{name}=={pins[name]} --hash=sha256:{names_and_hashes[name]}\n" for name in pins))
    out = [word for name in pins for word in ("--exclude", name)]
    shell.sitediff("install", "--unverified", "error", *out, "-r", "all.txt")
    assert own(environment) == dict(sorted(pins.items()))


def test_what_is_excluded_is_installed(shell: Shell) -> None:
    environment = shell.venv()
    shell.sitediff("install", "frame", "--exclude", "Numlib", "--exclude=dates")
    assert own(environment).keys() == {"dates", "numlib"}
    assert recorded(environment, "reused").keys() == {"frame"}


def test_a_layer_given_to_install_stays(shell: Shell) -> None:
    team = shell.venv("team")
    shell.sitediff("install", "--python", "team", "tiny==1.0")
    environment = shell.venv()
    said = shell.sitediff("install", "--layer", "team", "tiny")
    assert f"{site(team)} is stacked behind the environment's own site-packages" in said.err
    assert "nothing to do" in shell.sitediff("install", "tiny").err
    assert (own(environment), recorded(environment, "reused")) == ({}, {"tiny": "1.0"})


def test_as_json_install_tells_the_record(shell: Shell) -> None:
    environment = shell.venv()
    said = shell.sitediff("install", "tiny", "--format", "json")
    assert said.json() == json.loads((environment / "sitediff.json").read_text("utf-8"))


def test_uninstall_brings_the_copy_of_the_base_back_with_its_script(shell: Shell) -> None:
    environment = shell.venv()
    shell.sitediff("install", "runner>=8")
    assert own(environment) == {"runner": "8.0.0"}
    said = shell.sitediff("uninstall", "Runner")
    assert f"runner 7.4.0 of {shell.base.site} is seen again" in said.err
    assert own(environment) == {}
    assert recorded(environment, "reused") == {"hooks": "1.0", "runner": "7.4.0"}
    assert str(environment) in shell.run(environment / "bin" / "runner").out
    said = shell.sitediff("uninstall", "runner")
    assert f"runner is inherited from {shell.base.site}: not removed, and no longer declared" in said.err
    assert not (environment / "bin" / "runner").exists()
    assert "runner is inherited" in shell.sitediff("uninstall", "runner", "nobody").err


def test_a_newer_wish_for_the_same_distribution_takes_the_place_of_the_older_one(shell: Shell) -> None:
    """As with pip, where the two contradict each other; otherwise both count."""
    environment = shell.venv()
    shell.sitediff("install", "tiny==1.0", "numlib<2")
    shell.sitediff("install", "tiny==1.1", "numlib")
    assert own(environment) == {"tiny": "1.1"}
    record = json.loads((environment / "sitediff.json").read_text("utf-8"))
    assert record["declared"] == ["numlib", "numlib<2", "tiny==1.1"]


def test_what_breaks_an_earlier_wish_is_an_error_that_names_the_ways_out(shell: Shell) -> None:
    """Each of them is one."""
    environment = shell.venv()
    shell.sitediff("install", "frame")
    said = shell.sitediff("install", "numlib>=2", status=1).err.splitlines()
    assert said[-2:] == [
        "  frame 2.1.0 -> numlib<2: found 2.0.0 in the environment",
        "    way out: sitediff uninstall numlib, or sitediff uninstall frame",
    ]
    shell.sitediff("check", status=1)
    shell.sitediff("uninstall", "frame")
    shell.sitediff("check")
    shell.sitediff("install", "frame", "numlib<2")
    shell.sitediff("install", "numlib>=2", status=1)
    shell.sitediff("uninstall", "numlib")
    shell.sitediff("check")
    assert own(environment) == {}


def test_what_may_be_seen_undeclared_adds_up_and_uninstall_takes_it_back(shell: Shell) -> None:
    """As what was asked for does, run after run."""
    environment = shell.venv(".venv", "--visibility", "declared", "--declare", "unrelated")

    def seen() -> list[str]:
        script = "import importlib.metadata as m; print(*sorted({d.name for d in m.distributions()}))"
        return shell.run(environment / "bin" / "python", "-c", script).out.split()

    assert seen() == ["unrelated"]
    shell.sitediff("install", "tiny", "--declare", "Hooks")
    assert seen() == ["hooks", "tiny", "unrelated"]
    shell.sitediff("install", "tiny")
    assert seen() == ["hooks", "tiny", "unrelated"]
    said = shell.sitediff("uninstall", "unrelated")
    assert "unrelated is inherited from" in said.err
    assert seen() == ["hooks", "tiny"]
    shell.sitediff("install", "--visibility", "base", "tiny")
    assert set(seen()) > {"hooks", "tiny", "unrelated"}


def test_an_installation_that_is_impossible_says_which_requirement_and_changes_nothing(shell: Shell) -> None:
    environment = shell.venv()
    said = shell.sitediff("install", "frame", "numlib>=2", status=1)
    assert "all versions of frame depend on numlib<2" in " ".join(said.err.split())
    assert own(environment) == {}
    assert said.out == ""


def test_the_oldest_versions_are_not_taken_from_the_base(shell: Shell) -> None:
    """With ``--resolution lowest-direct``, its variable or its setting: what a clean resolution takes (row 27)."""
    lowest = shell.venv("lowest")
    shell.sitediff("install", "-q", "--python", "lowest", "--exclude", "tiny", "tiny==1.1")
    for name, options, variables, setting in (
        ("option", ["--resolution", "lowest-direct"], {}, ""),
        ("variable", [], {"UV_RESOLUTION": "lowest-direct"}, ""),
        ("setting", [], {}, 'resolution = "lowest"\n'),
        ("none", [], {}, ""),
    ):
        shell.venv(name, "--layer", lowest)
        shell.variables = variables
        shell.write("uv.toml", setting)
        shell.sitediff("install", "-q", "--python", name, *options, "tiny")
        assert own(shell.directory / name) == ({} if name == "none" else {"tiny": "1.0"}), name


def test_without_a_home_there_is_no_cache(shell: Shell) -> None:
    """What is missing is installed all the same, nothing is left in the current directory, and that is said."""
    file = shell.write("file", "")
    shell.variables["HOME"] = str(file / "home")
    said = shell.sitediff("venv", "--python", shell.base.python)
    assert "uv can't write its cache, and goes on without one" in said.err
    shell.sitediff("install", "tiny")
    assert own(shell.directory / ".venv") == {"tiny": "1.1"}
    assert {path.name for path in shell.directory.iterdir()} == {".venv", "file"}
    said = shell.sitediff("install", "--cache-dir", "cache", "svglib")
    assert "write its cache" not in said.err
    assert (shell.directory / "cache").is_dir()
