"""What counts as there, what may not be reused, and whose settings decide: the rows of the contract, through tox."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Final

import pytest

from support.distributions import SHORT, install, make_prefix, metadata, sha256, write
from tox_sitediff.uv.program import find_uv

if TYPE_CHECKING:
    from pathlib import Path

    from support.bench import Bench


def origin(url: str, **info: dict[str, str | bool]) -> str:
    """Write a direct_url.json."""
    return json.dumps({"url": url, **info})


# --- versions


NVIDIA: Final = "2.6.0a0+abc.nv24.12"


@pytest.mark.parametrize(
    "specifiers",
    [["", ">=2.5", ">2.5", "<=2.6", "!=2.6", "~=2.5", "==2.6.*", "==2.6.0a0", f"=={NVIDIA}"]],
)
def test_a_local_prerelease_counts_as_pip_counts_it(bench: Bench, specifiers: list[str]) -> None:
    """A container's torch satisfies all that it satisfies for pip, and uv is not even started."""
    bench.base("torch", NVIDIA)
    bench.wheel("torch", "2.7.0")
    bench.configure([f"torch{specifier}" for specifier in specifiers])
    outcome = bench.tox()
    assert outcome.code == 0
    assert not outcome.lines("install_deps>")
    assert bench.names("reused") == {"torch": NVIDIA}


@pytest.mark.parametrize(("specifier", "version"), [(">=2.6", "2.7.0"), ("<2.6", "2.5.0")])
def test_a_local_prerelease_that_pip_would_replace_is_shadowed(bench: Bench, specifier: str, version: str) -> None:
    """Where it does not satisfy, the release is installed, and the record names what it hides."""
    bench.base("torch", NVIDIA)
    bench.wheel("torch", "2.5.0")
    bench.wheel("torch", "2.7.0")
    bench.configure([f"torch{specifier}"])
    assert bench.tox().code == 0
    assert bench.names("installed") == {"torch": version}
    assert bench.record()["shadowed"] == [{"name": "torch", "base_version": NVIDIA, "version": version}]


# --- where it lies


def egg_folder(bench: Bench) -> Path:
    folder = bench.site / "alpha-1.0.egg-info"
    write(folder / "PKG-INFO", metadata("alpha", "1.0"))
    write(folder / "requires.txt", "beta>=2\n[x]\ngamma\n[:python_version<'3']\nnever\n")
    return folder


def test_an_egg_info_folder_counts_with_its_requirements(bench: Bench) -> None:
    """Its requires.txt is read: sections, extras and markers; only the extra's missing dependency is installed."""
    egg_folder(bench)
    bench.base("beta", "2.0")
    bench.wheel("gamma", "3.0")
    bench.wheel("alpha", "9.0")
    bench.configure(["alpha[x]"])
    assert bench.tox().code == 0
    assert bench.names("reused") == {"alpha": "1.0", "beta": "2.0"}
    assert bench.names("installed") == {"gamma": "3.0"}


@pytest.mark.parametrize("name", [f"alpha-1.0-py{SHORT[6:]}.egg-info", "alpha.egg-info"])
def test_an_egg_info_file_counts(bench: Bench, name: str) -> None:
    """The single file of distutils, with and without a version in its name, also in the sight of uv."""
    write(bench.site / name, metadata("alpha", "1.0"))
    bench.wheel("alpha", "9.0")
    bench.wheel("gamma", "1.0", requires=["alpha==1.0"])
    bench.configure(["gamma"])
    assert bench.tox().code == 0
    assert bench.names("reused") == {"alpha": "1.0"}


PLACES: Final = ("pythonpath", "set_env", "user", "pth", "inserting pth", "easybuild")


def place(bench: Bench, kind: str, version: str) -> tuple[str, dict[str, str]]:
    """Put alpha somewhere else than into site-packages; return further configuration and variables."""
    folder = bench.root / "elsewhere"
    extra, variables = "", {}
    if kind == "pythonpath":
        extra, variables = "pass_env = PYTHONPATH", {"PYTHONPATH": str(folder)}
    elif kind == "set_env":
        extra = f"set_env = PYTHONPATH={folder}"
    elif kind == "user":
        folder = bench.root / "home" / ".local" / "lib" / SHORT / "site-packages"
    elif kind == "pth":
        write(bench.site / "more.pth", f"{folder}\n")
    elif kind == "inserting pth":
        write(bench.site / "more.pth", f"import sys; sys.path.insert(0, {str(folder)!r})\n")
    else:
        hook = write(
            bench.root / "hook" / "sitecustomize.py",
            "import os, site\nfor prefix in os.environ.get('EBPYTHONPREFIXES', '').split(':'):\n    if prefix:\n"
            f"        site.addsitedir(os.path.join(prefix, 'lib', '{SHORT}', 'site-packages'))\n",
        )
        variables = {"PYTHONPATH": str(hook.parent), "EBPYTHONPREFIXES": str(folder)}
        extra = "pass_env =\n    PYTHONPATH\n    EBPYTHONPREFIXES\nset_env = PYTHONDONTWRITEBYTECODE=1"
        folder = folder / "lib" / SHORT / "site-packages"
    folder.mkdir(parents=True)
    install(folder, "alpha", version)
    return extra, variables


@pytest.mark.parametrize("kind", PLACES)
def test_what_the_interpreter_sees_counts(bench: Bench, kind: str) -> None:
    """Wherever it comes from, it is reused, and the record agrees with the environment's own importlib.metadata."""
    extra, variables = place(bench, kind, "1.0")
    bench.wheel("alpha", "9.0")
    bench.configure(["alpha"], extra=extra, commands="python -c 'import alpha; assert alpha.version == \"1.0\"'")
    assert bench.tox(**variables).code == 0
    assert bench.names("reused") == {"alpha": "1.0"}
    again = bench.tox(**variables)
    assert again.code == 0
    assert not again.lines("recreate")


@pytest.mark.parametrize("kind", ["pythonpath", "easybuild"])
def test_what_the_commands_will_not_see_does_not_count(bench: Bench, kind: str) -> None:
    """A variable that tox does not hand on hides its directories from the environment, and so from the plan."""
    _, variables = place(bench, kind, "1.0")
    bench.wheel("alpha", "9.0")
    bench.configure(["alpha"])
    assert bench.tox(**variables).code == 0
    assert bench.names("installed") == {"alpha": "9.0"}


@pytest.mark.parametrize("kind", ["user", "pth", "easybuild"])
def test_what_stands_behind_can_be_shadowed(bench: Bench, kind: str) -> None:
    """A copy behind the environment's own directory that does not satisfy is hidden by an installed one."""
    extra, variables = place(bench, kind, "1.0")
    bench.wheel("alpha", "9.0")
    bench.configure(["alpha>=2"], extra=extra, commands="python -c 'import alpha; assert alpha.version == \"9.0\"'")
    assert bench.tox(**variables).code == 0
    assert bench.names("installed") == {"alpha": "9.0"}


@pytest.mark.parametrize("options", ["", "--no-deps"])
@pytest.mark.parametrize("kind", ["set_env", "inserting pth"])
def test_what_stands_before_and_does_not_satisfy_is_an_error_before_anything_happens(
    bench: Bench, kind: str, options: str
) -> None:
    """Nothing is installed, the message names both and what to do; relaxed, the next run works."""
    extra, _ = place(bench, kind, "1.0")
    bench.wheel("alpha", "9.0")
    bench.wheel("gamma", "1.0")
    extra += f"\ninstall_command = {find_uv()} pip install {options} {{opts}} {{packages}}\nallowlist_externals = *"
    bench.configure(["gamma", "alpha>=2"], extra=extra)
    outcome = bench.tox()
    assert outcome.code == 1
    (line,) = outcome.lines("stands before the environment on sys.path")
    assert "alpha 1.0 in " in line
    assert "alpha>=2: found 1.0" in line
    assert list(bench.own_site.glob("*.dist-info")) == []
    bench.configure(["gamma", "alpha"], extra=extra)
    assert bench.tox().code == 0
    assert bench.names("reused") == {"alpha": "1.0"}


def test_a_left_over_that_stands_before_does_not_matter(bench: Bench) -> None:
    """A dist-info without metadata on PYTHONPATH is ignored, as pip does, in the first run and in the next."""
    extra, _ = place(bench, "set_env", "1.0")
    (bench.root / "elsewhere" / "alpha-1.0.dist-info" / "METADATA").unlink()
    (bench.root / "elsewhere" / "alpha.py").unlink()
    bench.wheel("alpha", "9.0")
    bench.configure(["alpha"], extra=extra)
    assert bench.tox().code == 0
    assert bench.names("installed") == {"alpha": "9.0"}
    assert not bench.tox().lines("recreate")


# --- URLs and hashes


def test_a_url_is_reused_only_with_proof(bench: Bench) -> None:
    """The same archive in direct_url.json is reused, also beside what uv has to install; without, it is installed."""
    archive = bench.wheel("alpha", "1.0")
    bench.wheel("gamma", "1.0", requires=["alpha"])
    folder = bench.base("alpha", "1.0", direct_url=origin(archive.as_uri(), archive_info={}))
    bench.configure([f"alpha @ {archive.as_uri()}"])
    assert bench.tox().code == 0
    assert bench.names("reused") == {"alpha": "1.0"}
    (folder / "direct_url.json").unlink()
    assert bench.tox("-r").code == 0
    assert bench.names("installed") == {"alpha": "1.0"}
    write(folder / "direct_url.json", origin("https://x.invalid/alpha-1.0-py3-none-any.whl", archive_info={}))
    assert bench.tox("-r").code == 0
    assert bench.names("installed") == {"alpha": "1.0"}


def test_a_commit_is_reused_only_if_it_is_the_same(bench: Bench) -> None:
    """The commit that is asked for must be the one on record; what a branch names today is for uv to find out."""
    commit = "a" * 40
    bench.base(
        "alpha", "1.0", direct_url=origin("https://x.invalid/a.git", vcs_info={"vcs": "git", "commit_id": commit})
    )
    bench.configure([f"alpha @ git+https://x.invalid/a.git@{commit}"])
    assert bench.tox(UV_OFFLINE="1").code == 0
    assert bench.names("reused") == {"alpha": "1.0"}
    for other in ("main", "b" * 40):
        bench.configure([f"alpha @ git+https://x.invalid/a.git@{other}"])
        outcome = bench.tox(UV_OFFLINE="1")
        assert outcome.code != 0
        assert outcome.lines("the base does not satisfy alpha")


def test_condas_bogus_origin_is_the_plain_version(bench: Bench) -> None:
    """direct_url.json names a build directory that nobody has: the version counts, in our sight and in uv's."""
    bench.base("alpha", "1.0", direct_url=origin("file:///croot/alpha_1699", dir_info={}))
    bench.wheel("alpha", "9.0")
    bench.wheel("gamma", "1.0", requires=["alpha==1.0"])
    bench.configure(["alpha", "gamma"])
    assert bench.tox().code == 0
    assert bench.names("reused") == {"alpha": "1.0"}
    assert bench.names("installed") == {"gamma": "1.0"}


@pytest.mark.parametrize("wrong", [False, True], ids=["right hash", "wrong hash"])
def test_a_pin_with_a_hash_is_reused_and_said_not_to_be_verified(bench: Bench, wrong: bool) -> None:
    """An exactly met pin is reused whatever its hash; the record and a line say so; what is downloaded is verified."""
    bench.base("alpha", "1.0")
    alpha = "0" * 64 if wrong else sha256(bench.wheel("alpha", "1.0"))
    gamma = sha256(bench.wheel("gamma", "3.0"))
    write(
        bench.project / "r.txt",
        f"--require-hashes\nalpha==1.0 --hash=sha256:{alpha}\ngamma==3.0 --hash=sha256:{gamma}\n",
    )
    bench.configure(["-r r.txt"])
    outcome = bench.tox()
    assert outcome.code == 0
    assert len(outcome.lines("not checked against its hash: alpha 1.0")) == 1
    (reused,) = bench.record()["reused"]
    assert reused["name"] == "alpha"
    assert str(reused["verified"]) == "False"
    assert bench.names("installed") == {"gamma": "3.0"}


def test_what_is_downloaded_is_verified(bench: Bench) -> None:
    """A wrong hash of something that the base lacks fails, with uv's message, and installs nothing."""
    bench.wheel("gamma", "3.0")
    write(bench.project / "r.txt", f"gamma==3.0 --hash=sha256:{'0' * 64}\n")
    bench.configure(["-r r.txt"])
    outcome = bench.tox()
    assert outcome.code != 0
    assert outcome.lines("Hash mismatch for `gamma==3.0`")
    assert list(bench.own_site.glob("*.dist-info")) == []


# --- shadowing


def test_what_breaks_by_shadowing_is_named(bench: Bench) -> None:
    """Distributions of the base that need what is now hidden are named, in the output and in the record."""
    bench.base("beta", "1.0")
    bench.base("zeta", "1.0", requires=["beta<2"])
    bench.base("fine", "1.0", requires=["beta"])
    bench.wheel("beta", "2.0")
    bench.configure(["beta>=2"])
    outcome = bench.tox()
    assert outcome.code == 0
    assert len(outcome.lines("base zeta 1.0 needs beta<2, now sees 2.0")) == 1
    assert bench.record()["conflicts"] == [{"name": "zeta", "version": "1.0", "requires": "beta<2", "found": "2.0"}]


def test_what_breaks_inside_the_closure_is_an_error(bench: Bench) -> None:
    """If the distribution that would break is declared itself, there is no solution, and uv explains it."""
    bench.base("beta", "1.0")
    bench.base("zeta", "1.0", requires=["beta<2"])
    bench.wheel("beta", "2.0")
    bench.configure(["beta>=2", "zeta"])
    outcome = bench.tox()
    assert outcome.code != 0
    assert outcome.lines("No solution found")
    assert list(bench.own_site.glob("*.dist-info")) == []


# --- the base changes


def upgrade(bench: Bench) -> None:
    shutil.rmtree(bench.site / "alpha-1.0.dist-info")
    bench.base("alpha", "1.1", requires=["beta"])


def remove(bench: Bench) -> None:
    shutil.rmtree(bench.site / "beta-2.0.dist-info")


def require(bench: Bench) -> None:
    bench.base("alpha", "1.0", requires=["beta>=3"])


def other_base(bench: Bench) -> None:
    python = make_prefix(bench.root / "base2")
    install(bench.root / "base2" / "lib" / SHORT / "site-packages", "alpha", "1.0", requires=["beta"])
    path = bench.project / "tox.ini"
    path.write_text(path.read_text().replace(str(bench.python), str(python)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (upgrade, "the base changed: alpha was 1.0 in "),
        (remove, "the base changed: beta 2.0 is gone"),
        (require, "the base changed: alpha 1.0 has other requirements now"),
        (other_base, "python changed executable="),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_change_of_the_base_that_matters_recreates(bench: Bench, change: object, reason: str) -> None:
    """The next plain run says why, makes the environment anew, and is true again."""
    assert callable(change)
    bench.base("alpha", "1.0", requires=["beta"])
    bench.base("beta", "2.0")
    bench.wheel("beta", "9.0")
    bench.wheel("gamma", "1.0")
    bench.configure(["alpha", "gamma"])
    assert bench.tox().code == 0
    change(bench)
    outcome = bench.tox()
    assert outcome.code == 0
    assert outcome.lines(f"recreate env because {reason}")
    assert (bench.names("reused") | bench.names("installed")) == bench.seen()


def test_a_change_of_the_base_that_does_not_matter_is_ignored(bench: Bench) -> None:
    """What the environment does not rely on may come, go and change."""
    bench.base("alpha", "1.0")
    bench.base("unrelated", "1.0")
    bench.wheel("gamma", "1.0")
    bench.configure(["alpha", "gamma"])
    assert bench.tox().code == 0
    shutil.rmtree(bench.site / "unrelated-1.0.dist-info")
    bench.base("new", "1.0")
    bench.base("gamma", "5.0")
    outcome = bench.tox()
    assert outcome.code == 0
    assert not outcome.lines("recreate")
    assert bench.names("installed") == {"gamma": "1.0"}


# --- whose settings decide


@pytest.fixture
def choice(bench: Bench) -> Bench:
    """A base with alpha 1.0 and an index with an older and a newer one."""
    bench.base("alpha", "1.0")
    bench.wheel("alpha", "0.9")
    bench.wheel("alpha", "2.0")
    bench.configure(["alpha"])
    return bench


@pytest.mark.parametrize("variable", ["UV_CONSTRAINT", "PIP_CONSTRAINT"])
def test_a_constraint_variable_means_what_it_means(choice: Bench, variable: str) -> None:
    """It rules out the base's copy although uv need not have been started; one that fits keeps it."""
    file = write(choice.root / "c.txt", "alpha<1\n")
    assert choice.tox(**{variable: str(file)}).code == 0
    assert choice.names("installed") == {"alpha": "0.9"}
    write(file, "alpha==1.0\n")
    assert choice.tox("-r", **{variable: str(file)}).code == 0
    assert choice.names("reused") == {"alpha": "1.0"}


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("uv.toml", 'constraint-dependencies = ["alpha<1"]\n', "0.9"),
        ("uv.toml", "[pip]\nupgrade = true\n", "2.0"),
        ("pyproject.toml", '[tool.uv]\noverride-dependencies = ["alpha==2.0"]\n', "2.0"),
        ("pip.conf", "[install]\nconstraint = {root}/c.txt\n", "0.9"),
    ],
    ids=["constraint", "upgrade", "override", "pip"],
)
def test_a_configuration_file_means_what_it_means(choice: Bench, name: str, text: str, version: str) -> None:
    """uv's and pip's own files decide as they would without the plugin."""
    write(choice.root / "c.txt", "alpha<1\n")
    folder = choice.root / "home" / ".config" / "pip" if name == "pip.conf" else choice.project
    write(folder / name, text.replace("{root}", str(choice.root)))
    assert choice.tox(UV_NO_CONFIG="0", PIP_CONFIG_FILE="").code == 0
    assert choice.names("installed") == {"alpha": version}


@pytest.mark.parametrize(
    ("option", "version"), [("--upgrade", "2.0"), ("-P alpha", "2.0"), ("--reinstall", "2.0"), ("-c c.txt", "0.9")]
)
def test_an_option_in_install_command_means_what_it_means(choice: Bench, option: str, version: str) -> None:
    """What stands in install_command beside the packages decides too."""
    write(choice.project / "c.txt", "alpha<1\n")
    choice.configure(["alpha"], extra=f"install_command = {find_uv()} pip install {option} {{opts}} {{packages}}")
    assert choice.tox().code == 0
    assert choice.names("installed") == {"alpha": version}


def test_no_deps_in_install_command_leaves_the_dependencies_out(bench: Bench) -> None:
    """What is not to be installed is not missed by the audit either."""
    bench.wheel("needs", "1.0", requires=["nowhere"])
    bench.configure(["needs"], extra=f"install_command = {find_uv()} pip install --no-deps {{opts}} {{packages}}")
    assert bench.tox().code == 0
    assert bench.names("installed") == {"needs": "1.0"}


@pytest.mark.parametrize("way", ["UV_OVERRIDE", "UV_EXCLUDE", "--overrides", "uv.toml"])
def test_an_override_is_no_error_of_the_audit(bench: Bench, way: str) -> None:
    """What uv was told to leave out is named, and the environment is made."""
    bench.wheel("needs", "1.0", requires=["torch"])
    exclude, override = "torch\n", "torch; python_version < '0'\n"
    file = write(bench.root / "o.txt", exclude if way == "UV_EXCLUDE" else override)
    variables = {way: str(file)} if way.startswith("UV_") else {}
    extra = ""
    if way == "uv.toml":
        write(bench.project / "uv.toml", f'override-dependencies = ["{override.strip()}"]\n')
        variables = {"UV_NO_CONFIG": "0"}
    elif way == "--overrides":
        extra = f"install_command = {find_uv()} pip install --overrides {file} {{opts}} {{packages}}"
    bench.configure(["needs"], extra=extra)
    outcome = bench.tox(**variables)
    assert outcome.code == 0
    assert len(outcome.lines("needs 1.0 -> torch: not found, as overridden")) == 1
    assert bench.tox(**variables).code == 0
