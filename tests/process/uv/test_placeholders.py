"""What the real uv makes of placeholders."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from uv import find_uv_bin

from support import interpreters
from support.placeholders import ALL, COMMIT
from support.strategies import distribution
from tox_sitediff.uv.placeholders import Placeholders

# --- what uv makes of them


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return interpreters.environment(tmp_path_factory.mktemp("uv") / "env", Path(sys.executable), inherit=False)


def uv(environment: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [find_uv_bin(), "pip", *arguments, "--offline", "--no-cache", "--no-config", "--python", environment],
        env={**interpreters.variables(), "UV_NO_CONFIG": "1"},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_uv_takes_what_has_a_placeholder_for_installed(environment: Path) -> None:
    with Placeholders(interpreters.purelib(environment)) as held:
        held.add(ALL)
        listed = json.loads(uv(environment, "list", "--format", "json").stdout)
        assert [(item["name"], item["version"]) for item in listed] == [
            ("foo-bar", "1!2.0rc1+local.1"),
            ("from-git", "1.0"),
            ("numpy", "2.0.1"),
        ]
        url = f"from-git @ git+https://host.example/r.git@{COMMIT}"
        done = uv(environment, "install", "--dry-run", "numpy>=2", "foo.bar", url)
        assert done.returncode == 0, done.stderr
        assert "Would make no changes" in done.stderr
    assert json.loads(uv(environment, "list", "--format", "json").stdout) == []


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
    with Placeholders(interpreters.purelib(environment)) as held:
        held.add([distribution("top", "1.0", line, "dep>=1", extras=("x",)), distribution("dep", "2.0")])
        # a resolution, which reads the metadata of what is installed
        done = uv(environment, "install", "--dry-run", "top[x]", "no-such-thing")
    assert "No solution found" in done.stderr, done.stderr
    assert done.returncode == 1
