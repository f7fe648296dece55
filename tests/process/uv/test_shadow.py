"""What the real uv makes of a shadow."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from uv import find_uv_bin

from support import interpreters
from support.shown import ALL, COMMIT
from support.strategies import OWN, distribution
from tox_sitediff.uv.shadow import Shadow


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return interpreters.environment(tmp_path_factory.mktemp("uv") / "env", Path(sys.executable), inherit=False)


def uv(environment: Path, shadow: Shadow, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(find_uv_bin(), "pip", *arguments, "--offline", "--no-cache", "--no-config"),
            *("--python", environment, "--target", shadow.directory),
        ],
        env={**interpreters.variables(), "UV_NO_CONFIG": "1"},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_uv_takes_what_is_shown_for_installed(environment: Path) -> None:
    site = interpreters.purelib(environment)
    before = sorted(site.iterdir())
    with Shadow() as shadow:
        shadow.show(ALL)
        listed = json.loads(uv(environment, shadow, "list", "--format", "json").stdout)
        assert [(item["name"], item["version"]) for item in listed] == [
            ("foo-bar", "1!2.0rc1+local.1"),
            ("from-git", "1.0"),
            ("numpy", "2.0.1"),
        ]
        url = f"from-git @ git+https://host.example/r.git@{COMMIT}"
        done = uv(environment, shadow, "install", "--dry-run", "numpy>=2", "foo.bar", url)
        assert done.returncode == 0, done.stderr
        assert "Would make no changes" in done.stderr
        assert shadow.inherited() == ["foo-bar", "from-git", "numpy"]
    assert not shadow.directory.exists()
    assert sorted(site.iterdir()) == before


def test_what_is_the_environments_own_is_shown_as_it_is(environment: Path, tmp_path: Path) -> None:
    """With where it was installed from: uv finds a project of that directory, and what it noted of it."""
    info = tmp_path / "here-1.0.dist-info"
    info.mkdir()
    url = tmp_path.as_uri()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: here\nVersion: 1.0\n\n")
    (info / "direct_url.json").write_text(json.dumps({"url": url, "dir_info": {"editable": True}}))
    own = replace(distribution("here", "1.0", layer=OWN), path=str(info))
    with Shadow() as shadow:
        shadow.show([own])
        listed = json.loads(uv(environment, shadow, "list", "--format", "json").stdout)
        assert [item["editable_project_location"] for item in listed] == [str(tmp_path)]
        assert shadow.inherited() == []


def test_a_shadow_of_a_killed_run_is_nobodys(tmp_path: Path) -> None:
    """It lies in the temporary directory, and others may not look into it."""
    with Shadow() as shadow:
        assert stat.S_IMODE(shadow.directory.stat().st_mode) == 0o700


ODD: Final = [
    "dep===foobar", "dep===2.0", "dep; sys_platform === 'x'", "dep>=99999999999999999999", "dep_", "dep-", "dep[x_]",
    "dep @ ./x", "dep @ x", "dep @ C:\\x", "dep @ file:///x", "dep @ https://h.example/x", "dep @ svn+ssh://h/x",
    "dep @ https://h.example/dep.zip#egg=x", "dep @ git+https://h.example/x", "dep @ https://h.example/a b",
    "dep~=1", "dep ~1.0", "dep ~=1.0", "dep[-x]", "dep[.]", "dep>=1.0.*", "dep (>=0)", "dep>=0,", "dep>=v1.0-1",
    "dep ; extra == 'a b'", "dep; 'x' in extras", "dep; python_version > 'abc'", "dep; os.name == 'nt'", "",
    "dep; platform_release >= '5.15-generic'", "dep==1!*", "dep==1.0+local", "dep!=1.0.dev*", "dep; extra == ''",
    "dep===v2.0", "dep===1.0.*", "dep\u00a0>=1", "\u0434ep", "dep>=\u0661",
]  # fmt: skip


@pytest.mark.parametrize("line", ODD)
def test_no_line_of_the_base_makes_uv_refuse_the_whole_command(environment: Path, line: str) -> None:
    with Shadow() as shadow:
        shadow.show([distribution("top", "1.0", line, "dep>=1", extras=("x",)), distribution("dep", "2.0")])
        # a resolution, which reads the metadata of what is installed
        done = uv(environment, shadow, "install", "--dry-run", "top[x]", "no-such-thing")
    assert "No solution found" in done.stderr, done.stderr
    assert done.returncode == 1
