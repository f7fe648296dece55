"""A run that finds nothing to do describes the environment without virtualenv's session, and as that would."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

import pytest

from support.bench import make_bench
from support.interpreters import needed

if TYPE_CHECKING:
    from pathlib import Path

    from support.bench import Bench

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a run looks by itself elsewhere")

HOOKS: Final = """
import json, sys
from pathlib import Path
from tox.plugin import impl

@impl
def tox_before_run_commands(tox_env):
    had_session = tox_env._virtualenv_session is not None
    seeds = "virtualenv.seed.embed.via_app_data.via_app_data" in sys.modules
    creator = tox_env.creator
    found = {
        "kind": type(creator).__name__,
        "described": {name: str(getattr(creator, name)) for name in (
            "bin_dir", "script_dir", "exe", "purelib", "platlib", "libs", "env_name", "dest", "stdlib",
        )},
        "base": {name: str(getattr(tox_env.base_python, name)) for name in (
            "implementation", "version_info", "version", "is_64", "platform", "extra", "free_threaded", "machine",
        )},
        "paths": [str(path) for path in tox_env._paths],
        "python": str(tox_env.env_python()),
        "bin": str(tox_env.env_bin_dir()),
        "sites": [str(tox_env.env_site_package_dir()), str(tox_env.env_site_package_dir_plat())],
    }
    found["only of the whole"] = [creator.pyenv_cfg.path.name, str(creator.enable_system_site_package)]
    found["session"] = str(tox_env.session.creator.dest)
    out = Path(tox_env.env_dir).parent / "found.json"
    out.write_text(json.dumps({"had_session": had_session, "seeds": seeds, **found}, default=str))
"""


@pytest.fixture
def project(tmp_path: Path) -> Bench:
    """A project in which a plugin looks at what describes the environment."""
    bench = make_bench(tmp_path, tmp_path / "shared")
    bench.base("frame", "2.0")
    bench.configure(["frame"])
    (bench.project / "toxfile.py").write_text(HOOKS)
    return bench


def found(bench: Bench, **variables: str) -> dict[str, object]:
    """Run tox, and return what the plugin saw."""
    assert bench.tox(**variables).code == 0
    data: dict[str, object] = json.loads((bench.env_dir.parent / "found.json").read_text())
    return data


def test_the_description_is_that_of_virtualenv(project: Bench) -> None:
    first = found(project)
    assert (first["had_session"], first["seeds"]) == (True, True)
    again = found(project)
    assert (again["had_session"], again["seeds"], again["kind"]) == (False, False, "KnownCreator")
    differing = {name for name, value in first.items() if again[name] != value}
    assert differing == {"had_session", "seeds", "kind"}


def test_where_the_user_configured_virtualenv_it_finds_out_by_itself(project: Bench) -> None:
    """It may find another interpreter then, or keep what it found in another place."""
    found(project)
    assert found(project)["kind"] == "KnownCreator"
    assert found(project, VIRTUALENV_DISCOVERY="builtin")["had_session"] is True
    file = project.root / "virtualenv.ini"
    file.write_text("[virtualenv]\nprompt = mine\n")
    assert found(project, VIRTUALENV_CONFIG_FILE=str(file))["had_session"] is True
    assert found(project)["kind"] == "KnownCreator"


def test_another_base_is_noticed_all_the_same(project: Bench) -> None:
    """Where what ``base_python`` names leads to another interpreter, the environment is made anew."""
    link = project.root / "bin" / "python-of-mine"
    link.parent.mkdir()
    link.symlink_to(project.python)
    ini = project.project / "tox.ini"
    ini.write_text(ini.read_text().replace(str(project.python), str(link)))
    found(project)
    assert found(project)["kind"] == "KnownCreator"
    link.unlink()
    link.symlink_to(needed("3.12" if sys.version_info[:2] != (3, 12) else "3.13"))
    outcome = project.tox()
    assert outcome.lines("recreate env because"), outcome.text
