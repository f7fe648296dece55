"""CPython 3.14 and 3.15, as hosts and as bases with Debian's numpy, pandas and pytest; PyPy as a base.

They are made where that can be done (see newest.py), or SITEDIFF_TEST_NEWEST names the directory of ones made before;
SITEDIFF_TEST_NEWEST=0 leaves them out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import textwrap
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.bases.found import snapshot
from support.hosts import NAME
from support.wheels import repack

from .newest import HOST, Newest, make_newest, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.index import Index

pytestmark = [pytest.mark.network, pytest.mark.slow]

_TESTS: Final = Path(__file__).parents[1]
_ROOMS: Final = ("tests/process/interpreter", "tests/unit/interpreter/test_layers.py", "tests/unit/visibility")
"""What of our own tests runs there: what looks at the interpreter."""
_INI: Final = """
[tox]
env_list = py314, py315, pypy, declared, report
no_package = true

[testenv]
base_python =
    py314: /usr/bin/python3.14
    py315,declared,report: /usr/bin/python3.15
    pypy: /usr/bin/pypy3
deps =
    py314,py315,declared: pandas
    !pypy: pytest
    tiny
sitediff_layers =
    py314,py315: layer
sitediff_visibility =
    declared: declared
    report: report
commands =
    python -c 'import tiny, sys; print("tiny", tiny.__version__, tiny.__file__, sys.implementation.name)'
    py314: python -c 'import numpy, pandas; print("numpy", numpy.__file__)'
    py314,py315: python -c 'import iniconfig; print("iniconfig", iniconfig.__file__)'
    py315: python -c 'import beside; print("beside", beside.__file__)'
    !pypy: pytest --version
    report: python -c 'import pytz'
"""


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newest]:
    """The directory, made once for all tests."""
    given = os.environ.get("SITEDIFF_TEST_NEWEST", "")
    if given == "0":
        pytest.skip("SITEDIFF_TEST_NEWEST=0")
    if given:
        yield Newest(root=Path(given))
        return
    if reason := missing():
        pytest.skip(reason)
    root = tmp_path_factory.mktemp("newest") / "debian"
    try:
        made = make_newest(root)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"Debian can't be had: {error.stderr or error.stdout or error}"[-300:])
    yield made
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def host(newest: Newest, tmp_path_factory: pytest.TempPathFactory) -> Newest:
    """The same, with tox, the package under test, and what its tests need, under 3.15."""
    wheel = repack(tmp_path_factory.mktemp("wheel"), distribution(NAME))
    newest.install("3.15", f"{NAME} @ {wheel.as_uri()}", "hypothesis", "jsonschema", "nox", "pytest")
    return newest


def test_our_own_tests_of_interpreters_pass_there(host: Newest) -> None:
    """Under 3.15, with 3.14 and 3.15 as targets."""
    checkout = host.root / "srv" / "checkout"
    shutil.rmtree(checkout, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "bases", "differential", "end_to_end")
    shutil.copytree(_TESTS, checkout / "tests", ignore=ignored)
    shutil.copytree(_TESTS / "support", checkout / "tests" / "support", dirs_exist_ok=True)
    for name in ("pyproject.toml", "_house.py"):
        shutil.copy2(_TESTS.parent / name, checkout / name)
    done = host.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *_ROOMS, cwd="/srv/checkout")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]


def test_the_difference_over_the_newest_pythons(host: Newest, index: Index) -> None:
    """Layers before the base, by a path line; views; the hook; PyPy; a second run; and the bases stay as they are."""
    index.add("tzdata", "2026.1")  # of which Debian's own python-dateutil can do without
    variables = host.copy_index(index)
    root = host.root / "srv" / "project"
    shutil.rmtree(root, ignore_errors=True)
    layer = root / "layer"
    for path, text in {
        "tox.ini": _INI,
        "layer/iniconfig.py": "",
        "layer/iniconfig-1.1.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: iniconfig\nVersion: 1.1.1\n",
        "layer/more.pth": "beside\n",
        "layer/beside/beside.py": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(textwrap.dedent(text), "utf-8")
    # but for the library of 3.15: there tox itself runs, and writes its bytecode as every program does
    trees = [host.root / "usr/lib" / name for name in ("python3", "python3.14", "pypy3.11", "pypy3")]
    before = [snapshot(tree) for tree in trees]
    done = host.run("tox", cwd="/srv/project", variables=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines.count(f"iniconfig {host.inside(layer)}/iniconfig.py") == 2
    assert lines.count(f"beside {host.inside(layer)}/beside/beside.py") == 1
    assert "numpy /usr/lib/python3/dist-packages/numpy/__init__.py" in lines
    assert sum(line.startswith("tiny 1.1 ") for line in lines) == 5
    assert any(line.startswith("tiny 1.1 ") and line.endswith(" pypy") for line in lines)
    records = {
        name: json.loads((root / ".tox" / name / "sitediff.json").read_text("utf-8"))
        for name in ("py314", "py315", "pypy", "declared", "report")
    }
    for name, record in records.items():
        has_pandas = name in {"py314", "py315", "declared"}
        assert [item["name"] for item in record["installed"]] == ["tiny", *(["tzdata"] if has_pandas else [])]
        assert ({"numpy", "pandas"} <= {item["name"] for item in record["reused"]}) is has_pandas
    assert records["pypy"]["python"]["implementation"] == "pypy"
    assert [layer["role"] for layer in records["py315"]["layers"]][:3] == ["own", "extra", "extra"]
    assert [item["name"] for item in records["report"]["undeclared"]] == ["pytz"]
    hidden = host.run(
        "/srv/project/.tox/declared/bin/python",
        "-B",  # who starts it by hand writes bytecode as always
        "-c",
        "import packaging.version, iniconfig; import pip",
    )
    assert "No module named 'pip'" in hidden.stderr
    again = host.run("tox", cwd="/srv/project", variables=variables)
    assert again.returncode == 0
    assert "recreate env" not in again.stdout
    assert "install_deps" not in again.stdout
    after = [snapshot(tree) for tree in trees]
    changed = [sorted({*was.items()} ^ {*now.items()}) for was, now in zip(before, after, strict=True)]
    assert changed == [[]] * len(trees)


def test_a_plan_from_there(host: Newest, index: Index) -> None:
    """The command line, over an interpreter that is newer than the host's own or older."""
    variables = host.copy_index(index)
    for version in ("3.14", "3.15"):
        command = ["plan", "--python", f"/usr/bin/python{version}", "--format", "json", "pandas", "tiny"]
        done = host.run(f"{HOST}/bin/sitediff", *command, variables=variables)
        assert done.returncode == 0, done.stderr
        plan = json.loads(done.stdout)
        assert plan["python"]["version"].startswith(version)
        assert [item["name"] for item in plan["install"]] == ["tiny", "tzdata"]
        assert {"numpy", "pandas"} <= {item["name"] for item in plan["reused"]}
