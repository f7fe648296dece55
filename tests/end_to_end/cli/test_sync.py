"""``sitediff sync``, from the command to the environment that it leaves; uv, bases and wheels are real."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from typing import TYPE_CHECKING, TypedDict

import pytest

from support.bases.made import Base
from support.index import Index
from support.threads.ground import Ground
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = """\
[build-system]
requires = ["backend"]
build-backend = "backend"
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["frame", "plotter"]
optional-dependencies.vector = ["svglib"]
[dependency-groups]
dev = ["runner-mock"]
"""
LOCKED = {"dates": "2.9.0", "demo": "1.0", "frame": "2.1.0", "hooks": "1.0", "numlib": "1.26.0", "plotter": "3.8.0"}
LOCKED |= {"runner": "8.0.0", "runner-mock": "3.1"}


class Answer(TypedDict):
    """What the command prints for programs."""

    mode: str
    differences: list[dict[str, str | None]]
    remove: list[str]
    plan: dict[str, list[dict[str, str]]]
    record: dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """An index, a rich base, which is the same after all tests, byte by byte, and a project with a lock file."""
    if os.name == "nt":
        pytest.skip("a base interpreter is made of links")
    root = tmp_path_factory.mktemp("sync")
    index = Index(root / "index")
    for version in ("1.0", "1.0+special"):
        index.add("local", version)
    base = Base(root / "base")
    base.install(index, "frame==2.1.0", "dates==2.8.0", "hooks==1.0", "backend==1.0", "unrelated==1.0")
    base.install(index, "local==1.0+special")
    before = base.digest()
    found = Ground(root=root, index=index, base=base)
    write_project(found, PROJECT)
    yield found
    assert base.digest() == before


@pytest.fixture
def ground(tmp_path: Path, shared: Ground) -> Ground:
    """A copy of that project, and an environment over the base."""
    found = Ground(root=tmp_path, index=shared.index, base=shared.base)
    found.variables["PYTHONDONTWRITEBYTECODE"] = "1"  # a test that imports would write into the base
    shutil.copytree(shared.root / "demo", found.root / "demo")
    found.environment("env")
    return found


def write_project(ground: Ground, text: str) -> None:
    source = ground.root / "demo"
    (source / "src" / "demo").mkdir(parents=True, exist_ok=True)
    (source / "src" / "demo" / "__init__.py").touch()
    (source / "pyproject.toml").write_text(text)
    ground.uv("lock", "--python", ground.base.python, cwd=source)


def sync(ground: Ground, *arguments: str | Path, status: int = 0) -> str:
    python = ground.root / "env" / "bin" / "python"
    said = ground.sitediff("sync", "--python", python, *arguments, cwd=ground.root / "demo", status=status)
    assert "Traceback" not in said
    return said


def refused(ground: Ground, *arguments: str | Path, status: int = 2) -> str:
    """Run it, and return the one error, where nothing was installed."""
    before = own(ground)
    errors = [line for line in sync(ground, *arguments, status=status).splitlines() if "error:" in line]
    assert len(errors) == 1, errors
    assert own(ground) == before
    return errors[0].removeprefix("sitediff: error: ")


def answer(ground: Ground, *arguments: str | Path) -> Answer:
    said = sync(ground, *arguments, "--format", "json")
    found: Answer = json.loads(said[said.index("{\n") : said.rindex("}") + 1])
    return found


def own(ground: Ground) -> dict[str, str]:
    """What the environment holds itself."""
    site = next((ground.root / "env" / "lib").glob("python*/site-packages"))
    pairs = (path.name.removesuffix(".dist-info").rsplit("-", 1) for path in site.glob("*.dist-info"))
    return {name.replace("_", "-"): version for name, version in sorted(pairs)}


def seen(ground: Ground, *names: str) -> dict[str, str]:
    """What the environment's interpreter sees of some names."""
    script = "import sys, json; from importlib.metadata import version as v; n = sys.argv[1:]"
    python = ground.root / "env" / "bin" / "python"
    out = ground.run(python, "-c", f"{script}; print(json.dumps(dict(zip(n, map(v, n)))))", *names)
    found: dict[str, str] = json.loads(out)
    return found


def versions(items: list[dict[str, str]]) -> dict[str, str]:
    return {item["name"]: item["version"] for item in items}


def write_pylock(ground: Ground, *packages: str, head: str = "") -> Path:
    """Write a lock file over wheels of the index: ``name==version``, or that with a marker."""
    tables = []
    for package in packages:
        pin, _, rest = package.partition("; ")
        name, _, locked = pin.partition("==")
        marker = f'marker = "{rest}"' if rest else ""
        wheel = ground.index.wheel(name, locked)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        tables.append(
            f'[[packages]]\nname = "{name}"\nversion = "{locked}"\n{marker}\n'
            f'wheels = [{{ path = "{wheel}", hashes = {{ sha256 = "{digest}" }} }}]\n'
        )
    path = ground.root / "demo" / "pylock.toml"
    version = "" if "lock-version" in head else 'lock-version = "1.0"\n'
    path.write_text(f'{version}created-by = "tests"\n{head}\n{"".join(tables)}')
    return path


def test_what_the_base_has_exactly_is_reused_and_the_rest_installed(ground: Ground) -> None:
    """A fresh environment sees each locked version, and holds only those that the base has not."""
    said = sync(ground)
    assert own(ground) == {
        "dates": "2.9.0", "demo": "1.0", "plotter": "3.8.0", "runner": "8.0.0", "runner-mock": "3.1",
    }  # fmt: skip
    assert seen(ground, *LOCKED) == LOCKED
    assert "8 locked for this environment; exact: the lock decides" in said
    assert "nothing differs from the lock" in said
    ground.run(ground.root / "env" / "bin" / "hooks")  # the console script of what is reused


def test_the_second_run_changes_nothing_and_says_so(ground: Ground) -> None:
    """Installed files keep their times."""
    sync(ground)
    site = next((ground.root / "env" / "lib").glob("python*/site-packages"))
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*") if path.is_file()}
    said = sync(ground)
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*") if path.is_file()} == before
    assert "nothing to do: 3 reused, 5 installed before" in said
    ground.variables["UV_PROJECT"] = "demo"
    said = ground.sitediff("sync", "--dry-run", "--python", "env", cwd=ground.root)
    assert f"{ground.root / 'demo' / 'uv.lock'}: 8 locked for this environment" in said


def test_the_dry_run_tells_what_the_run_then_does(ground: Ground) -> None:
    """The plan names what is installed and reused afterwards; it leaves the environment as it was."""
    found = answer(ground, "--dry-run")
    assert own(ground) == {}
    done = answer(ground)
    assert versions(found["plan"]["install"]).keys() == own(ground).keys()
    assert versions(found["plan"]["reused"]) == versions(done["record"]["reused"])
    assert done["mode"] == "exact"
    assert not done["differences"]


def test_what_the_lock_does_not_name_is_removed_unless_inexact(ground: Ground) -> None:
    """The set of the environment follows the options, as with ``uv sync``; pip stays, as a part of environments."""
    sync(ground, "--extra", "vector")
    python = ground.root / "env" / "bin" / "python"
    ground.uv("pip", "install", "--python", python, "tiny")
    sync(ground, "--no-dev", "--inexact")
    assert {"tiny", "svglib", "runner"} <= own(ground).keys()
    found = answer(ground, "--no-dev", "--dry-run")
    assert found["remove"] == ["runner", "runner-mock", "svglib", "tiny"]
    sync(ground, "--no-dev")
    assert own(ground) == {"dates": "2.9.0", "demo": "1.0", "plotter": "3.8.0"}


def test_without_the_project_itself(ground: Ground) -> None:
    """``--no-install-project`` installs what the project needs; a project that is there stays."""
    sync(ground, "--no-install-project", "--no-dev")
    assert own(ground) == {"dates": "2.9.0", "plotter": "3.8.0"}
    sync(ground, "--no-dev")
    sync(ground, "--no-dev", "--no-install-project")
    assert own(ground) == {"dates": "2.9.0", "demo": "1.0", "plotter": "3.8.0"}


def test_a_project_that_tox_has_built_and_installed_stays(ground: Ground) -> None:
    """``--no-install-project`` after the project's wheel was installed, as in ``commands_pre``."""
    wheel = make_wheel(ground.root, "demo", "1.0")
    python = ground.root / "env" / "bin" / "python"
    ground.uv("pip", "install", "--python", python, "--no-deps", f"demo @ {wheel.as_uri()}")
    sync(ground, "--no-dev", "--no-install-project")
    assert own(ground) == {"dates": "2.9.0", "demo": "1.0", "plotter": "3.8.0"}


def test_the_base_is_preferred_where_it_meets_the_project(ground: Ground) -> None:
    """The base's older dates does for frame, so it stays; what the base lacks comes from the lock, level by level."""
    sync(ground)
    found = answer(ground, "--prefer-base")
    assert found["mode"] == "prefer-base"
    assert own(ground) == {"demo": "1.0", "plotter": "3.8.0", "runner": "8.0.0", "runner-mock": "3.1"}
    (difference,) = found["differences"]
    assert (difference["name"], difference["locked"], difference["found"]) == ("dates", "2.9.0", "2.8.0")
    assert json.dumps(found["record"]["declared"]) == json.dumps([
        f"demo @ {(ground.root / 'demo').as_uri()}", "frame", "plotter", "runner-mock",
    ])  # fmt: skip


def test_a_lock_that_fits_the_base_in_nothing_is_not_the_last_word(ground: Ground) -> None:
    """What can be done about it is said in a line, before and after, and not where it is done already."""
    write_project(ground, '[project]\nname = "demo"\nversion = "1.0"\ndependencies = ["dates", "local==1.0"]\n')
    line = "the base has 1 of these in another version than is locked, and 1 as locked"
    assert line not in sync(ground, "--dry-run")  # as much is reused
    write_project(ground, '[project]\nname = "demo"\nversion = "1.0"\ndependencies = ["dates"]\n')
    line = "the base has 1 of these in another version than is locked, and 0 as locked: sitediff sync --prefer-base"
    assert line in sync(ground, "--dry-run")
    assert line in sync(ground)
    assert "in another version than is locked" not in sync(ground, "--prefer-base")
    assert own(ground) == {}


def test_the_base_is_preferred_no_further_than_the_project_allows(ground: Ground) -> None:
    """A bound of the project's own that the base does not meet is met from the lock."""
    write_project(ground, PROJECT.replace('"frame"', '"frame", "dates>=2.9"'))
    found = answer(ground, "--prefer-base", "--no-dev")
    assert own(ground)["dates"] == "2.9.0"
    assert not found["differences"]


def test_a_package_that_only_the_locked_copy_of_a_reused_one_needs_is_not_installed(ground: Ground) -> None:
    """What is locked for nothing that is used is named as a difference."""
    ground.index.add("needy", "1.0", requires=["tiny==1.0"])
    write_project(ground, PROJECT.replace('"frame"', '"frame", "needy"'))
    base = Base(ground.root / "other")
    base.install(ground.index, "frame", "plotter")
    site = base.site / "needy-1.0.dist-info"
    site.mkdir()
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: needy\nVersion: 1.0\n")  # as a distributor's patch
    (site / "INSTALLER").write_text("dpkg\n")
    ground.base = base
    ground.environment("env", "--clear")
    found = answer(ground, "--prefer-base", "--no-dev")
    assert [(item["name"], item["found"]) for item in found["differences"]] == [("tiny", None)]
    assert own(ground) == {"demo": "1.0"}


def test_a_workspace_with_packages_of_all_origins(ground: Ground) -> None:
    """A commit, a wheel and members are installed from where they are locked, once; a commit also from the base."""
    place = ground.root / "a place (1)+"
    member, repository = place / "member", place / "repository"
    build = PROJECT.partition("[project]")[0]
    for path in (member, repository):
        (path / "src" / path.name).mkdir(parents=True)
        (path / "src" / path.name / "__init__.py").touch()
        (path / "pyproject.toml").write_text(f'{build}[project]\nname = "{path.name}"\nversion = "1.0"\n')
    for words in ("init --quiet", "add .", "-c user.name=a -c user.email=a commit --quiet --message=a"):
        ground.run("git", *words.split(), cwd=repository)
    make_wheel(place, "packed", "1.0")
    (place / "pyproject.toml").write_text(
        '[project]\nname = "all"\nversion = "1.0"\nrequires-python = ">=3.11"\n'
        'dependencies = ["repository", "member", "packed"]\n[tool.uv]\nworkspace.members = ["member"]\n'
        f'sources.repository.git = "{repository.as_uri()}"\nsources.member.workspace = true\n'
        'sources.packed.path = "packed-1.0-py3-none-any.whl"\n'
    )
    ground.uv("lock", "--python", ground.base.python, cwd=place)
    python = ground.root / "env" / "bin" / "python"
    ground.sitediff("sync", "--python", python, cwd=place)
    assert own(ground) == {"member": "1.0", "packed": "1.0", "repository": "1.0"}
    again = ground.sitediff("sync", "--python", python, cwd=place)
    assert "nothing to do: 0 reused, 3 installed before" in again
    ground.sitediff("sync", "--python", python, "--prefer-base", cwd=member)
    assert own(ground) == {"member": "1.0"}
    ground.base = Base(ground.root / "other")
    commit = ground.run("git", "rev-parse", "HEAD", cwd=repository).strip()
    ground.base.install(ground.index, "backend", f"repository @ git+{repository.as_uri()}@{commit}")
    ground.environment("env", "--clear")
    ground.sitediff("sync", "--python", python, cwd=place)
    assert own(ground) == {"member": "1.0", "packed": "1.0"}


def test_a_local_version_of_the_base_counts_and_is_named(ground: Ground) -> None:
    """``==1.0`` is met by 1.0+special (PEP 440), as pip has it; the difference is said."""
    write_pylock(ground, "local==1.0")
    said = sync(ground, "pylock.toml")
    assert own(ground) == {}
    assert re.search(r"not as locked: local 1.0\+special from .*, locked is 1.0", said)


def test_an_excluded_name_is_never_taken_from_the_base(ground: Ground) -> None:
    """Its locked version is installed although the base has it."""
    write_pylock(ground, "hooks==1.0", "numlib==1.26.0")
    sync(ground, "pylock.toml", "--exclude", "hooks")
    assert own(ground) == {"hooks": "1.0"}


def test_a_lock_with_extras_groups_and_markers(ground: Ground) -> None:
    """A ``pylock.toml`` for several uses is read for the one that is asked for."""
    write_pylock(
        ground,
        "tiny==1.0; 'more' in extras",
        "hooks==1.0; 'dev' in dependency_groups",
        "unrelated==1.0; python_version < '3'",
        head='extras = ["more"]\ndependency-groups = ["dev"]\ndefault-groups = ["dev"]',
    )
    assert versions(answer(ground, "pylock.toml")["record"]["reused"]) == {"hooks": "1.0"}
    found = answer(ground, "pylock.toml", "--extra", "more", "--no-dev")
    assert own(ground) == {"tiny": "1.0"}
    assert not found["record"]["reused"]
    assert "has no extra less: it has more" in refused(ground, "pylock.toml", "--extra", "less")


def test_what_a_killed_run_left_torn_is_installed_anew(ground: Ground) -> None:
    """A distribution that lacks files does not count as there."""
    sync(ground, "--no-dev")
    site = next((ground.root / "env" / "lib").glob("python*/site-packages"))
    (site / "plotter.py").unlink()
    file = ground.root / "env" / ".sitediff-state.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "installing": True}))
    sync(ground, "--no-dev")
    assert (site / "plotter.py").exists()


def test_other_versions_of_the_environment_are_replaced(ground: Ground) -> None:
    """Also those that stand before the right one of the base."""
    python = ground.root / "env" / "bin" / "python"
    ground.uv("pip", "install", "--python", python, "numlib==2.0.0", "tiny==1.1")
    write_pylock(ground, "numlib==1.26.0", "tiny==1.0")
    sync(ground, "pylock.toml")
    assert own(ground) == {"tiny": "1.0"}
    assert seen(ground, "numlib", "tiny") == {"numlib": "1.26.0", "tiny": "1.0"}


def test_a_copy_before_the_environment_that_is_not_the_locked_one_is_an_error(ground: Ground) -> None:
    """Nothing that is installed could replace it: nothing is."""
    ground.uv("pip", "install", "--target", ground.root / "module", "--python", ground.base.python, "tiny==1.1")
    ground.variables["PYTHONPATH"] = str(ground.root / "module")
    write_pylock(ground, "tiny==1.0", "svglib==1.5")
    assert "tiny 1.1 in" in refused(ground, "pylock.toml", status=1)


def test_a_lock_without_a_wheel_for_this_platform_is_an_error(ground: Ground) -> None:
    """The exit status is 1, and uv says of which package."""
    path = write_pylock(ground, "tiny==1.0")
    path.write_text(path.read_text().replace("none-any", "none-win_arm64"))
    assert "`tiny` can't be installed" in sync(ground, "pylock.toml", status=1)
    assert own(ground) == {}


def test_a_wheel_of_another_hash_is_refused(ground: Ground) -> None:
    """All that is taken from the lock is verified."""
    path = write_pylock(ground, "tiny==1.0")
    path.write_text(re.sub(r'sha256 = "\w+"', f'sha256 = "{"0" * 64}"', path.read_text()))
    assert "ash mismatch" in sync(ground, "pylock.toml", status=1)
    assert own(ground) == {}


def test_the_lock_of_another_python_is_refused(ground: Ground) -> None:
    """What the file needs and what there is are both said."""
    write_pylock(ground, "tiny==1.0", head='requires-python = ">=4"')
    assert re.search(r"pylock.toml needs Python >=4, and the environment has 3\.", refused(ground, "pylock.toml"))
    uv_lock = ground.root / "demo" / "uv.lock"
    uv_lock.write_text(uv_lock.read_text().replace('requires-python = ">=3.11"', 'requires-python = ">=4"'))
    assert "needs Python >=4" in refused(ground, "--frozen")


def test_a_lock_file_of_an_unknown_version_is_refused(ground: Ground) -> None:
    """The message names the version, and what to do."""
    write_pylock(ground, "tiny==1.0", head='lock-version = "2.0"')
    assert re.search(r"2\.0.*make it anew", refused(ground, "pylock.toml"))
    write_pylock(ground, "tiny==1.0", head='lock-version = "1.9"')
    assert "is of version 1.9: what is not in version 1.0 is ignored" in sync(ground, "pylock.toml")
    uv_lock = ground.root / "demo" / "uv.lock"
    uv_lock.write_text(uv_lock.read_text().replace("version = 1\n", "version = 9\n"))
    assert "schema version (v9" in refused(ground, "--frozen")


def test_a_lock_file_that_is_not_there_or_no_such_file_is_refused(ground: Ground) -> None:
    """Nothing is made in its place."""
    (ground.root / "demo" / "uv.lock").unlink()
    assert "there is no uv.lock or pylock.toml in" in refused(ground)
    assert "pylock.toml: there is no such file" in refused(ground, "pylock.toml")
    assert "no lock file that is known here" in refused(ground, "pyproject.toml")
    (ground.root / "demo" / "pylock.toml").write_text("lock-version = ")
    assert "pylock.toml is not TOML" in refused(ground)
    (ground.root / "demo" / "pylock.toml").write_text('lock-version = "1.0"\n')
    assert "pylock.toml is not a valid pylock.toml" in refused(ground)
    assert not (ground.root / "demo" / "uv.lock").exists()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("uv.lock", "pylock.toml"), "one lock file at a time"),
        (("--locked", "--frozen"), "--frozen"),
        (("--exact", "--inexact"), "--exact and --inexact exclude each other"),
        (("--prefer-base", "--all-packages"), "not with --package or --all-packages"),
        (("--prefer-base", "--no-install-local"), "not with --no-install-local"),
        (("--extra", "nonsense"), "nonsense"),
        (("--python-platform", "linux"), "an environment is filled for the interpreter that it has"),
        (("--nonsense",), "--nonsense is not an option of sitediff sync"),
        (("--frozen=yes",), "--frozen takes no value"),
        (("--extra",), "--extra needs a value"),
    ],
)
def test_what_makes_no_sense_is_refused(ground: Ground, arguments: tuple[str, ...], part: str) -> None:
    """One message, exit status 2, and nothing is changed."""
    assert part in refused(ground, *arguments)


@pytest.mark.parametrize("value", ["--index-strategy=bogus", "--reinstall-package=a==b", "--config-setting=x"])
def test_a_value_that_uv_does_not_take_is_refused_whatever_lock_it_is(ground: Ground, value: str) -> None:
    """Before anything is done: it is a mistake in the command line, not a lock that can't be met."""
    write_pylock(ground, "tiny==1.0")
    for lock in ("pylock.toml", "uv.lock"):
        for option in ((), ("--dry-run",)):
            found = refused(ground, lock, value, *option)
            assert found.startswith(f"uv does not take {value.replace('=', ' ', 1)}: invalid value ")
            assert not found.endswith("--help'.")


def test_the_base_can_be_preferred_only_where_there_is_a_project(ground: Ground) -> None:
    """A lock file alone does not say what was asked for."""
    write_pylock(ground, "tiny==1.0")
    (ground.root / "demo" / "pyproject.toml").unlink()
    assert "has no pyproject.toml" in refused(ground, "pylock.toml", "--prefer-base")


def test_a_base_is_not_filled(ground: Ground) -> None:
    """Only environments are."""
    said = ground.sitediff("sync", "--python", ground.base.python, cwd=ground.root / "demo", status=2)
    assert "which is never written" in said
